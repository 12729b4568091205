/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"
#include "base/near.h"

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_str shell = kz_args_pos(args, 0);
    struct kz_near near = kz_near(shell);
    unsigned i = 0;
    for (; kz_shell_words[i] != NULL && !kz_str_is(shell, kz_shell_words[i]); i++)
        kz_near_try(&near, kz_str(kz_shell_words[i]));
    if (kz_shell_words[i] == NULL) {
        (void)kz_fail(err, KZ_E_USAGE, "no completion for the shell '" KZ_FMT "'" KZ_NEAR_FMT,
                      KZ_ARG(kz_str_head(shell, 80)), KZ_NEAR_ARGS(near));
        return kz_err_hint(err, "one of: bash, zsh, fish");
    }
    struct kz_buf b;
    kz_buf_init(&b, 4 << 20);
    kz_completion_print(&b, args->cli, (enum kz_shell)i);
    int rc = kz_cli_out(&b, err);
    kz_buf_done(&b);
    return rc;
}

const struct kz_command kz_cmd_completion = {
    .name = "completion",
    .summary = "print the completion script of a shell",
    .args = "SHELL",
    .args_min = 1,
    .args_max = 1,
    .arg_words = kz_shell_words,
    .examples = (const struct kz_example[]){
        {"source <(kzsync completion bash)", "complete in this bash"},
        {"kzsync completion fish > ~/.config/fish/completions/kzsync.fish", "complete in every fish"},
        {NULL, NULL},
    },
    .run = run,
};
