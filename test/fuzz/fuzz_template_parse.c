/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text either parses or says in Go's words what is wrong; what parsed can be printed back and be
 * read again. */
#include "fuzz.h"

#include "template/template.h"

static bool print(struct kz_buf *out, struct kz_arena *a, struct kz_str text)
{
    const struct kz_template *t;
    struct kz_err err;
    struct kz_tset *set = kz_tset_new(a, KZ_STR("t"), NULL, 0, KZ_MISSING_ZERO);
    if (kz_tset_parse(&t, set, KZ_STR("t"), text, &err) < 0) {
        kz_assert(kz_str_starts(kz_tset_error(set), KZ_STR("template: t:")));
        return false;
    }
    kz_template_print(out, t);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    kz_autobuf struct kz_buf once = KZ_BUF((size_t)1 << 28);
    kz_autobuf struct kz_buf twice = KZ_BUF((size_t)1 << 28);
    if (!print(&once, a, kz_str_n((const char *)data, size)))
        return 0;
    /* "{" before an action, printed without its blank, reads differently: only no crash is asked for */
    if (print(&twice, a, kz_buf_str(&once)))
        kz_assert(!kz_buf_bad(&twice));
    return 0;
}
