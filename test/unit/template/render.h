/* SPDX-License-Identifier: Apache-2.0
 *
 * One template over JSON data, for tables: the output, or "! " and the message. */
#ifndef KZ_TEST_TEMPLATE_RENDER_H
#define KZ_TEST_TEMPLATE_RENDER_H

#include "template/template.h"

struct kz_render_case {
    const struct kz_func *const *tables;
    size_t n_tables;
    enum kz_missing missing;
    const struct kz_limits *limits;
    const char *data; /* NULL: null */
};

/* On the arena. The template is called "t"; further templates come with define. */
const char *kz_test_render(struct kz_arena *a, const struct kz_render_case *c, const char *text);

#endif
