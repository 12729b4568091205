/* SPDX-License-Identifier: Apache-2.0
 *
 * What `kzsync status` prints of a status document: headline, table or tree, and of one module its error. Pure. */
#ifndef KZ_CLI_STATUS_PAGE_H
#define KZ_CLI_STATUS_PAGE_H

#include "cli/words.h"

/* Which modules: names, or patterns as "net-*"; none: all. states: by commas; "": any. */
struct kz_choice {
    const struct kz_str *words;
    size_t n;
    struct kz_str states;
};

/* The entries that are chosen, as the document has them, into a list. KZ_E_NOTFOUND: a name that no module has,
 * with the nearest one; KZ_E_USAGE: a state that there is not. */
KZ_MUST_USE int kz_modules_choose(struct kz_value **out, struct kz_arena *a, const struct kz_value *status,
                                  const struct kz_choice *choice, struct kz_err *err);

/* modules: what kz_modules_choose made. */
void kz_status_headline(struct kz_buf *b, struct kz_arena *a, const struct kz_value *status, const struct kz_page *page);
void kz_status_table(struct kz_buf *b, struct kz_arena *a, const struct kz_value *modules, const struct kz_page *page);
/* The same, in the order of the dependencies. */
void kz_status_tree(struct kz_buf *b, struct kz_arena *a, const struct kz_value *status,
                    const struct kz_value *modules, const struct kz_page *page);
/* All that is known of one module, below its row. */
void kz_status_details(struct kz_buf *b, struct kz_arena *a, const struct kz_value *m, const struct kz_page *page);

#endif
