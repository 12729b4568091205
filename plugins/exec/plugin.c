/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/exec/exec.h"

#include "base/buf.h"
#include "value/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t max_source = UINT64_C(256) << 20; /* bytes of a module that is copied out */

static const struct kz_option options[] = {
    {"command", "strings", "", "the program and its arguments; default: what NAME stands for"},
    {"args", "strings", "", "arguments that are added at the end"},
    {"dir", "string", "", "folder below the module's path in which the program starts"},
    {"stdin", "boolean", "false", "also write the values to the program's standard input"},
    {NULL, NULL, NULL, NULL},
};

static int write_text(const char *path, struct kz_str text, struct kz_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return kz_fail_errno(err, errno, "write '%s'", path);
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int saved = errno;
            (void)close(fd);
            return kz_fail_errno(err, saved, "write '%s'", path);
        }
        text = kz_str_skip(text, (size_t)n);
    }
    (void)close(fd);
    return 0;
}

static int make_folder(const char *path, struct kz_err *err)
{
    return mkdir(path, 0700) == 0 ? 0 : kz_fail_errno(err, errno, "make '%s'", path);
}

static int write_values(struct kz_str *text, const char *path, const struct kz_render *r,
                        struct kz_err *err)
{
    struct kz_buf b;
    kz_buf_init(&b, (size_t)64 << 20);
    kz_yaml_write(&b, r->values, KZ_YAML_ORDERED);
    int rc = kz_buf_bad(&b) ? kz_fail(err, KZ_E_LIMIT, "the values are larger than 64 MiB")
                            : write_text(path, kz_buf_str(&b), err);
    *text = kz_str_dup(r->arena, kz_buf_str(&b));
    kz_buf_done(&b);
    return rc;
}

static int write_apis(const char *path, const struct kz_render *r, struct kz_err *err)
{
    struct kz_buf b;
    kz_buf_init(&b, (size_t)16 << 20);
    for (size_t i = 0; i < kz_value_len(r->facts->api_versions); i++) {
        kz_buf_add_str(&b, kz_value_as_str(kz_value_at(r->facts->api_versions, i)));
        kz_buf_putc(&b, '\n');
    }
    int rc = write_text(path, kz_buf_str(&b), err);
    kz_buf_done(&b);
    return rc;
}

/* The folder in which the program starts: clean, so that it stays below the copy. */
static int find_cwd(const char **cwd, const struct kz_render *r, const char *source,
                    struct kz_err *err)
{
    struct kz_str dir = kz_value_path_str(r->options, "dir");
    struct kz_str clean = KZ_STR("");
    struct stat st;
    if (dir.len > 0 && kz_tree_join(&clean, r->arena, KZ_STR(""), dir, err) < 0)
        return kz_wrap(err, "option 'dir'");
    *cwd = clean.len == 0 ? source : kz_str_printf(r->arena, "%s/" KZ_FMT, source, KZ_ARG(clean)).ptr;
    if (stat(*cwd, &st) != 0 || !S_ISDIR(st.st_mode))
        return kz_fail(err, KZ_E_NOTFOUND, "option 'dir': the module has no folder '" KZ_FMT "'",
                       KZ_ARG(dir));
    return 0;
}

static int prepare(struct kz_exec_place *place, struct kz_str *values, const struct kz_render *r,
                   struct kz_err *err)
{
    struct kz_arena *a = r->arena;
    *place = (struct kz_exec_place){
        .source = kz_str_printf(a, "%s/src", r->scratch).ptr,
        .values = kz_str_printf(a, "%s/values.yaml", r->scratch).ptr,
        .apis = kz_str_printf(a, "%s/api-versions", r->scratch).ptr,
        .home = kz_str_printf(a, "%s/home", r->scratch).ptr,
        .tmp = kz_str_printf(a, "%s/tmp", r->scratch).ptr,
    };
    if (kz_tree_kind(r->tree, r->path) != KZ_TREE_DIR)
        return kz_fail(err, KZ_E_NOTFOUND, "there is no folder '" KZ_FMT "' in the source",
                       KZ_ARG(r->path));
    if (make_folder(place->source, err) < 0 || make_folder(place->home, err) < 0 ||
        make_folder(place->tmp, err) < 0)
        return -(int)err->code;
    if (kz_tree_export(r->tree, r->path, place->source, max_source, err) < 0)
        return kz_wrap(err, "copy '" KZ_FMT "' for the program", KZ_ARG(r->path));
    if (find_cwd(&place->cwd, r, place->source, err) < 0)
        return -(int)err->code;
    if (write_values(values, place->values, r, err) < 0)
        return -(int)err->code;
    return write_apis(place->apis, r, err);
}

static int render(struct kz_render *r, struct kz_err *err)
{
    struct kz_exec_place place;
    struct kz_exec_command command;
    struct kz_str values, text;
    if (r->scratch == NULL)
        return kz_fail(err, KZ_E_BUG, "renderer exec was started without a scratch folder");
    if (prepare(&place, &values, r, err) < 0 ||
        kz_exec_command_make(&command, r, &place, err) < 0)
        return -(int)err->code;
    if (kz_value_path_bool(r->options, "stdin", false))
        command.input = values;
    if (kz_exec_run(&text, r->arena, &command, err) < 0)
        return -(int)err->code;
    return kz_exec_emit(r, text, command.name, err);
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
