/* SPDX-License-Identifier: Apache-2.0 */
#include "sample.h"

static const char *const formats[] = {"text", "json", NULL};
static const struct kz_opt plan_options[] = {
    {.name = "output", .letter = 'o', .type = KZ_OPT_WORD, .words = formats, .fallback = "text",
     .help = "format's name"},
    {.name = "timeout", .type = KZ_OPT_DURATION, .fallback = "5m", .help = "how long [at most]"},
    {.name = "jobs", .letter = 'j', .type = KZ_OPT_INT, .min = 1, .max = 64, .fallback = "4",
     .help = "jobs at a time"},
    {.name = "file", .letter = 'f', .type = KZ_OPT_PATH, .help = "a file: any"},
    {.name = "module", .letter = 'm', .type = KZ_OPT_LIST, .arg = "NAME", .help = "only this module"},
    {.name = "yes", .letter = 'y', .help = "don't ask"},
    {.name = NULL},
};

static int run(const struct kz_args *args, struct kz_err *err)
{
    (void)args;
    (void)err;
    return KZ_EXIT_OK;
}

static const struct kz_command plan = {
    .name = "plan", .summary = "show what would change", .args = "[PATH]", .args_max = 1,
    .details = "Reads only.\n.Starts with a dot.", .options = plan_options, .run = run,
    .examples = (const struct kz_example[]){{"kzsync plan .", "this folder"}, {NULL, NULL}},
};
static const struct kz_command wait_for = {
    .name = "wait", .summary = "wait for a module", .args = "MODULE", .args_min = 1, .args_max = 1,
    .arg_words = (const char *const[]){"all", "none", NULL}, .run = run,
};
static const struct kz_opt logs_options[] = {
    {.name = "namespace", .letter = 'n', .type = KZ_OPT_TEXT, .fallback = "own", .help = "where"},
    {.name = "beside", .letter = 'b', .type = KZ_OPT_TEXT, .arg = "MODULE", .help = "another module"},
    {.name = NULL},
};
static const struct kz_command logs = {
    .name = "logs", .summary = "a module's logs", .args = "MODULE", .args_min = 1, .args_max = 1,
    .options = logs_options, .run = run,
};
static const struct kz_command helper = {.name = "__helper", .summary = "not for people", .flags = KZ_CMD_HIDDEN, .run = run};
static const struct kz_command *const commands[] = {&plan, &wait_for, &logs, &helper, NULL};

struct kz_cli sample = {.program = "kzsync", .summary = "a sample", .version = "1.2.3",
                        .commands = commands};
