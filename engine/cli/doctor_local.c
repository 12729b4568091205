/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor.h"
#include "source/git_run.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { GIT_SEC = 30, OUTPUT_MAX = 4 << 20 };

/* ---- the sandbox ----------------------------------------------------------------------------------------- */

void kz_doctor_sandbox(struct kz_doctor *d)
{
    static const char *const parts[] = {"seccomp", "landlock", "netns"};
    const struct kz_boot *boot = d->l->args->cli->app;
    struct kz_str level = kz_str(kz_zygote_level(boot->zygote)), lacks = KZ_STR("");
    for (size_t i = 0; i < kz_countof(parts); i++)
        if (!kz_str_has(level, kz_str(parts[i])))
            lacks = kz_str_printf(d->l->arena, KZ_FMT "%s%s", KZ_ARG(lacks), lacks.len > 0 ? ", " : "", parts[i]);
    if (lacks.len == 0)
        kz_doctor_say(d, KZ_DOCTOR_OK, "sandbox", KZ_STR(""), "renderers on this machine run in " KZ_FMT,
                      KZ_ARG(level));
    else
        kz_doctor_say(d, kz_str_has(lacks, KZ_STR("seccomp")) ? KZ_DOCTOR_FAIL : KZ_DOCTOR_WARN, "sandbox",
                      KZ_STR("a kernel from 5.13 on, and a container that may use unprivileged user namespaces"),
                      "this kernel or container has no " KZ_FMT ": renderers run in " KZ_FMT, KZ_ARG(lacks),
                      KZ_ARG(level));
}

/* ---- git, waited for ------------------------------------------------------------------------------------- */

struct run {
    struct kz_doctor *d;
    struct kz_str out;
    struct kz_err err; /* code 0: none */
    const struct kz_url *url;
};

static void on_ran(void *arg, uint64_t id, const struct kz_child_result *res)
{
    struct run *r = arg;
    bool known;
    (void)id;
    if (res->err != NULL || res->exit_code != 0)
        (void)kz_git_run_error(&r->err, &known, r->url, res);
    else
        r->out = kz_str_dup(r->d->l->arena, res->out);
    kz_loop_stop(kz_app_loop(r->d->l->app));
}

/* In a runtime folder of its own, which goes again. */
static bool git(struct run *r, const struct kz_git_call *call)
{
    char folder[] = "/tmp/kzsync-XXXXXX";
    if (mkdtemp(folder) == NULL) {
        (void)kz_fail_errno(&r->err, errno, "make a folder in /tmp");
        return false;
    }
    struct kz_git_runner *runner = kz_git_runner_new(
        kz_app_loop(r->d->l->app),
        &(struct kz_git_runner_config){.run = folder, .timeout = GIT_SEC * KZ_NS_PER_SEC, .parallel = 1});
    (void)kz_git_run(runner, call, on_ran, r);
    kz_loop_run(kz_app_loop(r->d->l->app));
    kz_git_runner_free(runner);
    (void)rmdir(folder);
    return r->err.code == KZ_OK;
}

/* ---- the repository -------------------------------------------------------------------------------------- */

static int find_credential(const struct kz_credential **out, struct kz_credentials *all, struct kz_doctor *d,
                           const struct kz_url *url, struct kz_err *err)
{
    struct kz_str folder = kz_args_str(d->l->args, "credentials");
    const int rc = folder.len == 0 ? 0 : kz_credentials_load(all, folder, err);
    *out = kz_credentials_find(all, url);
    return rc;
}

static void check_remote(struct kz_doctor *d, struct kz_str repo)
{
    struct kz_arena *a = d->l->arena;
    struct kz_credentials *all = kz_credentials_new();
    const struct kz_credential *cred = NULL;
    struct kz_str ref = kz_args_str(d->l->args, "ref"), commit;
    struct kz_url url;
    struct run r = {.d = d, .url = &url};
    int rc = kz_url_parse(&url, a, repo, &r.err);
    if (rc >= 0)
        rc = kz_ref_check(ref, &r.err);
    if (rc >= 0)
        rc = find_credential(&cred, all, d, &url, &r.err);
    const struct kz_git_call call = {.args = {"ls-remote", "--exit-code", "--end-of-options",
                                              rc < 0 ? "" : kz_cstr(a, url.text),
                                              ref.len > 0 ? kz_cstr(a, ref) : "HEAD"},
                                     .url = &url,
                                     .cred = cred,
                                     .max_output = OUTPUT_MAX};
    if (rc < 0 || !git(&r, &call)) {
        kz_doctor_err(d, KZ_DOCTOR_FAIL, "repository", &r.err);
    } else {
        (void)kz_str_cut(&commit, r.out, '\t');
        kz_doctor_say(d, KZ_DOCTOR_OK, "repository", KZ_STR(""), KZ_FMT " has " KZ_FMT " at " KZ_FMT "%s",
                      KZ_ARG(url.text), KZ_ARG(ref.len > 0 ? ref : KZ_STR("HEAD")), KZ_ARG(kz_str_head(commit, 12)),
                      cred != NULL ? ", read with a credential" : "");
    }
    kz_credentials_free(all);
}

void kz_doctor_repository(struct kz_doctor *d)
{
    struct kz_str repo = kz_args_str(d->l->args, "repo");
    struct run r = {.d = d};
    const struct kz_git_call version = {.args = {"version"}, .max_output = 4096};
    if (!git(&r, &version)) {
        kz_doctor_say(d, KZ_DOCTOR_FAIL, "git", KZ_STR("install git, 2.30 or newer"), "%s", r.err.frame[0]);
        return;
    }
    kz_doctor_say(d, KZ_DOCTOR_OK, "git", KZ_STR(""), KZ_FMT, KZ_ARG(kz_str_trim(r.out)));
    if (repo.len == 0)
        kz_doctor_say(d, KZ_DOCTOR_SKIP, "repository", KZ_STR("kzsync doctor --repo URL [--credentials DIR]"),
                      "not asked: no --repo was given");
    else
        check_remote(d, repo);
}
