/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/schemas.h"

#include "base/log.h"
#include "base/vec.h"
#include "kube/client.h"
#include "value/json.h"

enum { FRESH_SEC = 60, INDEX_BYTES = 256 << 20, CRDS = 256 };

struct waiter {
    void (*done)(void *arg);
    void *arg;
    unsigned round; /* whose end it waits for */
};

struct document { /* of one group and version */
    struct kz_schema_cache *cache;
    char *path;             /* "apis/apps/v1", the map key */
    char *url;              /* as the index has it: with the hash of the content; NULL: not served */
    char *have;             /* url of what was read */
    struct kz_schemas *set; /* NULL: nothing was read */
    struct kz_str group, version;
    KZ_VEC(char *) kinds;   /* that are needed */
    size_t known;           /* of them, that are in set */
    uint64_t call;
};

struct kz_schema_cache {
    const struct kz_env *env;
    struct kz_kube *kube;
    struct kz_map documents; /* path -> struct document * */
    struct kz_map crds;      /* hex of a CRD's hash -> struct kz_schemas * */
    KZ_VEC(struct waiter) waiters;
    uint64_t index_call;
    int64_t read;            /* mono, of the index; 0 never */
    unsigned round;
    size_t pending;          /* requests of the round under way */
};

struct kz_schema_cache *kz_schema_cache_new(const struct kz_env *env, struct kz_kube *kube)
{
    struct kz_schema_cache *c = calloc(1, sizeof *c);
    kz_assert(c != NULL);
    c->env = env;
    c->kube = kube;
    kz_map_init(&c->documents);
    kz_map_init(&c->crds);
    return c;
}

static void document_free(struct document *d)
{
    for (size_t i = 0; i < d->kinds.len; i++)
        free(d->kinds.at[i]);
    kz_vec_done(&d->kinds);
    kz_kube_cancel(d->cache->kube, d->call);
    kz_schemas_free(d->set);
    free(d->path);
    free(d->url);
    free(d->have);
    free(d);
}

static void drop_crds(struct kz_schema_cache *c)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&c->crds, &i)) != NULL;) {
        char *key = (char *)(uintptr_t)slot->key.ptr; /* ours, see kz_schema_cache_crd */
        kz_schemas_free(slot->val);
        free(key);
    }
    kz_map_clear(&c->crds);
}

void kz_schema_cache_free(struct kz_schema_cache *c)
{
    const struct kz_map_slot *slot;
    if (c == NULL)
        return;
    kz_kube_cancel(c->kube, c->index_call);
    for (size_t i = 0; (slot = kz_map_next(&c->documents, &i)) != NULL;)
        document_free(slot->val);
    drop_crds(c);
    kz_map_done(&c->documents);
    kz_map_done(&c->crds);
    kz_vec_done(&c->waiters);
    free(c);
}

/* ---- documents ------------------------------------------------------------------------------------- */

static char *text_of(struct kz_str s)
{
    char *out = strndup(s.ptr, s.len);
    kz_assert(out != NULL);
    return out;
}

static struct kz_str path_of(struct kz_arena *a, const struct kz_gvk *what)
{
    return what->group.len == 0 ? kz_str_printf(a, "api/" KZ_FMT, KZ_ARG(what->version))
                                : kz_str_printf(a, "apis/" KZ_FMT "/" KZ_FMT, KZ_ARG(what->group),
                                                KZ_ARG(what->version));
}

static struct document *find_document(const struct kz_schema_cache *c, const struct kz_gvk *what)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    return kz_map_find(&c->documents, path_of(a, what));
}

static struct document *make_document(struct kz_schema_cache *c, const struct kz_gvk *what)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    struct document *d = find_document(c, what);
    if (d != NULL)
        return d;
    d = calloc(1, sizeof *d);
    kz_assert(d != NULL);
    d->cache = c;
    d->path = text_of(path_of(a, what));
    /* The group and version are the ends of the path. */
    struct kz_str rest = kz_str(d->path);
    const size_t slash = kz_str_rindex(rest, '/');
    d->version = kz_str_skip(rest, slash + 1);
    d->group = what->group.len == 0 ? KZ_STR("") : kz_str_n(rest.ptr + 5, what->group.len);
    (void)kz_map_put(&c->documents, kz_str(d->path), d);
    return d;
}

static void add_kind(struct document *d, struct kz_str kind)
{
    for (size_t i = 0; i < d->kinds.len; i++)
        if (kz_str_is(kind, d->kinds.at[i]))
            return;
    kz_vec_push(&d->kinds, text_of(kind));
}

static bool is_complete(const struct document *d)
{
    return d->url != NULL && d->have != NULL && strcmp(d->url, d->have) == 0 && d->known == d->kinds.len;
}

/* All kinds anew: they share most of what they reach. */
static void compile(struct document *d, struct kz_str text)
{
    struct kz_schemas *set = kz_schemas_new();
    struct kz_str *kinds = calloc(d->kinds.len + 1, sizeof *kinds);
    struct kz_err err;
    kz_assert(kinds != NULL);
    for (size_t i = 0; i < d->kinds.len; i++)
        kinds[i] = kz_str(d->kinds.at[i]);
    int rc = kz_schemas_add_openapi(set, text, d->group, d->version, kinds, d->kinds.len, &err);
    free(kinds);
    kz_schemas_free(d->set);
    free(d->have);
    d->have = text_of(kz_str(d->url)); /* also after an error: the same text gives the same one */
    d->known = d->kinds.len;
    d->set = rc < 0 ? NULL : set;
    if (rc >= 0)
        return;
    kz_schemas_free(set);
    kz_log(NULL, KZ_WARN, "schema-unusable", KZ_FS("document", d->path), KZ_FS("reason", err.frame[0]));
}

/* ---- a round: the index, then the documents ---------------------------------------------------------- */

static void begin_round(struct kz_schema_cache *c);

static bool is_stale(const struct kz_schema_cache *c)
{
    return c->read == 0 || kz_env_mono(c->env) - c->read > FRESH_SEC * KZ_NS_PER_SEC;
}

/* Who came while a round was under way waits for the next: its kinds were not asked for. */
static void end_request(struct kz_schema_cache *c)
{
    if (--c->pending > 0)
        return;
    KZ_VEC(struct waiter) told = {0};
    size_t left = 0;
    for (size_t i = 0; i < c->waiters.len; i++) {
        const struct waiter w = c->waiters.at[i];
        if (w.round <= c->round)
            kz_vec_push(&told, w);
        else
            c->waiters.at[left++] = w;
    }
    c->waiters.len = left;
    if (left > 0)
        begin_round(c);
    for (size_t i = 0; i < told.len; i++)
        told.at[i].done(told.at[i].arg);
    kz_vec_done(&told);
}

static void on_document(void *arg, uint64_t id, const struct kz_result *res)
{
    struct document *d = arg;
    (void)id;
    d->call = 0;
    if (res->outcome == KZ_DONE)
        compile(d, res->text);
    end_request(d->cache);
}

/* The server's own paths, and nothing that would leave them. */
static bool is_url(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] > '~' || s.ptr[i] == '#')
            return false;
    return kz_str_starts(s, KZ_STR("/openapi/v3/"));
}

static void take_index(struct kz_schema_cache *c, struct kz_str text)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(INDEX_BYTES);
    const struct kz_map_slot *slot;
    struct kz_value *index;
    struct kz_err err;
    if (text.len > (4 << 20) || kz_json_read(&index, a, text, KZ_STR("OpenAPI index"), &err) < 0)
        return;
    c->read = kz_env_mono(c->env);
    for (size_t i = 0; (slot = kz_map_next(&c->documents, &i)) != NULL;) {
        struct document *d = slot->val;
        const struct kz_value *entry = kz_value_find(kz_value_get(index, "paths"), kz_str(d->path));
        struct kz_str url = kz_value_path_str(entry, "serverRelativeURL");
        free(d->url);
        d->url = is_url(url) ? text_of(url) : NULL;
    }
}

static void on_index(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_schema_cache *c = arg;
    const struct kz_map_slot *slot;
    (void)id;
    c->index_call = 0;
    if (res->outcome == KZ_DONE)
        take_index(c, res->text);
    for (size_t i = 0; (slot = kz_map_next(&c->documents, &i)) != NULL;) {
        struct document *d = slot->val;
        if (is_complete(d) || d->url == NULL || d->call != 0)
            continue;
        c->pending++;
        d->call = kz_kube_text(c->kube, kz_str(d->url), on_document, d);
    }
    end_request(c);
}

static void begin_round(struct kz_schema_cache *c)
{
    c->round++;
    c->pending = 1;
    c->index_call = kz_kube_text(c->kube, KZ_STR("/openapi/v3"), on_index, c);
}

void kz_schema_cache_need(struct kz_schema_cache *c, const struct kz_gvk *what, size_t n,
                          void (*done)(void *arg), void *arg)
{
    bool lacks = false;
    for (size_t i = 0; i < n; i++) {
        struct document *d = make_document(c, &what[i]);
        add_kind(d, what[i].kind);
        lacks |= !is_complete(d);
    }
    if (n == 0 || (!lacks && !is_stale(c))) {
        done(arg);
        return;
    }
    const struct waiter w = {done, arg, c->round + 1};
    kz_vec_push(&c->waiters, w);
    if (c->pending == 0)
        begin_round(c);
}

const struct kz_schema *kz_schema_cache_find(const struct kz_schema_cache *c, const struct kz_gvk *what)
{
    const struct document *d = find_document(c, what);
    return d == NULL || d->set == NULL ? NULL : kz_schemas_find(d->set, what);
}

/* ---- CustomResourceDefinitions --------------------------------------------------------------------- */

const struct kz_schema *kz_schema_cache_crd(struct kz_schema_cache *c, const struct kz_want_object *crd,
                                            const struct kz_gvk *what)
{
    char hex[KZ_HASH_TEXT];
    kz_hash_text(hex, crd->hash);
    struct kz_schemas *set = kz_map_find(&c->crds, kz_str(hex));
    if (set == NULL) {
        kz_autoarena struct kz_arena *a = kz_arena_new(256 << 20);
        struct kz_err err;
        if (c->crds.len >= CRDS)
            drop_crds(c);
        set = kz_schemas_new();
        if (kz_schemas_add_crd(set, kz_want_body(a, crd), &err) < 0)
            kz_log(NULL, KZ_WARN, "schema-unusable", KZ_F("object", crd->key), KZ_FS("reason", err.frame[0]));
        (void)kz_map_put(&c->crds, kz_str(text_of(kz_str(hex))), set);
    }
    return kz_schemas_find(set, what);
}
