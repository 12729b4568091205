/* SPDX-License-Identifier: Apache-2.0 */
#include "report/events.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "report/put.h"
#include "spec/fields.h"

enum {
    NOTE_BYTES = 1000, /* the API server takes 1024 */
    AT_ONCE = 10, REFILL_SEC = 30,
    SAME_SEC = 600,    /* so long the same is one Event */
    AGAIN_SEC = 30,    /* between two updates of its count */
    IN_FLIGHT = 2, WAITING = 500,
    DENIED_SEC = 600,
    LOOK_SEC = 15,     /* at counts that have risen, and at what is old */
    ARENA = 1 << 20,
};

/* One Event object. */
struct series {
    char *key;                /* "Module/web/Failed/note": what makes it the same */
    char *kind, *name, *uid, *reason, *action, *note;
    char object[300];         /* name of the Event */
    bool warning;
    int64_t first, last;      /* wall ns */
    int64_t seen, told;       /* mono ns: said last, written last */
    unsigned count, written;  /* as said, and as the cluster knows; written 0: not yet */
    uint64_t call;            /* under way */
    unsigned sending;
    struct kz_events *v;
};

struct bucket { /* of one object */
    int64_t since; /* mono ns */
    int left;
    unsigned dropped;
    char key[];
};

struct kz_events {
    const struct kz_env *env;
    struct kz_kube *kube;
    char *ns, *instance;
    struct kz_map all;            /* by key */
    struct kz_map buckets;
    KZ_VEC(struct series *) line; /* wait to be written, in order */
    size_t in_flight;
    int64_t denied_until;         /* mono */
    bool said;                    /* that it may not */
    uint64_t timer;
};

static void arm(struct kz_events *v);

struct kz_events *kz_events_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns,
                                struct kz_str instance)
{
    struct kz_events *v = calloc(1, sizeof *v);
    kz_assert(v != NULL);
    v->env = env;
    v->kube = kube;
    v->ns = strndup(ns.ptr, ns.len);
    v->instance = strndup(instance.len > 0 ? instance.ptr : "kzsync", instance.len > 128 ? 128 : instance.len > 0 ? instance.len : 6);
    kz_map_init(&v->all);
    kz_map_init(&v->buckets);
    return v;
}

static void series_free(struct series *s)
{
    char *const texts[] = {s->key, s->kind, s->name, s->uid, s->reason, s->action, s->note};
    for (size_t i = 0; i < kz_countof(texts); i++)
        free(texts[i]);
    free(s);
}

void kz_events_free(struct kz_events *v)
{
    const struct kz_map_slot *slot;
    if (v == NULL)
        return;
    kz_env_timer_stop(v->env, &v->timer);
    for (size_t i = 0; (slot = kz_map_next(&v->all, &i)) != NULL;) {
        struct series *s = slot->val;
        kz_kube_cancel(v->kube, s->call);
        series_free(s);
    }
    for (size_t i = 0; (slot = kz_map_next(&v->buckets, &i)) != NULL;)
        free(slot->val);
    kz_map_done(&v->all);
    kz_map_done(&v->buckets);
    kz_vec_done(&v->line);
    free(v->ns);
    free(v->instance);
    free(v);
}

/* ---- how much of one object ---------------------------------------------------------------------- */

static struct bucket *bucket_of(struct kz_events *v, struct kz_str key)
{
    struct bucket *b = kz_map_find(&v->buckets, key);
    const int64_t now = kz_env_mono(v->env);
    if (b == NULL) {
        b = calloc(1, sizeof *b + key.len + 1);
        kz_assert(b != NULL);
        b->since = now;
        b->left = AT_ONCE;
        memcpy(b->key, key.ptr, key.len);
        (void)kz_map_put(&v->buckets, kz_str_n(b->key, key.len), b);
    }
    const int64_t n = (now - b->since) / (REFILL_SEC * KZ_NS_PER_SEC);
    b->since += n * REFILL_SEC * KZ_NS_PER_SEC;
    b->left = n + b->left > AT_ONCE ? AT_ONCE : b->left + (int)n;
    return b;
}

/* ---- writing ------------------------------------------------------------------------------------- */

static struct kz_value *micro(struct kz_arena *a, int64_t wall)
{
    char *text = kz_arena_bytes(a, KZ_TIME_TEXT);
    kz_time_text_micro(text, wall);
    return kz_value_cstr(a, text);
}

static struct kz_value *series_doc(struct kz_arena *a, const struct series *s)
{
    struct kz_value *d = kz_value_map(a);
    put_int(a, d, "count", s->count);
    kz_value_set(a, d, KZ_STR("lastObservedTime"), micro(a, s->last));
    return d;
}

static struct kz_value *regarding(struct kz_arena *a, const struct series *s)
{
    struct kz_value *r = kz_value_map(a);
    put_str(a, r, "apiVersion", KZ_STR(KZ_API_VERSION));
    put_str(a, r, "kind", kz_str(s->kind));
    put_str(a, r, "namespace", kz_str(s->v->ns));
    put_str(a, r, "name", kz_str(s->name));
    put_str(a, r, "uid", kz_str(s->uid));
    return r;
}

static struct kz_value *event(struct kz_arena *a, const struct series *s)
{
    struct kz_value *e = kz_value_map(a), *meta = kz_value_map(a);
    put_str(a, meta, "name", kz_str(s->object));
    put_str(a, meta, "namespace", kz_str(s->v->ns));
    put_str(a, e, "apiVersion", KZ_STR("events.k8s.io/v1"));
    put_str(a, e, "kind", KZ_STR("Event"));
    kz_value_set(a, e, KZ_STR("metadata"), meta);
    kz_value_set(a, e, KZ_STR("eventTime"), micro(a, s->first));
    put_str(a, e, "reportingController", KZ_STR("kubezero.com/kzsync"));
    put_str(a, e, "reportingInstance", kz_str(s->v->instance));
    put_str(a, e, "action", kz_str(s->action));
    put_str(a, e, "reason", kz_str(s->reason));
    put_str(a, e, "type", s->warning ? KZ_STR("Warning") : KZ_STR("Normal"));
    put_str(a, e, "note", kz_str(s->note));
    kz_value_set(a, e, KZ_STR("regarding"), regarding(a, s));
    if (s->count > 1)
        kz_value_set(a, e, KZ_STR("series"), series_doc(a, s));
    return e;
}

static void forget(struct series *s)
{
    (void)kz_map_del(&s->v->all, kz_str(s->key));
    series_free(s);
}

static void deny(struct kz_events *v, const struct kz_err *err)
{
    char text[KZ_ERR_TEXT];
    v->denied_until = kz_env_mono(v->env) + DENIED_SEC * KZ_NS_PER_SEC;
    for (size_t i = 0; i < v->line.len; i++)
        forget(v->line.at[i]);
    v->line.len = 0;
    if (!v->said)
        kz_log(NULL, KZ_WARN, "events", KZ_FS("reason", kz_err_line(text, sizeof text, err)),
               KZ_FS("effect", "no Kubernetes Events are written"));
    v->said = true;
}

static void on_sent(void *arg, uint64_t id, const struct kz_result *res)
{
    struct series *s = arg;
    struct kz_events *v = s->v;
    (void)id;
    s->call = 0;
    v->in_flight--;
    s->told = kz_env_mono(v->env);
    if (res->err == NULL)
        s->written = s->sending;
    else
        forget(s); /* a later one begins anew */
    if (res->outcome == KZ_REFUSED || res->outcome == KZ_NO_KIND)
        deny(v, res->err);
    arm(v);
}

static void send(struct series *s)
{
    struct kz_events *v = s->v;
    static const struct kz_write how = {.manager = "kzsync"};
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    const struct kz_id id = {.group = KZ_STR("events.k8s.io"), .kind = KZ_STR("Event"), .ns = kz_str(v->ns),
                             .name = kz_str(s->object)};
    struct kz_value *patch = kz_value_map(a);
    v->in_flight++;
    s->sending = s->count;
    if (s->written == 0) {
        s->call = kz_kube_create(v->kube, &id, KZ_STR(""), event(a, s), on_sent, s);
        return;
    }
    kz_value_set(a, patch, KZ_STR("series"), series_doc(a, s));
    s->call = kz_kube_merge(v->kube, &id, &how, patch, on_sent, s);
}

/* What is too old to be said again is forgotten. */
static void forget_old(struct kz_events *v)
{
    const struct kz_map_slot *slot;
    const int64_t now = kz_env_mono(v->env);
    for (size_t i = 0; (slot = kz_map_next(&v->all, &i)) != NULL;) {
        struct series *s = slot->val;
        if (s->call != 0 || s->count != s->written || now - s->seen < SAME_SEC * KZ_NS_PER_SEC)
            continue;
        forget(s);
        i = 0; /* the table has moved */
    }
}

/* Counts that have risen since they were written. */
static void line_up_again(struct kz_events *v)
{
    const struct kz_map_slot *slot;
    const int64_t now = kz_env_mono(v->env);
    for (size_t i = 0; (slot = kz_map_next(&v->all, &i)) != NULL;) {
        struct series *s = slot->val;
        if (s->call == 0 && s->written > 0 && s->count > s->written && now - s->told >= AGAIN_SEC * KZ_NS_PER_SEC &&
            v->in_flight < IN_FLIGHT)
            send(s);
    }
}

static void on_timer(void *arg, uint64_t id)
{
    struct kz_events *v = arg;
    size_t n = 0;
    (void)id;
    v->timer = 0;
    while (n < v->line.len && v->in_flight < IN_FLIGHT)
        send(v->line.at[n++]);
    memmove(v->line.at, v->line.at + n, (v->line.len - n) * sizeof *v->line.at);
    v->line.len -= n;
    line_up_again(v);
    forget_old(v);
    arm(v);
}

static void arm(struct kz_events *v)
{
    const bool now = v->line.len > 0 && v->in_flight < IN_FLIGHT;
    if (now)
        kz_env_timer_stop(v->env, &v->timer); /* what is new does not wait for the next look */
    if (v->timer != 0 || v->all.len == 0)
        return;
    v->timer = kz_env_timer(v->env, now ? 0 : LOOK_SEC * KZ_NS_PER_SEC, on_timer, v);
}

/* ---- saying -------------------------------------------------------------------------------------- */

static struct series *series_new(struct kz_events *v, const struct kz_about *about, struct kz_str key)
{
    struct series *s = calloc(1, sizeof *s);
    kz_assert(s != NULL);
    s->v = v;
    s->key = heap_str(key);
    s->kind = strdup(about->kind);
    s->name = heap_str(about->name);
    s->uid = heap_str(about->uid);
    s->first = kz_env_wall(v->env);
    (void)snprintf(s->object, sizeof s->object, KZ_FMT ".%016llx", (int)(about->name.len > 230 ? 230 : about->name.len),
                   about->name.ptr, (unsigned long long)kz_env_random64(v->env));
    (void)kz_map_put(&v->all, kz_str(s->key), s);
    return s;
}

void kz_events_say(struct kz_events *v, const struct kz_about *about, bool warning, const char *reason,
                   const char *action, struct kz_str note)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    struct kz_str text = one_line(a, kz_utf8_cut(note, NOTE_BYTES - 60));
    struct kz_str of = kz_str_printf(a, "%s/" KZ_FMT, about->kind, KZ_ARG(about->name));
    struct kz_str key = kz_str_printf(a, KZ_FMT "/%s/" KZ_FMT, KZ_ARG(of), reason, KZ_ARG(text));
    struct series *s = kz_map_find(&v->all, key);
    const int64_t now = kz_env_mono(v->env);
    if (now < v->denied_until)
        return;
    if (s == NULL) {
        struct bucket *b = bucket_of(v, of);
        if (b->left == 0 || v->line.len >= WAITING) {
            b->dropped++;
            return;
        }
        b->left--;
        if (b->dropped > 0)
            text = kz_str_printf(a, KZ_FMT " (and %u more, not shown)", KZ_ARG(text), b->dropped);
        b->dropped = 0;
        s = series_new(v, about, key);
        s->warning = warning;
        s->reason = strdup(reason);
        s->action = strdup(action);
        s->note = heap_str(text.len > 0 ? text : kz_str(reason));
        kz_vec_push(&v->line, s);
    }
    s->count++;
    s->seen = now;
    s->last = kz_env_wall(v->env);
    arm(v);
}
