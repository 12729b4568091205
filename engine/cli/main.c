/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync as people start it: what needs neither git nor a cluster is done here; for anything else it
 * becomes kzsync-cluster (main_cluster.c), which has all commands, also these. */
#include "cli/cmd_template.h"
#include "cli/companion.h"
#include "cli/report.h"
#include "kz_version.h"

#include <stdio.h>
#include <unistd.h>

static const struct kz_command *const commands[] = {&kz_cmd_template, &kz_cmd_version, NULL};

/* Whoever puts options before the command does not wait for speed. */
static bool is_ours(const char *word)
{
    for (size_t i = 0; word != NULL && commands[i] != NULL; i++)
        if (strcmp(word, commands[i]->name) == 0)
            return true;
    return false;
}

static int become_companion(char **argv)
{
    struct kz_err err;
    kz_autobuf struct kz_buf b = KZ_BUF(4 << 10);
    (void)!kz_companion_become(argv, &err);
    kz_report_error(&b, "error", &err, false, false);
    (void)fwrite(b.ptr, 1, b.len, stderr);
    return kz_report_exit(err.code);
}

int main(int argc, char **argv)
{
    struct kz_cli cli = {
        .program = "kzsync",
        .summary = "keeps a Kubernetes cluster as a git repository says",
        .version = KZ_VERSION,
        .commands = commands,
        .app = argv,
    };
    const int code = argc > 1 && is_ours(argv[1]) ? kz_cli_main(&cli, argc, argv) : become_companion(argv);
    /* Possibly in the sandbox, where what libraries do at the end is refused, and of no use. */
    (void)fflush(NULL);
    _exit(code);
}
