/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine that answers one reference of one repository:
 *
 *   LS -> SHOW -> (missing) [INIT] -> FETCH -> CHECK -> DESCENT -> DONE
 *                                                        |   ^
 *                                       ROLLBACK -> DEEPEN   +- per request that names another commit
 *
 * Each state starts one child (or one HTTP request) when it is entered; its end is the only event.
 * An unchanged HTTPS repository goes LS -> DONE. */
#include "base/buf.h"
#include "base/log.h"
#include "source/git_impl.h"

#include <string.h>

enum { DEPTH_FIRST = 1, DEPTH_NEXT = 50, DEPTH_MORE = 1000, HISTORY_MAX = 20000 };
static const size_t OUTPUT_MAX = (size_t)4 << 20;

static void enter(struct kz_job *j, enum kz_job_state next);

/* ---- helpers --------------------------------------------------------------------------------------- */

static const char *work_dir(const struct kz_job *j)
{
    return j->fresh != NULL ? j->fresh : j->m->dir;
}

static void fail(struct kz_job *j, const struct kz_err *err)
{
    j->err = *err;
    enter(j, KZ_JOB_DONE);
}

/* The reference may have been refused because the credential was rotated: read it and ask once more. */
static bool try_new_credential(struct kz_job *j, const struct kz_err *err)
{
    struct kz_git *g = j->m->g;
    struct kz_err ignored;
    if (err->code != KZ_E_DENIED || j->again || g->credentials == NULL)
        return false;
    if (kz_credentials_refresh(g->credentials, &ignored) < 0)
        return false;
    const struct kz_credential *c = kz_git_credential(g, &j->m->url);
    if (c == NULL || c->version == j->credential)
        return false;
    j->again = true;
    j->credential = c->version;
    enter(j, KZ_JOB_LS);
    return true;
}

static void fail_remote(struct kz_job *j, const struct kz_err *err)
{
    if (!try_new_credential(j, err))
        fail(j, err);
}

static void on_run(void *arg, uint64_t id, const struct kz_child_result *res);

static void run(struct kz_job *j, const struct kz_git_call *call)
{
    struct kz_git_call full = *call;
    if (full.max_output == 0)
        full.max_output = OUTPUT_MAX;
    if (full.url != NULL)
        full.cred = kz_git_credential(j->m->g, full.url);
    j->run = kz_git_run(j->m->g->runner, &full, on_run, j);
}

/* ---- LS -------------------------------------------------------------------------------------------- */

static void have_id(struct kz_job *j, const char *id)
{
    (void)snprintf(j->id, sizeof j->id, "%s", id);
    if (strcmp(j->m->last.id, id) == 0 && !j->m->distrusted && kz_mirror_exists(j->m)) {
        j->info = j->m->last;
        enter(j, KZ_JOB_DESCENT);
    } else if (!j->m->distrusted && kz_mirror_exists(j->m)) {
        enter(j, KZ_JOB_SHOW);
    } else {
        enter(j, KZ_JOB_INIT);
    }
}

static void ls_by_git(struct kz_job *j)
{
    struct kz_ref_names names = kz_ref_names(j->arena, j->ref);
    struct kz_git_call call = {
        .url = &j->m->url, .args = {"ls-remote", "--quiet", "--"}
    };
    call.args[3] = kz_cstr(j->arena, j->m->url.text);
    for (size_t i = 0; i < names.n; i++) {
        call.args[4 + 2 * i] = kz_cstr(j->arena, names.name[i]);
        call.args[5 + 2 * i] = kz_str_printf(j->arena, KZ_FMT "^{}", KZ_ARG(names.name[i])).ptr;
    }
    run(j, &call);
}

static void on_ls(void *arg, const struct kz_ls_reply *reply)
{
    struct kz_job *j = arg;
    if (reply->old) {
        j->m->old_protocol = true;
        ls_by_git(j);
    } else if (reply->err != NULL) {
        fail_remote(j, reply->err);
    } else {
        have_id(j, reply->id);
    }
}

static void enter_ls(struct kz_job *j)
{
    struct kz_mirror *m = j->m;
    struct kz_err err;
    if (kz_is_commit_id(j->ref)) {
        if (j->ref.len == 64) {
            (void)kz_fail(&err, KZ_E_INVALID, "SHA-256 commit ids are not supported");
            fail(j, &err);
            return;
        }
        char id[KZ_OID_TEXT];
        kz_commit_id_copy(id, j->ref);
        have_id(j, id);
        return;
    }
    if (m->url.scheme != KZ_URL_HTTPS || m->old_protocol) {
        ls_by_git(j);
        return;
    }
    const struct kz_credential *cred = kz_git_credential(m->g, &m->url);
    uint64_t version = cred == NULL ? 0 : cred->version;
    if (m->ls == NULL || m->ls_credential != version) {
        kz_ls_http_free(m->ls);
        m->ls = NULL;
        if (kz_ls_http_new(&m->ls, m->g->loop, &m->url, cred, &err) < 0) {
            fail(j, &err);
            return;
        }
        m->ls_credential = version;
    }
    kz_ls_http_ask(m->ls, j->ref, on_ls, j);
}

static void ls_ended(struct kz_job *j, const struct kz_child_result *res)
{
    struct kz_ref_pick pick;
    struct kz_err err;
    char id[KZ_OID_TEXT];
    bool known;
    if (res->err != NULL || res->exit_code != 0) {
        (void)kz_git_run_error(&err, &known, &j->m->url, res);
        fail_remote(j, &err);
        return;
    }
    kz_ref_pick_init(&pick, j->arena, j->ref);
    int rc = kz_ref_pick_lines(&pick, res->out, &err);
    if (rc == 0)
        rc = kz_ref_pick_end(id, &pick, j->ref, &err);
    if (rc < 0) {
        (void)kz_wrap(&err, "repository '" KZ_FMT "'", KZ_ARG(j->m->url.text));
        fail(j, &err);
        return;
    }
    have_id(j, id);
}

/* ---- SHOW, CHECK ------------------------------------------------------------------------------------ */

static void enter_show(struct kz_job *j)
{
    const char *commit = kz_str_printf(j->arena, "%s^{commit}", j->id).ptr;
    run(j, &(struct kz_git_call){
               .git_dir = work_dir(j),
               .args = {"log", "-1", "--no-show-signature", "--no-color", kz_commit_info_format,
                        commit, "--"}
    });
}

/* The commit is here; an annotated tag's id has become its commit's. */
static bool take_info(struct kz_job *j, const struct kz_child_result *res)
{
    if (res->err != NULL || res->exit_code != 0 || !kz_commit_info_parse(&j->info, res->out))
        return false;
    memcpy(j->id, j->info.id, sizeof j->id);
    return true;
}

static void show_ended(struct kz_job *j, const struct kz_child_result *res)
{
    if (!take_info(j, res)) {
        enter(j, KZ_JOB_FETCH);
        return;
    }
    j->m->last = j->info;
    enter(j, KZ_JOB_DESCENT);
}

/* A mirror that fetched and still lacks the commit, or that git does not understand, is damaged. */
static void give_up_mirror(struct kz_job *j, const struct kz_err *err)
{
    if (j->anew || j->fresh != NULL) {
        fail(j, err);
        return;
    }
    char line[1024];
    kz_log(NULL, KZ_WARN, "mirror-damaged", KZ_F("url", j->m->url.text),
           KZ_FS("reason", kz_err_line(line, sizeof line, err)));
    j->anew = true;
    enter(j, KZ_JOB_INIT);
}

static void check_ended(struct kz_job *j, const struct kz_child_result *res)
{
    struct kz_err err;
    bool known;
    if (!take_info(j, res)) {
        if (res->err == NULL && res->exit_code == 0)
            (void)kz_fail(&err, KZ_E_INVALID, "repository '" KZ_FMT "': '%s' is not a commit",
                          KZ_ARG(j->m->url.text), j->id);
        else
            (void)kz_git_run_error(&err, &known, &j->m->url, res);
        give_up_mirror(j, &err);
        return;
    }
    if (j->fresh != NULL) {
        if (kz_mirror_exchange(j->m, j->fresh, &err) < 0) {
            fail(j, &err);
            return;
        }
        j->fresh = NULL;
        j->m->distrusted = false;
    }
    j->m->last = j->info;
    enter(j, KZ_JOB_DESCENT);
}

/* ---- INIT, FETCH ----------------------------------------------------------------------------------- */

static void enter_init(struct kz_job *j)
{
    if (j->fresh != NULL) /* from before a new credential */
        kz_git_run_remove(j->m->g->runner, j->fresh);
    j->fresh = kz_str_printf(j->arena, "%s/git/tmp/%016llx", j->m->g->cache,
                             (unsigned long long)kz_env_random64(&j->m->g->env))
                   .ptr;
    run(j, &(struct kz_git_call){
               .args = {"init", "--quiet", "--bare", "--template=", "--initial-branch=none", "--",
                        j->fresh}
    });
}

static void init_ended(struct kz_job *j, const struct kz_child_result *res)
{
    struct kz_err err;
    bool known;
    if (res->err == NULL && res->exit_code == 0) {
        enter(j, KZ_JOB_FETCH);
        return;
    }
    (void)kz_git_run_error(&err, &known, NULL, res);
    fail(j, &err);
}

static void fetch(struct kz_job *j, int depth)
{
    long long seconds = (long long)(kz_env_wall(&j->m->g->env) / KZ_NS_PER_SEC);
    const char *spec = kz_str_printf(j->arena, "+%s:refs/kz/%012lld-%s", j->id, seconds, j->id).ptr;
    run(j, &(struct kz_git_call){
               .git_dir = work_dir(j),
               .url = &j->m->url,
               .args = {"fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
                        "--no-auto-maintenance", "--no-recurse-submodules", "--no-progress",
                        "--force", kz_str_printf(j->arena, "--depth=%d", depth).ptr, "--",
                        kz_cstr(j->arena, j->m->url.text), spec}
    });
}

static void enter_fetch(struct kz_job *j)
{
    bool first = j->fresh != NULL;
    for (const struct kz_request *r = j->requests; r != NULL; r = r->next)
        first = first && r->known[0] == '\0';
    fetch(j, first ? DEPTH_FIRST : DEPTH_NEXT);
}

static void fetch_ended(struct kz_job *j, const struct kz_child_result *res)
{
    struct kz_err err;
    bool known;
    if (res->err == NULL && res->exit_code == 0) {
        enter(j, KZ_JOB_CHECK);
        return;
    }
    (void)kz_git_run_error(&err, &known, &j->m->url, res);
    if (known)
        fail_remote(j, &err);
    else
        give_up_mirror(j, &err);
}

/* ---- DESCENT ----------------------------------------------------------------------------------------- */

static void answer_descent(struct kz_job *j, bool descends, bool known)
{
    for (struct kz_request *r = j->current; r != NULL; r = r->next) {
        if (strcmp(r->known, j->current->known) != 0)
            continue;
        r->answered_descent = true;
        r->descends = descends;
        r->descent_known = known;
    }
}

/* Looks for a request whose question is open and needs the history; none: done. */
static void enter_descent(struct kz_job *j)
{
    for (struct kz_request *r = j->requests; r != NULL; r = r->next) {
        if (r->answered_descent)
            continue;
        j->current = r;
        if (r->known[0] == '\0' || strcmp(r->known, j->id) == 0) {
            answer_descent(j, true, true);
            continue;
        }
        run(j, &(struct kz_git_call){
                   .git_dir = work_dir(j),
                   .args = {"rev-list", kz_str_printf(j->arena, "--max-count=%d", HISTORY_MAX).ptr,
                            j->id, "--"}
        });
        return;
    }
    enter(j, KZ_JOB_DONE);
}

/* The ancestors of the new commit, one id per line. */
static void descent_ended(struct kz_job *j, const struct kz_child_result *res)
{
    bool second = j->state == KZ_JOB_REDESCENT;
    bool ok = res->err == NULL && res->exit_code == 0;
    if (ok && kz_str_has(res->out, kz_str(j->current->known))) {
        answer_descent(j, true, true);
    } else if (ok && !kz_mirror_is_cut(work_dir(j), res->out) &&
               res->out.len < (size_t)HISTORY_MAX * 41) {
        answer_descent(j, false, true);
    } else if (second || !ok) {
        answer_descent(j, false, false);
    } else {
        enter(j, KZ_JOB_ROLLBACK);
        return;
    }
    enter(j, KZ_JOB_DESCENT);
}

static void enter_rollback(struct kz_job *j)
{
    run(j, &(struct kz_git_call){
               .git_dir = work_dir(j),
               .args = {"merge-base", "--is-ancestor", j->id, j->current->known}
    });
}

static void rollback_ended(struct kz_job *j, const struct kz_child_result *res)
{
    if (res->err == NULL && res->exit_code == 0) {
        answer_descent(j, false, true);
        enter(j, KZ_JOB_DESCENT);
    } else {
        enter(j, KZ_JOB_DEEPEN);
    }
}

static void enter_deepen(struct kz_job *j)
{
    fetch(j, DEPTH_MORE);
}

/* A server that went away now does not spoil the commit that is already here. */
static void deepen_ended(struct kz_job *j, const struct kz_child_result *res)
{
    if (res->err == NULL && res->exit_code == 0) {
        enter(j, KZ_JOB_REDESCENT);
    } else {
        answer_descent(j, false, false);
        enter(j, KZ_JOB_DESCENT);
    }
}

static void enter_redescent(struct kz_job *j)
{
    run(j, &(struct kz_git_call){
               .git_dir = work_dir(j),
               .args = {"rev-list", kz_str_printf(j->arena, "--max-count=%d", HISTORY_MAX).ptr,
                        j->id, "--"}
    });
}

/* ---- the table --------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*enter)(struct kz_job *j);
    void (*ended)(struct kz_job *j, const struct kz_child_result *res);
} states[KZ_JOB_STATES_] = {
    [KZ_JOB_WAITING] = {"waiting",   NULL,            NULL          },
    [KZ_JOB_LS] = {"ls",        enter_ls,        ls_ended      },
    [KZ_JOB_SHOW] = {"show",      enter_show,      show_ended    },
    [KZ_JOB_INIT] = {"init",      enter_init,      init_ended    },
    [KZ_JOB_FETCH] = {"fetch",     enter_fetch,     fetch_ended   },
    [KZ_JOB_CHECK] = {"check",     enter_show,      check_ended   },
    [KZ_JOB_DESCENT] = {"descent",   enter_descent,   descent_ended },
    [KZ_JOB_ROLLBACK] = {"rollback",  enter_rollback,  rollback_ended},
    [KZ_JOB_DEEPEN] = {"deepen",    enter_deepen,    deepen_ended  },
    [KZ_JOB_REDESCENT] = {"redescent", enter_redescent, descent_ended },
    [KZ_JOB_DONE] = {"done",      kz_job_end,      NULL          },
};

const char *kz_job_state_name(enum kz_job_state s)
{
    return states[s].name;
}

static void enter(struct kz_job *j, enum kz_job_state next)
{
    kz_log(NULL, KZ_DEBUG, "source-state", KZ_F("url", j->m->url.text),
           KZ_FS("from", states[j->state].name), KZ_FS("to", states[next].name));
    j->state = next;
    states[next].enter(j); /* the last thing: DONE frees the job */
}

static void on_run(void *arg, uint64_t id, const struct kz_child_result *res)
{
    struct kz_job *j = arg;
    kz_assert(j->run == id);
    j->run = 0;
    states[j->state].ended(j, res);
}

void kz_job_start(struct kz_job *j)
{
    const struct kz_credential *c;
    struct kz_err err;
    struct kz_git *g = j->m->g;
    if (g->credentials != NULL && kz_credentials_refresh(g->credentials, &err) < 0) {
        char line[1024];
        kz_log(NULL, KZ_WARN, "credential-unreadable",
               KZ_FS("reason", kz_err_line(line, sizeof line, &err)));
    }
    c = kz_git_credential(g, &j->m->url);
    j->credential = c == NULL ? 0 : c->version;
    enter(j, KZ_JOB_LS);
}

bool kz_job_may_join(const struct kz_job *j)
{
    return j->state == KZ_JOB_WAITING || j->state == KZ_JOB_LS;
}
