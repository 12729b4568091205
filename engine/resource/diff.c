/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/diff.h"

#include <inttypes.h>

#include "base/hash.h"
#include "resource/hide.h"
#include "value/json.h"

struct differ {
    struct kz_diff *out;
    struct kz_arena *arena;
    struct kz_buf path;
    bool secret;  /* of the object: values of data and stringData are masked */
    bool partial; /* what `after` leaves out stays as it is */
};

enum { PATH_LIMIT = 1 << 20 };

static void add(struct differ *d, enum kz_change_kind kind, const struct kz_value *before,
                const struct kz_value *after)
{
    struct kz_diff *out = d->out;
    if (out->len == out->cap) {
        size_t cap = out->cap == 0 ? 8 : out->cap * 2;
        struct kz_change *at = kz_new_n(d->arena, struct kz_change, cap);
        if (out->len > 0)
            memcpy(at, out->at, out->len * sizeof *at);
        out->at = at;
        out->cap = cap;
    }
    out->at[out->len++] = (struct kz_change){
        .kind = kind,
        .path = kz_str_dup(d->arena, kz_buf_str(&d->path)),
        .before = before,
        .after = after,
    };
}

/* ---- what is left out ------------------------------------------------------------------------ */

static bool in_list(struct kz_str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (kz_str_is(s, list[i]))
            return true;
    }
    return false;
}

/* Server bookkeeping; what tells the object apart is in its heading already. */
static bool is_left_out(struct kz_str path, struct kz_str key)
{
    static const char *const root[] = {"kind", "status"};
    static const char *const metadata[] = {
        "creationTimestamp", "deletionGracePeriodSeconds",
        "deletionTimestamp", "generation",
        "managedFields",     "name",
        "namespace",         "resourceVersion",
        "selfLink",          "uid",
    };
    static const char *const copies[] = { /* of the whole object, that tools keep; of a Secret too */
        "kubectl.kubernetes.io/last-applied-configuration",
        "kapp.k14s.io/original",
        "objectset.rio.cattle.io/applied",
    };
    if (path.len == 0)
        return in_list(key, root, kz_countof(root));
    if (kz_str_is(path, "metadata"))
        return in_list(key, metadata, kz_countof(metadata));
    return kz_str_is(path, "metadata.annotations") && in_list(key, copies, kz_countof(copies));
}

/* ---- masking --------------------------------------------------------------------------------- */

/* "#a81f": tells two values apart, but only who knows this process's random key can test a guess. */
static struct kz_value *fingerprint(struct kz_arena *a, const struct kz_value *v, size_t digits)
{
    if (kz_str_is(kz_value_as_str(v), KZ_GENERATED)) /* it is hidden already */
        return kz_value_cstr(a, KZ_GENERATED);
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 20);
    char hex[KZ_SHA256_TEXT];
    kz_buf_printf(&b, "%" PRIu64 "/", kz_hash64_seeded(KZ_STR("fingerprints of secret values")));
    kz_json_write(&b, v, KZ_JSON_SORTED);
    kz_sha256_text(hex, kz_buf_str(&b));
    return kz_value_str(a, kz_str_printf(a, "#%.*s", (int)digits, hex));
}

enum { FINGERPRINT = 4, FINGERPRINT_LONG = 16 };

static bool is_masked(const struct differ *d)
{
    struct kz_str path = kz_buf_str(&d->path);
    return d->secret && (kz_str_is(path, "data") || kz_str_is(path, "stringData"));
}

static const struct kz_value *masked(struct differ *d, const struct kz_value *v)
{
    if (v->kind != KZ_MAP)
        return fingerprint(d->arena, v, FINGERPRINT);
    struct kz_value *m = kz_value_map(d->arena);
    for (size_t i = 0; i < v->as.map.len; i++) {
        const struct kz_pair *p = &v->as.map.at[i];
        kz_value_set(d->arena, m, p->key, fingerprint(d->arena, p->val, FINGERPRINT));
    }
    return m;
}

static void change_masked(struct differ *d, const struct kz_value *before,
                          const struct kz_value *after)
{
    const struct kz_value *b = fingerprint(d->arena, before, FINGERPRINT);
    const struct kz_value *n = fingerprint(d->arena, after, FINGERPRINT);
    if (kz_value_eq(b, n)) { /* by chance: one pair in 65536 */
        b = fingerprint(d->arena, before, FINGERPRINT_LONG);
        n = fingerprint(d->arena, after, FINGERPRINT_LONG);
    }
    add(d, KZ_CHANGE_SET, b, n);
}

/* ---- comparing ------------------------------------------------------------------------------- */

static bool is_nothing(const struct kz_value *v)
{
    return v == NULL || v->kind == KZ_NULL ||
           ((v->kind == KZ_MAP || v->kind == KZ_LIST) && kz_value_len(v) == 0);
}

/* "spec.limits[nvidia.com/gpu]" gives "nvidia.com/gpu" and the head "spec.limits". */
static struct kz_str last_part(struct kz_str *head, struct kz_str path)
{
    bool bracket = kz_str_ends(path, KZ_STR("]"));
    size_t at = kz_str_rindex(path, bracket ? '[' : '.');
    *head = kz_str_head(path, at == path.len ? 0 : at);
    if (at == path.len)
        return path;
    path = kz_str_skip(path, at + 1);
    return bracket ? kz_str_head(path, path.len - 1) : path;
}

/* Fields where the spelling of an amount does not matter. Elsewhere "1.10" and "1.1" differ. */
static bool holds_amount(struct kz_str path)
{
    static const char *const parents[] = {
        "capacity", "default",  "defaultRequest", "hard", "limits", "max", "maxLimitRequestRatio",
        "min",      "podFixed", "requests",
    };
    static const char *const fields[] = {
        "averageValue", "divisor",        "duration",      "evaluationInterval", "interval",
        "renewBefore",  "scrapeInterval", "scrapeTimeout", "sizeLimit",          "storage",
    };
    struct kz_str head, rest;
    struct kz_str field = last_part(&head, path);
    struct kz_str parent = last_part(&rest, head);
    return in_list(field, fields, kz_countof(fields)) ||
           in_list(parent, parents, kz_countof(parents));
}

static struct kz_str scalar_text(struct kz_arena *a, const struct kz_value *v)
{
    if (v->kind == KZ_STRING)
        return v->as.str;
    if (v->kind == KZ_INT)
        return kz_str_printf(a, "%" PRId64, v->as.num);
    if (v->kind != KZ_FLOAT)
        return KZ_STR("");
    kz_autobuf struct kz_buf b = KZ_BUF(64);
    kz_json_write_num(&b, v->as.real);
    return kz_str_dup(a, kz_buf_str(&b));
}

static bool same(const struct differ *d, const struct kz_value *a, const struct kz_value *b)
{
    if (kz_value_eq(a, b))
        return true;
    if (!holds_amount(kz_buf_str(&d->path)))
        return false;
    struct kz_str x = scalar_text(d->arena, a), y = scalar_text(d->arena, b);
    return x.len > 0 && y.len > 0 && kz_diff_same_quantity(x, y);
}

static void compare(struct differ *d, const struct kz_value *before, const struct kz_value *after);

/* Map keys that hold a dot or slash stand in brackets: data[nginx.conf]. */
static size_t push_key(struct differ *d, struct kz_str key)
{
    size_t mark = d->path.len;
    bool plain = key.len > 0 && kz_str_index(key, '.') == key.len &&
                 kz_str_index(key, '/') == key.len && kz_str_index(key, ' ') == key.len;
    if (plain && mark > 0)
        kz_buf_putc(&d->path, '.');
    if (!plain)
        kz_buf_putc(&d->path, '[');
    kz_buf_add_str(&d->path, key);
    if (!plain)
        kz_buf_putc(&d->path, ']');
    return mark;
}

static void pop(struct differ *d, size_t mark)
{
    d->path.len = mark;
}

static void compare_key(struct differ *d, struct kz_str key, const struct kz_value *before,
                        const struct kz_value *after)
{
    if (is_left_out(kz_buf_str(&d->path), key))
        return;
    bool mask = is_masked(d);
    size_t mark = push_key(d, key);
    if (!mask)
        compare(d, before, after);
    else if (before == NULL)
        add(d, KZ_CHANGE_ADD, NULL, fingerprint(d->arena, after, FINGERPRINT));
    else if (after == NULL)
        add(d, KZ_CHANGE_REMOVE, fingerprint(d->arena, before, FINGERPRINT), NULL);
    else if (!kz_value_eq(before, after))
        change_masked(d, before, after);
    pop(d, mark);
}

static void compare_maps(struct differ *d, const struct kz_value *before,
                         const struct kz_value *after)
{
    for (size_t i = 0; i < kz_value_pairs(before); i++) {
        const struct kz_pair *p = &before->as.map.at[i];
        const struct kz_value *is = kz_value_find(after, p->key);
        if (is != NULL || !d->partial)
            compare_key(d, p->key, p->val, is);
    }
    for (size_t i = 0; i < kz_value_pairs(after); i++) {
        const struct kz_pair *p = &after->as.map.at[i];
        if (kz_value_find(before, p->key) == NULL)
            compare_key(d, p->key, NULL, p->val);
    }
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* Which members tell the items of a list apart: the list-map keys of Kubernetes, and a few lists that
 * the server replaces as a whole but people read by name. */
static const struct list_key {
    const char *list;
    const char *key, *key2;
    const char *fallback2; /* of key2 where it is absent */
    bool is_ordered;       /* containers start and variables expand in the order of the list */
} list_keys[] = {
    {"containers",                "name",          NULL,                NULL,  true },
    {"initContainers",            "name",          NULL,                NULL,  true },
    {"ephemeralContainers",       "name",          NULL,                NULL,  false},
    {"env",                       "name",          NULL,                NULL,  true },
    {"ports",                     "containerPort", "protocol",          "TCP", false},
    {"ports",                     "port",          "protocol",          "TCP", false},
    {"volumes",                   "name",          NULL,                NULL,  false},
    {"volumeMounts",              "mountPath",     NULL,                NULL,  false},
    {"volumeDevices",             "devicePath",    NULL,                NULL,  false},
    {"volumeClaimTemplates",      "metadata.name", NULL,                NULL,  false},
    {"imagePullSecrets",          "name",          NULL,                NULL,  false},
    {"secrets",                   "name",          NULL,                NULL,  false},
    {"hostAliases",               "ip",            NULL,                NULL,  false},
    {"topologySpreadConstraints", "topologyKey",   "whenUnsatisfiable", NULL,  false},
    {"conditions",                "type",          NULL,                NULL,  false},
    {"ownerReferences",           "uid",           NULL,                NULL,  false},
    {"webhooks",                  "name",          NULL,                NULL,  false},
    {"versions",                  "name",          NULL,                NULL,  false},
    {"groups",                    "name",          NULL,                NULL,  false},
    {"items",                     "key",           NULL,                NULL,  false},
    {"listeners",                 "name",          NULL,                NULL,  false},
    {"nodeSets",                  "name",          NULL,                NULL,  false},
};

/* The text of an item's key as it stands in a path: "name=web"; none: the item has no such key. */
static struct kz_str item_key(struct kz_arena *a, const struct list_key *k,
                              const struct kz_value *item)
{
    const struct kz_value *one = kz_value_path(item, k->key);
    struct kz_str text = one == NULL ? KZ_STR_NONE : scalar_text(a, one);
    if (text.len == 0)
        return KZ_STR_NONE;
    if (k->key2 != NULL) {
        const struct kz_value *two = kz_value_get(item, k->key2);
        struct kz_str text2 = two == NULL ? kz_str(k->fallback2) : scalar_text(a, two);
        if (text2.len > 0 && !(k->fallback2 != NULL && kz_str_is(text2, k->fallback2)))
            return kz_str_printf(a, "%s=" KZ_FMT ",%s=" KZ_FMT, k->key, KZ_ARG(text), k->key2,
                                 KZ_ARG(text2));
    }
    const char *dot = strrchr(k->key, '.');
    return kz_str_printf(a, "%s=" KZ_FMT, dot == NULL ? k->key : dot + 1, KZ_ARG(text));
}

struct keyed {
    struct kz_str *key;
    struct kz_map by_key; /* key -> its place + 1 */
};

/* Keys of all items; false: an item has none, or two have the same. */
static bool read_keys(struct keyed *out, struct kz_arena *a, const struct list_key *k,
                      const struct kz_value *list)
{
    size_t n = kz_value_len(list);
    out->key = kz_new_n(a, struct kz_str, n);
    kz_map_init(&out->by_key);
    for (size_t i = 0; i < n; i++) {
        out->key[i] = item_key(a, k, kz_value_at(list, i));
        if (out->key[i].len == 0 ||
            kz_map_put(&out->by_key, out->key[i], (void *)(uintptr_t)(i + 1)) != NULL) {
            kz_map_done(&out->by_key);
            return false;
        }
    }
    return true;
}

static const struct kz_value *keyed_find(const struct keyed *k, const struct kz_value *list,
                                         struct kz_str key)
{
    const void *place = kz_map_find(&k->by_key, key);
    return place == NULL ? NULL : kz_value_at(list, (size_t)(uintptr_t)place - 1);
}

static void compare_item(struct differ *d, struct kz_str key, const struct kz_value *before,
                         const struct kz_value *after)
{
    size_t mark = d->path.len;
    kz_buf_putc(&d->path, '[');
    kz_buf_add_str(&d->path, key);
    kz_buf_putc(&d->path, ']');
    compare(d, before, after);
    pop(d, mark);
}

/* The order of what is on both sides. */
static void compare_order(struct differ *d, const struct keyed *b, const struct keyed *n,
                          size_t b_len, size_t n_len)
{
    struct kz_value *was = kz_value_list(d->arena), *is = kz_value_list(d->arena);
    for (size_t i = 0; i < b_len; i++) {
        if (kz_map_find(&n->by_key, b->key[i]) != NULL)
            kz_value_push(d->arena, was, kz_value_str(d->arena, b->key[i]));
    }
    for (size_t i = 0; i < n_len; i++) {
        if (kz_map_find(&b->by_key, n->key[i]) != NULL)
            kz_value_push(d->arena, is, kz_value_str(d->arena, n->key[i]));
    }
    if (kz_value_eq(was, is))
        return;
    size_t mark = d->path.len;
    kz_buf_puts(&d->path, "[order]");
    add(d, KZ_CHANGE_SET, was, is);
    pop(d, mark);
}

static bool compare_keyed(struct differ *d, const struct list_key *k, const struct kz_value *before,
                          const struct kz_value *after)
{
    struct keyed b, n;
    if (!read_keys(&b, d->arena, k, before))
        return false;
    if (!read_keys(&n, d->arena, k, after)) {
        kz_map_done(&b.by_key);
        return false;
    }
    size_t b_len = kz_value_len(before), n_len = kz_value_len(after);
    for (size_t i = 0; i < b_len; i++) {
        const struct kz_value *is = keyed_find(&n, after, b.key[i]);
        if (is != NULL || !d->partial)
            compare_item(d, b.key[i], kz_value_at(before, i), is);
    }
    for (size_t i = 0; i < n_len; i++) {
        if (kz_map_find(&b.by_key, n.key[i]) == NULL)
            compare_item(d, n.key[i], NULL, kz_value_at(after, i));
    }
    if (k->is_ordered)
        compare_order(d, &b, &n, b_len, n_len);
    kz_map_done(&b.by_key);
    kz_map_done(&n.by_key);
    return true;
}

/* By index, but what is equal at both ends stays out: an item put in front is one addition. */
static void compare_plain(struct differ *d, const struct kz_value *before,
                          const struct kz_value *after)
{
    size_t b_len = kz_value_len(before), n_len = kz_value_len(after), head = 0, tail = 0;
    while (head < b_len && head < n_len &&
           kz_value_eq(kz_value_at(before, head), kz_value_at(after, head)))
        head++;
    while (tail < b_len - head && tail < n_len - head &&
           kz_value_eq(kz_value_at(before, b_len - 1 - tail), kz_value_at(after, n_len - 1 - tail)))
        tail++;
    size_t longer = b_len > n_len ? b_len : n_len;
    for (size_t i = head; i + tail < longer; i++) {
        char index[24];
        (void)snprintf(index, sizeof index, "%zu", i);
        compare_item(d, kz_str(index), i + tail < b_len ? kz_value_at(before, i) : NULL,
                     i + tail < n_len ? kz_value_at(after, i) : NULL);
    }
}

static void compare_lists(struct differ *d, const struct kz_value *before,
                          const struct kz_value *after)
{
    struct kz_str head;
    struct kz_str list = last_part(&head, kz_buf_str(&d->path));
    for (size_t i = 0; i < kz_countof(list_keys); i++) {
        if (kz_str_is(list, list_keys[i].list) && compare_keyed(d, &list_keys[i], before, after))
            return;
    }
    compare_plain(d, before, after);
}

/* Sections that are always gone through key by key, because not all of them may be shown. */
static bool is_sifted(const struct differ *d)
{
    struct kz_str path = kz_buf_str(&d->path);
    return is_masked(d) || kz_str_is(path, "metadata") || kz_str_is(path, "metadata.annotations");
}

static void compare(struct differ *d, const struct kz_value *before, const struct kz_value *after)
{
    static const struct kz_value empty = {.kind = KZ_MAP};
    if (is_sifted(d)) {
        before = kz_value_is(before, KZ_MAP) ? before : &empty;
        after = kz_value_is(after, KZ_MAP) ? after : &empty;
    }
    if (is_nothing(before) && is_nothing(after))
        return;
    if (before == NULL)
        add(d, KZ_CHANGE_ADD, NULL, after);
    else if (after == NULL)
        add(d, KZ_CHANGE_REMOVE, before, NULL);
    else if (before->kind == KZ_MAP && after->kind == KZ_MAP)
        compare_maps(d, before, after);
    else if (before->kind == KZ_LIST && after->kind == KZ_LIST)
        compare_lists(d, before, after);
    else if (!same(d, before, after))
        add(d, KZ_CHANGE_SET, before, after);
}

/* ---- objects --------------------------------------------------------------------------------- */

static struct kz_value *metadata_for_people(struct kz_arena *a, const struct kz_value *meta)
{
    struct kz_value *out = kz_value_map(a);
    for (size_t i = 0; i < kz_value_pairs(meta); i++) {
        const struct kz_pair *p = &meta->as.map.at[i];
        if (is_left_out(KZ_STR("metadata"), p->key))
            continue;
        if (!kz_str_is(p->key, "annotations")) {
            kz_value_set(a, out, p->key, p->val);
            continue;
        }
        struct kz_value *annotations = kz_value_map(a);
        for (size_t k = 0; k < kz_value_pairs(p->val); k++) {
            const struct kz_pair *q = &p->val->as.map.at[k];
            if (!is_left_out(KZ_STR("metadata.annotations"), q->key))
                kz_value_set(a, annotations, q->key, q->val);
        }
        if (kz_value_len(annotations) > 0)
            kz_value_set(a, out, p->key, annotations);
    }
    return out;
}

/* One change for each section of an object that comes or goes. */
static void whole_object(struct differ *d, enum kz_change_kind kind, const struct kz_value *body)
{
    for (size_t i = 0; i < kz_value_pairs(body); i++) {
        const struct kz_pair *p = &body->as.map.at[i];
        if (is_left_out(KZ_STR(""), p->key) || kz_str_is(p->key, "apiVersion"))
            continue;
        size_t mark = push_key(d, p->key);
        const struct kz_value *v = p->val;
        if (kz_str_is(p->key, "metadata"))
            v = metadata_for_people(d->arena, v);
        else if (is_masked(d))
            v = masked(d, v);
        if (!is_nothing(v))
            add(d, kind, kind == KZ_CHANGE_ADD ? NULL : v, kind == KZ_CHANGE_ADD ? v : NULL);
        pop(d, mark);
    }
}

static void diff(struct kz_diff *out, struct kz_arena *a, const struct kz_value *before,
                 const struct kz_value *after, bool partial)
{
    const struct kz_value *any = after != NULL ? after : before;
    struct differ d = {.out = out, .arena = a, .partial = partial};
    *out = (struct kz_diff){0};
    d.secret = kz_str_is(kz_value_path_str(any, "kind"), "Secret") &&
               kz_str_is(kz_value_path_str(any, "apiVersion"), "v1");
    kz_buf_init(&d.path, PATH_LIMIT);
    if (before == NULL)
        whole_object(&d, KZ_CHANGE_ADD, after);
    else if (after == NULL)
        whole_object(&d, KZ_CHANGE_REMOVE, before);
    else
        compare_maps(&d, before, after);
    kz_buf_done(&d.path);
}

void kz_diff_objects(struct kz_diff *out, struct kz_arena *a, const struct kz_value *before,
                     const struct kz_value *after)
{
    diff(out, a, before, after, false);
}

void kz_diff_wanted(struct kz_diff *out, struct kz_arena *a, const struct kz_value *live,
                    const struct kz_value *wanted)
{
    diff(out, a, live, wanted, true);
}
