/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verify.h"

#include "base/clock.h"
#include "base/fs.h"
#include "cli/answer.h"
#include "cli/source_map.h"
#include "cli/template_request.h"
#include "helm/set.h"
#include "helm/text.h"
#include "value/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_OUTPUT = 256 << 20, MAX_FILE = 100 << 20 };
static const int64_t helm_timeout = INT64_C(120) * 1000000000;

const char *kz_verdict_name(enum kz_verdict v)
{
    static const char *const names[] = {"equal", "different", "skipped"};
    return names[v];
}

/* ---- helm -------------------------------------------------------------------------------------- */

struct child {
    struct kz_app *app;
    struct kz_arena *a;
    struct kz_str out, errout;
    struct kz_err err;
    int code;
    bool done;
};

static void on_child(void *arg, uint64_t id, const struct kz_child_result *res)
{
    struct child *c = arg;
    (void)id;
    c->done = true;
    if (res->err != NULL)
        c->err = *res->err;
    c->code = res->exit_code;
    c->out = kz_str_dup(c->a, res->out);
    c->errout = kz_str_dup(c->a, res->errout);
    kz_loop_stop(kz_app_loop(c->app));
}

int kz_verify_helm(struct kz_str *text, struct kz_arena *a, struct kz_app *app,
                   const char *const *argv, struct kz_err *err)
{
    struct child c = {.app = app, .a = a};
    char *cwd = getcwd(NULL, 0);
    const struct kz_child_spec spec = {.argv = argv,
                                       .envp = (const char *const *)environ,
                                       .cwd = cwd,
                                       .max_output = MAX_OUTPUT,
                                       .timeout = helm_timeout};
    (void)kz_child_start(kz_app_loop(app), &spec, on_child, &c);
    kz_loop_run(kz_app_loop(app));
    free(cwd);
    if (!c.done)
        return kz_fail(err, KZ_E_TIMEOUT, "interrupted");
    if (c.err.code != KZ_OK) {
        *err = c.err;
        return kz_wrap(err, "run %s", argv[0]);
    }
    *text = c.code == 0 ? c.out : c.errout;
    return c.code;
}

/* "Error: MESSAGE\n\nUse --debug ..." without warnings before it and the hint behind it. */
static struct kz_str message_of(struct kz_str text)
{
    const char *at = text.len == 0 ? NULL : memmem(text.ptr, text.len, "Error: ", 7);
    if (at == NULL)
        return kz_str_trim(text);
    text = kz_str_skip(text, (size_t)(at - text.ptr) + 7);
    const char *end = memmem(text.ptr, text.len, "\n\nUse --debug", 13);
    return kz_str_trim(end == NULL ? text : kz_str_head(text, (size_t)(end - text.ptr)));
}

struct argv {
    const char **at;
    size_t n;
};

static void add(struct argv *l, const char *option, const char *value)
{
    l->at[l->n++] = option;
    if (value != NULL)
        l->at[l->n++] = value;
}

static const char *const *helm_words(struct kz_arena *a, const char *helm,
                                     const struct kz_verify_chart *c, const char *values)
{
    struct argv l = {.at = kz_new_n(a, const char *, 2 * (c->n_files + c->n_sets) + 20)};
    add(&l, helm, "template");
    add(&l, kz_cstr(a, c->release), kz_cstr(a, c->chart));
    add(&l, "--namespace", kz_cstr(a, c->ns));
    for (size_t i = 0; i < c->n_files; i++) /* quoted: it is a list with commas */
        add(&l, "--values", kz_str_printf(a, "\"" KZ_FMT "\"", KZ_ARG(c->files[i])).ptr);
    if (values != NULL)
        add(&l, "--values", values);
    for (size_t i = 0; i < c->n_sets; i++)
        add(&l, "--set", kz_cstr(a, c->sets[i]));
    if (c->kube_version.len > 0)
        add(&l, "--kube-version", kz_cstr(a, c->kube_version));
    if (c->crds)
        add(&l, "--include-crds", NULL);
    if (c->skip_schema)
        add(&l, "--skip-schema-validation", NULL);
    l.at[l.n] = NULL;
    return l.at;
}

/* ---- the native renderer ------------------------------------------------------------------------- */

static void set_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str val)
{
    kz_value_set(a, map, kz_str(key), kz_value_str(a, val));
}

static int add_file(struct kz_value *list, struct kz_arena *a, struct kz_str name, const char *path,
                    struct kz_err *err)
{
    struct kz_value *item = kz_value_map(a);
    struct kz_str text;
    if (kz_file_read(&text, a, path, MAX_FILE, err) < 0)
        return -(int)err->code;
    set_str(a, item, "name", name);
    set_str(a, item, "text", text);
    kz_value_push(a, list, item);
    return 0;
}

static int native_input(struct kz_value **out, struct kz_str *folder, struct kz_arena *a,
                        const struct kz_verify_chart *c, const char *values, struct kz_err *err)
{
    struct kz_value *in = kz_value_map(a), *files = kz_value_list(a), *sets = kz_value_list(a);
    for (size_t i = 0; i < c->n_files; i++)
        if (add_file(files, a, c->files[i], kz_cstr(a, c->files[i]), err) < 0)
            return -(int)err->code;
    if (values != NULL && add_file(files, a, kz_str(values), values, err) < 0)
        return -(int)err->code;
    for (size_t i = 0; i < c->n_sets; i++) {
        struct kz_value *item = kz_value_map(a);
        kz_value_set(a, item, KZ_STR("kind"), kz_value_int(a, KZ_SET_TYPED));
        set_str(a, item, "text", c->sets[i]);
        kz_value_push(a, sets, item);
    }
    kz_value_set(a, in, KZ_STR("valueFiles"), files);
    kz_value_set(a, in, KZ_STR("set"), sets);
    kz_value_set(a, in, KZ_STR("files"), kz_value_map(a));
    kz_value_set(a, in, KZ_STR("places"), kz_value_bool(a, true));
    kz_value_set(a, in, KZ_STR("skipSchema"), kz_value_bool(a, c->skip_schema));
    kz_value_set(a, in, KZ_STR("now"), kz_value_int(a, kz_clock_wall()));
    set_str(a, in, "kubeVersion", c->kube_version);
    set_str(a, in, "release", c->release);
    set_str(a, in, "namespace", c->ns);
    *out = in;
    return kz_template_chart(folder, in, a, c->chart, err);
}

/* ---- both ---------------------------------------------------------------------------------------- */

struct both {
    struct kz_arena *a;
    struct kz_app *app;
    const char *const *words; /* of helm */
    const struct kz_verify_chart *chart;
    const struct kz_value *reply;
    struct kz_source_map map;
    struct kz_str helm, text;
    int helm_code;
};

static int run_native(struct both *b, struct kz_verify_result *out, const char *values,
                      struct kz_err *err)
{
    struct kz_value *in = NULL, *reply;
    struct kz_work work = {.task = "template"};
    kz_autobuf struct kz_buf text = KZ_BUF((size_t)1 << 30);
    if (native_input(&in, &work.tree.folder, b->a, b->chart, values, err) < 0)
        return -(int)err->code;
    work.input = in;
    const int64_t from = kz_clock_mono();
    if (kz_app_do(&reply, b->app, b->a, &work, err) < 0)
        return -(int)err->code;
    out->took = kz_clock_mono() - from;
    b->reply = reply;
    kz_source_map_init(&b->map, b->a);
    kz_answer_text(&text, b->a, reply, b->chart->crds, &b->map);
    b->text = kz_str_dup(b->a, kz_buf_str(&text));
    out->objects = kz_value_len(b->map.objects);
    for (size_t i = 0; i < b->text.len; i++)
        out->lines += b->text.ptr[i] == '\n';
    return 0;
}

static int run_helm(struct both *b, int64_t *took, struct kz_str *text, struct kz_err *err)
{
    const int64_t from = kz_clock_mono();
    const int code = kz_verify_helm(text, b->a, b->app, b->words, err);
    *took = kz_clock_mono() - from;
    return code;
}

/* The place of a line of our text. */
static void find_place(struct kz_verify_result *out, const struct both *b)
{
    const int64_t line = (int64_t)out->diff.line;
    for (size_t i = 0; i < kz_value_len(b->map.objects); i++) {
        const struct kz_value *o = kz_value_at(b->map.objects, i), *list = kz_value_get(o, "places");
        for (size_t k = 0; k < kz_value_len(list); k++) {
            const struct kz_value *p = kz_value_at(list, k);
            const int64_t first = kz_value_path_int(p, "line", 0),
                          count = kz_value_path_int(p, "count", 0);
            if (line < first || line >= first + count)
                continue;
            struct kz_str file = kz_value_path_str(p, "from"), number;
            const size_t colon = kz_str_rindex(file, ':');
            int64_t n = 0;
            number = kz_str_skip(file, colon + 1);
            (void)kz_str_i64(&n, number);
            n += kz_value_path_bool(p, "same", false) ? 0 : line - first;
            out->from = kz_str_printf(b->a, KZ_FMT ":%lld", KZ_ARG(kz_str_head(file, colon)),
                                      (long long)n);
            out->via = kz_value_get(p, "via");
        }
    }
}

static int compare_errors(struct kz_verify_result *out, const struct both *b)
{
    const struct kz_str ours = kz_str_trim(kz_value_path_str(b->reply, "error")),
                        theirs = message_of(b->helm);
    const bool we_fail = kz_value_get(b->reply, "error") != NULL;
    if (we_fail && b->helm_code != 0 && kz_str_eq(ours, theirs)) {
        out->verdict = KZ_VERDICT_EQUAL;
        out->note = kz_str_printf(b->a, "both refuse it: " KZ_FMT,
                                  KZ_ARG(kz_str_head(ours, kz_str_index(ours, '\n'))));
        return 0;
    }
    out->verdict = KZ_VERDICT_DIFFERENT;
    out->diff.helm = b->helm_code != 0 ? theirs : KZ_STR("(renders it)");
    out->diff.kzsync = we_fail ? ours : KZ_STR("(renders it)");
    if (we_fail && kz_value_path_int(b->reply, "line", 0) > 0)
        out->from = kz_str_printf(b->a, KZ_FMT ":%lld", KZ_ARG(kz_value_path_str(b->reply, "file")),
                                  (long long)kz_value_path_int(b->reply, "line", 0));
    out->note = KZ_STR("one of them refuses it");
    if (we_fail && b->helm_code != 0)
        out->note = KZ_STR("both refuse it, in other words");
    return 0;
}

static int compare_texts(struct kz_verify_result *out, struct both *b, struct kz_err *err)
{
    kz_verify_compare(&out->diff, b->a, b->helm, b->helm, b->text);
    if (out->diff.line > 0) {
        struct kz_str again;
        int64_t took;
        const int code = run_helm(b, &took, &again, err);
        if (code < 0)
            return code;
        if (code == 0)
            kz_verify_compare(&out->diff, b->a, b->helm, again, b->text);
    }
    if (out->diff.generated > 0)
        out->note = kz_str_printf(b->a, "generated lines left out: %zu", out->diff.generated);
    out->verdict = out->diff.line > 0 ? KZ_VERDICT_DIFFERENT : KZ_VERDICT_EQUAL;
    if (out->diff.line > 0)
        find_place(out, b);
    return 0;
}

static int run_both(struct kz_verify_result *out, struct both *b, const char *helm,
                    const char *values, struct kz_err *err)
{
    b->words = helm_words(b->a, helm, b->chart, values);
    if (run_native(b, out, values, err) < 0)
        return -(int)err->code;
    b->helm_code = run_helm(b, &out->helm_took, &b->helm, err);
    if (b->helm_code < 0)
        return b->helm_code;
    if (b->helm_code != 0 || kz_value_get(b->reply, "error") != NULL)
        return compare_errors(out, b);
    return compare_texts(out, b, err);
}

/* The values of a module as a file that both read; only this user may. */
static int write_values(char path[64], const struct kz_value *values, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)64 << 20);
    (void)snprintf(path, 64, "/tmp/kzsync-values-XXXXXX");
    const int fd = mkstemp(path);
    if (fd < 0)
        return kz_fail_errno(err, errno, "make '%s'", path);
    kz_yaml_write(&b, values, KZ_YAML_ORDERED);
    const bool ok = !kz_buf_bad(&b) && write(fd, b.ptr, b.len) == (ssize_t)b.len;
    const int saved = errno;
    (void)close(fd);
    return ok ? 0 : kz_fail_errno(err, saved, "write '%s'", path);
}

int kz_verify_run(struct kz_verify_result *out, struct kz_arena *a, struct kz_app *app,
                  const char *helm, const struct kz_verify_chart *chart, struct kz_err *err)
{
    char path[64] = "";
    struct both b = {.a = a, .app = app, .chart = chart};
    int rc = 0;
    *out = (struct kz_verify_result){.note = chart->skip,
                                     .from = KZ_STR(""),
                                     .diff = {.helm = KZ_STR(""), .kzsync = KZ_STR("")}};
    if (chart->skip.len > 0) {
        out->verdict = KZ_VERDICT_SKIPPED;
        return 0;
    }
    if (kz_value_pairs(chart->values) > 0)
        rc = write_values(path, chart->values, err);
    if (rc >= 0)
        rc = run_both(out, &b, helm, path[0] == '\0' ? NULL : path, err);
    if (path[0] != '\0')
        (void)unlink(path);
    return rc;
}
