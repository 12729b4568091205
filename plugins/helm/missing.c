/* SPDX-License-Identifier: Apache-2.0
 *
 * The evaluator tells in which map it looked for which key. Maps are shared, so the map is found again
 * among the values by its address, whatever name it had in the template. */
#include "helm/missing.h"

#include "base/buf.h"

#include <string.h>

enum { MAX_DEPTH = 60, MAX_VISITS = 1 << 20, PATH = 4096 };

/* ---- the path of a map ------------------------------------------------------------------------- */

struct search {
    struct kz_buf *path;
    const struct kz_dict *want;
    size_t visits;
};

/* As --set has it: a dot in a key is escaped. */
static void add_key(struct kz_buf *b, struct kz_str key)
{
    if (b->len > 0)
        kz_buf_putc(b, '.');
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] == '.')
            kz_buf_putc(b, '\\');
        kz_buf_putc(b, key.ptr[i]);
    }
}

static bool find(struct search *s, struct kz_val v, unsigned depth)
{
    const enum kz_gokind kind = kz_val_kind(v);
    const size_t len = s->path->len;
    if (depth > MAX_DEPTH || s->visits++ > MAX_VISITS)
        return false;
    if (kind == KZ_GO_MAP && v.as.dict == s->want)
        return true;
    for (size_t i = 0; kind == KZ_GO_MAP && v.as.dict != NULL && i < v.as.dict->len; i++) {
        add_key(s->path, v.as.dict->at[i].key);
        if (find(s, v.as.dict->at[i].val, depth + 1))
            return true;
        s->path->len = len;
    }
    if (kind != KZ_GO_SLICE || kz_val_is_bytes(v) || v.as.list == NULL)
        return false;
    for (size_t i = 0; i < v.as.list->len; i++) {
        kz_buf_printf(s->path, "[%zu]", i);
        if (find(s, v.as.list->at[i], depth + 1))
            return true;
        s->path->len = len;
    }
    return false;
}

/* ---- what the message says ---------------------------------------------------------------------- */

static const char evaluating[] = "nil pointer evaluating interface {}.";

static bool is_required(const struct kz_trace *t)
{
    return kz_str_starts(t->text, KZ_STR("error calling required: "));
}

static bool is_about_nil(const struct kz_trace *t)
{
    return kz_str_starts(t->text, kz_str(evaluating)) ||
           kz_str_starts(t->text, KZ_STR("invalid value; expected ")) ||
           (kz_str_starts(t->text, KZ_STR("wrong type for value; expected ")) &&
            kz_str_ends(t->text, KZ_STR("; got interface {}")));
}

/* Of ".Values.tls.secret.name", which failed behind "tls" for want of "secret": ".secret.name". */
static struct kz_str rest_of(struct kz_arena *a, const struct kz_trace *t)
{
    if (!kz_str_starts(t->text, kz_str(evaluating)))
        return KZ_STR("");
    const struct kz_str name = kz_str_skip(t->text, sizeof evaluating - 1);
    const struct kz_str both =
        kz_str_printf(a, KZ_FMT "." KZ_FMT, KZ_ARG(t->nil_key), KZ_ARG(name));
    for (size_t i = 0; i + both.len <= t->node.len; i++)
        if (memcmp(t->node.ptr + i, both.ptr, both.len) == 0)
            return kz_str_skip(t->node, i + t->nil_key.len);
    return kz_str_printf(a, "." KZ_FMT, KZ_ARG(name));
}

/* ---- the chart's defaults ------------------------------------------------------------------------ */

/* The map at a path that add_key wrote, and the pair that led there; NULL: the defaults have none. */
static const struct kz_value *defaults_at(const struct kz_pair **pair, const struct kz_value *v,
                                          struct kz_str path)
{
    *pair = NULL;
    while (path.len > 0) {
        struct kz_str key;
        if (kz_str_index(path, '\\') < path.len || kz_str_index(path, '[') < path.len)
            return NULL;
        path = kz_str_cut(&key, path, '.');
        *pair = kz_value_is(v, KZ_MAP) ? kz_value_pair(v, key) : NULL;
        if (*pair == NULL)
            return NULL;
        v = (*pair)->val;
    }
    return v;
}

/* How far a key is from the one that was meant, perhaps: at most a third of it is wrong, or it begins or
 * ends like it (prometheusSpec for spec). FAR: it is another one. */
enum { FAR = 1000, ALIKE = 500 };

static unsigned distance(struct kz_str other, struct kz_str key)
{
    const unsigned d = kz_str_distance(other, key);
    const struct kz_str end =
        kz_str_skip(other, other.len > key.len ? other.len - key.len : 0);
    if (d < (unsigned)(key.len < 6 ? 2 : key.len / 3 + 1) && d < other.len)
        return d;
    if (key.len >= 3 && other.len > key.len &&
        (kz_str_starts(other, key) || kz_str_distance(end, key) <= 1))
        return ALIKE;
    return FAR;
}

static const struct kz_pair *near_key(const struct kz_value *map, struct kz_str key)
{
    const struct kz_pair *best = NULL;
    unsigned least = FAR;
    for (size_t i = 0; i < kz_value_pairs(map); i++) {
        const struct kz_pair *p = &map->as.map.at[i];
        const unsigned d = distance(p->key, key);
        if (d < least) {
            least = d;
            best = p;
        }
    }
    return best;
}

/* The same among the values that the user gave. */
static struct kz_str near_given(const struct kz_dict *map, struct kz_str key)
{
    struct kz_str best = KZ_STR("");
    unsigned least = FAR;
    for (size_t i = 0; i < map->len; i++) {
        const unsigned d = distance(map->at[i].key, key);
        if (d < least) {
            least = d;
            best = map->at[i].key;
        }
    }
    return best;
}

static void add_defaults(struct kz_buf *b, const struct kz_chart *c, struct kz_str file,
                         struct kz_str path, struct kz_str key)
{
    const struct kz_pair *parent, *own, *near;
    const struct kz_value *map = defaults_at(&parent, c->values, path);
    own = kz_value_is(map, KZ_MAP) ? kz_value_pair(map, key) : NULL;
    near = own == NULL ? near_key(map, key) : NULL;
    if (own != NULL && own->line > 0)
        kz_buf_printf(b, " (" KZ_FMT ":%u)", KZ_ARG(file), own->line);
    else if (near != NULL)
        kz_buf_printf(b, ", did you mean '" KZ_FMT "' (" KZ_FMT ":%u)?", KZ_ARG(near->key),
                      KZ_ARG(file), near->line);
    else if (parent != NULL && parent->line > 0)
        kz_buf_printf(b, " (" KZ_FMT ":%u has '" KZ_FMT "' without it)", KZ_ARG(file),
                      parent->line, KZ_ARG(parent->key));
}

bool kz_helm_missing_find(struct kz_helm_missing *out, struct kz_arena *a, const struct kz_trace *t,
                          const struct kz_helm_result *r, struct kz_str defaults)
{
    kz_autobuf struct kz_buf path = KZ_BUF(PATH), b = KZ_BUF(PATH);
    const struct kz_val *found = t->nil_in == NULL ? NULL : kz_dict_find(t->nil_in, t->nil_key);
    const bool empty = found != NULL && found->type != NULL; /* what `required` refuses, too */
    if (t->nil_in == NULL || !(is_required(t) || (is_about_nil(t) && !empty)))
        return false;
    *out = (struct kz_helm_missing){.text = KZ_STR(""), .set = KZ_STR("")};
    const char *is = found == NULL ? "not set" : empty ? "empty" : "null";
    struct search s = {.path = &path, .want = t->nil_in};
    if (!find(&s, r->failure.values, 0)) {
        out->text = kz_str_printf(a, "'" KZ_FMT "' in " KZ_FMT " is %s", KZ_ARG(t->nil_key),
                                  KZ_ARG(t->node), is);
        return true;
    }
    const struct kz_str parent = kz_str_dup(a, kz_buf_str(&path));
    add_key(&path, t->nil_key);
    kz_buf_printf(&b, ".Values." KZ_FMT " is %s", KZ_ARG(kz_buf_str(&path)), is);
    const size_t len = b.len;
    add_defaults(&b, r->chart, defaults, parent, t->nil_key);
    const struct kz_str near = near_given(t->nil_in, t->nil_key);
    if (b.len == len && found == NULL && near.len > 0)
        kz_buf_printf(&b, ", did you mean '" KZ_FMT "'?", KZ_ARG(near));
    kz_buf_add_str(&path, rest_of(a, t));
    out->text = kz_str_dup(a, kz_buf_str(&b));
    out->set = kz_str_dup(a, kz_buf_str(&path));
    return true;
}
