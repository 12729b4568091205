/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_buf b;
    kz_buf_init(&b, 4 << 20);
    kz_man_print(&b, args->cli);
    int rc = kz_cli_out(&b, err);
    kz_buf_done(&b);
    return rc;
}

const struct kz_command kz_cmd_man = {
    .name = "man",
    .summary = "print the man page",
    .examples = (const struct kz_example[]){
        {"kzsync man | man -l -", "read it without installing it"},
        {NULL, NULL},
    },
    .run = run,
};
