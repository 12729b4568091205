/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/look_repo.h"
#include "cli/charts.h"
#include "cli/offline.h"
#include "cli/table.h"
#include "base/clock.h"
#include "source/git_run.h"
#include "source/place.h"
#include "spec/revision.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { GIT_SEC = 20, OUTPUT_MAX = 1 << 20 };

struct kz_repo {
    struct kz_source_place place;
    struct kz_git_runner *runner;
    char run[64]; /* its runtime folder */
};

int kz_repo_open(struct kz_repo **out, struct kz_look *l, struct kz_str folder, struct kz_err *err)
{
    struct kz_source_place place;
    *out = NULL;
    const int rc = kz_source_place(&place, l->arena, folder, err);
    if (rc < 0)
        return folder.len > 0 ? rc : 0;
    if (place.repo.len == 0)
        return folder.len == 0
                   ? 0
                   : kz_fail(err, KZ_E_NOTFOUND, "'" KZ_FMT "' is in no git working copy", KZ_ARG(folder));
    struct kz_repo *r = kz_new(l->arena, struct kz_repo);
    r->place = place;
    (void)snprintf(r->run, sizeof r->run, "/tmp/kzsync-XXXXXX");
    if (mkdtemp(r->run) == NULL)
        return kz_fail_errno(err, errno, "make a folder in /tmp");
    r->runner = kz_git_runner_new(
        kz_app_loop(l->app),
        &(struct kz_git_runner_config){.run = r->run, .timeout = GIT_SEC * KZ_NS_PER_SEC, .parallel = 1});
    *out = r;
    return 0;
}

void kz_repo_close(struct kz_repo *r)
{
    if (r == NULL)
        return;
    kz_git_runner_free(r->runner);
    (void)rmdir(r->run);
}

/* ---- git, waited for ------------------------------------------------------------------------------------- */

struct run {
    struct kz_look *l;
    struct kz_arena *a;
    struct kz_str out;
    bool well;
};

static void on_ran(void *arg, uint64_t id, const struct kz_child_result *res)
{
    struct run *r = arg;
    (void)id;
    r->well = res->err == NULL && res->exit_code == 0;
    if (r->well)
        r->out = kz_str_dup(r->a, res->out);
    kz_loop_stop(kz_app_loop(r->l->app));
}

static bool git(struct kz_str *out, struct kz_arena *a, struct kz_look *l, struct kz_repo *r,
                struct kz_git_call *call)
{
    struct run run = {.l = l, .a = a};
    call->git_dir = kz_cstr(a, r->place.repo);
    call->max_output = OUTPUT_MAX;
    const uint64_t id = kz_git_run(r->runner, call, on_ran, &run);
    kz_loop_run(kz_app_loop(l->app));
    kz_git_run_cancel(r->runner, id); /* of a run that ended: nothing */
    *out = run.out;
    return run.well;
}

/* ---- who wrote it ---------------------------------------------------------------------------------------- */

/* The rest of the line that begins with this word. */
static struct kz_str field(struct kz_str text, const char *name)
{
    struct kz_str line, want = kz_str(name);
    for (struct kz_str rest = text; rest.len > 0;) {
        rest = kz_str_cut(&line, rest, '\n');
        if (kz_str_starts(line, want) && line.len > want.len && line.ptr[want.len] == ' ')
            return kz_str_skip(line, want.len + 1);
    }
    return KZ_STR("");
}

static struct kz_str commit_text(struct kz_arena *a, struct kz_look *l, struct kz_str id, struct kz_str author,
                                 struct kz_str time, struct kz_str summary)
{
    char rfc3339[KZ_TIME_TEXT];
    int64_t seconds;
    struct kz_str age = KZ_STR("");
    if (kz_str_i64(&seconds, time) && seconds > 0 && seconds < INT64_MAX / KZ_NS_PER_SEC) {
        kz_time_text(rfc3339, seconds * KZ_NS_PER_SEC);
        age = kz_text_age(a, kz_str(rfc3339), kz_env_wall(kz_app_env(l->app)));
        age = kz_str_printf(a, ", " KZ_FMT " ago", KZ_ARG(age));
    }
    return kz_str_printf(a, KZ_FMT " by " KZ_FMT KZ_FMT ": " KZ_FMT, KZ_ARG(kz_revision_short(id)), KZ_ARG(author),
                         KZ_ARG(age), KZ_ARG(summary));
}

struct kz_str kz_repo_commit(struct kz_arena *a, struct kz_look *l, struct kz_repo *r, struct kz_str revision,
                             struct kz_str file)
{
    struct kz_str out;
    if (r == NULL || !kz_is_commit_id(revision) || file.len == 0)
        return KZ_STR("");
    struct kz_git_call log = {.args = {"log", "-1", "--no-show-signature", "--no-color",
                                       "--format=commit %H%nauthor %an%ntime %at%nsummary %s", kz_cstr(a, revision), "--",
                                       kz_cstr(a, file)}};
    if (!git(&out, a, l, r, &log) || out.len == 0)
        return KZ_STR("");
    return commit_text(a, l, field(out, "commit"), field(out, "author"), field(out, "time"), field(out, "summary"));
}

/* ---- rendering it ---------------------------------------------------------------------------------------- */

static bool add_rendered(struct kz_why *w, const struct kz_offline *o, const struct kz_id *id, struct kz_str revision,
                         struct kz_str *reason)
{
    struct kz_arena *a = w->l->arena;
    const struct kz_want *want = o->modules[0].want;
    const struct kz_want_object *found = want == NULL ? NULL : kz_want_find(want, kz_id_key(a, id));
    struct kz_str at = kz_revision_short(revision);
    if (want == NULL)
        *reason = kz_str_printf(a, "not known: at " KZ_FMT " it cannot be rendered: %s", KZ_ARG(at),
                                o->modules[0].err.frame[0]);
    else if (found == NULL)
        *reason = kz_str_printf(a, "nothing: its module does not render it at " KZ_FMT, KZ_ARG(at));
    if (found == NULL)
        return false;
    struct kz_str file = kz_str_dup(a, found->origin.file);
    kz_why_fact(w, "From",
                found->origin.line == 0
                    ? kz_str_printf(a, KZ_FMT " at " KZ_FMT, KZ_ARG(file), KZ_ARG(at))
                    : kz_str_printf(a, KZ_FMT ":%u at " KZ_FMT, KZ_ARG(file), found->origin.line, KZ_ARG(at)));
    kz_why_fact(w, "Commit", kz_repo_commit(a, w->l, w->repo, revision, file));
    return true;
}

bool kz_repo_origin(struct kz_why *w, struct kz_str module, const struct kz_id *id, struct kz_str *reason)
{
    struct kz_arena *a = w->l->arena;
    struct kz_str revision = kz_value_path_str(w->l->status, "revision"), out;
    struct kz_offline *o = NULL;
    const struct kz_charts charts = {0};
    struct kz_err err;
    if (w->repo == NULL || !kz_is_commit_id(revision)) {
        *reason = KZ_STR(
            "not known: no healthy revision of it is kept; in a working copy of the repository, or with --repo, "
            "the module is rendered to find out");
        return false;
    }
    struct kz_git_call have = {
        .args = {"cat-file", "-e", kz_str_printf(a, KZ_FMT "^{commit}", KZ_ARG(revision)).ptr}};
    if (!git(&out, a, w->l, w->repo, &have)) {
        *reason = kz_str_printf(a, "not known: the repository at " KZ_FMT " does not have " KZ_FMT "; git fetch?",
                                KZ_ARG(w->repo->place.root), KZ_ARG(kz_revision_short(revision)));
        return false;
    }
    const struct kz_tree_at tree = {.repo = w->repo->place.repo, .commit = revision};
    const struct kz_offline_ask ask = {.tree = &tree,
                                       .path = w->repo->place.below,
                                       .only = module,
                                       .charts = &charts,
                                       .kube_version = kz_kube_version(kz_app_kube(w->l->app))};
    if (kz_offline_render(&o, w->l->app, &ask, &err) < 0) {
        *reason = kz_str_printf(a, "not known: %s", err.frame[0]);
        return false;
    }
    const bool told = add_rendered(w, o, id, revision, reason);
    kz_offline_close(o);
    return told;
}
