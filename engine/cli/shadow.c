/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/shadow.h"

#include "base/log.h"
#include "base/map.h"
#include "cli/ask.h"
#include "report/status.h"

#include "kz_version.h"

/* A module may have been changed, in the cluster or by the other one, between its word and our look. */
enum { TRIES = 3, PAUSE_SEC = 3, REVISIONS_MAX = 16, ARENA = 256 << 20 };

struct shadow {
    struct kz_app *app;
    const struct kz_args *args;
    struct kz_arena *arena;  /* of one try */
    struct kz_value *doc;    /* status of the one at work, NULL: nobody is */
    struct kz_map planned;   /* of this try: revision -> itself */
    size_t same, different;  /* modules */
    struct kz_buf out;       /* the differences, for people */
    bool late;
};

static void on_finished(void *arg)
{
    struct shadow *s = arg;
    kz_loop_stop(kz_app_loop(s->app));
}

static void on_deadline(void *arg, uint64_t id)
{
    struct shadow *s = arg;
    (void)id;
    s->late = true;
    kz_loop_stop(kz_app_loop(s->app));
}

/* ---- what the other one says ---------------------------------------------------------------------- */

static int read_status(struct shadow *s, struct kz_err *err)
{
    struct kz_value *list;
    s->doc = NULL;
    if (kz_ask_list(&list, s->app, s->arena, KZ_STR(""), KZ_STR("ConfigMap"), kz_args_str(s->args, "namespace"),
                    KZ_STR(KZ_STATUS_LABEL), err) < 0)
        return kz_wrap(err, "ask what the kzsync at work says");
    if (kz_value_len(list) > 1)
        return kz_fail(err, KZ_E_INVALID, "there are several platforms in namespace " KZ_FMT ": a shadow is of one",
                       KZ_ARG(kz_args_str(s->args, "namespace")));
    return kz_value_len(list) == 0 ? 0 : kz_status_of(&s->doc, s->arena, kz_value_at(list, 0), err);
}

/* Of a brief document only the platform's revision is known. */
static struct kz_str revision_of(const struct shadow *s, const struct kz_value *module)
{
    struct kz_str own = kz_value_path_str(module, "revision");
    return own.len > 0 ? own : kz_value_path_str(s->doc, "revision");
}

static bool is_in_order(const struct kz_value *module)
{
    return kz_str_is(kz_value_path_str(module, "state"), "ok");
}

/* ---- what we would do ------------------------------------------------------------------------------ */

static void show_steps(struct kz_buf *b, const struct kz_plan *p)
{
    static const char *const verbs[] = {[KZ_STEP_CREATE] = "create", [KZ_STEP_CHANGE] = "change",
                                        [KZ_STEP_REMOVE] = "remove", [KZ_STEP_RUN] = "run"};
    for (size_t i = 0; i < p->n_steps; i++) {
        const struct kz_step *step = &p->steps[i];
        if (step->kind != KZ_STEP_NOTHING && step->kind != KZ_STEP_KEEP)
            kz_buf_printf(b, "  %s " KZ_FMT " " KZ_FMT "%s" KZ_FMT "\n", verbs[step->kind], KZ_ARG(step->id.kind),
                          KZ_ARG(step->id.ns), step->id.ns.len > 0 ? "/" : "", KZ_ARG(step->id.name));
    }
}

/* Is there nothing to do for the module? m NULL: this version does not see it. */
static bool agrees(struct shadow *s, struct kz_str name, const struct kz_module_view *m)
{
    char line[KZ_ERR_TEXT * 2];
    if (m != NULL && m->err != NULL) {
        kz_buf_printf(&s->out, KZ_FMT ": %s\n", KZ_ARG(name), kz_err_line(line, sizeof line, m->err));
    } else if (m == NULL || m->plan == NULL) {
        kz_buf_printf(&s->out, KZ_FMT ": this version does not find the module\n", KZ_ARG(name));
    } else if (m->plan->n_steps > m->plan->count[KZ_STEP_NOTHING] + m->plan->count[KZ_STEP_KEEP]) {
        kz_buf_printf(&s->out, KZ_FMT ": this version would\n", KZ_ARG(name));
        show_steps(&s->out, m->plan);
    } else {
        return true;
    }
    return false;
}

static const struct kz_module_view *find(const struct kz_engine_view *v, struct kz_str name)
{
    for (size_t i = 0; i < v->n_modules; i++)
        if (kz_str_eq(v->modules[i].name, name))
            return &v->modules[i];
    return NULL;
}

/* All modules that are in order at this revision. */
static int compare(struct shadow *s, const struct kz_engine_view *v, struct kz_str revision, struct kz_err *err)
{
    const struct kz_value *modules = kz_value_get(s->doc, "modules");
    if (!kz_str_eq(v->platform, kz_value_path_str(s->doc, "platform")))
        return kz_fail(err, KZ_E_INVALID, "the repository is of platform " KZ_FMT ", and the kzsync at work keeps " KZ_FMT,
                       KZ_ARG(v->platform), KZ_ARG(kz_value_path_str(s->doc, "platform")));
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        const struct kz_value *m = kz_value_at(modules, i);
        if (!is_in_order(m) || !kz_str_eq(revision_of(s, m), revision))
            continue;
        const struct kz_str name = kz_value_path_str(m, "name");
        if (agrees(s, name, find(v, name)))
            s->same++;
        else
            s->different++;
    }
    return 0;
}

static int plan(struct shadow *s, struct kz_str revision, struct kz_err *err)
{
    struct kz_engine_options opt = {.mode = KZ_MODE_PLAN, .ns = kz_args_str(s->args, "namespace"),
                                    .finished = on_finished, .arg = s};
    kz_app_source_options(&opt, s->app);
    opt.ref.ref = revision;
    struct kz_engine *e = kz_app_engine(s->app, &opt);
    struct kz_engine_view v;
    int rc = 0;
    kz_engine_start(e);
    kz_loop_run(kz_app_loop(s->app));
    kz_engine_look(&v, s->arena, e);
    if (s->late || kz_app_interrupted(s->app))
        rc = kz_fail(err, KZ_E_TIMEOUT, "%s before all was planned", s->late ? "the time was over" : "a signal came");
    else if (v.source_err != NULL) {
        *err = *v.source_err;
        rc = kz_wrap(err, "plan revision " KZ_FMT, KZ_ARG(kz_revision_short(revision)));
    } else
        rc = compare(s, &v, revision, err);
    kz_engine_free(e);
    return rc;
}

/* Every revision at which some module is in order, once. */
static int plan_all(struct shadow *s, struct kz_err *err)
{
    const struct kz_value *modules = kz_value_get(s->doc, "modules");
    s->same = s->different = 0;
    kz_buf_clear(&s->out);
    kz_map_init(&s->planned);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < kz_value_len(modules) && s->planned.len < REVISIONS_MAX; i++) {
        const struct kz_value *m = kz_value_at(modules, i);
        const struct kz_str revision = revision_of(s, m);
        if (is_in_order(m) && revision.len > 0 && kz_map_put(&s->planned, revision, s) == NULL)
            rc = plan(s, revision, err);
    }
    kz_map_done(&s->planned);
    return rc;
}

/* ---- the command ------------------------------------------------------------------------------------- */

static int shadow(struct shadow *s, struct kz_err *err)
{
    int rc = kz_ask_discover(s->app, err);
    for (int i = 0; i < TRIES && rc == 0; i++) {
        if (i > 0 && !kz_ask_pause(s->app, PAUSE_SEC * KZ_NS_PER_SEC))
            return kz_fail(err, KZ_E_TIMEOUT, "interrupted");
        kz_arena_reset(s->arena);
        rc = read_status(s, err);
        if (rc == 0 && s->doc != NULL)
            rc = plan_all(s, err);
        if (rc == 0 && s->different == 0)
            return 0;
    }
    return rc;
}

/* In order, and at a revision beyond the first REVISIONS_MAX. */
static size_t unseen(const struct shadow *s)
{
    const struct kz_value *modules = kz_value_get(s->doc, "modules");
    size_t n = 0;
    for (size_t i = 0; i < kz_value_len(modules); i++)
        n += is_in_order(kz_value_at(modules, i));
    return n - s->same - s->different;
}

static int report(struct shadow *s, struct kz_err *err)
{
    char same[24], different[24], left[24];
    (void)snprintf(left, sizeof left, "%zu", unseen(s));
    (void)snprintf(same, sizeof same, "%zu", s->same);
    (void)snprintf(different, sizeof different, "%zu", s->different);
    if (s->doc == NULL)
        kz_log(NULL, KZ_INFO, "shadow", KZ_FS("version", KZ_VERSION), KZ_FS("result", "nobody is at work here yet"));
    else
        kz_log(NULL, s->different > 0 ? KZ_ERROR : KZ_INFO, "shadow", KZ_FS("version", KZ_VERSION),
               KZ_FS("same", same), KZ_FS("different", different), KZ_FS("unseen", left));
    if (s->different == 0)
        return KZ_EXIT_OK;
    kz_buf_printf(&s->out, "error: kzsync %s would change %zu modules that are in order: it must not take over\n",
                  KZ_VERSION, s->different);
    const int rc = kz_cli_out(&s->out, err);
    return rc < 0 ? rc : KZ_EXIT_FAILED;
}

int kz_shadow_run(const struct kz_args *args, struct kz_err *err)
{
    struct shadow s = {.args = args, .arena = kz_arena_new(ARENA)};
    kz_buf_init(&s.out, 1 << 20);
    int rc = kz_app_open(&s.app, args, KZ_APP_CLUSTER | KZ_APP_SOURCE | KZ_APP_WORKERS, err);
    if (rc == 0) {
        uint64_t deadline = kz_env_timer(kz_app_env(s.app), kz_args_duration(args, "shadow"), on_deadline, &s);
        kz_app_catch_signals(s.app);
        rc = shadow(&s, err);
        kz_env_timer_stop(kz_app_env(s.app), &deadline);
        if (rc == 0)
            rc = report(&s, err);
        kz_app_close(s.app);
    }
    kz_buf_done(&s.out);
    kz_arena_free(s.arena);
    return rc;
}
