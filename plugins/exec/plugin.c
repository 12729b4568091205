/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/exec/exec.h"

#include <sys/stat.h>

static const struct kz_option options[] = {
    {"command", "strings", "", "the program and its arguments; default: what NAME stands for"},
    {"args", "strings", "", "arguments that are added at the end"},
    {"dir", "string", "", "folder below the module's path in which the program starts"},
    {"stdin", "boolean", "false", "also write the values to the program's standard input"},
    {NULL, NULL, NULL, NULL},
};

/* The folder in which the program starts: clean, so that it stays below the copy. */
static int find_cwd(struct kz_exec_place *place, const struct kz_render *r, struct kz_err *err)
{
    struct kz_str dir = kz_value_path_str(r->options, "dir");
    struct kz_str clean = KZ_STR("");
    struct stat st;
    if (dir.len > 0 && kz_tree_join(&clean, r->arena, KZ_STR(""), dir, err) < 0)
        return kz_wrap(err, "option 'dir'");
    if (clean.len > 0)
        place->cwd = kz_str_printf(r->arena, "%s/" KZ_FMT, place->source, KZ_ARG(clean)).ptr;
    if (stat(place->cwd, &st) != 0 || !S_ISDIR(st.st_mode))
        return kz_fail(err, KZ_E_NOTFOUND, "option 'dir': the module has no folder '" KZ_FMT "'",
                       KZ_ARG(dir));
    return 0;
}

static int render(struct kz_render *r, struct kz_err *err)
{
    struct kz_exec_place place;
    struct kz_exec_command command;
    struct kz_str text;
    if (r->scratch == NULL)
        return kz_fail(err, KZ_E_BUG, "renderer exec was started without a scratch folder");
    if (kz_tree_kind(r->tree, r->path) != KZ_TREE_DIR)
        return kz_fail(err, KZ_E_NOTFOUND, "there is no folder '" KZ_FMT "' in the source",
                       KZ_ARG(r->path));
    if (kz_exec_place_make(&place, r, r->scratch, err) < 0 || find_cwd(&place, r, err) < 0 ||
        kz_exec_command_make(&command, r, &place, NULL, err) < 0)
        return -(int)err->code;
    if (kz_value_path_bool(r->options, "stdin", false))
        command.input = place.values_text;
    if (kz_exec_run(&text, r->arena, &command, err) < 0)
        return -(int)err->code;
    return kz_exec_emit(r, text, command.name, kz_str_is(r->variant, "helm"), err);
}

const struct kz_renderer kz_renderer_exec = {
    .abi = KZ_RENDERER_ABI,
    .size = sizeof(struct kz_renderer),
    .name = "exec",
    .summary = "a program that reads values and writes YAML (exec:helm, exec:kustomize, exec:NAME)",
    .options = options,
    .claims = NULL, /* never by itself: a program runs when the module's author says so */
    .render = render,
    .rank = -1,
};
