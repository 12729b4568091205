/* SPDX-License-Identifier: Apache-2.0 */
#include "report/status.h"
#include "base/log.h"
#include "render/sandbox.h"
#include "report/put.h"
#include "sync/steer.h"
#include "value/json.h"

#define DATA_KEY "status"

enum { WRITE_EVERY_MS = 1000, MODULE_MS = 1, DOC_BYTES = 900 << 10, ARENA = 256 << 20, TOLD_IN_FULL = 100 };

/* ---- the document ------------------------------------------------------------------------------ */

static struct kz_value *error_doc(struct kz_arena *a, const struct kz_err *err)
{
    struct kz_value *e = kz_value_map(a), *frames = kz_value_list(a);
    for (unsigned i = err->depth; i > 0; i--)
        kz_value_push(a, frames, kz_value_str(a, kz_str_dup(a, kz_str(err->frame[i - 1]))));
    kz_value_set(a, e, KZ_STR("frames"), frames);
    put_str(a, e, "file", kz_str_dup(a, kz_str(err->file)));
    if (err->line > 0)
        put_int(a, e, "line", err->line);
    put_str(a, e, "hint", kz_str_dup(a, kz_str(err->hint)));
    return e;
}

static struct kz_value *last_sync(struct kz_arena *a, const struct kz_module_view *v)
{
    struct kz_value *s = kz_value_map(a);
    char *took = kz_arena_bytes(a, KZ_TIME_TEXT);
    kz_duration_text(took, v->took);
    put_time(a, s, "time", v->synced);
    put_str(a, s, "took", kz_str(took));
    put_str(a, s, "result", kz_str(kz_word_name(v->result)));
    return s;
}

static void put_pause(struct kz_arena *a, struct kz_value *m, const struct kz_wish_pause *p)
{
    struct kz_value *out = kz_value_map(a);
    put_str(a, out, "reason", p->reason);
    put_str(a, out, "by", p->by);
    if (p->until != 0)
        put_time(a, out, "until", p->until);
    if (p->drift)
        kz_value_set(a, out, KZ_STR("drift"), kz_value_bool(a, true));
    kz_value_set(a, m, KZ_STR("paused"), out);
}

static void put_names(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str commas)
{
    struct kz_value *list = kz_value_list(a);
    struct kz_str name;
    for (struct kz_str rest = commas; rest.len > 0;) {
        rest = kz_str_cut(&name, rest, ',');
        kz_value_push(a, list, kz_value_str(a, kz_str_dup(a, name)));
    }
    if (kz_value_len(list) > 0)
        kz_value_set(a, map, kz_str(key), list);
}

static void put_change(struct kz_arena *a, struct kz_value *m, const struct kz_change_count *c)
{
    struct kz_value *out = kz_value_map(a);
    put_int(a, out, "create", c->creates);
    put_int(a, out, "change", c->changes);
    put_int(a, out, "delete", c->removes);
    put_int(a, out, "replace", c->replaces);
    put_int(a, out, "restart", c->restarts);
    put_names(a, out, "restarts", kz_str(c->named));
    kz_value_set(a, m, KZ_STR("change"), out);
}

/* What waits or runs, and what for: docs/windows-and-approvals.md. */
static void put_policy(struct kz_arena *a, struct kz_value *m, const struct kz_module_view *v)
{
    static const char *const names[] = {"window", "approval", "prune"};
    struct kz_value *by = kz_value_list(a);
    put_str(a, m, "class", kz_str(kz_class_name(v->cls)));
    if (!kz_hash_is_none(v->set)) {
        char *text = kz_arena_bytes(a, KZ_HASH_TEXT);
        kz_hash_text(text, v->set);
        put_str(a, m, "set", kz_str(text));
    }
    put_str(a, m, "target", v->target);
    for (size_t i = 0; i < kz_countof(names); i++)
        if ((v->held_by >> i & 1) != 0)
            kz_value_push(a, by, kz_value_cstr(a, names[i]));
    if (v->held_by != 0)
        kz_value_set(a, m, KZ_STR("heldBy"), by);
    if (v->change != NULL)
        put_change(a, m, v->change);
    if (v->opens != 0)
        put_time(a, m, "opens", v->opens);
    if (v->paused != NULL)
        put_pause(a, m, v->paused);
}

static struct kz_value *module_doc(struct kz_arena *a, const struct kz_module_view *v, bool brief)
{
    struct kz_value *m = kz_value_map(a);
    put_str(a, m, "name", v->name);
    put_str(a, m, "state", kz_str(kz_word_name(v->word)));
    if (!brief) {
        put_str(a, m, "revision", v->revision);
        put_str(a, m, "note", v->note);
        put_str(a, m, "sync", v->sync);
    }
    put_str(a, m, "tenant", v->tenant);
    if (v->violates)
        kz_value_set(a, m, KZ_STR("violates"), kz_value_bool(a, true));
    put_int(a, m, "objects", v->objects);
    put_int(a, m, "healthy", v->healthy);
    if (brief)
        return m;
    put_names(a, m, "after", v->after);
    put_time(a, m, "since", v->since);
    if (v->synced != 0)
        kz_value_set(a, m, KZ_STR("lastSync"), last_sync(a, v));
    put_policy(a, m, v);
    if (v->err != NULL)
        kz_value_set(a, m, KZ_STR("error"), error_doc(a, v->err));
    return m;
}

/* {"no_new_privs":true,"rlimits":true,"seccomp":true,"landlock":false,"namespaces":false} */
static struct kz_value *sandbox_doc(struct kz_arena *a, unsigned layers)
{
    struct kz_value *doc = kz_value_map(a);
    for (unsigned i = 0; i < KZ_SANDBOX_LAYERS; i++)
        kz_value_set(a, doc, kz_str(kz_sandbox_layer_name(i)), kz_value_bool(a, (layers & 1U << i) != 0));
    return doc;
}

static bool is_brief(const struct kz_module_view *m, enum kz_status_detail detail, size_t in_full)
{
    return detail != KZ_STATUS_FULL &&
           (m->word == KZ_WORD_OK || (detail == KZ_STATUS_BRIEF && in_full >= TOLD_IN_FULL));
}

struct kz_value *kz_status_doc(struct kz_arena *a, const struct kz_engine_view *v, int64_t now,
                               enum kz_status_detail detail)
{
    size_t in_full = 0;
    struct kz_value *doc = kz_value_map(a), *modules = kz_value_list(a);
    kz_value_set(a, doc, KZ_STR("v"), kz_value_int(a, 1));
    put_str(a, doc, "kind", KZ_STR("Status"));
    put_str(a, doc, "platform", v->platform);
    put_str(a, doc, "revision", v->revision);
    put_str(a, doc, "subject", v->subject);
    put_str(a, doc, "author", v->author);
    put_str(a, doc, "leader", v->leader);
    put_time(a, doc, "time", now);
    kz_value_set(a, doc, KZ_STR("settled"), kz_value_bool(a, v->settled));
    put_int(a, doc, "objects", v->objects);
    if (v->sandbox != 0)
        kz_value_set(a, doc, KZ_STR("sandbox"), sandbox_doc(a, v->sandbox));
    if (v->source_err != NULL)
        kz_value_set(a, doc, KZ_STR("error"), error_doc(a, v->source_err));
    for (size_t i = 0; i < v->n_modules; i++) {
        const bool brief = is_brief(&v->modules[i], detail, in_full);
        in_full += !brief;
        kz_value_push(a, modules, module_doc(a, &v->modules[i], brief));
    }
    if (in_full < v->n_modules)
        put_int(a, doc, "brief", v->n_modules - in_full);
    kz_value_set(a, doc, KZ_STR("modules"), modules);
    return doc;
}

struct kz_value *kz_status_module(struct kz_arena *a, const struct kz_module_view *v)
{
    return module_doc(a, v, false);
}

struct kz_value *kz_status_error(struct kz_arena *a, const struct kz_err *err)
{
    return error_doc(a, err);
}

struct kz_id kz_status_id(struct kz_arena *a, struct kz_str ns, struct kz_str platform)
{
    return (struct kz_id){.group = KZ_STR(""), .kind = KZ_STR("ConfigMap"), .ns = ns,
                          .name = kz_str_printf(a, "kzsync-status-" KZ_FMT, KZ_ARG(platform))};
}

int kz_status_of(struct kz_value **out, struct kz_arena *a, const struct kz_value *configmap,
                 struct kz_err *err)
{
    struct kz_str text = kz_value_as_str(kz_value_get(kz_value_get(configmap, "data"), DATA_KEY));
    struct kz_str name = kz_value_path_str(configmap, "metadata.name");
    struct kz_value *doc;
    int rc = kz_json_read(&doc, a, text, name, err);
    if (rc < 0)
        return kz_wrap(err, "ConfigMap " KZ_FMT " holds no status", KZ_ARG(name));
    if (!kz_str_is(kz_value_path_str(doc, "kind"), "Status"))
        return kz_fail(err, KZ_E_PARSE, "ConfigMap " KZ_FMT " holds no status of kzsync", KZ_ARG(name));
    *out = doc;
    return 0;
}

/* ---- writing ----------------------------------------------------------------------------------- */

struct kz_status_writer {
    const struct kz_env *env;
    struct kz_kube *kube;
    const struct kz_engine *engine;
    char *ns;
    uint64_t timer, call;
    size_t modules;          /* as last seen */
    bool again;              /* poked while a write was under way */
    struct kz_hash written;  /* of the last document, without its time */
};

struct kz_status_writer *kz_status_writer_new(const struct kz_env *env, struct kz_kube *kube,
                                              struct kz_str ns)
{
    struct kz_status_writer *w = calloc(1, sizeof *w);
    kz_assert(w != NULL);
    w->env = env;
    w->kube = kube;
    w->ns = strndup(ns.ptr, ns.len);
    return w;
}

void kz_status_writer_free(struct kz_status_writer *w)
{
    if (w == NULL)
        return;
    kz_env_timer_stop(w->env, &w->timer);
    kz_kube_cancel(w->kube, w->call);
    free(w->ns);
    free(w);
}

static void on_timer(void *arg, uint64_t id);
static int64_t write_after(const struct kz_status_writer *w);

static void on_written(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_status_writer *w = arg;
    (void)id;
    w->call = 0;
    if (res->err != NULL)
        w->written = (struct kz_hash){0}; /* tried again with the next change: nothing depends on it */
    if (w->again && w->timer == 0)
        w->timer = kz_env_timer(w->env, write_after(w), on_timer, w);
    w->again = false;
}

static struct kz_value *configmap(struct kz_arena *a, const struct kz_id *id, struct kz_str platform,
                                  struct kz_str text)
{
    struct kz_value *cm = kz_value_map(a), *meta = kz_value_map(a), *labels = kz_value_map(a);
    struct kz_value *data = kz_value_map(a);
    kz_value_set(a, labels, KZ_STR(KZ_STATUS_LABEL), kz_value_str(a, platform));
    put_str(a, meta, "name", id->name);
    put_str(a, meta, "namespace", id->ns);
    kz_value_set(a, meta, KZ_STR("labels"), labels);
    put_str(a, data, DATA_KEY, text);
    put_str(a, cm, "apiVersion", KZ_STR("v1"));
    put_str(a, cm, "kind", KZ_STR("ConfigMap"));
    kz_value_set(a, cm, KZ_STR("metadata"), meta);
    kz_value_set(a, cm, KZ_STR("data"), data);
    return cm;
}

/* In as much detail as fits; b is bad when nothing does. */
static void write_doc(struct kz_buf *b, struct kz_arena *a, const struct kz_engine_view *view, int64_t now)
{
    for (int detail = KZ_STATUS_FULL; detail < KZ_STATUS_DETAILS_; detail++) {
        kz_buf_done(b);
        kz_buf_init(b, DOC_BYTES);
        kz_json_write(b, kz_status_doc(a, view, now, (enum kz_status_detail)detail), KZ_JSON_COMPACT);
        if (!kz_buf_bad(b))
            return;
    }
}

static void on_timer(void *arg, uint64_t id)
{
    struct kz_status_writer *w = arg;
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    kz_autobuf struct kz_buf b = KZ_BUF(DOC_BYTES);
    struct kz_engine_view view;
    struct kz_hash hash;
    (void)id;
    w->timer = 0;
    kz_engine_look(&view, a, w->engine);
    w->modules = view.n_modules;
    if (!view.loaded || !view.leads || view.platform.len == 0)
        return;
    kz_json_hash(&hash, kz_status_doc(a, &view, 0, KZ_STATUS_FULL));
    if (kz_hash_eq(hash, w->written))
        return;
    w->written = hash;
    write_doc(&b, a, &view, kz_env_wall(w->env));
    if (kz_buf_bad(&b)) {
        kz_log(NULL, KZ_WARN, "status", KZ_FS("reason", "it is larger than a ConfigMap can hold"));
        return;
    }
    struct kz_id cm = kz_status_id(a, kz_str(w->ns), view.platform);
    w->call = kz_kube_apply(w->kube, &cm, KZ_STR("v1"), configmap(a, &cm, view.platform, kz_buf_str(&b)),
                            KZ_APPLY_FORCE, on_written, w);
}

/* A document of thousands of modules costs the server, too. */
static int64_t write_after(const struct kz_status_writer *w)
{
    const int64_t ms = (int64_t)w->modules * MODULE_MS;
    return (ms > WRITE_EVERY_MS ? ms : WRITE_EVERY_MS) * KZ_NS_PER_MS;
}

void kz_status_writer_poke(struct kz_status_writer *w, const struct kz_engine *e)
{
    w->engine = e;
    if (w->call != 0)
        w->again = true;
    else if (w->timer == 0)
        w->timer = kz_env_timer(w->env, write_after(w), on_timer, w);
}

void kz_status_writer_now(struct kz_status_writer *w, const struct kz_engine *e)
{
    w->engine = e;
    if (w->call != 0) {
        w->again = true;
        return;
    }
    kz_env_timer_stop(w->env, &w->timer);
    on_timer(w, 0);
}
