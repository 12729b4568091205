/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verify_diff.h"

#include "helm/excerpt.h"

struct cursor {
    struct kz_str line, rest;
    const char *doc; /* where the document of the line begins */
    bool ended;
};

static void advance(struct cursor *c)
{
    c->ended = c->rest.len == 0;
    c->rest = kz_str_cut(&c->line, c->rest, '\n');
    if (kz_str_starts(c->line, KZ_STR("---")))
        c->doc = c->line.ptr;
}

/* What stands before a value: blanks and the key. */
static struct kz_str key_of(struct kz_str line)
{
    return kz_str_head(line, kz_str_index(line, ':'));
}

static bool same(const struct cursor *x, const struct cursor *y)
{
    return x->ended == y->ended && kz_str_eq(x->line, y->line);
}

/* The line as it may be shown. */
static struct kz_str shown(struct kz_arena *a, const struct cursor *c)
{
    kz_autobuf struct kz_buf b = KZ_BUF(4096);
    if (c->ended)
        return KZ_STR("");
    struct kz_str doc = kz_str_n(c->doc, (size_t)(c->rest.ptr - c->doc) + c->rest.len), line, rest;
    size_t len = 0;
    for (rest = doc; rest.len > 0; len = (size_t)(rest.ptr - doc.ptr)) {
        rest = kz_str_cut(&line, rest, '\n');
        if (line.ptr != doc.ptr && kz_str_starts(line, KZ_STR("---")))
            break;
    }
    kz_excerpt_line(&b, c->line, kz_excerpt_is_secret(kz_str_head(doc, len)));
    return kz_str_dup(a, kz_buf_str(&b));
}

void kz_verify_compare(struct kz_verify_diff *out, struct kz_arena *a, struct kz_str helm,
                       struct kz_str again, struct kz_str kzsync)
{
    struct cursor h = {.rest = helm, .doc = helm.ptr}, h2 = {.rest = again, .doc = again.ptr},
                  k = {.rest = kzsync, .doc = kzsync.ptr};
    *out = (struct kz_verify_diff){.helm = KZ_STR(""), .kzsync = KZ_STR("")};
    for (size_t line = 1;; line++) {
        advance(&h);
        advance(&h2);
        advance(&k);
        if (h.ended && k.ended)
            return;
        if (same(&h, &k))
            continue;
        if (!same(&h, &h2) && !k.ended && !h.ended && kz_str_eq(key_of(h.line), key_of(k.line))) {
            out->generated++;
            continue;
        }
        out->line = line;
        out->helm = shown(a, &h);
        out->kzsync = shown(a, &k);
        return;
    }
}
