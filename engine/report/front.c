/* SPDX-License-Identifier: Apache-2.0 */
#include "report/front.h"
#include "base/log.h"
#include "report/beside.h"
#include "report/commands.h"
#include "report/crds.h"
#include "report/plaint.h"
#include "report/status.h"

enum { ARENA = 256 << 20 };

struct kz_front {
    const struct kz_env *env;
    struct kz_kube *kube;
    struct kz_engine *engine;
    struct kz_status_writer *status;
    struct kz_events *events;
    struct kz_mirror *mirror;
    struct kz_commands *commands;
    struct kz_beside *beside;
    struct kz_plaint *plaint;
    struct kz_crds *crds; /* while they are brought; NULL else */
    bool wants_crds;
};

/* ---- between commands and the engine --------------------------------------------------------------- */

static void steer(void *arg, struct kz_str module, const struct kz_wishes *wishes)
{
    const struct kz_front *f = arg;
    kz_engine_steer(f->engine, module, wishes);
}

static int sync_now(void *arg, struct kz_str module, struct kz_err *err)
{
    const struct kz_front *f = arg;
    return kz_engine_sync_now(f->engine, module, err);
}

static int go_back(void *arg, struct kz_str module, struct kz_str revision,
                   void (*done)(void *arg, const struct kz_err *err), void *done_arg, struct kz_err *err)
{
    const struct kz_front *f = arg;
    return kz_engine_go_back(f->engine, module, revision, done, done_arg, err);
}

static int sync_objects(void *arg, struct kz_str module, const struct kz_str *words, size_t n,
                        void (*done)(void *arg, size_t n, size_t written, const struct kz_err *err), void *done_arg,
                        struct kz_err *err)
{
    const struct kz_front *f = arg;
    return kz_engine_sync_objects(f->engine, module, words, n, done, done_arg, err);
}

static void look_at_engine(void *arg, struct kz_engine_view *out, struct kz_arena *a)
{
    const struct kz_front *f = arg;
    kz_engine_look(out, a, f->engine);
}

static unsigned looks(void *arg, bool *looking)
{
    const struct kz_front *f = arg;
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    struct kz_engine_view v;
    kz_engine_look(&v, a, f->engine);
    *looking = v.looking;
    return v.looks;
}

/* ---- between commands and their objects ------------------------------------------------------------ */

static void reply(void *arg, bool platform, struct kz_str name, const struct kz_reply *r)
{
    const struct kz_front *f = arg;
    kz_mirror_reply(f->mirror, platform, name, r);
}

static void take_off(void *arg, bool platform, struct kz_str name, struct kz_str annotation, struct kz_str value,
                     void (*done)(void *arg, const struct kz_err *err), void *done_arg)
{
    const struct kz_front *f = arg;
    kz_mirror_take_off(f->mirror, platform, name, annotation, value, done, done_arg);
}

static void look(void *arg)
{
    const struct kz_front *f = arg;
    kz_mirror_look(f->mirror);
}

/* ---- what the mirror tells ------------------------------------------------------------------------- */

static void on_crds(void *arg, const struct kz_err *err)
{
    struct kz_front *f = arg;
    char text[KZ_ERR_TEXT];
    if (err != NULL)
        kz_log(NULL, KZ_WARN, "crds", KZ_FS("reason", kz_err_line(text, sizeof text, err)),
               KZ_FS("next", "kzsync crds | kubectl apply --server-side -f -"));
    kz_crds_free(f->crds);
    f->crds = NULL;
    kz_mirror_await(f->mirror, false);
}

static void on_beside(void *arg)
{
    const struct kz_front *f = arg;
    kz_mirror_twin(f->mirror, kz_beside_namespace(f->beside));
}

static void on_leads(void *arg)
{
    struct kz_front *f = arg;
    if (!f->wants_crds)
        return;
    kz_mirror_await(f->mirror, true);
    f->crds = kz_crds_install(f->env, f->kube, on_crds, f);
}

static void on_ready(void *arg)
{
    const struct kz_front *f = arg;
    kz_engine_steer_ready(f->engine);
}

static void on_seen(void *arg, const struct kz_mirror_seen *seen)
{
    const struct kz_front *f = arg;
    kz_commands_seen(f->commands, seen);
}

static void on_looked(void *arg, const struct kz_engine_view *v)
{
    const struct kz_front *f = arg;
    kz_commands_looked(f->commands, v);
}

/* ---- life ------------------------------------------------------------------------------------------ */

struct kz_front *kz_front_new(const struct kz_env *env, struct kz_kube *kube, struct kz_engine *e,
                              const struct kz_front_options *opt)
{
    struct kz_front *f = calloc(1, sizeof *f);
    kz_assert(f != NULL);
    const struct kz_steering steering = {steer, sync_now, go_back, sync_objects, looks, f};
    const struct kz_answering answering = {reply, take_off, look, f};
    const struct kz_mirror_events events = {look_at_engine, on_leads, on_seen, on_ready, on_looked, f};
    *f = (struct kz_front){.env = env, .kube = kube, .engine = e, .wants_crds = opt->crds};
    f->status = kz_status_writer_new(env, kube, opt->ns);
    f->events = kz_events_new(env, kube, opt->ns, opt->instance);
    f->mirror = kz_mirror_new(env, kube, opt->ns, f->events, &events);
    f->commands = kz_commands_new(env, &steering, &answering);
    f->beside = kz_beside_new(env, kube, opt->ns, on_beside, f);
    f->plaint = kz_plaint_new(env, kube, opt->ns);
    return f;
}

void kz_front_poke(struct kz_front *f, bool rests)
{
    if (rests)
        kz_status_writer_now(f->status, f->engine);
    else
        kz_status_writer_poke(f->status, f->engine);
    kz_mirror_poke(f->mirror, rests);
}

void kz_front_look(struct kz_front *f, const struct kz_engine_view *v)
{
    if (v->leads && v->loaded)
        kz_beside_look(f->beside, v->platform);
    else if (!v->leads && v->lead_err != NULL)
        kz_plaint_say(f->plaint, v->platform, "LeaseDenied", v->lead_err, NULL, NULL);
}

void kz_front_refused(struct kz_front *f, const struct kz_engine_view *v, void (*done)(void *arg), void *arg)
{
    kz_plaint_say(f->plaint, v->platform, "VersionTooOld", v->lead_err, done, arg);
}

void kz_front_stop(struct kz_front *f)
{
    kz_mirror_stop(f->mirror);
    kz_crds_free(f->crds);
    f->crds = NULL;
}

void kz_front_free(struct kz_front *f)
{
    if (f == NULL)
        return;
    kz_plaint_free(f->plaint);
    kz_beside_free(f->beside);
    kz_crds_free(f->crds);
    kz_mirror_free(f->mirror);
    kz_commands_free(f->commands);
    kz_events_free(f->events);
    kz_status_writer_free(f->status);
    free(f);
}
