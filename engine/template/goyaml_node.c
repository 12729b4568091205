/* SPDX-License-Identifier: Apache-2.0 */
#include "template/goyaml_node.h"

#include "template/print.h"

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
    *out = (struct kz_value){.kind = n->kind == KZ_GONODE_SCALAR ? KZ_STRING : KZ_NULL};
    if (n->kind != KZ_GONODE_SCALAR)
        return;
    out->as.str = n->text;
    const bool quoted = n->tag.len == 0 && !n->plain;
    if (!quoted && !kz_str_is(n->tag, "tag:yaml.org,2002:str"))
        (void)kz_yaml_resolve(out, n->text);
}

/* Keys of several types come in an order of their own. */
static int rank(enum kz_kind kind)
{
    static const int ranks[] = {[KZ_NULL] = 0,  [KZ_STRING] = 1, [KZ_UINT] = 2, [KZ_INT] = 3,
                                [KZ_FLOAT] = 4, [KZ_BOOL] = 5,   [KZ_LIST] = 6, [KZ_MAP] = 7};
    return ranks[kind];
}

struct pair {
    struct kz_value key;
    const struct kz_gonode *value;
};

static int order(const void *va, const void *vb)
{
    const struct kz_value *a = &((const struct pair *)va)->key,
                          *b = &((const struct pair *)vb)->key;
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
        kz_buf_puts(b, num);
        return;
    case KZ_NULL:
    case KZ_LIST:
    case KZ_MAP:
        kz_buf_puts(b, "interface {}(nil)");
        return;
    }
}

static void put(struct kz_buf *b, struct kz_arena *a, const struct kz_gonode *n);

static void put_map(struct kz_buf *b, struct kz_arena *a, const struct kz_gonode *n)
{
    struct pair *pairs = kz_new_n(a, struct pair, n->n / 2 + 1);
    size_t len = 0;
    for (size_t i = 0; i + 1 < n->n; i += 2) {
        kz_gonode_value(&pairs[len].key, n->kids[i]);
        pairs[len++].value = n->kids[i + 1];
    }
    qsort(pairs, len, sizeof *pairs, order);
    kz_buf_puts(b, "map[interface {}]interface {}{");
    for (size_t i = 0; i < len; i++) {
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
