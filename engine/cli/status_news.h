/* SPDX-License-Identifier: Apache-2.0
 *
 * What has changed from one status document to the next, one line for each: for logs and scripts, where nothing
 * can be redrawn. */
#ifndef KZ_CLI_STATUS_NEWS_H
#define KZ_CLI_STATUS_NEWS_H

#include "base/buf.h"
#include "value/value.h"

struct kz_news;
struct kz_news *kz_news_new(void);
void kz_news_free(struct kz_news *n); /* NULL is fine */

/* Appends a line for each of the modules whose state, note or revision is another than when last told, and for those that
 * are gone: time (that of the document), state, name, then key=value and the note. The first call tells all. */
void kz_news_tell(struct kz_buf *b, struct kz_news *n, const struct kz_value *status, const struct kz_value *modules);

#endif
