/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/answer.h"

#include "base/fs.h"
#include "base/map.h"
#include "cli/goflags.h"
#include "cli/pieces.h"
#include "cli/source_map.h"
#include "helm/manifest.h"
#include "helm/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HEAD_LINES = 2 }; /* "---" and "# Source: PATH" before each part */

struct job {
    const struct kz_args *args;
    struct kz_arena *a;
    const struct kz_value *reply;
    struct kz_source_map *map; /* NULL: not wanted */
};

/* ---- --output-dir ------------------------------------------------------------------------------ */

static int make_dirs(struct job *j, struct kz_str file, struct kz_err *err)
{
    for (size_t i = 1; i < file.len; i++) {
        if (file.ptr[i] != '/')
            continue;
        const char *dir = kz_cstr(j->a, kz_str_head(file, i));
        if (mkdir(dir, 0755) != 0 && errno != EEXIST)
            return kz_fail(err, KZ_E_IO, "mkdir %s: %s", dir, kz_goflags_errno(j->a, errno));
    }
    return 0;
}

static size_t newlines(struct kz_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == '\n';
    return n;
}

struct written { /* one file */
    size_t lines;
};

/* Makes or goes on with DIR/path, and says so on stdout the first time and every time, as Helm. */
static int write_part(struct job *j, struct kz_str dir, const struct kz_value *part,
                      struct kz_map *written, struct kz_err *err)
{
    const struct kz_str path = kz_value_path_str(part, "path");
    const struct kz_str file = kz_str_printf(j->a, KZ_FMT "/" KZ_FMT, KZ_ARG(dir), KZ_ARG(path));
    if (make_dirs(j, file, err) < 0)
        return -(int)err->code;
    struct written *w = kz_map_find(written, file);
    FILE *f = fopen(file.ptr, w != NULL ? "ae" : "we");
    if (w == NULL) {
        w = kz_new(j->a, struct written);
        (void)kz_map_put(written, file, w);
    }
    if (f == NULL)
        return kz_fail_errno(err, errno, "open '" KZ_FMT "'", KZ_ARG(file));
    const struct kz_str text = kz_value_path_str(part, "text");
    (void)fprintf(f, "---\n# Source: " KZ_FMT "\n" KZ_FMT "\n", KZ_ARG(path), KZ_ARG(text));
    if (fclose(f) != 0)
        return kz_fail_errno(err, errno, "write '" KZ_FMT "'", KZ_ARG(file));
    (void)printf("wrote " KZ_FMT "\n", KZ_ARG(file));
    if (j->map != NULL)
        kz_source_map_add(j->map, part, w->lines + HEAD_LINES + 1, file);
    w->lines += HEAD_LINES + newlines(text) + 1;
    return 0;
}

static int write_list(struct job *j, struct kz_str dir, const char *list, bool tests,
                      struct kz_map *written, struct kz_err *err)
{
    const struct kz_value *l = kz_value_get(j->reply, list);
    for (size_t i = 0; i < kz_value_len(l); i++) {
        const struct kz_value *p = kz_value_at(l, i);
        if ((tests || !kz_value_path_bool(p, "test", false)) &&
            write_part(j, dir, p, written, err) < 0)
            return -(int)err->code;
    }
    return 0;
}

static int write_all(struct job *j, struct kz_err *err)
{
    const struct kz_str top = kz_args_str(j->args, "output-dir");
    struct kz_str dir = top;
    struct kz_map written;
    if (kz_args_flag(j->args, "release-name"))
        dir = kz_str_printf(j->a, KZ_FMT "/" KZ_FMT, KZ_ARG(top),
                            KZ_ARG(kz_value_path_str(j->reply, "release")));
    kz_map_init(&written);
    int rc =
        kz_args_flag(j->args, "include-crds") ? write_list(j, top, "crds", true, &written, err) : 0;
    if (rc >= 0)
        rc = write_list(j, dir, "manifests", true, &written, err);
    if (rc >= 0 && !kz_args_flag(j->args, "no-hooks"))
        rc = write_list(j, dir, "hooks", !kz_args_flag(j->args, "skip-tests"), &written, err);
    kz_map_done(&written);
    (void)fflush(stdout);
    return rc;
}

/* ---- stdout ------------------------------------------------------------------------------------ */

struct text {
    struct kz_pieces to;
    struct kz_arena *a;
    const struct kz_value *reply;
    struct kz_source_map *map;
};

static void add_list(struct text *t, const char *list, bool tests)
{
    const struct kz_value *l = kz_value_get(t->reply, list);
    for (size_t i = 0; i < kz_value_len(l); i++) {
        const struct kz_value *p = kz_value_at(l, i);
        const struct kz_str text = kz_value_path_str(p, "text");
        if (!tests && kz_value_path_bool(p, "test", false))
            continue;
        kz_pieces_add(&t->to, t->a, KZ_STR("---\n# Source: "));
        kz_pieces_add(&t->to, t->a, kz_value_path_str(p, "path"));
        kz_pieces_add(&t->to, t->a, KZ_STR("\n"));
        kz_pieces_add(&t->to, t->a, text);
        kz_pieces_add(&t->to, t->a, KZ_STR("\n"));
        if (t->map == NULL)
            continue;
        kz_source_map_add(t->map, p, t->map->lines + HEAD_LINES + 1, KZ_STR(""));
        t->map->lines += HEAD_LINES + newlines(text) + 1;
    }
}

/* The program as Helm finds it when it reads its flags: in PATH, or by its path. */
static int find_program(const char **out, const struct job *j, struct kz_str name,
                        struct kz_err *err)
{
    const struct kz_opt *o = kz_args_option(j->args, "post-renderer");
    const char *program = kz_cstr(j->a, name);
    char why[512];
    if (kz_str_index(name, '/') < name.len) {
        *out = program;
        if (access(program, X_OK) == 0)
            return 0;
        (void)snprintf(why, sizeof why,
                       "unable to find binary at %.100s: exec: \"%.100s\": stat %.100s: %s", program,
                       program, program,
                       kz_goflags_errno(j->a, errno));
        return kz_goflags_invalid(o, name, why, err);
    }
    *out = kz_program_find(j->a, program);
    if (*out != NULL)
        return 0;
    (void)snprintf(why, sizeof why,
                   "unable to find binary at %.100s: exec: \"%.100s\": executable file not found in "
                   "$PATH",
                   program, program);
    return kz_goflags_invalid(o, name, why, err);
}

static void read_back(struct kz_buf *b, FILE *f)
{
    char chunk[8192];
    size_t n;
    rewind(f);
    kz_buf_clear(b);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        kz_buf_add(b, chunk, n);
}

KZ_NORETURN static void become(const struct job *j, const char *program, FILE *const files[3])
{
    char **argv = kz_new_n(j->a, char *, j->args->n_given + 2);
    struct kz_str arg;
    size_t n = 0;
    argv[n++] = (char *)(uintptr_t)program;
    for (size_t i = 0; kz_args_list(j->args, "post-renderer-args", i, &arg); i++)
        argv[n++] = (char *)(uintptr_t)kz_cstr(j->a, arg);
    for (int fd = 0; fd < 3; fd++)
        if (dup2(fileno(files[fd]), fd) < 0)
            _exit(127);
    (void)execv(program, argv);
    _exit(127);
}

static int run_program(struct kz_buf *b, const struct job *j, const char *program,
                       FILE *const files[3], struct kz_err *err)
{
    int status = 0;
    if (fwrite(b->ptr, 1, b->len, files[0]) != b->len || fflush(files[0]) != 0)
        return kz_fail_errno(err, errno, "temporary file");
    rewind(files[0]);
    const pid_t pid = fork();
    if (pid == 0)
        become(j, program, files);
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return kz_fail_errno(err, errno, "start '%s'", program);
    read_back(b, files[status == 0 ? 1 : 2]);
    if (status == 0)
        return 0;
    (void)kz_fail(err, KZ_E_INVALID, "error while running command %s. error output:\n" KZ_FMT
                  ": %s %d", program, KZ_ARG(kz_str_head(kz_buf_str(b), 300)),
                  WIFEXITED(status) ? "exit status" : "signal",
                  WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    return kz_wrap(err, "error while running post render on files");
}

/* Feeds the text to a program and takes what it prints. All wait in files without a name, so that
 * neither side can block the other. */
static int post_render(struct kz_buf *b, const struct job *j, struct kz_str name,
                       struct kz_err *err)
{
    const char *program;
    FILE *files[3] = {NULL, NULL, NULL};
    int rc = find_program(&program, j, name, err);
    for (size_t i = 0; rc >= 0 && i < kz_countof(files); i++) {
        files[i] = tmpfile();
        if (files[i] == NULL)
            rc = kz_fail_errno(err, errno, "temporary file");
    }
    if (rc >= 0)
        rc = run_program(b, j, program, files, err);
    for (size_t i = 0; i < kz_countof(files); i++)
        if (files[i] != NULL)
            (void)fclose(files[i]);
    return rc;
}

/* "# Source: chart/PATH" somewhere in a document. */
static struct kz_str source_of(struct kz_str text)
{
    for (const char *at = text.ptr; at != NULL && at < text.ptr + text.len;) {
        at = memmem(at, text.len - (size_t)(at - text.ptr), "# Source: ", 10);
        if (at == NULL)
            break;
        at += 10;
        struct kz_str rest = kz_str_n(at, text.len - (size_t)(at - text.ptr));
        rest = kz_str_head(rest, kz_str_index(rest, '\n'));
        const size_t slash = kz_str_index(rest, '/');
        if (slash > 0 && slash + 1 < rest.len)
            return kz_str_skip(rest, slash + 1);
    }
    return KZ_STR("");
}

static int show_only(struct kz_buf *out, struct job *j, struct kz_str all, struct kz_err *err)
{
    struct kz_str want;
    for (size_t i = 0; kz_args_list(j->args, "show-only", i, &want); i++) {
        struct kz_str rest = kz_go_trim(all), piece;
        bool first = true, found = false;
        while (kz_manifest_split(&piece, &rest, &first)) {
            const struct kz_str text = kz_go_trim(piece), path = source_of(text);
            if (piece.len == 0 || path.len == 0 || kz_go_match(want, path) <= 0)
                continue;
            found = true;
            kz_buf_puts(out, "---\n");
            kz_buf_add_str(out, text);
            kz_buf_putc(out, '\n');
        }
        if (!found)
            return kz_fail(err, KZ_E_NOTFOUND, "could not find template " KZ_FMT " in chart",
                           KZ_ARG(want));
    }
    return 0;
}

static void join(struct kz_buf *b, const struct text *t)
{
    for (size_t i = 0; i < t->to.len; i++)
        kz_buf_add_str(b, t->to.at[i]);
}

/* What Helm does to the end of the manifests before the hooks follow. */
static void end_manifests(struct text *t)
{
    kz_pieces_trim_end(&t->to);
    kz_pieces_add(&t->to, t->a, KZ_STR("\n"));
    if (t->map == NULL)
        return;
    t->map->lines = 0;
    for (size_t i = 0; i < t->to.len; i++)
        t->map->lines += newlines(t->to.at[i]);
}

/* Everything but hooks goes through a post-renderer; its end is made one newline. */
static int whole(struct text *t, struct job *j, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 30);
    const struct kz_str program = kz_args_str(j->args, "post-renderer");
    const bool to_files = kz_args_str(j->args, "output-dir").len > 0;
    if (!to_files && kz_args_flag(j->args, "include-crds"))
        add_list(t, "crds", true);
    if (!to_files)
        add_list(t, "manifests", true);
    if (program.len > 0) {
        join(&b, t);
        if (post_render(&b, j, program, err) < 0)
            return -(int)err->code;
        t->to.len = 0;
        kz_pieces_add(&t->to, t->a, kz_go_trim(kz_str_dup(t->a, kz_buf_str(&b))));
    }
    end_manifests(t);
    if (!to_files && !kz_args_flag(j->args, "no-hooks"))
        add_list(t, "hooks", !kz_args_flag(j->args, "skip-tests"));
    return 0;
}

static int print(struct job *j, struct kz_err *err)
{
    kz_autobuf struct kz_buf all = KZ_BUF((size_t)1 << 30);
    kz_autobuf struct kz_buf only = KZ_BUF((size_t)1 << 30);
    struct text t = {.a = j->a, .reply = j->reply, .map = j->map};
    const struct kz_str map = kz_args_str(j->args, "source-map");
    if (kz_args_str(j->args, "output-dir").len > 0 && write_all(j, err) < 0)
        return -(int)err->code;
    if (whole(&t, j, err) < 0)
        return -(int)err->code;
    if (j->map != NULL && kz_source_map_write(j->map, j->reply, kz_cstr(j->a, map), err) < 0)
        return -(int)err->code;
    if (!kz_args_given(j->args, "show-only"))
        return kz_pieces_out(&t.to, err);
    join(&all, &t);
    if (kz_buf_bad(&all))
        return kz_fail(err, KZ_E_LIMIT, "the output is larger than %zu bytes", all.max);
    const int rc = show_only(&only, j, kz_buf_str(&all), err);
    return rc < 0 ? rc : kz_cli_out(&only, err);
}

int kz_answer_print(const struct kz_args *args, struct kz_arena *a, const struct kz_value *reply,
                      struct kz_err *err)
{
    struct kz_source_map map;
    struct job j = {.args = args, .a = a, .reply = reply};
    if (kz_args_str(args, "source-map").len > 0) {
        kz_source_map_init(&map, a);
        j.map = &map;
    }
    return print(&j, err);
}

void kz_answer_debug(struct kz_buf *out, struct kz_arena *a, const struct kz_value *reply)
{
    struct text t = {.a = a, .reply = reply};
    add_list(&t, "rendered", true);
    end_manifests(&t);
    join(out, &t);
}

void kz_answer_text(struct kz_buf *out, struct kz_arena *a, const struct kz_value *reply, bool crds,
                    struct kz_source_map *map)
{
    struct text t = {.a = a, .reply = reply, .map = map};
    if (crds)
        add_list(&t, "crds", true);
    add_list(&t, "manifests", true);
    end_manifests(&t);
    add_list(&t, "hooks", true);
    join(out, &t);
}
