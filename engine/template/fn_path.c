/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: paths with slashes. Those of the operating system are the same here. */
#include "template/funcs.h"

#include <string.h>

/* path.Clean: the shortest text for the same path; "" is ".". */
static struct kz_str clean_path(struct kz_arena *a, struct kz_str p)
{
    const bool rooted = p.len > 0 && p.ptr[0] == '/';
    char *out = kz_arena_bytes(a, p.len + 1);
    size_t n = 0, floor = 0; /* floor: ".." cannot go below */
    if (rooted)
        out[n++] = '/', floor = 1;
    while (p.len > 0) {
        struct kz_str part;
        p = kz_str_cut(&part, p, '/');
        if (part.len == 0 || kz_str_is(part, "."))
            continue;
        const bool up = kz_str_is(part, "..");
        if (up && n > floor) {
            while (--n > floor && out[n] != '/')
                ;
            continue;
        }
        if (up && rooted)
            continue;
        if (n > (rooted ? 1U : 0U))
            out[n++] = '/';
        memcpy(out + n, part.ptr, part.len);
        n += part.len;
        if (up)
            floor = n;
    }
    return n == 0 ? KZ_STR(".") : kz_str_n(out, n);
}

static struct kz_val base(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_str p = argv[0].as.str;
    (void)ev;
    (void)argc;
    if (p.len == 0)
        return kz_val_str(KZ_STR("."));
    while (p.len > 0 && p.ptr[p.len - 1] == '/')
        p.len--;
    if (p.len == 0)
        return kz_val_str(KZ_STR("/"));
    const size_t slash = kz_str_rindex(p, '/');
    return kz_val_str(slash < p.len ? kz_str_skip(p, slash + 1) : p);
}

static struct kz_val dir(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_str p = argv[0].as.str;
    const size_t slash = kz_str_rindex(p, '/');
    (void)argc;
    return kz_val_str(clean_path(kz_eval_arena(ev), kz_str_head(p, slash < p.len ? slash + 1 : 0)));
}

static struct kz_val clean(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_val_str(clean_path(kz_eval_arena(ev), argv[0].as.str));
}

static struct kz_val ext(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_str p = argv[0].as.str;
    (void)ev;
    (void)argc;
    for (size_t i = p.len; i > 0 && p.ptr[i - 1] != '/'; i--)
        if (p.ptr[i - 1] == '.')
            return kz_val_str(kz_str_skip(p, i - 1));
    return kz_val_str(KZ_STR(""));
}

static struct kz_val is_abs(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)ev;
    (void)argc;
    return kz_val_bool(kz_str_starts(argv[0].as.str, KZ_STR("/")));
}

const struct kz_func kz_funcs_path[] = {
    {"base",  "s", base, NULL},
    {"dir",   "s", dir, NULL},
    {"clean",       "s", clean, NULL},
    {"ext",  "s", ext, NULL},
    {"isAbs",   "s", is_abs, NULL},
    {"osBase", "s", base, NULL},
    {"osDir",  "s", dir, NULL},
    {"osClean",       "s", clean, NULL},
    {"osExt",   "s", ext, NULL},
    {"osIsAbs",   "s", is_abs, NULL},
    {0},
};
