/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig's functions on any texts. The first byte chooses one, the rest are its arguments, split at NUL:
 * texts where it wants texts, else the number that the text begins with. What takes long by design
 * (keys, scrypt, bcrypt) is left out. */
#include "fuzz.h"

#include <string.h>

#include "template/funcs.h"
#include "template/print.h"
#include "template/sprig.h"
#include "template/template.h"

static const struct kz_func *const tables[] = {kz_funcs_date,   kz_funcs_encode, kz_funcs_path,
                                               kz_funcs_random, kz_funcs_regex,  kz_funcs_semver,
                                               kz_funcs_url};

static const struct kz_func *choose(unsigned n)
{
    unsigned all = 0;
    for (size_t t = 0; t < kz_countof(tables); t++)
        for (size_t i = 0; tables[t][i].name != NULL; i++)
            all++;
    n %= all;
    for (size_t t = 0; t < kz_countof(tables); t++)
        for (size_t i = 0; tables[t][i].name != NULL; i++)
            if (n-- == 0)
                return &tables[t][i];
    return NULL;
}

static void put_arg(struct kz_buf *b, char letter, struct kz_str s)
{
    if (letter == 'i') {
        int64_t n = 0;
        if (!kz_str_i64(&n, kz_str_head(s, 4)))
            n = (int64_t)s.len;
        kz_buf_printf(b, " %lld", (long long)n);
        return;
    }
    kz_buf_puts(b, letter == 'x'   ? " (toDate \"2006-01-02T15:04:05Z07:00\" "
                   : letter == 'm' ? " (urlParse "
                                   : " ");
    kz_print_quoted(b, s, KZ_QUOTE_PLAIN);
    kz_buf_puts(b, letter == 'x' || letter == 'm' ? ")" : "");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct kz_limits limits = {.steps = 100000, .output = 1 << 20};
    struct kz_sprig sprig = {.now = INT64_C(1700000000000000000),
                             .seed = KZ_STR("0123456789abcdef")};
    struct kz_err err;
    const struct kz_template *t;
    if (size == 0 || size > 4096)
        return 0;
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
    kz_autobuf struct kz_buf text = KZ_BUF(1 << 20), out = KZ_BUF(1 << 20);
    const struct kz_func *f = choose(data[0]);
    struct kz_str rest = kz_str_n((const char *)data + 1, size - 1);
    kz_buf_printf(&text, "{{ %s", f->name);
    for (const char *letter = f->sig; *letter != '\0'; letter++) {
        struct kz_str arg;
        rest = kz_str_cut(&arg, rest, '\0');
        put_arg(&text, *letter, arg);
    }
    kz_buf_puts(&text, " }}");
    struct kz_tset *set = kz_tset_new(a, KZ_STR("t"), tables, kz_countof(tables), KZ_MISSING_ZERO);
    kz_assert(kz_tset_parse(&t, set, KZ_STR("t"), kz_buf_str(&text), &err) == 0);
    kz_sprig_begin(&sprig, KZ_STR("t"));
    struct kz_eval *ev = kz_eval_new(a, &limits, &sprig);
    if (kz_eval_run(&out, ev, set, t, KZ_NIL, NULL, &err) < 0)
        kz_assert(kz_eval_error(ev).len > 0);
    kz_eval_free(ev);
    kz_sprig_done(&sprig);
    return 0;
}
