/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

static const struct kz_command *const commands[] = {
    &kz_cmd_explain, &kz_cmd_completion, &kz_cmd_man, &kz_cmd_version, NULL,
};

int main(int argc, char **argv)
{
    struct kz_cli cli = {
        .program = "kzsync",
        .summary = "keeps a Kubernetes cluster as a git repository says",
        .version = KZ_VERSION,
        .commands = commands,
    };
    return kz_cli_main(&cli, argc, argv);
}
