/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/presence.h"

#include <stdlib.h>

#include "sync/internal.h"

enum { QUESTIONS = 4, FRESH_SEC = 10, FORBIDDEN_SEC = 60, NAMES_BYTES = 256 << 20, KEY = 1 << 10 };

struct looker {
    struct kz_mod *m;
    unsigned epoch;
    size_t step;
    void (*again)(struct kz_mod *m, size_t step);
};

struct place { /* a kind in a namespace, with somebody's rights */
    struct kz_presence *p;
    char *key;
    struct kz_kube *kube;
    int64_t since;      /* mono: of the first question that counts */
    unsigned questions; /* since then */
    int64_t listed;     /* mono: when the names came; 0: none are known */
    int64_t forbidden;  /* mono: since when it cannot be listed; 0: it can */
    uint64_t call;
    struct kz_arena *arena;
    struct kz_map names;
    KZ_VEC(struct looker) lookers;
};

struct asker {
    void (*done)(void *arg, struct kz_str ns, bool missing);
    void *arg;
};

struct space { /* one namespace, with somebody's rights */
    struct kz_presence *p;
    char *key;
    struct kz_kube *kube;
    struct kz_str ns; /* end of the key */
    int64_t seen;     /* mono: when it was there; 0: not known */
    uint64_t call;
    KZ_VEC(struct asker) askers;
};

struct kz_presence {
    const struct kz_env *env;
    char *selector;
    struct kz_map places, spaces; /* by key */
};

/* ---- life ---------------------------------------------------------------------------------------------- */

struct kz_presence *kz_presence_new(const struct kz_env *env, struct kz_str platform)
{
    struct kz_presence *p = calloc(1, sizeof *p);
    kz_assert(p != NULL);
    p->env = env;
    kz_assert(asprintf(&p->selector, KZ_LABEL_PLATFORM "!=" KZ_FMT, KZ_ARG(platform)) > 0);
    kz_map_init(&p->places);
    kz_map_init(&p->spaces);
    return p;
}

static void forget_names(struct place *at)
{
    kz_map_done(&at->names);
    kz_map_init(&at->names);
    kz_arena_free(at->arena);
    at->arena = NULL;
    at->listed = 0;
}

static void place_free(struct place *at)
{
    kz_kube_cancel(at->kube, at->call);
    forget_names(at);
    kz_vec_done(&at->lookers);
    free(at->key);
    free(at);
}

static void space_free(struct space *s)
{
    kz_kube_cancel(s->kube, s->call);
    kz_vec_done(&s->askers);
    free(s->key);
    free(s);
}

static bool is_asking(const struct kz_presence *p)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&p->places, &i)) != NULL;)
        if (((const struct place *)slot->val)->call != 0)
            return true;
    for (size_t i = 0; (slot = kz_map_next(&p->spaces, &i)) != NULL;)
        if (((const struct space *)slot->val)->call != 0)
            return true;
    return false;
}

static void drop(struct kz_presence *p)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&p->places, &i)) != NULL;)
        place_free(slot->val);
    for (size_t i = 0; (slot = kz_map_next(&p->spaces, &i)) != NULL;)
        space_free(slot->val);
    kz_map_done(&p->places);
    kz_map_done(&p->spaces);
}

void kz_presence_clear(struct kz_presence *p)
{
    if (is_asking(p))
        return;
    drop(p);
    kz_map_init(&p->places);
    kz_map_init(&p->spaces);
}

void kz_presence_free(struct kz_presence *p)
{
    if (p == NULL)
        return;
    drop(p);
    free(p->selector);
    free(p);
}

static bool is_fresh(const struct kz_presence *p, int64_t since, int sec)
{
    return since != 0 && kz_env_mono(p->env) - since < sec * KZ_NS_PER_SEC;
}

/* ---- objects ------------------------------------------------------------------------------------------- */

static struct place *place_of(struct kz_presence *p, struct kz_mod *m, const struct kz_id *id)
{
    kz_autobuf struct kz_buf key = KZ_BUF(KEY);
    struct kz_kube *kube = kz_mod_kube(m);
    kz_buf_printf(&key, "%p " KZ_FMT "/" KZ_FMT " " KZ_FMT, (void *)kube, KZ_ARG(id->group), KZ_ARG(id->kind),
                  KZ_ARG(id->ns));
    struct place *at = kz_map_find(&p->places, kz_buf_str(&key));
    if (at != NULL)
        return at;
    at = calloc(1, sizeof *at);
    kz_assert(at != NULL);
    at->p = p;
    at->kube = kube;
    at->key = strndup(key.ptr, key.len);
    kz_map_init(&at->names);
    (void)kz_map_put(&p->places, kz_str(at->key), at);
    return at;
}

static void on_listed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct place *at = arg;
    (void)id;
    at->call = 0;
    if (res->outcome == KZ_DONE) {
        at->listed = kz_env_mono(at->p->env);
        at->arena = kz_arena_new(NAMES_BYTES);
        for (size_t i = 0; i < kz_value_len(res->body); i++) {
            struct kz_str name = kz_value_path_str(kz_value_at(res->body, i), "metadata.name");
            (void)kz_map_put(&at->names, kz_str_dup(at->arena, name), at);
        }
    } else {
        at->forbidden = kz_env_mono(at->p->env);
    }
    struct looker *lookers = at->lookers.at;
    const size_t n = at->lookers.len;
    at->lookers.at = NULL;
    at->lookers.len = at->lookers.cap = 0;
    for (size_t i = 0; i < n; i++)
        if (lookers[i].m->epoch == lookers[i].epoch)
            lookers[i].again(lookers[i].m, lookers[i].step);
    free(lookers);
}

enum kz_presence_word kz_presence_look(struct kz_presence *p, struct kz_mod *m, size_t step,
                                       void (*again)(struct kz_mod *m, size_t step))
{
    const struct kz_id *id = &m->steps[step].o->id;
    struct place *at = place_of(p, m, id);
    if (at->call == 0 && is_fresh(p, at->listed, FRESH_SEC))
        return kz_map_find(&at->names, id->name) == NULL ? KZ_PRESENCE_ABSENT : KZ_PRESENCE_UNKNOWN;
    if (at->call == 0) {
        if (!is_fresh(p, at->since, FRESH_SEC)) {
            at->since = kz_env_mono(p->env);
            at->questions = 0;
        }
        if (at->questions++ < QUESTIONS || is_fresh(p, at->forbidden, FORBIDDEN_SEC))
            return KZ_PRESENCE_UNKNOWN;
        forget_names(at);
        at->call = kz_kube_list_metadata(at->kube, id->group, id->kind, id->ns, kz_str(p->selector), on_listed, at);
    }
    kz_vec_push(&at->lookers, ((struct looker){m, m->epoch, step, again}));
    return KZ_PRESENCE_WAIT;
}

/* ---- namespaces ---------------------------------------------------------------------------------------- */

static struct space *space_of(struct kz_presence *p, const struct kz_mod *m, struct kz_str ns)
{
    kz_autobuf struct kz_buf key = KZ_BUF(KEY);
    struct kz_kube *kube = kz_mod_kube(m);
    kz_buf_printf(&key, "%p " KZ_FMT, (void *)kube, KZ_ARG(ns));
    struct space *s = kz_map_find(&p->spaces, kz_buf_str(&key));
    if (s != NULL)
        return s;
    s = calloc(1, sizeof *s);
    kz_assert(s != NULL);
    s->p = p;
    s->kube = kube;
    s->key = strndup(key.ptr, key.len);
    s->ns = kz_str_skip(kz_str(s->key), key.len - ns.len);
    (void)kz_map_put(&p->spaces, kz_str(s->key), s);
    return s;
}

/* What may not be read may be there. */
static void on_namespace(void *arg, uint64_t id, const struct kz_result *res)
{
    struct space *s = arg;
    const bool going = kz_value_path(res->body, "metadata.deletionTimestamp") != NULL;
    const bool missing = res->outcome == KZ_NO_OBJECT || (res->outcome == KZ_DONE && going);
    (void)id;
    s->call = 0;
    s->seen = missing ? 0 : kz_env_mono(s->p->env);
    struct asker *askers = s->askers.at;
    const size_t n = s->askers.len;
    s->askers.at = NULL;
    s->askers.len = s->askers.cap = 0;
    for (size_t i = 0; i < n; i++)
        askers[i].done(askers[i].arg, s->ns, missing);
    free(askers);
}

void kz_presence_namespace(struct kz_presence *p, const struct kz_mod *m, struct kz_str ns,
                           void (*done)(void *arg, struct kz_str ns, bool missing), void *arg)
{
    const struct kz_id id = {.group = KZ_STR(""), .kind = KZ_STR("Namespace"), .ns = KZ_STR(""), .name = ns};
    struct space *s = space_of(p, m, ns);
    if (s->call == 0 && is_fresh(p, s->seen, FRESH_SEC)) {
        done(arg, ns, false);
        return;
    }
    kz_vec_push(&s->askers, ((struct asker){done, arg}));
    if (s->call == 0)
        s->call = kz_kube_get(s->kube, &id, on_namespace, s);
}
