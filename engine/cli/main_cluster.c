/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync-cluster: all of kzsync. People start `kzsync`, which becomes this (companion.h). */
#include "cli/app.h"
#include "cli/cmd_template.h"
#include "cli/task_template.h"
#include "spec/platform.h"
#include "kz_version.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

extern const struct kz_command kz_cmd_run, kz_cmd_plan, kz_cmd_apply, kz_cmd_render, kz_cmd_status,
    kz_cmd_wait, kz_cmd_graph, kz_cmd_diff, kz_cmd_why, kz_cmd_logs, kz_cmd_orphans, kz_cmd_doctor, kz_cmd_modules,
    kz_cmd_history, kz_cmd_lint, kz_cmd_verify, kz_cmd_bootstrap, kz_cmd_crds, kz_cmd_pause, kz_cmd_resume, kz_cmd_approve,
    kz_cmd_sync, kz_cmd_rollback;

static const struct kz_command *const commands[] = {
    &kz_cmd_bootstrap, &kz_cmd_run,    &kz_cmd_plan,    &kz_cmd_apply,   &kz_cmd_render,   &kz_cmd_status,     &kz_cmd_wait,
    &kz_cmd_graph,     &kz_cmd_diff,   &kz_cmd_why,     &kz_cmd_logs,    &kz_cmd_orphans,  &kz_cmd_doctor,     &kz_cmd_history,
    &kz_cmd_sync,      &kz_cmd_pause,  &kz_cmd_resume,  &kz_cmd_approve, &kz_cmd_rollback, &kz_cmd_crds,
    &kz_cmd_template,  &kz_cmd_lint,   &kz_cmd_verify,  &kz_cmd_explain, &kz_cmd_completion, &kz_cmd_man,      &kz_cmd_version,
    &kz_cmd_modules,   NULL,
};

/* What children may be asked to do. */
static const struct kz_task *const tasks[] = {&kz_load_task, &kz_render_task, &kz_template_task, NULL};

/* From here on this process will hold credentials: no core file shows them, of itself or of what it starts, and
 * not even a process of the same user may look into it. */
static void keep_to_itself(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__ /* the leak checker traces its own process at the end, and would wait for ever */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* Before anything but the command line is read: the zygote must never have seen a credential. */
static int before(struct kz_cli *cli, const struct kz_command *cmd, struct kz_err *err)
{
    struct kz_boot *boot = cli->app;
    const int rc = (cmd->flags & KZ_CMD_WORKERS) == 0 ? 0 : kz_zygote_start(&boot->zygote, tasks, err);
    keep_to_itself(); /* after the zygote: who cannot be dumped may not map users either */
    return rc;
}

int main(int argc, char **argv)
{
    (void)prctl(PR_SET_NAME, "kzsync", 0, 0, 0); /* what ps shows is what was started */
    struct kz_boot boot = {0};
    struct kz_cli cli = {
        .program = "kzsync",
        .summary = "keeps a Kubernetes cluster as a git repository says",
        .version = KZ_VERSION,
        .commands = commands,
        .usual = "status",
        .before = before,
        .app = &boot,
    };
    int code = kz_cli_main(&cli, argc, argv);
    if (boot.zygote != NULL)
        kz_zygote_stop(boot.zygote);
    if (!boot.again)
        return code;
    (void)execv("/proc/self/exe", argv);
    perror("kzsync: start again");
    return KZ_EXIT_ERROR;
}
