/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

static const char *const outputs[] = {"text", "json", NULL};

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_buf b;
    kz_buf_init(&b, 4096);
    if (kz_str_is(kz_args_str(args, "output"), "json"))
        kz_buf_printf(&b, "{\"v\":1,\"kind\":\"version\",\"version\":\"%s\"}\n", args->cli->version);
    else
        kz_buf_printf(&b, "%s %s\n", args->cli->program, args->cli->version);
    int rc = kz_cli_out(&b, err);
    kz_buf_done(&b);
    return rc;
}

const struct kz_command kz_cmd_version = {
    .name = "version",
    .summary = "show the version of this program",
    .options = (const struct kz_opt[]){
        {.name = "output", .letter = 'o', .type = KZ_OPT_WORD, .arg = "FORMAT", .words = outputs,
         .fallback = "text", .help = "output format"},
        {.name = NULL},
    },
    .examples = (const struct kz_example[]){
        {"kzsync version -o json", "the version, for a script"},
        {NULL, NULL},
    },
    .run = run,
};
