/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/live.h"
#include "base/map.h"
#include "base/vec.h"
#include "resource/ownership.h"

struct kind_watch {
    struct kz_lives *lives;
    struct kz_watch *watch; /* NULL: not served when it was last asked for */
    struct kz_str group, kind;
    struct kz_err *trouble; /* of the last try, NULL none */
    unsigned failures;      /* in a row */
    char text[]; /* "group/Kind": the map key; group and kind point into it */
};

struct kz_lives {
    const struct kz_env *env;
    struct kz_kube *kube;
    struct kz_lives_events ev;
    const struct kz_rules *rules;
    struct kz_map recs;  /* key -> struct kz_live_rec * */
    struct kz_map kinds; /* "group/Kind" -> struct kind_watch * */
    struct kz_map tombs; /* key -> struct tomb *: what was deleted lately, so that a late reply does not revive it */
    char *selector;
};

/* The version in which an object left our view. It left by deletion, or by losing our label: then a later
 * version may come back, but never this one or an older. */
struct tomb {
    uint64_t version;
    char key[];
};

enum { TOMBS = 1024 };

static void tombs_clear(struct kz_lives *l)
{
    const struct kz_map_slot *s;
    for (size_t i = 0; (s = kz_map_next(&l->tombs, &i)) != NULL;)
        free(s->val);
    kz_map_clear(&l->tombs);
}

static void bury(struct kz_lives *l, struct kz_str key, struct kz_str rv)
{
    struct tomb *t = kz_map_find(&l->tombs, key);
    uint64_t version;
    if (!kz_str_u64(&version, rv))
        return;
    if (t == NULL) {
        if (l->tombs.len >= TOMBS)
            tombs_clear(l);
        t = calloc(1, sizeof *t + key.len + 1);
        kz_assert(t != NULL);
        memcpy(t->key, key.ptr, key.len);
        (void)kz_map_put(&l->tombs, kz_str_n(t->key, key.len), t);
    }
    t->version = version;
}

static bool is_buried(const struct kz_lives *l, struct kz_str key, struct kz_str rv)
{
    const struct tomb *t = kz_map_find(&l->tombs, key);
    uint64_t version;
    return t != NULL && kz_str_u64(&version, rv) && version <= t->version;
}

/* ---- records -------------------------------------------------------------------------------- */

static void rec_free(struct kz_live_rec *r)
{
    free(r->why);
    free(r->pods);
    free(r);
}

/* One block per record: the struct, then its strings. */
static struct kz_live_rec *rec_new(const struct kz_id *id, struct kz_str key, struct kz_str uid,
                                   struct kz_str rv, struct kz_str module)
{
    const struct kz_str parts[] = {id->group, id->kind, id->ns, id->name, uid, rv, module, key};
    size_t size = sizeof(struct kz_live_rec);
    for (size_t i = 0; i < kz_countof(parts); i++)
        size += parts[i].len + 1;
    struct kz_live_rec *r = calloc(1, size);
    kz_assert(r != NULL);
    char *p = (char *)(r + 1);
    struct kz_str *const to[] = {&r->pub.id.group, &r->pub.id.kind,          &r->pub.id.ns,
                                 &r->pub.id.name,  &r->pub.uid,              &r->pub.resource_version,
                                 &r->pub.module,   &r->key};
    for (size_t i = 0; i < kz_countof(parts); i++) {
        if (parts[i].len > 0)
            memcpy(p, parts[i].ptr, parts[i].len);
        *to[i] = kz_str_n(p, parts[i].len);
        p += parts[i].len + 1;
    }
    return r;
}

static char *dup_or_null(struct kz_str s)
{
    return s.len == 0 ? NULL : strndup(s.ptr, s.len);
}

/* Replies and watch events race: an event may arrive before the reply of the write that caused it, and
 * an older event after it. Versions of one server are numbers that grow; where they are not, the
 * generation decides; else what came last is believed. */
static bool older(const struct kz_live_rec *known, struct kz_str uid, struct kz_str rv, int64_t generation)
{
    uint64_t a, b;
    if (!kz_str_eq(known->pub.uid, uid))
        return false;
    if (kz_str_u64(&a, known->pub.resource_version) && kz_str_u64(&b, rv))
        return b < a;
    return generation < known->generation;
}

static struct kz_live_rec *put(struct kz_lives *l, const struct kz_value *body)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_id id;
    struct kz_str version;
    if (!kz_id_of(&id, &version, body))
        return NULL;
    struct kz_str key = kz_id_key(a, &id);
    struct kz_str uid = kz_value_path_str(body, "metadata.uid");
    struct kz_str rv = kz_value_path_str(body, "metadata.resourceVersion");
    int64_t generation = kz_value_path_int(body, "metadata.generation", 0);
    struct kz_live_rec *known = kz_map_find(&l->recs, key);
    if (known == NULL && is_buried(l, key, rv))
        return NULL;
    if (known != NULL) {
        known->swept = false;
        if (older(known, uid, rv, generation))
            return known;
    }
    const struct kz_value *meta = kz_value_get(body, "metadata");
    const struct kz_value *labels = kz_value_get(meta, "labels");
    struct kz_live_rec *r =
        rec_new(&id, key, uid, rv, kz_value_as_str(kz_value_get(labels, KZ_LABEL_MODULE)));
    struct kz_verdict v = kz_health_of(l->rules, body, kz_env_wall(l->env));
    struct kz_str pods;
    r->generation = generation;
    r->pub.owned = kz_ownership_hash(body, KZ_STR(KZ_FIELD_MANAGER));
    r->pub.deleting = kz_value_get(meta, "deletionTimestamp") != NULL;
    r->health = v.health;
    r->overdue = v.overdue;
    r->why = dup_or_null(kz_str(v.why));
    if (kz_health_pod_selector(&pods, a, body))
        r->pods = dup_or_null(pods);
    r->opt = kz_options_live(meta);
    if (known != NULL) {
        (void)kz_map_del(&l->recs, key);
        rec_free(known);
    }
    (void)kz_map_put(&l->recs, r->key, r);
    return r;
}

static void drop(struct kz_lives *l, struct kz_str key)
{
    struct kz_live_rec *r = kz_map_del(&l->recs, key);
    if (r == NULL)
        return;
    l->ev.object(l->ev.arg, r->pub.module, r->key, NULL);
    rec_free(r);
}

/* ---- watches -------------------------------------------------------------------------------- */

static bool of_kind(const struct kz_live_rec *r, const struct kind_watch *k)
{
    return kz_str_eq(r->pub.id.group, k->group) && kz_str_eq(r->pub.id.kind, k->kind);
}

static void mark_all(struct kind_watch *k)
{
    const struct kz_map_slot *s;
    for (size_t i = 0; (s = kz_map_next(&k->lives->recs, &i)) != NULL;)
        if (of_kind(s->val, k))
            ((struct kz_live_rec *)s->val)->swept = true;
}

/* The list is complete: what was known before and not seen in it is gone. */
static void sweep(struct kind_watch *k)
{
    KZ_VEC(struct kz_live_rec *) gone = {0};
    const struct kz_map_slot *s;
    for (size_t i = 0; (s = kz_map_next(&k->lives->recs, &i)) != NULL;) {
        struct kz_live_rec *r = s->val;
        if (r->swept && of_kind(r, k))
            kz_vec_push(&gone, r);
    }
    for (size_t i = 0; i < gone.len; i++)
        drop(k->lives, gone.at[i]->key);
    kz_vec_done(&gone);
}

static void on_object(struct kz_lives *l, const struct kz_value *obj)
{
    const struct kz_live_rec *r = put(l, obj);
    if (r != NULL)
        l->ev.object(l->ev.arg, r->pub.module, r->key, r);
}

static void on_deleted(struct kz_lives *l, const struct kz_value *obj)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_id id;
    struct kz_str version;
    if (!kz_id_of(&id, &version, obj))
        return;
    struct kz_str key = kz_id_key(a, &id);
    bury(l, key, kz_value_path_str(obj, "metadata.resourceVersion"));
    drop(l, key);
}

enum { PATIENCE = 5 };

static bool in_trouble(const struct kind_watch *k)
{
    return k->trouble != NULL && (k->trouble->code == KZ_E_DENIED || k->failures >= PATIENCE);
}

static void note_trouble(struct kind_watch *k, const struct kz_err *err)
{
    if (k->trouble == NULL)
        k->trouble = malloc(sizeof *k->trouble);
    kz_assert(k->trouble != NULL);
    *k->trouble = *err;
    k->failures++;
}

static void end_trouble(struct kind_watch *k)
{
    free(k->trouble);
    k->trouble = NULL;
    k->failures = 0;
}

static void on_watch(void *arg, struct kz_watch *w, enum kz_watch_event ev, const struct kz_value *obj,
                     const struct kz_err *err)
{
    struct kind_watch *k = arg;
    struct kz_lives *l = k->lives;
    switch (ev) {
    case KZ_WATCH_RESET:
        mark_all(k);
        break;
    case KZ_WATCH_OBJECT:
        on_object(l, obj);
        break;
    case KZ_WATCH_DELETED:
        on_deleted(l, obj);
        break;
    case KZ_WATCH_SYNCED:
        sweep(k);
        end_trouble(k);
        l->ev.synced(l->ev.arg);
        break;
    case KZ_WATCH_ERROR:
        note_trouble(k, err);
        l->ev.trouble(l->ev.arg, k->kind, err);
        break;
    case KZ_WATCH_GONE: /* the CRD went away, and all objects of the kind with it */
        mark_all(k);
        sweep(k);
        kz_watch_close(w);
        k->watch = NULL;
        end_trouble(k);
        l->ev.synced(l->ev.arg); /* nobody has to wait for its list any more */
        break;
    }
}

static void open_watch(struct kind_watch *k)
{
    struct kz_lives *l = k->lives;
    const struct kz_api *api = kz_kube_api(l->kube, k->group, KZ_STR(""), k->kind);
    if (k->watch == NULL && api != NULL && api->can_watch)
        k->watch = kz_watch_open(l->kube, k->group, k->kind, KZ_STR(""), kz_str(l->selector), on_watch, k);
}

/* Verdicts are made when an object is seen, and the object is not kept: so its kind is listed anew. */
void kz_lives_judge(struct kz_lives *l, const struct kz_rules *rules)
{
    const struct kz_map_slot *s;
    const struct kz_rules *old = l->rules;
    l->rules = rules;
    for (size_t i = 0; (s = kz_map_next(&l->kinds, &i)) != NULL;) {
        struct kind_watch *k = s->val;
        if (k->watch == NULL || (!kz_rules_own(old, k->group, k->kind) && !kz_rules_own(rules, k->group, k->kind)))
            continue;
        kz_watch_close(k->watch);
        k->watch = NULL;
        mark_all(k);
        open_watch(k);
    }
}

static struct kind_watch *find_kind(const struct kz_lives *l, struct kz_str group, struct kz_str kind)
{
    char text[512];
    int n = snprintf(text, sizeof text, KZ_FMT "/" KZ_FMT, KZ_ARG(group), KZ_ARG(kind));
    return n < 0 || (size_t)n >= sizeof text ? NULL
                                             : kz_map_find(&l->kinds, kz_str_n(text, (size_t)n));
}

void kz_lives_need(struct kz_lives *l, struct kz_str group, struct kz_str kind)
{
    struct kind_watch *k = find_kind(l, group, kind);
    if (k == NULL) {
        size_t len = group.len + 1 + kind.len;
        k = calloc(1, sizeof *k + len + 1);
        kz_assert(k != NULL);
        k->lives = l;
        (void)snprintf(k->text, len + 1, KZ_FMT "/" KZ_FMT, KZ_ARG(group), KZ_ARG(kind));
        k->group = kz_str_n(k->text, group.len);
        k->kind = kz_str_n(k->text + group.len + 1, kind.len);
        (void)kz_map_put(&l->kinds, kz_str_n(k->text, len), k);
    }
    open_watch(k);
}

bool kz_lives_ready(const struct kz_lives *l)
{
    const struct kz_map_slot *s;
    for (size_t i = 0; (s = kz_map_next(&l->kinds, &i)) != NULL;) {
        const struct kind_watch *k = s->val;
        if (k->watch != NULL && !kz_watch_synced(k->watch) && !in_trouble(k))
            return false;
    }
    return true;
}

const struct kz_err *kz_lives_trouble(const struct kz_lives *l, struct kz_str group, struct kz_str kind)
{
    const struct kind_watch *k = find_kind(l, group, kind);
    bool blind = k != NULL && k->watch != NULL && !kz_watch_synced(k->watch);
    return blind && in_trouble(k) ? k->trouble : NULL;
}

bool kz_lives_known(const struct kz_lives *l, struct kz_str group, struct kz_str kind)
{
    const struct kind_watch *k = find_kind(l, group, kind);
    return k != NULL && k->watch != NULL && kz_watch_synced(k->watch);
}

/* ---- use ------------------------------------------------------------------------------------ */

struct kz_lives *kz_lives_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str platform,
                              const struct kz_rules *rules, const struct kz_lives_events *events)
{
    struct kz_lives *l = calloc(1, sizeof *l);
    kz_assert(l != NULL);
    *l = (struct kz_lives){.env = env, .kube = kube, .ev = *events, .rules = rules};
    kz_map_init(&l->recs);
    kz_map_init(&l->kinds);
    kz_map_init(&l->tombs);
    int n = asprintf(&l->selector, KZ_LABEL_PLATFORM "=" KZ_FMT, KZ_ARG(platform));
    kz_assert(n >= 0);
    return l;
}

void kz_lives_free(struct kz_lives *l)
{
    const struct kz_map_slot *s;
    if (l == NULL)
        return;
    for (size_t i = 0; (s = kz_map_next(&l->kinds, &i)) != NULL;) {
        struct kind_watch *k = s->val;
        kz_watch_close(k->watch);
        end_trouble(k);
        free(k);
    }
    for (size_t i = 0; (s = kz_map_next(&l->recs, &i)) != NULL;)
        rec_free(s->val);
    tombs_clear(l);
    kz_map_done(&l->tombs);
    kz_map_done(&l->kinds);
    kz_map_done(&l->recs);
    free(l->selector);
    free(l);
}

size_t kz_lives_count(const struct kz_lives *l)
{
    return l->recs.len;
}

struct kz_live_rec *kz_lives_find(const struct kz_lives *l, struct kz_str key)
{
    return kz_map_find(&l->recs, key);
}

struct kz_live_rec *kz_lives_put(struct kz_lives *l, const struct kz_value *body)
{
    return put(l, body);
}

void kz_lives_gone(struct kz_lives *l, struct kz_str key)
{
    drop(l, key);
}
