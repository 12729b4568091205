/* SPDX-License-Identifier: Apache-2.0 */
#include "template/goyaml_node.h"

#include "template/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t SYNTAX_MAX = (size_t)1 << 20; /* for a message */

bool kz_gonode_is_merge(const struct kz_gonode *n)
{
    return n->kind == KZ_GONODE_SCALAR && kz_str_is(n->text, "<<") &&
           (n->plain || kz_str_is(n->tag, "tag:yaml.org,2002:merge"));
}

void kz_gonode_value(struct kz_value *out, const struct kz_gonode *n)
{
    static const char *const resolvable[] = {
        "tag:yaml.org,2002:bool", "tag:yaml.org,2002:float",     "tag:yaml.org,2002:int",
        "tag:yaml.org,2002:null", "tag:yaml.org,2002:timestamp",
    };
    *out = (struct kz_value){.kind = n->kind == KZ_GONODE_SCALAR ? KZ_STRING : KZ_NULL};
    if (n->kind != KZ_GONODE_SCALAR)
        return;
    out->as.str = n->text;
    bool resolves = n->tag.len == 0 && n->plain; /* another tag is text, whatever it is */
    for (size_t i = 0; i < kz_countof(resolvable); i++)
        resolves = resolves || kz_str_is(n->tag, resolvable[i]);
    if (resolves)
        (void)kz_yaml_resolve(out, n->text);
}

/* Keys of several types come in an order of their own. */
static int rank(enum kz_kind kind)
{
    static const int ranks[] = {[KZ_NULL] = 0,  [KZ_STRING] = 1, [KZ_UINT] = 2, [KZ_INT] = 3,
                                [KZ_FLOAT] = 4, [KZ_BOOL] = 5,   [KZ_LIST] = 6, [KZ_MAP] = 7};
    return ranks[kind];
}

static int by_key(const struct kz_gopair *pa, const struct kz_gopair *pb)
{
    const struct kz_value *a = &pa->key, *b = &pb->key;
    if (a->kind != b->kind)
        return rank(a->kind) - rank(b->kind);
    switch (a->kind) {
    case KZ_STRING:
        return kz_str_cmp(a->as.str, b->as.str);
    case KZ_INT:
        return (a->as.num > b->as.num) - (a->as.num < b->as.num);
    case KZ_UINT:
        return (a->as.unum > b->as.unum) - (a->as.unum < b->as.unum);
    case KZ_FLOAT:
        return (a->as.real > b->as.real) - (a->as.real < b->as.real);
    case KZ_BOOL:
        return (int)a->as.truth - (int)b->as.truth;
    case KZ_NULL:
    case KZ_LIST:
    case KZ_MAP:
        return 0;
    }
    return 0;
}

static int by_key_then_place(const void *va, const void *vb)
{
    const struct kz_gopair *a = va, *b = vb;
    const int keys = by_key(a, b);
    return keys != 0 ? keys : (a->nth > b->nth) - (a->nth < b->nth);
}

static void put_scalar(struct kz_buf *b, const struct kz_value *v)
{
    char num[32];
    switch (v->kind) {
    case KZ_STRING:
        kz_print_quoted(b, v->as.str, KZ_QUOTE_PLAIN);
        return;
    case KZ_BOOL:
        kz_buf_puts(b, v->as.truth ? "true" : "false");
        return;
    case KZ_INT:
        kz_buf_printf(b, "%lld", (long long)v->as.num);
        return;
    case KZ_UINT:
        kz_buf_printf(b, "0x%llx", (unsigned long long)v->as.unum);
        return;
    case KZ_FLOAT:
        kz_yaml_float_text(num, v->as.real, 64);
        kz_buf_puts(b, isnan(v->as.real)   ? "NaN"
                       : isinf(v->as.real) ? (v->as.real > 0 ? "+Inf" : "-Inf")
                                           : num);
        return;
    case KZ_NULL:
    case KZ_LIST:
    case KZ_MAP:
        kz_buf_puts(b, "interface {}(nil)");
        return;
    }
}

static void put(struct kz_buf *b, struct kz_arena *a, const struct kz_gonode *n);

struct pairs {
    struct kz_arena *a;
    struct kz_gopair *at;
    size_t n, cap;
};

static void add_pair(struct pairs *p, const struct kz_gonode *key, const struct kz_gonode *value)
{
    if (p->n == p->cap) {
        const struct kz_gopair *old = p->at;
        p->cap = p->cap == 0 ? 8 : 2 * p->cap;
        p->at = kz_new_n(p->a, struct kz_gopair, p->cap);
        for (size_t i = 0; i < p->n; i++)
            p->at[i] = old[i];
    }
    p->at[p->n] = (struct kz_gopair){.node = key, .value = value, .nth = p->n};
    kz_gonode_value(&p->at[p->n++].key, key);
}

/* "<<" brings its pairs where it stands; of a list of maps the first counts, so it comes last. */
static void collect(struct pairs *p, const struct kz_gonode *map)
{
    for (size_t i = 0; i + 1 < map->n; i += 2) {
        const struct kz_gonode *value = kz_gonode_behind(map->kids[i + 1]);
        if (!kz_gonode_is_merge(map->kids[i])) {
            add_pair(p, kz_gonode_behind(map->kids[i]), map->kids[i + 1]);
        } else if (value->kind == KZ_GONODE_MAP) {
            collect(p, value);
        } else {
            for (size_t k = value->n; k > 0; k--)
                collect(p, kz_gonode_behind(value->kids[k - 1]));
        }
    }
}

size_t kz_gonode_pairs(struct kz_gopair **out, struct kz_arena *a, const struct kz_gonode *map)
{
    struct pairs all = {.a = a};
    size_t n = 0;
    collect(&all, map);
    if (all.n > 1)
        qsort(all.at, all.n, sizeof *all.at, by_key_then_place);
    for (size_t i = 0; i < all.n; i++)
        if (i + 1 == all.n || by_key(&all.at[i], &all.at[i + 1]) != 0)
            all.at[n++] = all.at[i];
    *out = all.at;
    return n;
}

static void put_map(struct kz_buf *b, struct kz_arena *a, const struct kz_gonode *map)
{
    struct kz_gopair *pairs;
    const size_t n = kz_gonode_pairs(&pairs, a, map);
    kz_buf_puts(b, "map[interface {}]interface {}{");
    for (size_t i = 0; i < n; i++) {
        kz_buf_puts(b, i > 0 ? ", " : "");
        put_scalar(b, &pairs[i].key);
        kz_buf_putc(b, ':');
        put(b, a, pairs[i].value);
    }
    kz_buf_putc(b, '}');
}

static void put(struct kz_buf *b, struct kz_arena *a, const struct kz_gonode *n)
{
    struct kz_value v;
    if (b->bad) /* too long to go on */
        return;
    switch (n->kind) {
    case KZ_GONODE_SCALAR:
        kz_gonode_value(&v, n);
        put_scalar(b, &v);
        return;
    case KZ_GONODE_ALIAS:
        put(b, a, n->target);
        return;
    case KZ_GONODE_LIST:
        kz_buf_puts(b, "[]interface {}{");
        for (size_t i = 0; i < n->n; i++) {
            kz_buf_puts(b, i > 0 ? ", " : "");
            put(b, a, n->kids[i]);
        }
        kz_buf_putc(b, '}');
        return;
    case KZ_GONODE_MAP:
        put_map(b, a, n);
        return;
    }
}

struct kz_str kz_gonode_syntax(struct kz_arena *a, const struct kz_gonode *n)
{
    kz_autobuf struct kz_buf b = KZ_BUF(SYNTAX_MAX);
    put(&b, a, n);
    return kz_str_dup(a, kz_buf_str(&b));
}
