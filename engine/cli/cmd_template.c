/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync template: `helm template`, without Helm. Here the request is made, and the answer put together as
 * Helm prints it; who renders is behind kz_template_answer. */
#include "cli/cmd_template.h"
#include "cli/links.h"
#include "cli/pieces.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/map.h"
#include "helm/manifest.h"
#include "helm/set.h"
#include "helm/text.h"
#include "source/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARENA = 1 << 30, MAX_FILE = 100 << 20 };

struct job {
    const struct kz_args *args;
    struct kz_arena *a;
    struct kz_value *reply;
};

static void set_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str val)
{
    kz_value_set(a, map, kz_str(key), kz_value_str(a, val));
}

/* ---- the request ------------------------------------------------------------------------------- */

/* -f and -a take lists with commas, too. */
static struct kz_value *comma_list(struct job *j, const char *name)
{
    struct kz_value *list = kz_value_list(j->a);
    struct kz_str text;
    for (size_t i = 0; kz_args_list(j->args, name, i, &text); i++) {
        while (text.len > 0) {
            struct kz_str item;
            text = kz_str_cut(&item, text, ',');
            kz_value_push(j->a, list, kz_value_str(j->a, item));
        }
    }
    return list;
}

static int read_file(struct kz_str *out, struct job *j, struct kz_str name, struct kz_err *err)
{
    const char *path = kz_str_is(kz_str_trim(name), "-") ? "/dev/stdin" : kz_cstr(j->a, name);
    if (kz_str_has(name, KZ_STR("://")))
        return kz_fail(err, KZ_E_INVALID, "values are read from files, not from '" KZ_FMT "'",
                       KZ_ARG(name));
    if (access(path, R_OK) != 0)
        return kz_fail(err, KZ_E_NOTFOUND, "open " KZ_FMT ": %s", KZ_ARG(name),
                       errno == ENOENT ? "no such file or directory" : strerror(errno));
    return kz_file_read(out, j->a, path, MAX_FILE, err);
}

static int put_value_files(struct kz_value *in, struct job *j, struct kz_err *err)
{
    struct kz_value *names = comma_list(j, "values"), *list = kz_value_list(j->a);
    for (size_t i = 0; i < names->as.list.len; i++) {
        struct kz_value *item = kz_value_map(j->a);
        const struct kz_str name = names->as.list.at[i]->as.str;
        struct kz_str text;
        if (read_file(&text, j, name, err) < 0)
            return -(int)err->code;
        set_str(j->a, item, "name", name);
        set_str(j->a, item, "text", text);
        kz_value_push(j->a, list, item);
    }
    kz_value_set(j->a, in, KZ_STR("valueFiles"), list);
    return 0;
}

struct gather {
    struct job *j;
    struct kz_value *files;
};

/* The worker has no file system: what --set-file names is read here and sent along. */
static int gather_file(struct kz_str *out, void *arg, struct kz_str name, struct kz_err *err)
{
    struct gather *g = arg;
    if (read_file(out, g->j, name, err) < 0)
        return -(int)err->code;
    kz_value_set(g->j->a, g->files, name, kz_value_str(g->j->a, *out));
    return 0;
}

static int put_sets(struct kz_value *in, struct job *j, struct kz_err *err)
{
    static const struct {
        const char *name;
        enum kz_set_kind kind;
    } flags[] = {
        {"set-json",    KZ_SET_JSON   },
        {"set",         KZ_SET_TYPED  },
        {"set-string",  KZ_SET_STRING },
        {"set-file",    KZ_SET_FILE   },
        {"set-literal", KZ_SET_LITERAL}
    };
    struct gather g = {.j = j, .files = kz_value_map(j->a)};
    struct kz_value *list = kz_value_list(j->a);
    for (size_t f = 0; f < kz_countof(flags); f++) {
        struct kz_str text;
        for (size_t i = 0; kz_args_list(j->args, flags[f].name, i, &text); i++) {
            struct kz_value *item = kz_value_map(j->a);
            if (flags[f].kind == KZ_SET_FILE &&
                kz_set_parse(kz_value_map(j->a), j->a, KZ_SET_FILE, text, gather_file, &g, err) < 0)
                return kz_wrap(err, "failed parsing --set-file data");
            kz_value_set(j->a, item, KZ_STR("kind"), kz_value_int(j->a, flags[f].kind));
            set_str(j->a, item, "text", text);
            kz_value_push(j->a, list, item);
        }
    }
    kz_value_set(j->a, in, KZ_STR("set"), list);
    kz_value_set(j->a, in, KZ_STR("files"), g.files);
    return 0;
}

static int put_names(struct kz_value *in, struct job *j, struct kz_str *chart, struct kz_err *err)
{
    const bool named = kz_args_pos(j->args, 1).len > 0;
    const char *ns = getenv("HELM_NAMESPACE");
    *chart = kz_args_pos(j->args, named ? 1 : 0);
    if (named && kz_args_flag(j->args, "generate-name"))
        return kz_fail(err, KZ_E_INVALID, "cannot set --generate-name and also specify a name");
    if (named && kz_args_given(j->args, "name-template"))
        return kz_fail(err, KZ_E_INVALID, "cannot set --name-template and also specify a name");
    set_str(j->a, in, "release", named ? kz_args_pos(j->args, 0) : KZ_STR("release-name"));
    set_str(j->a, in, "nameTemplate", kz_args_str(j->args, "name-template"));
    set_str(j->a, in, "namespace",
            kz_args_given(j->args, "namespace")
                ? kz_args_str(j->args, "namespace")
                : kz_str(ns != NULL && ns[0] != '\0' ? ns : "default"));
    return 0;
}

/* Outside a working copy: what links in the chart point to can be read, too. */
static void widen(struct kz_source_place *place, struct kz_arena *a)
{
    const struct kz_str root = kz_links_root(a, place->root);
    const struct kz_str between = kz_str_skip(place->root, root.len);
    const char *slash = between.len > 0 && place->below.len > 0 ? "/" : "";
    place->below =
        kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(kz_str_skip(between, between.len > 0)), slash,
                      KZ_ARG(place->below));
    place->root = root;
}

static int make_request(struct kz_value **out, struct kz_str *folder, struct job *j,
                        struct kz_err *err)
{
    struct kz_value *in = kz_value_map(j->a);
    struct kz_source_place place;
    struct kz_str chart;
    if (put_names(in, j, &chart, err) < 0 || put_value_files(in, j, err) < 0 ||
        put_sets(in, j, err) < 0)
        return -(int)err->code;
    if (access(kz_cstr(j->a, chart), F_OK) != 0)
        return kz_fail(err, KZ_E_NOTFOUND, "path \"" KZ_FMT "\" not found", KZ_ARG(chart));
    if (kz_source_place(&place, j->a, chart, err) < 0)
        return -(int)err->code;
    if (place.repo.len == 0)
        widen(&place, j->a);
    *folder = place.root;
    set_str(j->a, in, "path", place.below);
    kz_value_set(j->a, in, KZ_STR("isUpgrade"),
                 kz_value_bool(j->a, kz_args_flag(j->args, "is-upgrade")));
    kz_value_set(j->a, in, KZ_STR("skipSchema"),
                 kz_value_bool(j->a, kz_args_flag(j->args, "skip-schema-validation")));
    kz_value_set(j->a, in, KZ_STR("now"), kz_value_int(j->a, kz_clock_wall()));
    set_str(j->a, in, "kubeVersion", kz_args_str(j->args, "kube-version"));
    kz_value_set(j->a, in, KZ_STR("apiVersions"), comma_list(j, "api-versions"));
    *out = in;
    return 0;
}

/* ---- --output-dir ------------------------------------------------------------------------------ */

static int make_dirs(struct job *j, struct kz_str file, struct kz_err *err)
{
    for (size_t i = 1; i < file.len; i++) {
        if (file.ptr[i] != '/')
            continue;
        const char *dir = kz_cstr(j->a, kz_str_head(file, i));
        if (mkdir(dir, 0755) != 0 && errno != EEXIST)
            return kz_fail_errno(err, errno, "make '%s'", dir);
    }
    return 0;
}

/* Makes or goes on with DIR/path, and says so on stdout the first time and every time, as Helm. */
static int write_part(struct job *j, struct kz_str dir, const struct kz_value *part,
                      struct kz_map *written, struct kz_err *err)
{
    const struct kz_str path = kz_value_path_str(part, "path");
    const struct kz_str file = kz_str_printf(j->a, KZ_FMT "/" KZ_FMT, KZ_ARG(dir), KZ_ARG(path));
    if (make_dirs(j, file, err) < 0)
        return -(int)err->code;
    const bool again = kz_map_find(written, file) != NULL;
    (void)kz_map_put(written, file, j);
    FILE *f = fopen(file.ptr, again ? "ae" : "we");
    if (f == NULL)
        return kz_fail_errno(err, errno, "open '" KZ_FMT "'", KZ_ARG(file));
    const struct kz_str text = kz_value_path_str(part, "text");
    (void)fprintf(f, "---\n# Source: " KZ_FMT "\n" KZ_FMT "\n", KZ_ARG(path), KZ_ARG(text));
    if (fclose(f) != 0)
        return kz_fail_errno(err, errno, "write '" KZ_FMT "'", KZ_ARG(file));
    (void)printf("wrote " KZ_FMT "\n", KZ_ARG(file));
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

static void add_list(struct kz_pieces *to, struct job *j, const char *list, bool tests)
{
    const struct kz_value *l = kz_value_get(j->reply, list);
    for (size_t i = 0; i < kz_value_len(l); i++) {
        const struct kz_value *p = kz_value_at(l, i);
        if (tests || !kz_value_path_bool(p, "test", false)) {
            kz_pieces_add(to, j->a, KZ_STR("---\n# Source: "));
            kz_pieces_add(to, j->a, kz_value_path_str(p, "path"));
            kz_pieces_add(to, j->a, KZ_STR("\n"));
            kz_pieces_add(to, j->a, kz_value_path_str(p, "text"));
            kz_pieces_add(to, j->a, KZ_STR("\n"));
        }
    }
}

static void join(struct kz_buf *b, const struct kz_pieces *p)
{
    for (size_t i = 0; i < p->len; i++)
        kz_buf_add_str(b, p->at[i]);
}

/* Feeds the text to a program and takes what it prints. The text waits in a file without a name, so
 * that neither side can block the other. */
static int post_render(struct kz_buf *b, struct job *j, const char *program, struct kz_err *err)
{
    FILE *in = tmpfile(), *out = tmpfile();
    int rc = 0, status = 0;
    if (in == NULL || out == NULL || fwrite(b->ptr, 1, b->len, in) != b->len || fflush(in) != 0) {
        rc = kz_fail_errno(err, errno, "temporary file");
    } else {
        rewind(in);
        char **argv = kz_new_n(j->a, char *, j->args->n_given + 2);
        struct kz_str arg;
        size_t n = 0;
        argv[n++] = (char *)(uintptr_t)program;
        for (size_t i = 0; kz_args_list(j->args, "post-renderer-args", i, &arg); i++)
            argv[n++] = (char *)(uintptr_t)kz_cstr(j->a, arg);
        const pid_t pid = fork();
        if (pid == 0) {
            (void)dup2(fileno(in), STDIN_FILENO);
            (void)dup2(fileno(out), STDOUT_FILENO);
            (void)execvp(program, argv);
            _exit(127);
        }
        if (pid < 0 || waitpid(pid, &status, 0) < 0)
            rc = kz_fail_errno(err, errno, "start '%s'", program);
        else if (status != 0)
            rc = kz_fail(err, KZ_E_INVALID, "error while running post render on files: '%s' failed",
                         program);
    }
    if (rc >= 0) {
        char chunk[8192];
        size_t n;
        rewind(out);
        kz_buf_clear(b);
        while ((n = fread(chunk, 1, sizeof chunk, out)) > 0)
            kz_buf_add(b, chunk, n);
    }
    if (in != NULL)
        (void)fclose(in);
    if (out != NULL)
        (void)fclose(out);
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

static int print(struct job *j, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 30);
    kz_autobuf struct kz_buf only = KZ_BUF((size_t)1 << 30);
    struct kz_pieces all = {0};
    const bool to_files = kz_args_str(j->args, "output-dir").len > 0;
    const struct kz_str program = kz_args_str(j->args, "post-renderer");
    if (to_files) {
        if (write_all(j, err) < 0)
            return -(int)err->code;
    } else {
        if (kz_args_flag(j->args, "include-crds"))
            add_list(&all, j, "crds", true);
        add_list(&all, j, "manifests", true);
    }
    if (program.len > 0) {
        join(&b, &all);
        if (post_render(&b, j, kz_cstr(j->a, program), err) < 0)
            return -(int)err->code;
        all.len = 0;
        kz_pieces_add(&all, j->a, kz_go_trim(kz_str_dup(j->a, kz_buf_str(&b))));
    }
    kz_pieces_trim_end(&all);
    kz_pieces_add(&all, j->a, KZ_STR("\n"));
    if (!to_files && !kz_args_flag(j->args, "no-hooks"))
        add_list(&all, j, "hooks", !kz_args_flag(j->args, "skip-tests"));
    if (!kz_args_given(j->args, "show-only"))
        return kz_pieces_out(&all, err);
    kz_buf_clear(&b);
    join(&b, &all);
    if (kz_buf_bad(&b))
        return kz_fail(err, KZ_E_LIMIT, "the output is larger than %zu bytes", b.max);
    const int rc = show_only(&only, j, kz_buf_str(&b), err);
    return rc < 0 ? rc : kz_cli_out(&only, err);
}

/* ---- errors ------------------------------------------------------------------------------------ */

static void print_notes(const struct kz_value *reply)
{
    const struct kz_value *notes = kz_value_get(reply, "notes");
    for (size_t i = 0; i < kz_value_len(notes); i++)
        (void)fprintf(stderr, "WARNING: " KZ_FMT "\n",
                      KZ_ARG(kz_value_as_str(kz_value_at(notes, i))));
}

/* Helm's message first, as it stands: scripts look for it. Then where in the chart. */
static void print_error(const struct kz_value *reply)
{
    const struct kz_str file = kz_value_path_str(reply, "file");
    (void)fprintf(stderr, "Error: " KZ_FMT "\n", KZ_ARG(kz_value_path_str(reply, "error")));
    if (kz_value_path_bool(reply, "late", false))
        (void)fprintf(stderr, "\nUse --debug flag to render out invalid YAML\n");
    if (file.len > 0 && kz_value_path_int(reply, "line", 0) > 0)
        (void)fprintf(stderr, "  at " KZ_FMT ":%lld:%lld\n", KZ_ARG(file),
                      (long long)kz_value_path_int(reply, "line", 0),
                      (long long)kz_value_path_int(reply, "col", 0));
}

static int fail_as_helm(struct kz_arena *a, const struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 10);
    for (unsigned i = err->depth; i-- > 0;) {
        kz_buf_puts(&b, err->frame[i]);
        kz_buf_puts(&b, i > 0 ? ": " : "");
    }
    (void)a;
    (void)fprintf(stderr, "Error: %s\n", b.ptr);
    return KZ_EXIT_ERROR;
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct job j = {.args = args, .a = kz_arena_new_large(ARENA)};
    struct kz_value *in = NULL;
    struct kz_str folder;
    int code = KZ_EXIT_OK;
    int rc = make_request(&in, &folder, &j, err);
    if (rc >= 0)
        rc = kz_template_answer(&j.reply, j.a, args, folder, in, err);
    if (rc >= 0) {
        print_notes(j.reply);
        if (kz_value_get(j.reply, "error") != NULL) {
            print_error(j.reply);
            code = KZ_EXIT_ERROR;
        } else {
            rc = print(&j, err);
        }
    }
    if (rc < 0)
        code = fail_as_helm(j.a, err);
    kz_arena_free(j.a);
    return code;
}

#define IGNORED "taken for helm's sake; has no effect here"
static const struct kz_opt options[] = {
    {"values",                                     'f', KZ_OPT_LIST, "FILE", NULL, 0, 0, NULL,
     "values in a YAML file; the last one counts"},
    {"set",                                 0, KZ_OPT_LIST, "KEY=VALUE", NULL, 0, 0, NULL,
     "values, several with commas: a.b=1,c[0]=x"},
    {"set-string",                                        0, KZ_OPT_LIST, "KEY=VALUE", NULL, 0, 0, NULL, "values that are strings"},
    {"set-json",                                           0, KZ_OPT_LIST, "KEY=JSON", NULL, 0, 0, NULL, "values as JSON"},
    {"set-file", 0, KZ_OPT_LIST, "KEY=FILE", NULL, 0, 0, NULL,
     "values that are the content of files"},
    {"set-literal",                                        0, KZ_OPT_LIST, "KEY=VALUE", NULL, 0, 0, NULL, "one value, taken as it stands"},
    {"namespace",                                 'n', KZ_OPT_TEXT, "NAME", NULL, 0, 0, NULL, "namespace of the release"},
    {"kube-version",                                        0, KZ_OPT_TEXT, "VERSION", NULL, 0, 0, NULL,
     "version of Kubernetes that templates are told"},
    {"api-versions",                                           'a', KZ_OPT_LIST, "VERSION", NULL, 0, 0, NULL,
     "more API versions that templates are told"},
    {"include-crds",  0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "also the files under crds/"},
    {"skip-crds",                                 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, IGNORED},
    {"skip-tests",                                 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "no tests"},
    {"no-hooks",                                        0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "no hooks"},
    {"show-only",                                           's', KZ_OPT_LIST, "TEMPLATE", NULL, 0, 0, NULL,
     "only what these templates make; a pattern"},
    {"is-upgrade",                   0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL,
     ".Release.IsUpgrade instead of .Release.IsInstall"},
    {"name-template",                                   0, KZ_OPT_TEXT, "TEMPLATE", NULL, 0, 0, NULL,
     "a template that makes the release's name"},
    {"generate-name",                                 'g', KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, IGNORED},
    {"output-dir",                                        0, KZ_OPT_PATH, "DIR", NULL, 0, 0, NULL,
     "write files below this folder instead"},
    {"release-name",                                           0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL,
     "the release's name as a folder in --output-dir"},
    {"post-renderer",                            0, KZ_OPT_TEXT, "PROGRAM", NULL, 0, 0, NULL,
     "a program that the manifests go through"},
    {"post-renderer-args",                                   0, KZ_OPT_LIST, "ARG", NULL, 0, 0, NULL, "arguments of that program"},
    {"skip-schema-validation",                                 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL,
     "do not check values against the schema"},
    {"dependency-update",                                        0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, IGNORED},
    {"debug",                                           0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, IGNORED},
    {"version",       0, KZ_OPT_TEXT, "VERSION", NULL, 0, 0, NULL, IGNORED},
    {"create-namespace",                                0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, IGNORED},
    {"disable-openapi-validation",                                 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, IGNORED},
    {"hide-notes",                                        0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, IGNORED},
    {"render-subchart-notes",                                           0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, IGNORED},
    {"wait",             0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, IGNORED},
    {"timeout",                                  0, KZ_OPT_TEXT, "TIME", NULL, 0, 0, NULL, IGNORED},
    {0                                },
};
static const struct kz_example examples[] = {
    {"kzsync template web ./charts/web -f prod.yaml",
     "what helm template web ./charts/web -f prod.yaml prints"},
    {"kzsync template web ./charts/web --set replicas=3 -s templates/deployment.yaml",
     "one template's result"},
    {0                        },
};
const struct kz_command kz_cmd_template = {
    .name = "template",
    .summary = "render a Helm chart, as helm template does",
    .args = "[NAME] CHART",
    .args_min = 1,
    .args_max = 2,
    .options = options,
    .examples = examples,
    .flags = KZ_CMD_WORKERS,
    .run = run,
};
