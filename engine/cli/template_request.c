/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template_request.h"

#include "base/clock.h"
#include "base/fs.h"
#include "cli/charts.h"
#include "cli/goflags.h"
#include "cli/kube_namespace.h"
#include "cli/links.h"
#include "helm/set.h"
#include "helm/text.h"
#include "source/place.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_FILE = 100 << 20 };

struct ask {
    const struct kz_args *args;
    struct kz_arena *a;
    struct kz_value *in;
};

static void set_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str val)
{
    kz_value_set(a, map, kz_str(key), kz_value_str(a, val));
}

static void set_flag(const struct ask *j, const char *key, const char *name)
{
    kz_value_set(j->a, j->in, kz_str(key), kz_value_bool(j->a, kz_args_flag(j->args, name)));
}

/* ---- what is not done offline -------------------------------------------------------------------- */

static const struct {
    const char *name, *what, *instead;
} refused[] = {
    {"validate",   "asks no cluster",         "kzsync plan has every change dry-run by the API server"},
    {"enable-dns", "asks no name server",     "give the address as a value"                           },
    {"verify",     "verifies no signatures",  "helm verify CHART, then kzsync template CHART"         },
    {"repo",       "downloads no charts",     "helm pull CHART --repo URL --untar, then kzsync template ./CHART"},
};

static int check_refused(const struct ask *j, struct kz_err *err)
{
    const struct kz_str dry = kz_args_str(j->args, "dry-run");
    for (size_t i = 0; i < kz_countof(refused); i++) {
        const struct kz_opt *o = kz_args_option(j->args, refused[i].name);
        const bool given = o->type == KZ_OPT_FLAG ? kz_args_flag(j->args, o->name)
                                                  : kz_args_str(j->args, o->name).len > 0;
        if (!given)
            continue;
        (void)kz_fail(err, KZ_E_USAGE, "kzsync template %s, so --%s can't be used", refused[i].what,
                      refused[i].name);
        return kz_err_hint(err, "%s", refused[i].instead);
    }
    if (dry.len == 0 || kz_str_is(dry, "client") || kz_str_is(dry, "true"))
        return 0;
    if (!kz_str_is(dry, "server") && !kz_str_is(dry, "none") && !kz_str_is(dry, "false"))
        return kz_fail(err, KZ_E_USAGE,
                       "Invalid dry-run flag. Flag must one of the following: false, true, none, "
                       "client, server");
    (void)kz_fail(err, KZ_E_USAGE,
                  "kzsync template asks no cluster, so --dry-run=" KZ_FMT " can't be used", KZ_ARG(dry));
    return kz_err_hint(err, "without it, lookup finds nothing, as with helm template");
}

/* -l is checked as pflag does it, and has no effect. */
static int check_labels(const struct ask *j, struct kz_err *err)
{
    char why[300];
    struct kz_str l;
    for (size_t i = 0; kz_args_list(j->args, "labels", i, &l); i++) {
        if (kz_str_index(l, '=') < l.len)
            continue;
        (void)snprintf(why, sizeof why, KZ_FMT " must be formatted as key=value",
                       KZ_ARG(kz_str_head(l, 200)));
        return kz_goflags_invalid(kz_args_option(j->args, "labels"), l, why, err);
    }
    return 0;
}

/* ---- values ------------------------------------------------------------------------------------ */

static int read_file(struct kz_str *out, const struct ask *j, struct kz_str name, struct kz_err *err)
{
    const char *path = kz_str_is(kz_str_trim(name), "-") ? "/dev/stdin" : kz_cstr(j->a, name);
    if (kz_str_has(name, KZ_STR("://"))) {
        (void)kz_fail(err, KZ_E_INVALID, "values are read from files, not from '" KZ_FMT "'",
                      KZ_ARG(name));
        return kz_err_hint(err, "curl -fsS URL | kzsync template ... -f -");
    }
    struct stat st;
    if (access(path, R_OK) != 0)
        return kz_fail(err, KZ_E_NOTFOUND, "open " KZ_FMT ": %s", KZ_ARG(name),
                       kz_goflags_errno(j->a, errno));
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return kz_fail(err, KZ_E_INVALID, "read " KZ_FMT ": is a directory", KZ_ARG(name));
    return kz_file_read(out, j->a, path, MAX_FILE, err);
}

static int put_value_files(const struct ask *j, struct kz_err *err)
{
    struct kz_value *names, *list = kz_value_list(j->a);
    if (kz_goflags_strings(&names, j->a, j->args, "values", err) < 0)
        return -(int)err->code;
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
    kz_value_set(j->a, j->in, KZ_STR("valueFiles"), list);
    return 0;
}

struct gather {
    const struct ask *j;
    struct kz_value *files;
};

/* What --set-file names is read here and sent along. */
static int gather_file(struct kz_str *out, void *arg, struct kz_str name, struct kz_err *err)
{
    struct gather *g = arg;
    if (read_file(out, g->j, name, err) < 0)
        return -(int)err->code;
    kz_value_set(g->j->a, g->files, name, kz_value_str(g->j->a, *out));
    return 0;
}

static int put_sets(const struct ask *j, struct kz_err *err)
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
    kz_value_set(j->a, j->in, KZ_STR("set"), list);
    kz_value_set(j->a, j->in, KZ_STR("files"), g.files);
    return 0;
}

/* ---- names ------------------------------------------------------------------------------------- */

static int count_names(const struct ask *j, struct kz_err *err)
{
    struct kz_str more = KZ_STR("");
    if (j->args->n == 0) {
        (void)kz_fail(err, KZ_E_USAGE, "\"helm template\" requires at least 1 argument");
        return kz_err_hint(err, "kzsync template [NAME] CHART");
    }
    for (size_t i = 2; i < j->args->n; i++)
        more = kz_str_printf(j->a, KZ_FMT "%s" KZ_FMT, KZ_ARG(more), i > 2 ? ", " : "",
                             KZ_ARG(kz_args_pos(j->args, i)));
    if (j->args->n > 2)
        return kz_fail(err, KZ_E_USAGE,
                       "expected at most two arguments, unexpected arguments: " KZ_FMT,
                       KZ_ARG(more));
    return 0;
}

static int put_names(struct kz_str *chart, const struct ask *j, struct kz_err *err)
{
    if (count_names(j, err) < 0)
        return -(int)err->code;
    const bool named = j->args->n == 2;
    *chart = kz_args_pos(j->args, named ? 1 : 0);
    if (named && kz_args_flag(j->args, "generate-name"))
        return kz_fail(err, KZ_E_INVALID, "cannot set --generate-name and also specify a name");
    if (named && kz_args_str(j->args, "name-template").len > 0)
        return kz_fail(err, KZ_E_INVALID, "cannot set --name-template and also specify a name");
    set_str(j->a, j->in, "release", named ? kz_args_pos(j->args, 0) : KZ_STR("release-name"));
    set_str(j->a, j->in, "nameTemplate", kz_args_str(j->args, "name-template"));
    set_str(j->a, j->in, "namespace",
            kz_kube_namespace(j->a, kz_args_str(j->args, "namespace"),
                              kz_args_str(j->args, "kubeconfig"),
                              kz_args_str(j->args, "kube-context")));
    return 0;
}

/* Where Helm would go and look for what is not on this disk. */
static int no_chart(struct kz_str chart, struct kz_err *err)
{
    const size_t slash = kz_str_index(chart, '/');
    if (kz_str_has(chart, KZ_STR("://"))) {
        (void)kz_fail(err, KZ_E_NOTFOUND, "kzsync template downloads no charts: '" KZ_FMT "'",
                      KZ_ARG(chart));
        return kz_err_hint(err, "helm pull " KZ_FMT " --untar, then kzsync template on the folder",
                           KZ_ARG(chart));
    }
    if (chart.len > 0 && (chart.ptr[0] == '/' || chart.ptr[0] == '.'))
        return kz_fail(err, KZ_E_NOTFOUND, "path \"" KZ_FMT "\" not found", KZ_ARG(chart));
    if (slash == chart.len) {
        (void)kz_fail(err, KZ_E_NOTFOUND,
                      "non-absolute URLs should be in form of repo_name/path_to_chart, got: " KZ_FMT,
                      KZ_ARG(chart));
        return kz_err_hint(err, "a folder or a packed chart on this disk is needed");
    }
    (void)kz_fail(err, KZ_E_NOTFOUND, "repo " KZ_FMT " not found", KZ_ARG(kz_str_head(chart, slash)));
    return kz_err_hint(err, "a folder or a packed chart on this disk is needed; helm pull " KZ_FMT
                            " --untar makes one", KZ_ARG(chart));
}

/* As Helm tells a file that is no packed chart, by its first 512 bytes. */
static int check_packed(struct kz_arena *a, struct kz_str chart, struct kz_err *err)
{
    unsigned char head[512] = {0};
    char real[PATH_MAX];
    const char *path = kz_cstr(a, chart);
    bool text = true;
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    FILE *f = fopen(path, "re");
    const size_t n = f == NULL ? 0 : fread(head, 1, sizeof head, f);
    if (f != NULL)
        (void)fclose(f);
    if (n >= 3 && head[0] == 0x1F && head[1] == 0x8B && head[2] == 8)
        return 0;
    if (realpath(path, real) == NULL)
        return kz_fail_errno(err, errno, "open '%s'", path);
    if (kz_str_ends(chart, KZ_STR(".yaml")) || kz_str_ends(chart, KZ_STR(".yml")))
        return kz_fail(err, KZ_E_INVALID,
                       "file '%s' seems to be a YAML file, but expected a gzipped archive", real);
    for (size_t i = 0; i < sizeof head; i++)
        text = text && (head[i] >= 0x20 || (head[i] >= 9 && head[i] <= 13 && head[i] != 11) ||
                        head[i] == 0x1B);
    return kz_fail(err, KZ_E_INVALID,
                   "file '%s' does not appear to be a gzipped archive; got '%s'", real,
                   text ? "text/plain; charset=utf-8" : "application/octet-stream");
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

int kz_template_chart(struct kz_str *folder, struct kz_value *input, struct kz_arena *a,
                      struct kz_str chart, struct kz_err *err)
{
    struct kz_source_place place;
    if (chart.len == 0 || access(kz_cstr(a, chart), F_OK) != 0)
        return no_chart(chart, err);
    if (check_packed(a, chart, err) < 0 || kz_source_place(&place, a, chart, err) < 0)
        return -(int)err->code;
    if (place.repo.len == 0)
        widen(&place, a);
    *folder = place.root;
    set_str(a, input, "path", place.below);
    set_str(a, input, "shown", kz_go_clean(a, chart));
    return 0;
}

int kz_template_request(struct kz_template_request *out, struct kz_arena *a,
                        const struct kz_args *args, struct kz_err *err)
{
    const struct ask j = {.args = args, .a = a, .in = kz_value_map(a)};
    if (kz_args_str(args, "source-map").len > 0 &&
        (kz_args_given(args, "show-only") || kz_args_str(args, "post-renderer").len > 0))
        return kz_fail(err, KZ_E_USAGE, "--source-map goes neither with --show-only nor with "
                                        "--post-renderer");
    struct kz_value *api, *facts = kz_value_map(a);
    struct kz_charts charts;
    struct kz_str chart, folder;
    if (kz_goflags_strings(&api, a, args, "api-versions", err) < 0 || check_labels(&j, err) < 0 ||
        put_names(&chart, &j, err) < 0 || check_refused(&j, err) < 0 ||
        kz_template_chart(&folder, j.in, a, chart, err) < 0 || put_value_files(&j, err) < 0 ||
        put_sets(&j, err) < 0 || kz_charts_read(&charts, a, args, err) < 0)
        return -(int)err->code;
    set_flag(&j, "isUpgrade", "is-upgrade");
    set_flag(&j, "skipSchema", "skip-schema-validation");
    set_flag(&j, "debug", "debug");
    kz_value_set(a, j.in, KZ_STR("places"),
                 kz_value_bool(a, kz_args_str(args, "source-map").len > 0));
    kz_charts_add(j.in, facts, a, &charts, kz_value_path_str(j.in, "release"), kz_clock_wall());
    kz_value_set(a, j.in, KZ_STR("facts"), facts);
    set_str(a, j.in, "kubeVersion", kz_args_str(args, "kube-version"));
    kz_value_set(a, j.in, KZ_STR("apiVersions"), api);
    *out = (struct kz_template_request){.folder = folder, .input = j.in};
    return 0;
}
