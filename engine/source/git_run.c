/* SPDX-License-Identifier: Apache-2.0 */
#include "source/git_run.h"

#include "base/buf.h"
#include "base/vec.h"
#include "source/git_secret.h"
#include "kz_version.h"

#include <string.h>

static const uint64_t MEMORY_LIMIT = (uint64_t)3 << 30;

/* Before the command, in every run (reliability: no hook, helper, prompt, redirect, submodule; objects
 * are checked on receipt). Zero-padded modes occur in old, honest histories and do no harm by id. */
static const char *const rules[] = {
    "protocol.allow=never",
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.logAllRefUpdates=false",
    "credential.helper=",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    ("http.userAgent=kzsync/" KZ_VERSION),
    "transfer.fsckObjects=true",
    "fetch.fsck.zeroPaddedFilemode=ignore",
    "fetch.recurseSubmodules=no",
    "fetch.unpackLimit=1",
    "gc.auto=0",
    "maintenance.auto=false",
    "pack.threads=1",
    "core.packedGitLimit=256m",
    "i18n.logOutputEncoding=UTF-8",
};

struct run {
    struct kz_git_runner *r;
    uint64_t id, child; /* child 0: waits its turn */
    struct kz_arena *arena;
    struct kz_child_spec spec;
    const char *folder; /* private; NULL: none */
    struct kz_err *err; /* could not be prepared */
    void (*done)(void *arg, uint64_t id, const struct kz_child_result *res);
    void *arg;
};

struct kz_git_runner {
    struct kz_loop *loop;
    struct kz_env env;
    struct kz_git_runner_config cfg;
    KZ_VEC(struct run *) runs; /* in order of their start */
    uint64_t last_id, kick;
};

/* ---- arguments and environment ------------------------------------------------------------------ */

static const char *const *arguments(struct kz_arena *a, const struct kz_git_runner *r,
                                    const struct kz_git_call *call)
{
    static const char *const allow[] = {[KZ_URL_HTTPS] = "protocol.https.allow=always",
                                        [KZ_URL_SSH] = "protocol.ssh.allow=always",
                                        [KZ_URL_FILE] = "protocol.file.allow=always"};
    const char **argv = kz_new_n(a, const char *, 2 * kz_countof(rules) + KZ_GIT_ARGS + 8);
    size_t n = 0;
    argv[n++] = r->cfg.program;
    for (size_t i = 0; i < kz_countof(rules); i++) {
        argv[n++] = "-c";
        argv[n++] = rules[i];
    }
    if (call->url != NULL) {
        argv[n++] = "-c";
        argv[n++] = allow[call->url->scheme];
    }
    if (call->git_dir != NULL)
        argv[n++] = kz_str_printf(a, "--git-dir=%s", call->git_dir).ptr;
    for (size_t i = 0; i < KZ_GIT_ARGS && call->args[i] != NULL; i++)
        argv[n++] = kz_cstr(a, kz_str(call->args[i]));
    return argv;
}

static const char *const *environment(struct kz_arena *a, const struct kz_git_runner *r,
                                      const char *folder)
{
    const char **env = kz_new_n(a, const char *, 16);
    size_t n = 0;
    env[n++] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    env[n++] = "LC_ALL=C";
    env[n++] = "TZ=UTC";
    env[n++] = "GIT_CONFIG_NOSYSTEM=1";
    env[n++] = "GIT_TERMINAL_PROMPT=0";
    env[n++] = "GIT_OPTIONAL_LOCKS=0";
    env[n++] = "GIT_NO_REPLACE_OBJECTS=1";
    env[n++] = "GIT_SSH_VARIANT=ssh";
    env[n++] = kz_str_printf(a, "HOME=%s", folder).ptr;
    env[n++] = kz_str_printf(a, "GIT_CONFIG_GLOBAL=%s/config", folder).ptr;
    env[n++] = kz_str_printf(a, "GIT_CEILING_DIRECTORIES=%s", r->cfg.run).ptr;
    env[n++] = r->cfg.ssh != NULL ? kz_str_printf(a, "GIT_SSH=%s", r->cfg.ssh).ptr
                                  : kz_str_printf(a, "GIT_SSH_COMMAND=ssh -F '%s/ssh_config'", folder).ptr;
    return env;
}

/* ---- starting and ending ------------------------------------------------------------------------- */

static size_t find(const struct kz_git_runner *r, uint64_t id)
{
    size_t i = 0;
    while (i < r->runs.len && r->runs.at[i]->id != id)
        i++;
    return i;
}

static struct run *take_out(struct kz_git_runner *r, size_t i)
{
    struct run *run = r->runs.at[i];
    memmove(r->runs.at + i, r->runs.at + i + 1, (r->runs.len - i - 1) * sizeof(struct run *));
    r->runs.len--;
    return run;
}

static void run_free(struct run *run)
{
    if (run->folder != NULL)
        kz_git_secret_remove(run->folder);
    kz_arena_free(run->arena);
    free(run);
}

static void start_waiting(struct kz_git_runner *r);

static void end_run(struct kz_git_runner *r, size_t i, const struct kz_child_result *res)
{
    struct run *run = take_out(r, i);
    if (run->folder != NULL)
        kz_git_secret_remove(run->folder);
    run->folder = NULL;
    start_waiting(r);
    run->done(run->arg, run->id, res);
    run_free(run);
}

static void on_child(void *arg, uint64_t child, const struct kz_child_result *res)
{
    struct kz_git_runner *r = arg;
    for (size_t i = 0; i < r->runs.len; i++) {
        if (r->runs.at[i]->child == child) {
            end_run(r, i, res);
            return;
        }
    }
}

/* Runs that failed before they began are told from the loop too, never from inside kz_git_run. */
static void on_kick(void *arg, uint64_t timer)
{
    struct kz_git_runner *r = arg;
    (void)timer;
    r->kick = 0;
    for (size_t i = 0; i < r->runs.len; i++) {
        if (r->runs.at[i]->err == NULL)
            continue;
        r->kick = kz_env_timer(&r->env, 0, on_kick, r); /* there may be more */
        struct kz_err err = *r->runs.at[i]->err;
        end_run(r, i, &(struct kz_child_result){.err = &err, .exit_code = 127});
        return;
    }
}

static void start_waiting(struct kz_git_runner *r)
{
    unsigned busy = 0;
    for (size_t i = 0; i < r->runs.len; i++)
        busy += r->runs.at[i]->child != 0;
    for (size_t i = 0; i < r->runs.len && busy < r->cfg.parallel; i++) {
        struct run *run = r->runs.at[i];
        if (run->child != 0 || run->err != NULL)
            continue;
        run->child = kz_child_start(r->loop, &run->spec, on_child, r);
        busy++;
    }
}

uint64_t kz_git_run(struct kz_git_runner *r, const struct kz_git_call *call,
                    void (*done)(void *arg, uint64_t id, const struct kz_child_result *res),
                    void *arg)
{
    struct run *run = calloc(1, sizeof *run);
    struct kz_err err;
    kz_assert(run != NULL);
    *run = (struct run){.r = r,
                        .id = ++r->last_id,
                        .done = done,
                        .arg = arg,
                        .arena = kz_arena_new((size_t)16 << 20)};
    kz_vec_push(&r->runs, run);
    if (kz_git_secret_write(&run->folder, run->arena, r->cfg.run, call->url, call->cred, &err) <
        0) {
        run->err = kz_new(run->arena, struct kz_err);
        *run->err = err;
        if (r->kick == 0)
            r->kick = kz_env_timer(&r->env, 0, on_kick, r);
        return run->id;
    }
    run->spec = (struct kz_child_spec){
        .argv = arguments(run->arena, r, call),
        .envp = environment(run->arena, r, run->folder),
        .cwd = run->folder,
        .input = kz_str_dup(run->arena, call->input),
        .max_output = call->max_output,
        .timeout = r->cfg.timeout,
        .memory_limit = MEMORY_LIMIT,
    };
    start_waiting(r);
    return run->id;
}

void kz_git_run_cancel(struct kz_git_runner *r, uint64_t id)
{
    size_t i = find(r, id);
    if (id == 0 || i == r->runs.len)
        return;
    struct run *run = take_out(r, i);
    if (run->child != 0)
        kz_child_cancel(r->loop, run->child);
    run_free(run);
    start_waiting(r);
}

static void on_removed(void *arg, uint64_t id, const struct kz_child_result *res)
{
    (void)arg;
    (void)id;
    (void)res; /* what is left over is tried again at the next start */
}

void kz_git_run_remove(struct kz_git_runner *r, const char *path)
{
    const char *const argv[] = {"rm", "-rf", "--", path, NULL};
    const char *const envp[] = {"PATH=/usr/bin:/bin", NULL};
    struct kz_child_spec spec = {
        .argv = argv, .envp = envp, .max_output = 1 << 16, .timeout = r->cfg.timeout};
    (void)kz_child_start(r->loop, &spec, on_removed, r);
}

struct kz_git_runner *kz_git_runner_new(struct kz_loop *l, const struct kz_git_runner_config *cfg)
{
    struct kz_git_runner *r = calloc(1, sizeof *r);
    kz_assert(r != NULL);
    r->loop = l;
    r->env = kz_loop_env(l);
    r->cfg = *cfg;
    if (r->cfg.program == NULL)
        r->cfg.program = "git";
    return r;
}

void kz_git_runner_free(struct kz_git_runner *r)
{
    if (r == NULL)
        return;
    kz_env_timer_stop(&r->env, &r->kick);
    while (r->runs.len > 0) {
        struct run *run = take_out(r, r->runs.len - 1);
        if (run->child != 0)
            kz_child_cancel(r->loop, run->child);
        run_free(run);
    }
    kz_vec_done(&r->runs);
    free(r);
}
