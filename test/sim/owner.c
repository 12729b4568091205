/* SPDX-License-Identifier: Apache-2.0 */
#include "owner.h"

#include "base/buf.h"
#include "value/json.h"

/* ---- schema --------------------------------------------------------------------------------------- */

static const struct {
    const char *field, *keys[2];
} list_maps[] = {
    {"containers", {"name", NULL}}, {"initContainers", {"name", NULL}}, {"volumes", {"name", NULL}},
    {"env", {"name", NULL}},        {"ports", {"containerPort", "protocol"}},
};

static bool is_atomic_map(struct kz_str field)
{
    return kz_str_is(field, "selector") || kz_str_is(field, "nodeSelector");
}

/* The key of one item of a list-map: k:{"name":"c"}; "" when the list is atomic. */
static struct kz_str item_key(struct kz_arena *a, struct kz_str field, const struct kz_value *item)
{
    for (size_t i = 0; i < kz_countof(list_maps); i++) {
        if (!kz_str_is(field, list_maps[i].field))
            continue;
        struct kz_value *k = kz_value_map(a);
        for (size_t n = 0; n < 2 && list_maps[i].keys[n] != NULL; n++) {
            struct kz_str name = kz_str(list_maps[i].keys[n]);
            const struct kz_value *v = kz_value_find(item, name);
            if (v == NULL && kz_str_is(name, "containerPort")) { /* ports of a Service */
                name = KZ_STR("port");
                v = kz_value_find(item, name);
            }
            kz_value_set(a, k, name, v != NULL ? kz_value_copy(a, v) : kz_value_cstr(a, "TCP"));
        }
        kz_autobuf struct kz_buf b = KZ_BUF(4096);
        kz_buf_puts(&b, "k:");
        kz_json_write(&b, k, KZ_JSON_SORTED);
        return kz_str_dup(a, kz_buf_str(&b));
    }
    return KZ_STR("");
}

static bool is_list_map(struct kz_str field)
{
    for (size_t i = 0; i < kz_countof(list_maps); i++)
        if (kz_str_is(field, list_maps[i].field))
            return true;
    return false;
}

static bool server_owned(struct kz_str key)
{
    static const char *const names[] = {"name", "namespace", "uid", "resourceVersion", "generation",
                                        "creationTimestamp", "deletionTimestamp", "managedFields",
                                        "deletionGracePeriodSeconds"};
    for (size_t i = 0; i < kz_countof(names); i++)
        if (kz_str_is(key, names[i]))
            return true;
    return false;
}

/* ---- field sets ------------------------------------------------------------------------------------- */

static struct kz_value *set_of_map(struct kz_arena *a, const struct kz_value *map, int depth);

static struct kz_value *set_of_field(struct kz_arena *a, struct kz_str field, const struct kz_value *v,
                                     int depth)
{
    struct kz_value *out = kz_value_map(a);
    if (kz_value_is(v, KZ_MAP) && kz_value_len(v) > 0 && !is_atomic_map(field))
        return set_of_map(a, v, depth + 1);
    if (!kz_value_is(v, KZ_LIST) || (!is_list_map(field) && !kz_str_is(field, "finalizers")))
        return out;
    for (size_t i = 0; i < kz_value_len(v); i++) {
        const struct kz_value *item = kz_value_at(v, i);
        if (kz_str_is(field, "finalizers")) {
            kz_value_set(a, out, kz_str_printf(a, "v:\"" KZ_FMT "\"", KZ_ARG(kz_value_as_str(item))),
                         kz_value_map(a));
            continue;
        }
        struct kz_value *sub = set_of_map(a, item, depth + 1);
        kz_value_set(a, sub, KZ_STR("."), kz_value_map(a));
        kz_value_set(a, out, item_key(a, field, item), sub);
    }
    return out;
}

/* Depth 0 is the object, 1 its metadata or spec. */
static struct kz_value *set_of_map(struct kz_arena *a, const struct kz_value *map, int depth)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; kz_value_is(map, KZ_MAP) && i < map->as.map.len; i++) {
        struct kz_str key = map->as.map.at[i].key;
        const struct kz_value *v = map->as.map.at[i].val;
        if (depth == 0 && (kz_str_is(key, "apiVersion") || kz_str_is(key, "kind") || kz_str_is(key, "status")))
            continue;
        if (depth == 0 && kz_str_is(key, "metadata")) {
            struct kz_value *meta = kz_value_map(a);
            for (size_t k = 0; k < kz_value_len(v); k++)
                if (!server_owned(v->as.map.at[k].key))
                    kz_value_set(a, meta, v->as.map.at[k].key, v->as.map.at[k].val);
            if (kz_value_len(meta) > 0)
                kz_value_set(a, out, KZ_STR("f:metadata"), set_of_map(a, meta, 1));
            continue;
        }
        kz_value_set(a, out, kz_str_printf(a, "f:" KZ_FMT, KZ_ARG(key)), set_of_field(a, key, v, depth));
    }
    return out;
}

/* The value that an element of a field set names, inside the value of its parent; *at for lists. */
static struct kz_value *find(struct kz_arena *a, struct kz_str parent_field, const struct kz_value *in,
                             struct kz_str elem, size_t *at)
{
    struct kz_str rest = kz_str_skip(elem, 2);
    if (kz_str_starts(elem, KZ_STR("f:"))) {
        for (size_t i = 0; kz_value_is(in, KZ_MAP) && i < in->as.map.len; i++)
            if (kz_str_eq(in->as.map.at[i].key, rest))
                return in->as.map.at[i].val;
        return NULL;
    }
    for (size_t i = 0; kz_value_is(in, KZ_LIST) && i < in->as.list.len; i++) {
        struct kz_value *item = in->as.list.at[i];
        bool same = kz_str_starts(elem, KZ_STR("v:"))
                        ? kz_str_eq(kz_value_as_str(item), kz_str_n(rest.ptr + 1, rest.len - 2))
                        : kz_str_eq(item_key(a, parent_field, item), elem);
        if (same) {
            if (at != NULL)
                *at = i;
            return item;
        }
    }
    return NULL;
}

static bool is_leaf(const struct kz_value *set)
{
    return kz_value_len(set) == 0 || (kz_value_len(set) == 1 && kz_value_get(set, ".") != NULL);
}

static struct kz_str field_of(struct kz_str elem, struct kz_str parent)
{
    return kz_str_starts(elem, KZ_STR("f:")) ? kz_str_skip(elem, 2) : parent;
}

/* The part of `set` whose value in `to` is not what it is in `from`. */
static struct kz_value *differing(struct kz_arena *a, const struct kz_value *set, struct kz_str field,
                                  const struct kz_value *from, const struct kz_value *to)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; i < kz_value_len(set); i++) {
        struct kz_str elem = set->as.map.at[i].key;
        const struct kz_value *sub = set->as.map.at[i].val;
        if (kz_str_is(elem, ".")) {
            if (from == NULL)
                kz_value_set(a, out, elem, kz_value_map(a));
            continue;
        }
        const struct kz_value *x = find(a, field, from, elem, NULL), *y = find(a, field, to, elem, NULL);
        if (is_leaf(sub)) {
            if (x == NULL || y == NULL || !kz_value_eq(x, y))
                kz_value_set(a, out, elem, kz_value_copy(a, sub));
            continue;
        }
        struct kz_value *d = differing(a, sub, field_of(elem, field), x, y);
        if (kz_value_len(d) > 0)
            kz_value_set(a, out, elem, d);
    }
    return out;
}

/* set minus gone, leaf by leaf; NULL: nothing is left. */
static struct kz_value *minus(struct kz_arena *a, const struct kz_value *set, const struct kz_value *gone)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; i < kz_value_len(set); i++) {
        struct kz_str elem = set->as.map.at[i].key;
        const struct kz_value *sub = set->as.map.at[i].val;
        const struct kz_value *g = kz_value_find(gone, elem);
        if (g == NULL) {
            kz_value_set(a, out, elem, kz_value_copy(a, sub));
        } else if (!is_leaf(sub) && !is_leaf(g)) {
            struct kz_value *left = minus(a, sub, g);
            if (left != NULL)
                kz_value_set(a, out, elem, left);
        }
    }
    return kz_value_len(out) == 0 ? NULL : out;
}

static struct kz_value *plus(struct kz_arena *a, const struct kz_value *x, const struct kz_value *y)
{
    struct kz_value *out = x == NULL ? kz_value_map(a) : kz_value_copy(a, x);
    for (size_t i = 0; i < kz_value_len(y); i++) {
        struct kz_str elem = y->as.map.at[i].key;
        const struct kz_value *have = kz_value_find(out, elem);
        kz_value_set(a, out, elem, have == NULL ? kz_value_copy(a, y->as.map.at[i].val)
                                                : plus(a, have, y->as.map.at[i].val));
    }
    return out;
}

/* ---- managers ---------------------------------------------------------------------------------------- */

struct owner {
    struct kz_str manager;
    bool update;
    struct kz_str version;
    struct kz_value *set; /* NULL: owns nothing any more */
};

enum { OWNERS = 12 };
struct owners {
    struct owner at[OWNERS];
    size_t n;
};

static void read_owners(struct owners *o, struct kz_arena *a, const struct kz_value *live)
{
    const struct kz_value *list = kz_value_path(live, "metadata.managedFields");
    o->n = 0;
    for (size_t i = 0; i < kz_value_len(list) && o->n < OWNERS; i++) {
        const struct kz_value *e = kz_value_at(list, i);
        o->at[o->n++] = (struct owner){
            .manager = kz_value_path_str(e, "manager"),
            .update = kz_str_is(kz_value_path_str(e, "operation"), "Update"),
            .version = kz_value_path_str(e, "apiVersion"),
            .set = kz_value_copy(a, kz_value_get(e, "fieldsV1")),
        };
    }
}

static struct owner *owner_of(struct owners *o, struct kz_str manager, bool update, struct kz_str version)
{
    for (size_t i = 0; i < o->n; i++)
        if (kz_str_eq(o->at[i].manager, manager) && o->at[i].update == update)
            return &o->at[i];
    kz_assert(o->n < OWNERS);
    o->at[o->n] = (struct owner){.manager = manager, .update = update, .version = version};
    return &o->at[o->n++];
}

static void write_owners(struct kz_value *body, struct kz_arena *a, const struct owners *o)
{
    struct kz_value *list = kz_value_list(a), *meta = NULL;
    for (size_t i = 0; i < o->n; i++) {
        if (o->at[i].set == NULL || kz_value_len(o->at[i].set) == 0)
            continue;
        struct kz_value *e = kz_value_map(a);
        kz_value_set(a, e, KZ_STR("manager"), kz_value_str(a, kz_str_dup(a, o->at[i].manager)));
        kz_value_set(a, e, KZ_STR("operation"), kz_value_cstr(a, o->at[i].update ? "Update" : "Apply"));
        kz_value_set(a, e, KZ_STR("apiVersion"), kz_value_str(a, kz_str_dup(a, o->at[i].version)));
        kz_value_set(a, e, KZ_STR("fieldsType"), kz_value_cstr(a, "FieldsV1"));
        kz_value_set(a, e, KZ_STR("fieldsV1"), o->at[i].set);
        kz_value_push(a, list, e);
    }
    for (size_t i = 0; i < body->as.map.len; i++)
        if (kz_str_is(body->as.map.at[i].key, "metadata"))
            meta = body->as.map.at[i].val;
    kz_assert(meta != NULL);
    kz_value_set(a, meta, KZ_STR("managedFields"), list);
}

/* ---- merging ----------------------------------------------------------------------------------------- */

static void merge_into(struct kz_arena *a, struct kz_value *live, const struct kz_value *config, int depth);

static void merge_list(struct kz_arena *a, struct kz_str field, struct kz_value *live,
                       const struct kz_value *config)
{
    for (size_t i = 0; i < kz_value_len(config); i++) {
        const struct kz_value *item = kz_value_at(config, i);
        struct kz_str elem = is_list_map(field)
                                 ? item_key(a, field, item)
                                 : kz_str_printf(a, "v:\"" KZ_FMT "\"", KZ_ARG(kz_value_as_str(item)));
        struct kz_value *have = find(a, field, live, elem, NULL);
        if (have == NULL)
            kz_value_push(a, live, kz_value_copy(a, item));
        else if (is_list_map(field))
            merge_into(a, have, item, 2);
    }
}

static void merge_into(struct kz_arena *a, struct kz_value *live, const struct kz_value *config, int depth)
{
    for (size_t i = 0; i < kz_value_len(config); i++) {
        struct kz_str key = config->as.map.at[i].key;
        const struct kz_value *v = config->as.map.at[i].val;
        struct kz_value *have =
            find(a, KZ_STR(""), live, kz_str_printf(a, "f:" KZ_FMT, KZ_ARG(key)), NULL);
        if (depth == 0 && kz_str_is(key, "status"))
            continue;
        if (kz_value_is(v, KZ_MAP) && kz_value_is(have, KZ_MAP) && !is_atomic_map(key))
            merge_into(a, have, v, depth + 1);
        else if (kz_value_is(v, KZ_LIST) && kz_value_is(have, KZ_LIST) &&
                 (is_list_map(key) || kz_str_is(key, "finalizers")))
            merge_list(a, key, have, v);
        else
            kz_value_set(a, live, kz_str_dup(a, key), kz_value_copy(a, v));
    }
}

static void remove_elem(struct kz_arena *a, struct kz_str field, struct kz_value *in, struct kz_str elem)
{
    size_t at = 0;
    if (kz_str_starts(elem, KZ_STR("f:"))) {
        if (kz_value_is(in, KZ_MAP))
            (void)kz_value_del(in, kz_str_skip(elem, 2));
    } else if (find(a, field, in, elem, &at) != NULL) {
        memmove(&in->as.list.at[at], &in->as.list.at[at + 1],
                (in->as.list.len - at - 1) * sizeof(struct kz_value *));
        in->as.list.len--;
    }
}

/* What the manager gives up and nobody else owns goes; containers that get empty go with it. */
static void give_up(struct kz_arena *a, struct kz_value *live, struct kz_str field,
                    const struct kz_value *before, const struct kz_value *after,
                    const struct kz_value *others)
{
    for (size_t i = 0; i < kz_value_len(before); i++) {
        struct kz_str elem = before->as.map.at[i].key;
        const struct kz_value *sub = before->as.map.at[i].val;
        const struct kz_value *now = kz_value_find(after, elem), *other = kz_value_find(others, elem);
        if (kz_str_is(elem, "."))
            continue;
        struct kz_value *v = find(a, field, live, elem, NULL);
        if (v == NULL)
            continue;
        if (is_leaf(sub)) {
            if (now == NULL && other == NULL)
                remove_elem(a, field, live, elem);
            continue;
        }
        if (now == NULL && other == NULL && kz_str_starts(elem, KZ_STR("k:"))) {
            remove_elem(a, field, live, elem);
            continue;
        }
        give_up(a, v, field_of(elem, field), sub, now, other);
        if (now == NULL && other == NULL && kz_value_len(v) == 0)
            remove_elem(a, field, live, elem);
    }
}

/* ---- conflicts --------------------------------------------------------------------------------------- */

/* .spec.containers[name="c"].image */
static void path_add(struct kz_buf *b, struct kz_arena *a, struct kz_str elem)
{
    struct kz_value *keys = NULL;
    struct kz_err err;
    if (!kz_str_starts(elem, KZ_STR("k:"))) {
        kz_buf_putc(b, '.');
        kz_buf_add_str(b, kz_str_skip(elem, 2));
        return;
    }
    if (kz_json_read(&keys, a, kz_str_skip(elem, 2), KZ_STR("key"), &err) < 0)
        return;
    kz_buf_putc(b, '[');
    for (size_t i = 0; i < kz_value_len(keys); i++) {
        kz_buf_printf(b, "%s" KZ_FMT "=", i > 0 ? "," : "", KZ_ARG(keys->as.map.at[i].key));
        kz_json_write(b, keys->as.map.at[i].val, KZ_JSON_COMPACT);
    }
    kz_buf_putc(b, ']');
}

static void find_clashes(struct sim_merge *m, struct kz_arena *a, const struct owner *o,
                         const struct kz_value *changed, const struct kz_value *theirs, struct kz_str path)
{
    for (size_t i = 0; i < kz_value_len(changed); i++) {
        struct kz_str elem = changed->as.map.at[i].key;
        const struct kz_value *sub = changed->as.map.at[i].val, *t = kz_value_find(theirs, elem);
        if (t == NULL || kz_str_is(elem, "."))
            continue;
        kz_autobuf struct kz_buf b = KZ_BUF(4096);
        kz_buf_add_str(&b, path);
        path_add(&b, a, elem);
        if (is_leaf(sub) || is_leaf(t)) {
            struct sim_clash c = {.manager = o->manager, .update = o->update,
                                  .path = kz_str_dup(a, kz_buf_str(&b))};
            kz_vec_push(&m->clashes, c);
        } else {
            find_clashes(m, a, o, sub, t, kz_buf_str(&b));
        }
    }
}

void sim_owner_apply(struct sim_merge *out, struct kz_arena *a, const struct kz_value *live,
                     const struct kz_value *config, struct kz_str manager, bool force)
{
    struct owners o;
    struct kz_str version = kz_value_path_str(config, "apiVersion");
    *out = (struct sim_merge){.body = NULL};
    read_owners(&o, a, live);
    struct kz_value *mine = set_of_map(a, config, 0);
    struct kz_value *changed = differing(a, mine, KZ_STR(""), live, config);
    struct owner *me = owner_of(&o, manager, false, version);
    for (size_t i = 0; i < o.n; i++)
        if (&o.at[i] != me)
            find_clashes(out, a, &o.at[i], changed, o.at[i].set, KZ_STR(""));
    if (out->clashes.len > 0 && !force)
        return;
    struct kz_value *others = NULL;
    for (size_t i = 0; i < o.n; i++) {
        if (&o.at[i] == me || o.at[i].set == NULL)
            continue;
        o.at[i].set = minus(a, o.at[i].set, changed);
        others = o.at[i].set == NULL ? others : plus(a, others, o.at[i].set);
    }
    out->body = live == NULL ? kz_value_map(a) : kz_value_copy(a, live);
    merge_into(a, out->body, config, 0);
    if (live != NULL)
        give_up(a, out->body, KZ_STR(""), me->set, mine, others);
    me->set = mine;
    me->version = version;
    write_owners(out->body, a, &o);
    out->changed = live == NULL || !kz_value_eq(live, out->body);
}

void sim_owner_update(struct sim_merge *out, struct kz_arena *a, const struct kz_value *live,
                      const struct kz_value *to, struct kz_str manager)
{
    struct owners o;
    *out = (struct sim_merge){.body = NULL};
    read_owners(&o, a, live);
    struct kz_value *changed = differing(a, set_of_map(a, to, 0), KZ_STR(""), live, to);
    struct owner *me = owner_of(&o, manager, true, kz_value_path_str(to, "apiVersion"));
    for (size_t i = 0; i < o.n; i++) {
        if (o.at[i].set == NULL)
            continue;
        struct kz_value *lost = differing(a, o.at[i].set, KZ_STR(""), live, to);
        o.at[i].set = minus(a, o.at[i].set, lost);
    }
    if (kz_value_len(changed) > 0)
        me->set = plus(a, me->set, changed);
    out->body = kz_value_copy(a, to);
    write_owners(out->body, a, &o);
    out->changed = live == NULL || !kz_value_eq(live, out->body);
}
