/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "report/mirror_inside.h"
#include "report/put.h"
#include "report/status.h"
#include "value/json.h"

enum {
    LOOK_MS = 1000, LOOK_MODULE_MS = 1, /* as the status document: a look at thousands takes its time */
    FIRST_MS = 100,                     /* until it leads and has read all */
    STANDBY_MS = 500,
    DISCOVER_SEC = 30,
    DENIED_SEC = 60,
    ARENA = 256 << 20,
};

static const char *const kinds[2] = {"Module", "Platform"};

static void on_look(void *arg, uint64_t id);

/* ---- entries ------------------------------------------------------------------------------------- */

static void entry_free(struct kz_mirror_entry *e)
{
    char *const texts[] = {e->name, e->other, e->uid, e->edited, e->reply, e->kept};
    for (size_t i = 0; i < kz_countof(texts); i++)
        free(texts[i]);
    free(e);
}

/* Modules and Platforms have a table each: their names may be equal. */
struct kz_mirror_entry *kz_mirror_entry(struct kz_mirror *m, bool platform, struct kz_str name)
{
    return kz_map_find(&m->entries[platform], name);
}

static struct kz_mirror_entry *entry_of(struct kz_mirror *m, bool platform, struct kz_str name)
{
    struct kz_mirror_entry *e = kz_mirror_entry(m, platform, name);
    if (e != NULL)
        return e;
    e = calloc(1, sizeof *e);
    kz_assert(e != NULL);
    e->platform = platform;
    e->name = heap_str(name);
    e->told = KZ_WORD_COUNT_;
    (void)kz_map_put(&m->entries[platform], kz_str(e->name), e);
    return e;
}

static void forget_all(struct kz_mirror *m)
{
    const struct kz_map_slot *slot;
    for (size_t k = 0; k < kz_countof(m->entries); k++) {
        for (size_t i = 0; (slot = kz_map_next(&m->entries[k], &i)) != NULL;)
            entry_free(slot->val);
        kz_map_clear(&m->entries[k]);
    }
}

/* Nobody wants it, and it is not there. */
static void forget_gone(struct kz_mirror *m)
{
    const struct kz_map_slot *slot;
    for (size_t k = 0; k < kz_countof(m->entries); k++)
        for (size_t i = 0; (slot = kz_map_next(&m->entries[k], &i)) != NULL;) {
            struct kz_mirror_entry *e = slot->val;
            if (e->there || e->look == m->look)
                continue;
            (void)kz_map_del(&m->entries[k], kz_str(e->name));
            entry_free(e);
            i = 0; /* the table has moved */
        }
}

/* ---- what the cluster says ----------------------------------------------------------------------- */

static void on_gone(struct kz_mirror *m, struct kz_mirror_entry *e)
{
    e->there = e->labelled = false;
    free(e->other);
    e->other = NULL;
    e->put_status = (struct kz_hash){0};
    if (m->ev.seen != NULL)
        m->ev.seen(m->ev.arg, &(struct kz_mirror_seen){.platform = e->platform, .name = kz_str(e->name)});
    kz_mirror_soon(m, 0);
}

static void on_object(struct kz_mirror *m, bool platform, const struct kz_value *obj)
{
    struct kz_str name = kz_value_path_str(obj, "metadata.name");
    if (platform && !kz_str_is(name, m->platform))
        return;
    struct kz_mirror_entry *e = entry_of(m, platform, name);
    kz_mirror_note(m, e, obj);
    e->round = m->round[platform];
    if (e->other == NULL && m->ev.seen != NULL)
        m->ev.seen(m->ev.arg, &(struct kz_mirror_seen){.platform = platform, .name = kz_str(e->name),
                                                       .found = !m->ready, .obj = obj});
    if (m->synced[platform] && (kz_mirror_spec_differs(e) || e->plaint))
        kz_mirror_soon(m, 0);
}

/* What the new list did not have. */
static void on_synced(struct kz_mirror *m, bool platform)
{
    const struct kz_map_slot *slot;
    m->synced[platform] = true;
    for (size_t i = 0; (slot = kz_map_next(&m->entries[platform], &i)) != NULL;) {
        struct kz_mirror_entry *e = slot->val;
        if (e->there && e->round != m->round[platform])
            on_gone(m, e);
    }
}

static void say_ready(struct kz_mirror *m)
{
    if (m->ready)
        return;
    m->ready = true;
    if (m->ev.ready != NULL)
        m->ev.ready(m->ev.arg);
}

/* A pause may stand there: nothing is begun, and that is worth an operator's time. */
static void say_unread(struct kz_mirror *m, const struct kz_err *err)
{
    char text[KZ_ERR_TEXT];
    if (!m->unread_said)
        kz_log(NULL, KZ_ERROR, "objects", KZ_FS("reason", kz_err_line(text, sizeof text, err)),
               KZ_FS("effect", "nothing is begun before it is known what people want"));
    m->unread_said = true;
}

static void close_watches(struct kz_mirror *m)
{
    for (size_t k = 0; k < kz_countof(m->watches); k++) {
        kz_watch_close(m->watches[k]);
        m->watches[k] = NULL;
        m->synced[k] = false;
    }
}

static void on_watch(void *arg, struct kz_watch *w, enum kz_watch_event ev, const struct kz_value *obj,
                     const struct kz_err *err)
{
    struct kz_mirror *m = arg;
    const bool platform = w == m->watches[1];
    struct kz_mirror_entry *e;
    switch (ev) {
    case KZ_WATCH_RESET:
        m->round[platform]++;
        break;
    case KZ_WATCH_OBJECT:
        on_object(m, platform, obj);
        break;
    case KZ_WATCH_DELETED:
        e = kz_mirror_entry(m, platform, kz_value_path_str(obj, "metadata.name"));
        if (e != NULL)
            on_gone(m, e);
        break;
    case KZ_WATCH_SYNCED:
        on_synced(m, platform);
        if (m->synced[0] && m->synced[1]) {
            say_ready(m);
            kz_mirror_soon(m, 0);
        }
        break;
    case KZ_WATCH_ERROR:
        if (err->code == KZ_E_DENIED) { /* what may not be read cannot be waited for */
            kz_mirror_denied(m, err);
            say_ready(m);
        } else if (!m->ready) {
            say_unread(m, err);
        }
        break;
    case KZ_WATCH_GONE:
        close_watches(m);
        kz_mirror_soon(m, 0);
        break;
    }
}

/* ---- kinds --------------------------------------------------------------------------------------- */

void kz_mirror_denied(struct kz_mirror *m, const struct kz_err *err)
{
    char text[KZ_ERR_TEXT];
    m->denied_until = kz_env_mono(m->env) + DENIED_SEC * KZ_NS_PER_SEC;
    if (!m->denied_said)
        kz_log(NULL, KZ_WARN, "objects", KZ_FS("reason", kz_err_line(text, sizeof text, err)),
               KZ_FS("effect", "no Module objects are kept, and no commands taken from them"));
    m->denied_said = true;
}

static bool are_served(const struct kz_mirror *m)
{
    return kz_kube_api(m->kube, KZ_STR("kubezero.com"), KZ_STR(""), KZ_STR("Module")) != NULL &&
           kz_kube_api(m->kube, KZ_STR("kubezero.com"), KZ_STR(""), KZ_STR("Platform")) != NULL;
}

static void on_discovered(void *arg, const struct kz_err *err)
{
    struct kz_mirror *m = arg;
    (void)err; /* asked again later */
    m->discovering = false;
    if (are_served(m))
        kz_mirror_soon(m, 0);
}

static void say_missing(struct kz_mirror *m)
{
    if (!m->missing_said)
        kz_log(NULL, KZ_WARN, "objects", KZ_FS("reason", "the kinds Module and Platform are not installed"),
               KZ_FS("effect", "no Module objects are kept, and no commands taken from them"),
               KZ_FS("next", "kzsync crds | kubectl apply --server-side -f -"));
    m->missing_said = true;
}

/* True when both kinds are watched. */
static bool watch(struct kz_mirror *m)
{
    const int64_t now = kz_env_mono(m->env);
    if (m->watches[0] != NULL)
        return true;
    if (are_served(m)) {
        for (size_t k = 0; k < kz_countof(m->watches); k++)
            m->watches[k] = kz_watch_open(m->kube, KZ_STR("kubezero.com"), kz_str(kinds[k]), kz_str(m->ns), KZ_STR(""),
                                          on_watch, m);
        m->missing_said = false;
        return true;
    }
    if (kz_kube_discovered(m->kube) && !m->awaited) {
        say_missing(m);
        say_ready(m);
    }
    if (!m->discovering && (m->discovered == 0 || now - m->discovered >= DISCOVER_SEC * KZ_NS_PER_SEC)) {
        if (m->discovered != 0) { /* the engine has just asked itself */
            m->discovering = true;
            kz_kube_discover(m->kube, on_discovered, m);
        }
        m->discovered = now;
    }
    return false;
}

/* ---- looking ------------------------------------------------------------------------------------- */

void kz_mirror_soon(struct kz_mirror *m, int64_t after)
{
    const int64_t due = kz_env_mono(m->env) + after;
    if (m->stopped || (m->timer != 0 && m->due <= due))
        return;
    kz_env_timer_stop(m->env, &m->timer);
    m->due = due;
    m->timer = kz_env_timer(m->env, after, on_look, m);
}

bool kz_mirror_spec_differs(const struct kz_mirror_entry *e)
{
    const bool given_up = kz_hash_eq(e->given_up, e->want_spec);
    return !e->there || !e->labelled || !kz_hash_eq(e->at, e->want_at) ||
           (!kz_hash_eq(e->spec, e->want_spec) && !given_up);
}

/* The definition is parsed only when its text has changed. */
static void want_spec(struct kz_mirror_entry *e, struct kz_arena *a, struct kz_str shown, struct kz_str file, unsigned line)
{
    struct kz_str at = line > 0 ? kz_str_printf(a, KZ_FMT ":%u", KZ_ARG(file), line) : file;
    const struct kz_hash text = kz_hash(shown);
    struct kz_value *spec;
    struct kz_err err;
    if (shown.len == 0) { /* gone from git: the object stays as it is for as long as it is there */
        e->want_spec = e->spec;
        e->want_at = e->at;
        return;
    }
    e->want_at = kz_hash(at);
    if (kz_hash_eq(text, e->shown) || kz_json_read(&spec, a, shown, KZ_STR("spec"), &err) < 0)
        return;
    kz_json_hash(&e->want_spec, spec);
    if (!kz_hash_is_none(e->shown)) {
        free(e->edited); /* git has said something new */
        e->edited = NULL;
    }
    e->shown = text;
}

/* What was found in the cluster when we came is already as it should be. */
static bool is_as_found(const struct kz_mirror_entry *e, struct kz_arena *a, const struct kz_value *doc)
{
    struct kz_value *found;
    struct kz_err err;
    if (!e->fresh || e->kept == NULL || kz_json_read(&found, a, kz_str(e->kept), KZ_STR("status"), &err) < 0)
        return false;
    for (size_t i = 0; i < kz_value_pairs(doc); i++) {
        const struct kz_pair *p = &doc->as.map.at[i];
        const bool own = kz_str_is(p->key, "name") || kz_str_is(p->key, "since");
        if (!own && !kz_value_eq(p->val, kz_value_find(found, p->key)))
            return false;
    }
    return kz_value_get(found, "conditions") != NULL &&
           kz_value_path_int(found, "observedGeneration", 0) == e->generation &&
           (kz_value_get(found, "error") != NULL) == (kz_value_get(doc, "error") != NULL) &&
           (kz_value_get(found, "note") != NULL) == (kz_value_get(doc, "note") != NULL);
}

static void want_status(struct kz_mirror *m, struct kz_mirror_entry *e, struct kz_arena *a, const struct kz_value *doc,
                        enum kz_word w)
{
    static const bool hurting[KZ_WORD_COUNT_] = {
        [KZ_WORD_HELD] = true, [KZ_WORD_FAIL] = true, [KZ_WORD_DRIFT] = true, [KZ_WORD_BACK] = true};
    kz_json_hash(&e->want_status, doc);
    if (kz_hash_is_none(e->put_status) && !e->plaint && is_as_found(e, a, doc))
        e->put_status = e->want_status;
    e->look = m->look;
    e->hurts = hurting[w];
    e->unknown = w == KZ_WORD_UNKNOWN;
    if (kz_hash_eq(e->want_status, e->put_status) && !kz_mirror_spec_differs(e))
        e->dirty_since = 0;
    else if (e->dirty_since == 0)
        e->dirty_since = kz_env_mono(m->env);
}

/* Names that another installation has taken in this namespace: the Platform object says so. */
static void note_foreign(struct kz_mirror *m, struct kz_mirror_entry *platform)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const char *reason;
    struct kz_str taken = kz_mirror_foreign(&reason, a, m);
    const struct kz_about about = {"Platform", kz_str(platform->name), kz_str(platform->uid)};
    const struct kz_hash now = kz_hash(taken);
    if (kz_hash_eq(now, m->foreign) || (taken.len == 0 && kz_hash_is_none(m->foreign)))
        return;
    m->foreign = now;
    platform->urgent = true;
    if (taken.len == 0)
        return;
    kz_log(NULL, KZ_WARN, "objects", KZ_F("reason", taken));
    kz_events_say(m->events, &about, true, reason, "Sync", taken);
}

static void note_wants(struct kz_mirror *m, struct kz_arena *a, const struct kz_engine_view *v)
{
    const struct kz_arena_mark mark = kz_arena_here(a);
    const struct kz_module_view *worst;
    m->look++;
    for (size_t i = 0; i < v->n_modules; i++) {
        struct kz_mirror_entry *e = entry_of(m, false, v->modules[i].name);
        want_spec(e, a, v->modules[i].shown, v->modules[i].file, v->modules[i].line);
        want_status(m, e, a, kz_status_module(a, &v->modules[i]), v->modules[i].word);
        kz_arena_rewind(a, mark);
    }
    struct kz_mirror_entry *p = entry_of(m, true, v->platform);
    want_spec(p, a, v->shown, v->file, 0);
    want_status(m, p, a, kz_manifest_platform_status(a, v, NULL), kz_platform_word(&worst, v));
    kz_arena_rewind(a, mark);
    note_foreign(m, p);
}

/* Not led: whoever leads keeps them. */
static void let_go(struct kz_mirror *m)
{
    if (m->watches[0] != NULL)
        close_watches(m);
    forget_all(m);
}

static void on_look(void *arg, uint64_t id)
{
    struct kz_mirror *m = arg;
    struct kz_engine_view v;
    (void)id;
    m->timer = 0;
    if (kz_mirror_is_writing(m))
        return; /* the end of the batch looks again */
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    m->ev.look(m->ev.arg, &v, a);
    m->rests = v.settled;
    m->n_modules = v.n_modules;
    if (!v.leads || v.platform.len == 0) {
        let_go(m);
        kz_mirror_soon(m, (v.leader.len > 0 ? STANDBY_MS : FIRST_MS) * KZ_NS_PER_MS);
        return;
    }
    if (m->platform == NULL) {
        m->platform = heap_str(v.platform);
        if (m->ev.leads != NULL)
            m->ev.leads(m->ev.arg);
    }
    if (!watch(m)) {
        kz_mirror_soon(m, (m->ready ? DISCOVER_SEC * 1000 : FIRST_MS) * KZ_NS_PER_MS);
        return;
    }
    if (v.complete && m->synced[0] && m->synced[1]) {
        note_wants(m, a, &v);
        forget_gone(m);
    }
    if (m->ev.looked != NULL)
        m->ev.looked(m->ev.arg, &v);
    if (v.complete && m->synced[0] && m->synced[1] && kz_env_mono(m->env) >= m->denied_until)
        kz_mirror_write(m, &v);
    else if (!m->synced[0] || !m->synced[1] || !v.complete)
        kz_mirror_soon(m, LOOK_MS * KZ_NS_PER_MS);
}

/* ---- life ---------------------------------------------------------------------------------------- */

struct kz_mirror *kz_mirror_new(const struct kz_env *env, struct kz_kube *kube, struct kz_str ns,
                                struct kz_events *events, const struct kz_mirror_events *ev)
{
    struct kz_mirror *m = calloc(1, sizeof *m);
    kz_assert(m != NULL);
    m->env = env;
    m->kube = kube;
    m->ns = heap_str(ns);
    m->events = events;
    m->ev = *ev;
    kz_map_init(&m->entries[0]);
    kz_map_init(&m->entries[1]);
    kz_mirror_soon(m, 0);
    return m;
}

void kz_mirror_stop(struct kz_mirror *m)
{
    m->stopped = true;
    kz_env_timer_stop(m->env, &m->timer);
    close_watches(m);
}

void kz_mirror_free(struct kz_mirror *m)
{
    if (m == NULL)
        return;
    kz_mirror_stop(m);
    kz_kube_discover_forget(m->kube, m);
    kz_mirror_write_stop(m);
    forget_all(m);
    kz_map_done(&m->entries[0]);
    kz_map_done(&m->entries[1]);
    free(m->platform);
    free(m->twin);
    free(m->ns);
    free(m);
}

void kz_mirror_twin(struct kz_mirror *m, struct kz_str ns)
{
    free(m->twin);
    m->twin = ns.len == 0 ? NULL : heap_str(ns);
    kz_mirror_soon(m, 0);
}

void kz_mirror_await(struct kz_mirror *m, bool awaited)
{
    m->awaited = awaited;
    if (!awaited)
        kz_mirror_soon(m, 0);
}

void kz_mirror_look(struct kz_mirror *m)
{
    kz_mirror_soon(m, 0);
}

void kz_mirror_poke(struct kz_mirror *m, bool rests)
{
    const int64_t ms = (int64_t)m->n_modules * LOOK_MODULE_MS;
    kz_mirror_soon(m, rests || !m->ready ? 0 : (ms > LOOK_MS ? ms : LOOK_MS) * KZ_NS_PER_MS);
}
