/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/goflags.h"

#include <string.h>

int kz_goflags_unknown(struct kz_str name, struct kz_err *err)
{
    return kz_fail(err, KZ_E_USAGE, "unknown flag: --" KZ_FMT, KZ_ARG(kz_str_head(name, 200)));
}

int kz_goflags_unknown_letter(char letter, const char *cluster, struct kz_err *err)
{
    return kz_fail(err, KZ_E_USAGE, "unknown shorthand flag: '%c' in -%.200s", letter, cluster);
}

int kz_goflags_needs_value(const struct kz_opt *o, const char *cluster, struct kz_err *err)
{
    if (cluster == NULL)
        return kz_fail(err, KZ_E_USAGE, "flag needs an argument: --%s", o->name);
    return kz_fail(err, KZ_E_USAGE, "flag needs an argument: '%c' in -%.200s", o->letter, cluster);
}

int kz_goflags_invalid(const struct kz_opt *o, struct kz_str text, const char *why,
                       struct kz_err *err)
{
    char quoted[256], letter[8] = "";
    size_t n = 0;
    for (size_t i = 0; i < text.len && n + 2 < sizeof quoted; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            quoted[n++] = '\\';
        quoted[n++] = text.ptr[i];
    }
    quoted[n] = '\0';
    if (o->letter != 0)
        (void)snprintf(letter, sizeof letter, "-%c, ", o->letter);
    return kz_fail(err, KZ_E_USAGE, "invalid argument \"%s\" for \"%s--%s\" flag: %s", quoted,
                   letter, o->name, why);
}

int kz_goflags_bool(struct kz_str text)
{
    static const char *const words[2][6] = {{"0", "f", "F", "FALSE", "false", "False"},
                                            {"1", "t", "T", "TRUE", "true", "True"}};
    for (int b = 0; b < 2; b++)
        for (size_t i = 0; i < kz_countof(words[b]); i++)
            if (kz_str_is(text, words[b][i]))
                return b;
    return -1;
}

const char *kz_goflags_errno(struct kz_arena *a, int errnum)
{
    char *text = (char *)(uintptr_t)kz_cstr(a, kz_str(strerrordesc_np(errnum)));
    if (text[0] >= 'A' && text[0] <= 'Z')
        text[0] = (char)(text[0] | 0x20);
    return text;
}

/* ---- lists ------------------------------------------------------------------------------------- */

struct csv {
    struct kz_arena *a;
    struct kz_value *list;
    struct kz_str text;
    size_t at;
    char why[128];
};

static bool wrong(struct csv *c, size_t at, const char *what)
{
    (void)snprintf(c->why, sizeof c->why, "parse error on line 1, column %zu: %s", at + 1, what);
    return false;
}

static void push(struct csv *c, struct kz_str s)
{
    kz_value_push(c->a, c->list, kz_value_str(c->a, s));
}

/* From behind the quote; "" is a quote. */
static bool quoted_field(struct csv *c)
{
    char *out = kz_arena_bytes(c->a, c->text.len + 1);
    size_t n = 0;
    for (c->at++;; c->at++) {
        if (c->at >= c->text.len)
            return wrong(c, c->at, "extraneous or missing \" in quoted-field");
        if (c->text.ptr[c->at] != '"') {
            out[n++] = c->text.ptr[c->at];
        } else if (c->at + 1 < c->text.len && c->text.ptr[c->at + 1] == '"') {
            out[n++] = '"';
            c->at++;
        } else {
            break;
        }
    }
    push(c, kz_str_n(out, n));
    c->at++;
    if (c->at < c->text.len && c->text.ptr[c->at] != ',')
        return wrong(c, c->at - 1, "extraneous or missing \" in quoted-field");
    return true;
}

static bool plain_field(struct csv *c)
{
    const struct kz_str rest = kz_str_skip(c->text, c->at);
    const struct kz_str field = kz_str_head(rest, kz_str_index(rest, ','));
    const size_t quote = kz_str_index(field, '"');
    if (quote < field.len)
        return wrong(c, c->at + quote, "bare \" in non-quoted-field");
    push(c, field);
    c->at += field.len;
    return true;
}

static bool record(struct csv *c)
{
    for (c->at = 0; c->at <= c->text.len; c->at++) {
        const bool quoted = c->at < c->text.len && c->text.ptr[c->at] == '"';
        if (!(quoted ? quoted_field(c) : plain_field(c)))
            return false;
    }
    return true;
}

int kz_goflags_strings(struct kz_value **out, struct kz_arena *a, const struct kz_args *args,
                       const char *name, struct kz_err *err)
{
    struct csv c = {.a = a, .list = kz_value_list(a)};
    for (size_t i = 0; kz_args_list(args, name, i, &c.text); i++)
        if (c.text.len > 0 && !record(&c))
            return kz_goflags_invalid(kz_args_option(args, name), c.text, c.why, err);
    *out = c.list;
    return 0;
}
