/* SPDX-License-Identifier: Apache-2.0
 *
 * Which commit a reference of an HTTPS repository is at, without a process: one ls-refs request of
 * protocol version 2 on a kept connection (and one for the server's capabilities before the first). */
#ifndef KZ_SOURCE_LS_HTTP_H
#define KZ_SOURCE_LS_HTTP_H

#include "loop/http_client.h"
#include "source/credential.h"
#include "source/refs.h"

struct kz_ls_http; /* one repository, one request at a time */

struct kz_ls_reply {
    const struct kz_err *err; /* NULL: fine */
    const char *id;           /* the commit; NULL with err or old */
    bool old;                 /* the server does not speak version 2: ask through git */
};

/* url and cred are copied as far as they are needed. */
KZ_MUST_USE int kz_ls_http_new(struct kz_ls_http **out, struct kz_loop *l, const struct kz_url *url,
                               const struct kz_credential *cred, struct kz_err *err);
void kz_ls_http_free(struct kz_ls_http *s); /* cancels; no callback; NULL is fine */

/* done comes from the loop. The reply is valid during it; s may be freed in it. */
void kz_ls_http_ask(struct kz_ls_http *s, struct kz_str ref,
                    void (*done)(void *arg, const struct kz_ls_reply *reply), void *arg);

#endif
