/* SPDX-License-Identifier: Apache-2.0
 *
 * A family of template functions on any arguments; a target for each, KZ_FUZZ_FAMILY says which. The
 * first byte chooses a function, the rest are its arguments, split at NUL: for a parameter of any kind
 * the first byte of the argument chooses a kind. What takes long by design (keys, scrypt, bcrypt) is
 * left out. Result, its kind and its JSON are printed within a budget. */
#include "fuzz.h"

#include "template/funcs.h"
#include "template/print.h"
#include "template/sprig.h"
#include "template/template.h"

#include <string.h>

enum { MOST = 4 };

struct family {
    const struct kz_func *tables[MOST];
    const char *without; /* names between blanks */
};
#define FAMILY(name, without, ...)                                                                 \
    __attribute__((unused)) static const struct family name = {{__VA_ARGS__}, without}
FAMILY(fn_strings, "", kz_funcs_strings, kz_funcs_case, kz_funcs_layout, kz_funcs_parts);
FAMILY(fn_numbers, "", kz_funcs_numbers);
FAMILY(fn_lists, "", kz_funcs_lists);
FAMILY(fn_dicts, "", kz_funcs_dicts, kz_funcs_merge, kz_funcs_defaults);
FAMILY(fn_dates, "", kz_funcs_date);
FAMILY(fn_crypto, " bcrypt htpasswd derivePassword ", kz_funcs_crypto, kz_funcs_random);
FAMILY(fn_regex, "", kz_funcs_regex);
FAMILY(fn_semver, "", kz_funcs_semver);
FAMILY(fn_encodings, "", kz_funcs_encode, kz_funcs_json, kz_funcs_yaml, kz_funcs_toml);
FAMILY(fn_paths, "", kz_funcs_path);
FAMILY(fn_urls, "", kz_funcs_url);
FAMILY(fn_reflection, "", kz_funcs_reflect, kz_funcs_flow);
FAMILY(fn_builtin, "", kz_funcs_builtin);

static bool is_left_out(const char *name)
{
    char text[64];
    (void)snprintf(text, sizeof text, " %s ", name);
    return strstr(KZ_FUZZ_FAMILY.without, text) != NULL;
}

static const struct kz_func *choose(unsigned n)
{
    const struct kz_func *all[256];
    unsigned count = 0;
    for (size_t t = 0; t < MOST && KZ_FUZZ_FAMILY.tables[t] != NULL; t++)
        for (const struct kz_func *f = KZ_FUZZ_FAMILY.tables[t]; f->name != NULL; f++)
            if (!is_left_out(f->name) && count < kz_countof(all))
                all[count++] = f;
    return all[n % count];
}

static void put_text(struct kz_buf *b, struct kz_str s)
{
    kz_buf_putc(b, ' ');
    kz_print_quoted(b, s, KZ_QUOTE_PLAIN);
}

static void put_number(struct kz_buf *b, struct kz_str s)
{
    int64_t n = 0;
    if (!kz_str_i64(&n, kz_str_head(s, 8)))
        n = (int64_t)s.len;
    kz_buf_printf(b, " %lld", (long long)n);
}

static void put_any(struct kz_buf *b, struct kz_str s)
{
    const unsigned kind = s.len == 0 ? 0 : (unsigned char)s.ptr[0] % 12;
    s = kz_str_skip(s, s.len > 0);
    const struct kz_str head = kz_str_head(s, s.len / 2), tail = kz_str_skip(s, s.len / 2);
    static const char *const fixed[] = {" nil", " true", " (list)", " (dict)"};
    switch (kind) {
    case 0:
    case 1:
        put_text(b, s);
        return;
    case 2:
        put_number(b, s);
        return;
    case 3:
        kz_buf_puts(b, " (float64");
        put_text(b, s);
        kz_buf_putc(b, ')');
        return;
    case 4:
    case 5:
        kz_buf_puts(b, " (list");
        put_any(b, head);
        put_any(b, tail);
        kz_buf_putc(b, ')');
        return;
    case 6:
    case 7:
        kz_buf_puts(b, " (dict");
        put_text(b, kz_str_head(s, 1));
        put_any(b, tail);
        kz_buf_puts(b, " \"k\"");
        put_any(b, head);
        kz_buf_putc(b, ')');
        return;
    default:
        kz_buf_puts(b, fixed[kind - 8]);
    }
}

static void put_arg(struct kz_buf *b, char letter, struct kz_str s)
{
    switch (letter) {
    case 's':
        put_text(b, s);
        return;
    case 'i':
    case 'l':
    case 'u':
    case 'w':
    case 'f':
        put_number(b, s);
        return;
    case 'b':
        kz_buf_puts(b, s.len % 2 == 0 ? " true" : " false");
        return;
    case 'x':
        kz_buf_puts(b, " (toDate \"2006-01-02T15:04:05Z07:00\"");
        put_text(b, s);
        kz_buf_putc(b, ')');
        return;
    case 'm':
        kz_buf_puts(b, " (dict \"a\"");
        put_any(b, s);
        kz_buf_puts(b, " \"host\" \"h\")");
        return;
    case 'L':
        kz_buf_puts(b, " (list");
        put_any(b, kz_str_head(s, s.len / 2));
        put_any(b, kz_str_skip(s, s.len / 2));
        kz_buf_putc(b, ')');
        return;
    case 'S':
        kz_buf_puts(b, " (splitList \",\"");
        put_text(b, s);
        kz_buf_putc(b, ')');
        return;
    default:
        put_any(b, s);
    }
}

static void put_call(struct kz_buf *b, const struct kz_func *f, struct kz_str rest)
{
    const size_t n = strlen(f->sig);
    const bool many = n > 0 && f->sig[n - 1] == '+';
    kz_buf_printf(b, "{{ $r := %s", f->name);
    for (size_t i = 0; i < n - many; i++) {
        struct kz_str arg;
        rest = kz_str_cut(&arg, rest, '\0');
        if (!many || i + 2 < n || arg.len > 0)
            put_arg(b, f->sig[i], arg);
    }
    for (int more = 0; many && rest.len > 0 && more < 4; more++) {
        struct kz_str arg;
        rest = kz_str_cut(&arg, rest, '\0');
        put_arg(b, f->sig[n - 2], arg);
    }
    kz_buf_puts(b, " }}{{ $r }} {{ printf \"%T %v %q %#v\" $r $r $r $r }} {{ toJson $r }}");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct kz_limits limits = {
        .steps = 20000, .output = 1 << 15, .stack = 1 << 20, .depth = 200};
    const struct kz_func *tables[MOST + 5] = {kz_funcs_dicts, kz_funcs_lists, kz_funcs_numbers,
                                              kz_funcs_parts, kz_funcs_json};
    size_t n_tables = 5;
    struct kz_sprig sprig = {.now = INT64_C(1700000000000000000),
                             .seed = KZ_STR("0123456789abcdef")};
    struct kz_err err;
    const struct kz_template *t;
    if (size == 0 || size > 4096)
        return 0;
    for (size_t i = 0; i < MOST && KZ_FUZZ_FAMILY.tables[i] != NULL; i++)
        tables[n_tables++] = KZ_FUZZ_FAMILY.tables[i];
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
    kz_autobuf struct kz_buf text = KZ_BUF(1 << 20), out = KZ_BUF(1 << 20);
    const struct kz_func *f = choose(data[0]);
    put_call(&text, f, kz_str_n((const char *)data + 1, size - 1));
    struct kz_tset *set = kz_tset_new(a, KZ_STR("t"), tables, n_tables, KZ_MISSING_ZERO);
    /* `and` and the like without arguments, or a date where the family has none */
    if (kz_tset_parse(&t, set, KZ_STR("t"), kz_buf_str(&text), &err) < 0)
        return 0;
    kz_sprig_begin(&sprig, KZ_STR("t"));
    struct kz_eval *ev = kz_eval_new(a, &limits, &sprig);
    if (kz_eval_run(&out, ev, set, t, KZ_NIL, NULL, &err) < 0)
        kz_assert(kz_eval_error(ev).len > 0);
    kz_eval_free(ev);
    kz_sprig_done(&sprig);
    return 0;
}
