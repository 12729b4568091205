/* SPDX-License-Identifier: Apache-2.0 */
#include "fieldset.h"

#include "base/buf.h"
#include "value/json.h"

/* ---- schema ------------------------------------------------------------------------------------------------------ */

static const struct list_map {
    const char *field, *keys[2];
} list_maps[] = {
    {"containers", {"name", NULL}}, {"initContainers", {"name", NULL}}, {"volumes", {"name", NULL}},
    {"env", {"name", NULL}},        {"ports", {"containerPort", "protocol"}},
};

static const struct list_map *list_map_of(struct kz_str field)
{
    for (size_t i = 0; i < kz_countof(list_maps); i++)
        if (kz_str_is(field, list_maps[i].field))
            return &list_maps[i];
    return NULL;
}

static bool is_atomic_map(struct kz_str field)
{
    return kz_str_is(field, "selector") || kz_str_is(field, "nodeSelector");
}

static bool is_set(struct kz_str field)
{
    return kz_str_is(field, "finalizers");
}

/* Of a Go type, and no pointer: there in an object that is empty. */
static bool is_always_there(struct kz_str field)
{
    static const char *const names[] = {"metadata", "spec", "template", "status", "containers", "resources"};
    for (size_t i = 0; i < kz_countof(names); i++)
        if (kz_str_is(field, names[i]))
            return true;
    return false;
}

static bool is_server_owned(struct kz_str key)
{
    static const char *const names[] = {"name", "namespace", "uid", "resourceVersion", "generation",
                                        "creationTimestamp", "deletionTimestamp", "managedFields",
                                        "deletionGracePeriodSeconds", "generateName", "selfLink"};
    for (size_t i = 0; i < kz_countof(names); i++)
        if (kz_str_is(key, names[i]))
            return true;
    return false;
}

/* Depth 0 is the object, 1 its metadata or spec. */
static bool is_never_owned(struct kz_str key, int depth, bool in_metadata)
{
    return (depth == 0 && (kz_str_is(key, "apiVersion") || kz_str_is(key, "kind") || kz_str_is(key, "status"))) ||
           (depth == 1 && in_metadata && is_server_owned(key));
}

static bool is_branch(struct kz_str field, const struct kz_value *v)
{
    if (kz_value_is(v, KZ_MAP))
        return kz_value_len(v) > 0 && !is_atomic_map(field);
    return kz_value_is(v, KZ_LIST) && kz_value_len(v) > 0 && (is_set(field) || list_map_of(field) != NULL);
}

/* ---- elements ---------------------------------------------------------------------------------------------------- */

static struct kz_str field_elem(struct kz_arena *a, struct kz_str key)
{
    return kz_str_concat(a, KZ_STR("f:"), key, KZ_STR(""));
}

static const struct kz_value *key_of(const struct kz_value *item, const char **name)
{
    const struct kz_value *v = kz_value_get(item, *name);
    if (v == NULL && strcmp(*name, "containerPort") == 0 && kz_value_get(item, "port") != NULL) { /* of a Service */
        *name = "port";
        v = kz_value_get(item, *name);
    }
    return v;
}

/* k:{"name":"c"} or v:"x" */
static struct kz_str item_elem(struct kz_arena *a, struct kz_str field, const struct kz_value *item)
{
    const struct list_map *m = list_map_of(field);
    kz_autobuf struct kz_buf b = KZ_BUF(4096);
    if (m == NULL)
        return kz_str_concat(a, KZ_STR("v:\""), kz_value_as_str(item), KZ_STR("\""));
    kz_buf_puts(&b, "k:{");
    for (size_t n = 0; n < 2 && m->keys[n] != NULL; n++) {
        const char *name = m->keys[n];
        const struct kz_value *v = key_of(item, &name);
        kz_buf_puts(&b, n == 0 ? "\"" : ",\"");
        kz_buf_puts(&b, name);
        kz_buf_puts(&b, "\":");
        if (v != NULL)
            kz_json_write(&b, v, KZ_JSON_COMPACT);
        else
            kz_buf_puts(&b, "\"TCP\"");
    }
    kz_buf_putc(&b, '}');
    return kz_str_dup(a, kz_buf_str(&b));
}

static bool same_item(struct kz_str field, const struct kz_value *x, const struct kz_value *y)
{
    const struct list_map *m = list_map_of(field);
    if (m == NULL)
        return kz_str_eq(kz_value_as_str(x), kz_value_as_str(y));
    for (size_t n = 0; n < 2 && m->keys[n] != NULL; n++) {
        const char *name = m->keys[n], *other = m->keys[n];
        const struct kz_value *v = key_of(x, &name), *w = key_of(y, &other);
        if (strcmp(name, other) != 0)
            return false;
        if (v == NULL || w == NULL ? !kz_str_is(kz_value_as_str(v == NULL ? w : v), v == w ? "" : "TCP") : !kz_value_eq(v, w))
            return false;
    }
    return true;
}

/* The item of a list that is the same one; *at its place. */
static struct kz_value *find_item(struct kz_str field, const struct kz_value *list, const struct kz_value *item, size_t *at)
{
    for (size_t i = 0; kz_value_is(list, KZ_LIST) && i < list->as.list.len; i++)
        if (same_item(field, list->as.list.at[i], item)) {
            *at = i;
            return list->as.list.at[i];
        }
    return NULL;
}

/* ---- sets of an object ------------------------------------------------------------------------------------------- */

struct walk {
    struct kz_arena *a;
    bool custom, others;
};

static struct kz_value *fields_of(const struct walk *w, struct kz_str field, const struct kz_value *v, int depth,
                                  bool in_metadata)
{
    struct kz_arena *a = w->a;
    struct kz_value *out = kz_value_map(a);
    if (kz_value_is(v, KZ_LIST)) {
        for (size_t i = 0; i < kz_value_len(v); i++) {
            const struct kz_value *item = kz_value_at(v, i);
            struct kz_value *sub =
                kz_value_is(item, KZ_MAP) ? fields_of(w, KZ_STR(""), item, depth + 1, false) : kz_value_map(a);
            if (kz_value_len(sub) > 0)
                kz_value_set(a, sub, KZ_STR("."), kz_value_map(a));
            kz_value_set(a, out, item_elem(a, field, item), sub);
        }
        return out;
    }
    for (size_t i = 0; i < kz_value_pairs(v); i++) {
        struct kz_str key = v->as.map.at[i].key;
        const struct kz_value *child = v->as.map.at[i].val;
        if (is_never_owned(key, depth, in_metadata))
            continue;
        bool meta = depth == 0 && kz_str_is(key, "metadata");
        struct kz_value *sub = is_branch(key, child) ? fields_of(w, key, child, depth + 1, meta) : kz_value_map(a);
        if (w->custom && !meta && !in_metadata && kz_value_len(sub) > 0)
            kz_value_set(a, sub, KZ_STR("."), kz_value_map(a));
        if (!meta || kz_value_len(sub) > 0)
            kz_value_set(a, out, field_elem(a, key), sub);
    }
    return out;
}

struct kz_value *sim_fields_of(struct kz_arena *a, const struct kz_value *object, bool custom)
{
    const struct walk w = {.a = a, .custom = custom};
    return fields_of(&w, KZ_STR(""), object, 0, false);
}

static struct kz_value *new_in(const struct walk *w, struct kz_str field, const struct kz_value *from,
                               const struct kz_value *to, int depth, bool in_metadata);

/* One field or item. NULL: nothing about it is new. */
static struct kz_value *new_at(const struct walk *w, struct kz_str field, const struct kz_value *from,
                               const struct kz_value *to, int depth, bool is_item)
{
    bool meta = depth == 0 && kz_str_is(field, "metadata");
    if (!is_branch(is_item ? KZ_STR("") : field, to)) {
        bool was_branch = is_branch(field, from) && (kz_value_is(to, KZ_MAP) || kz_value_is(to, KZ_LIST));
        if (from != NULL && (!w->others || was_branch || kz_value_eq(from, to)))
            return NULL;
        return kz_value_map(w->a);
    }
    struct kz_value *sub = new_in(w, field, from, to, depth + 1, meta);
    if (from == NULL && !meta && (w->custom || is_item || !is_always_there(field)))
        kz_value_set(w->a, sub, KZ_STR("."), kz_value_map(w->a));
    return kz_value_len(sub) > 0 ? sub : NULL;
}

static struct kz_value *new_in(const struct walk *w, struct kz_str field, const struct kz_value *from,
                               const struct kz_value *to, int depth, bool in_metadata)
{
    struct kz_value *out = kz_value_map(w->a), *sub;
    size_t at;
    for (size_t i = 0; kz_value_is(to, KZ_LIST) && i < to->as.list.len; i++) {
        const struct kz_value *item = to->as.list.at[i];
        sub = new_at(w, KZ_STR(""), find_item(field, from, item, &at), item, depth, true);
        if (sub != NULL)
            kz_value_set(w->a, out, item_elem(w->a, field, item), sub);
    }
    for (size_t i = 0; i < kz_value_pairs(to); i++) {
        struct kz_str key = to->as.map.at[i].key;
        if (is_never_owned(key, depth, in_metadata))
            continue;
        sub = new_at(w, key, kz_value_find(from, key), to->as.map.at[i].val, depth, false);
        if (sub != NULL)
            kz_value_set(w->a, out, field_elem(w->a, key), sub);
    }
    return out;
}

struct kz_value *sim_fields_new(struct kz_arena *a, const struct kz_value *from, const struct kz_value *to, bool custom,
                                bool others)
{
    const struct walk w = {.a = a, .custom = custom, .others = others};
    return new_in(&w, KZ_STR(""), from, to, 0, false);
}

struct kz_value *sim_fields_new_status(struct kz_arena *a, const struct kz_value *from, const struct kz_value *to,
                                       bool custom, bool others)
{
    const struct walk w = {.a = a, .custom = custom, .others = others};
    struct kz_value *out = kz_value_map(a);
    struct kz_value *sub =
        new_at(&w, KZ_STR("status"), kz_value_get(from, "status"), kz_value_get(to, "status"), 1, false);
    if (sub != NULL && kz_value_len(sub) > 0)
        kz_value_set(a, out, KZ_STR("f:status"), sub);
    return out;
}

/* ---- algebra ----------------------------------------------------------------------------------------------------- */

static bool is_dot(struct kz_str elem)
{
    return kz_str_is(elem, ".");
}

bool sim_fields_is_member(const struct kz_value *node)
{
    return node != NULL && (kz_value_len(node) == 0 || kz_value_get(node, ".") != NULL);
}

/* A node of children (which has no "." yet), itself in the set or not. */
static struct kz_value *node(struct kz_arena *a, struct kz_value *children, bool member)
{
    if (kz_value_len(children) == 0)
        return member ? children : NULL;
    if (member)
        kz_value_set(a, children, KZ_STR("."), kz_value_map(a));
    return children;
}

static struct kz_value *minus(struct kz_arena *a, const struct kz_value *x, const struct kz_value *y, bool top)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; i < kz_value_len(x); i++) {
        struct kz_str elem = x->as.map.at[i].key;
        struct kz_value *sub = x->as.map.at[i].val;
        const struct kz_value *other = kz_value_find(y, elem);
        if (is_dot(elem))
            continue;
        if (other != NULL)
            sub = minus(a, sub, other, false);
        if (sub != NULL)
            kz_value_add(a, out, elem, sub); /* sets are never changed: shared */
    }
    return node(a, out, !top && sim_fields_is_member(x) && !sim_fields_is_member(y));
}

struct kz_value *sim_fields_minus(struct kz_arena *a, const struct kz_value *x, const struct kz_value *y)
{
    return minus(a, x, y, true);
}

static struct kz_value *both(struct kz_arena *a, const struct kz_value *x, const struct kz_value *y, bool top)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; i < kz_value_len(x); i++) {
        struct kz_str elem = x->as.map.at[i].key;
        const struct kz_value *other = is_dot(elem) ? NULL : kz_value_find(y, elem);
        struct kz_value *sub = other == NULL ? NULL : both(a, x->as.map.at[i].val, other, false);
        if (sub != NULL)
            kz_value_add(a, out, elem, sub);
    }
    return node(a, out, !top && sim_fields_is_member(x) && sim_fields_is_member(y));
}

struct kz_value *sim_fields_both(struct kz_arena *a, const struct kz_value *x, const struct kz_value *y)
{
    return both(a, x, y, true);
}

static struct kz_value *plus(struct kz_arena *a, const struct kz_value *x, const struct kz_value *y, bool top)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; i < kz_value_len(x); i++) {
        struct kz_str elem = x->as.map.at[i].key;
        const struct kz_value *other = kz_value_find(y, elem);
        if (!is_dot(elem))
            kz_value_add(a, out, elem,
                         other == NULL ? x->as.map.at[i].val : plus(a, x->as.map.at[i].val, other, false));
    }
    for (size_t i = 0; i < kz_value_len(y); i++) {
        struct kz_str elem = y->as.map.at[i].key;
        if (!is_dot(elem) && kz_value_find(x, elem) == NULL)
            kz_value_add(a, out, elem, y->as.map.at[i].val);
    }
    return node(a, out, !top && (sim_fields_is_member(x) || sim_fields_is_member(y)));
}

struct kz_value *sim_fields_plus(struct kz_arena *a, const struct kz_value *x, const struct kz_value *y)
{
    return plus(a, x, y, true);
}

/* ---- changing an object ------------------------------------------------------------------------------------------ */

/* An item without its key is none. */
static bool names_item(struct kz_str field, const struct kz_value *kept)
{
    const struct list_map *m = list_map_of(field);
    return m == NULL || sim_fields_is_member(kept) || (strcmp(m->keys[0], "name") == 0 && kz_value_get(kept, "f:name") != NULL) ||
           kz_value_get(kept, "f:containerPort") != NULL || kz_value_get(kept, "f:port") != NULL;
}

static void remove_in(struct kz_arena *a, struct kz_str field, struct kz_value *in, const struct kz_value *gone,
                      const struct kz_value *kept)
{
    struct kz_str elem, key;
    for (size_t i = kz_value_is(in, KZ_LIST) ? in->as.list.len : 0; i > 0; i--) {
        struct kz_value *item = in->as.list.at[i - 1];
        elem = item_elem(a, field, item);
        const struct kz_value *g = kz_value_find(gone, elem), *k = kz_value_find(kept, elem);
        if (g != NULL && k != NULL && names_item(field, k)) {
            remove_in(a, KZ_STR(""), item, g, k);
        } else if (g != NULL) {
            memmove(&in->as.list.at[i - 1], &in->as.list.at[i], (in->as.list.len - i) * sizeof item);
            in->as.list.len--;
        }
    }
    for (size_t i = 0; kz_value_is(in, KZ_MAP) && i < kz_value_len(gone); i++) {
        elem = gone->as.map.at[i].key;
        if (!kz_str_starts(elem, KZ_STR("f:")))
            continue;
        key = kz_str_skip(elem, 2);
        struct kz_value *child = kz_value_child(in, key);
        const struct kz_value *k = kz_value_find(kept, elem);
        if (child != NULL && k != NULL) {
            remove_in(a, key, child, gone->as.map.at[i].val, k);
            if (kz_value_is(child, KZ_LIST) && child->as.list.len == 0)
                (void)kz_value_del(in, key);
        } else if (child != NULL && !kz_str_is(elem, "f:metadata")) {
            (void)kz_value_del(in, key);
        } else if (child != NULL) {
            remove_in(a, key, child, gone->as.map.at[i].val, NULL);
        }
    }
}

void sim_fields_remove(struct kz_arena *a, struct kz_value *object, const struct kz_value *gone,
                       const struct kz_value *kept)
{
    remove_in(a, KZ_STR(""), object, gone, kept);
}

static bool is_name(struct kz_str key)
{
    return kz_str_is(key, "name") || kz_str_is(key, "namespace");
}

static void merge(struct kz_arena *a, struct kz_value *into, const struct kz_value *config, int depth, bool in_metadata)
{
    for (size_t i = 0; i < kz_value_pairs(config); i++) {
        struct kz_str key = config->as.map.at[i].key;
        const struct kz_value *v = config->as.map.at[i].val;
        struct kz_value *have = kz_value_child(into, key);
        if ((depth == 0 && kz_str_is(key, "status")) || (in_metadata && is_server_owned(key) && !is_name(key)))
            continue;
        bool meta = depth == 0 && kz_str_is(key, "metadata");
        if (meta && have == NULL)
            kz_value_set(a, into, KZ_STR("metadata"), have = kz_value_map(a));
        if (kz_value_is(v, KZ_MAP) && kz_value_is(have, KZ_MAP) && !is_atomic_map(key)) {
            merge(a, have, v, depth + 1, meta);
            continue;
        }
        bool by_item = kz_value_is(v, KZ_LIST) && kz_value_is(have, KZ_LIST) && (is_set(key) || list_map_of(key) != NULL);
        if (!by_item) {
            kz_value_set(a, into, kz_str_dup(a, key), kz_value_copy(a, v));
            continue;
        }
        for (size_t k = 0; k < kz_value_len(v); k++) {
            size_t at;
            struct kz_value *item = find_item(key, have, kz_value_at(v, k), &at);
            if (item == NULL)
                kz_value_push(a, have, kz_value_copy(a, kz_value_at(v, k)));
            else if (kz_value_is(item, KZ_MAP))
                merge(a, item, kz_value_at(v, k), depth + 2, false);
        }
    }
}

void sim_fields_merge(struct kz_arena *a, struct kz_value *object, const struct kz_value *config)
{
    merge(a, object, config, 0, false);
}
