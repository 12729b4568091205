/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/task_template.h"

#include "cli/template_places.h"
#include "helm/explain.h"
#include "helm/funcs.h"
#include "helm/render.h"
#include "helm/set.h"
#include "helm/text.h"
#include "helm/values.h"
#include "render/lookup.h"

#include <string.h>

static const char *const set_flags[] = {"--set-json", "--set", "--set-string", "--set-file",
                                        "--set-literal"};

/* ---- values ------------------------------------------------------------------------------------ */

static int add_value_files(struct kz_value **all, struct kz_arena *a, const struct kz_value *list,
                           struct kz_err *err)
{
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *item = kz_value_at(list, i);
        const struct kz_str name = kz_value_path_str(item, "name");
        struct kz_value *doc;
        if (kz_go_yaml(&doc, a, kz_value_path_str(item, "text"), name, err) < 0)
            return kz_wrap(err, "failed to parse " KZ_FMT, KZ_ARG(name));
        if (doc->kind != KZ_MAP && doc->kind != KZ_NULL) {
            (void)kz_fail(err, KZ_E_INVALID,
                          "json: cannot unmarshal %s into Go value of type map[string]interface {}",
                          kz_go_json_kind(doc));
            (void)kz_wrap(err, "error unmarshaling JSON: while decoding JSON");
            return kz_wrap(err, "failed to parse " KZ_FMT, KZ_ARG(name));
        }
        kz_go_floats(doc);
        *all = kz_values_over(a, *all, doc);
    }
    return 0;
}

static int read_given(struct kz_str *out, void *arg, struct kz_str name, struct kz_err *err)
{
    const struct kz_value *text = kz_value_find(arg, name);
    if (text == NULL)
        return kz_fail(err, KZ_E_NOTFOUND, "open " KZ_FMT ": no such file or directory",
                       KZ_ARG(name));
    *out = kz_value_as_str(text);
    return 0;
}

static int add_sets(struct kz_value *all, struct kz_arena *a, const struct kz_value *input,
                    struct kz_err *err)
{
    const struct kz_value *list = kz_value_get(input, "set");
    struct kz_value *files = kz_value_copy(a, kz_value_get(input, "files"));
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *item = kz_value_at(list, i);
        const struct kz_str text = kz_value_path_str(item, "text");
        const int64_t kind = kz_value_path_int(item, "kind", -1);
        if (kind < 0 || (size_t)kind >= kz_countof(set_flags))
            return kz_fail(err, KZ_E_BUG, "a kind of --set that is none");
        if (kz_set_parse(all, a, (enum kz_set_kind)kind, text, read_given, files, err) >= 0)
            continue;
        if (kind == KZ_SET_JSON)
            return kz_fail(err, KZ_E_INVALID, "failed parsing --set-json data " KZ_FMT,
                           KZ_ARG(text));
        return kz_wrap(err, "failed parsing %s data", set_flags[kind]);
    }
    return 0;
}

/* ---- the release's name ------------------------------------------------------------------------ */

static int make_name(struct kz_str *out, struct kz_arena *a, struct kz_str text,
                     const struct kz_sprig *sprig, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    struct kz_tset *set = kz_tset_new(a, KZ_STR("name-template"), kz_helm_tables, kz_helm_n_tables,
                                      KZ_MISSING_DEFAULT);
    struct kz_helm_run run = {.sprig = *sprig, .arena = a};
    const struct kz_template *t;
    if (kz_tset_parse(&t, set, KZ_STR("name-template"), text, err) < 0)
        return -(int)err->code;
    struct kz_eval *ev = kz_eval_new(a, NULL, &run);
    const int rc = kz_eval_run(&b, ev, set, t, KZ_NIL, NULL, err);
    kz_eval_free(ev);
    kz_sprig_done(&run.sprig);
    *out = kz_str_dup(a, kz_buf_str(&b));
    return rc;
}

/* ---- the reply --------------------------------------------------------------------------------- */

static void set_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str val)
{
    kz_value_set(a, map, kz_str(key), kz_value_str(a, val));
}

static struct kz_value *part(struct kz_arena *a, struct kz_value *list, struct kz_str path,
                             struct kz_str text)
{
    struct kz_value *v = kz_value_map(a);
    set_str(a, v, "path", path);
    set_str(a, v, "text", text);
    kz_value_push(a, list, v);
    return v;
}

static void put_places(struct kz_value *p, struct kz_arena *a, struct kz_helm_places *places,
                       const struct kz_manifest *m)
{
    if (places != NULL)
        kz_template_places(p, a, places, m);
}

static void put_result(struct kz_value *reply, struct kz_arena *a, const struct kz_helm_result *r,
                       bool want_places)
{
    struct kz_helm_places *places = want_places ? kz_helm_places_new(a, r) : NULL;
    struct kz_value *manifests = kz_value_list(a), *hooks = kz_value_list(a),
                    *crds = kz_value_list(a);
    for (size_t i = 0; i < r->manifests.n; i++) {
        const struct kz_manifest *m = &r->manifests.at[i];
        put_places(part(a, manifests, m->file->path, m->text), a, places, m);
    }
    for (size_t i = 0; i < r->manifests.n_hooks; i++) {
        const struct kz_manifest *h = &r->manifests.hooks[i];
        struct kz_value *p = part(a, hooks, h->file->path, h->text);
        kz_value_set(a, p, KZ_STR("test"), kz_value_bool(a, h->is_test));
        put_places(p, a, places, h);
    }
    for (size_t i = 0; i < r->n_crds; i++) {
        struct kz_value *p = part(a, crds, r->crds[i].path, r->crds[i].data);
        if (want_places)
            kz_template_places_file(p, a, r->crds[i].path, r->crds[i].data);
    }
    kz_value_set(a, reply, KZ_STR("manifests"), manifests);
    kz_value_set(a, reply, KZ_STR("hooks"), hooks);
    kz_value_set(a, reply, KZ_STR("crds"), crds);
}

/* A chart's own words reach a terminal: control bytes but line ends and tabs become '?', also those that
 * UTF-8 writes in two bytes. */
static struct kz_str printable(struct kz_arena *a, struct kz_str text)
{
    char *out = kz_arena_bytes(a, text.len + 1);
    memcpy(out, text.ptr, text.len);
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)out[i],
                            next = (unsigned char)text.ptr[i + 1 < text.len ? i + 1 : i];
        const bool line_end = c == '\n' || c == '\t' || (c == '\r' && next == '\n');
        if ((c < 0x20 && !line_end) || c == 0x7F)
            out[i] = '?';
        else if (c == 0xC2 && next >= 0x80 && next < 0xA0)
            out[i] = out[i + 1] = '?';
    }
    return kz_str_n(out, text.len);
}

static void put_error(struct kz_value *reply, struct kz_arena *a, const struct kz_helm_result *r,
                      const struct kz_err *err)
{
    set_str(a, reply, "error",
            printable(a, r->error.ptr != NULL ? r->error : kz_helm_error_text(a, err)));
    kz_value_set(a, reply, KZ_STR("late"), kz_value_bool(a, r->late));
    set_str(a, reply, "file", kz_str_dup(a, kz_str(err->file)));
    kz_value_set(a, reply, KZ_STR("line"), kz_value_int(a, err->line));
    kz_value_set(a, reply, KZ_STR("col"), kz_value_int(a, err->col));
    set_str(a, reply, "detail", kz_str_dup(a, kz_str(err->detail)));
    set_str(a, reply, "hint", kz_str_dup(a, kz_str(err->hint)));
}

/* Helm shows what can't be read to who asks for it. */
static void put_rendered(struct kz_value *reply, struct kz_arena *a, const struct kz_helm_result *r)
{
    struct kz_value *list = kz_value_list(a);
    for (size_t i = 0; i < r->n_sources; i++) {
        const struct kz_str text = kz_helm_no_value(a, r->sources[i].text);
        if (kz_go_trim(text).len > 0)
            (void)part(a, list, r->sources[i].path, text);
    }
    kz_value_set(a, reply, KZ_STR("rendered"), list);
}

static int render(struct kz_helm_result *r, struct kz_helm_request *req, struct kz_arena *a,
                  struct kz_tree *tree, const struct kz_value *input, struct kz_helm_notes *notes,
                  struct kz_err *err)
{
    struct kz_value *values = kz_value_map(a);
    struct kz_chart *chart;
    struct kz_capabilities caps;
    if (kz_capabilities_make(&caps, a, req->kube_version, NULL, NULL, err) < 0)
        return -(int)err->code; /* before anything else, as there */
    const struct kz_str name = kz_value_path_str(input, "nameTemplate");
    if (name.len > 0 && make_name(&req->release.name, a, name, req->sprig, err) < 0)
        return -(int)err->code;
    if (add_value_files(&values, a, kz_value_get(input, "valueFiles"), err) < 0 ||
        add_sets(values, a, input, err) < 0 ||
        kz_chart_load(&chart, a, tree, kz_value_path_str(input, "path"), notes, err) < 0)
        return -(int)err->code;
    req->values = values;
    if (kz_helm_render(r, a, chart, req, notes, err) >= 0)
        return 0;
    const struct kz_helm_view view = {.tree = tree,
                                      .path = kz_value_path_str(input, "path"),
                                      .shown = kz_value_path_str(input, "shown"),
                                      .set = "--set %s=VALUE",
                                      .no_schema = "--skip-schema-validation"};
    kz_helm_explain(err, a, r, &view);
    return -(int)err->code;
}

static int find(void *arg, const struct kz_value **out, const struct kz_lookup *what,
                struct kz_err *err)
{
    return kz_lookups_find(arg, out, what, err);
}

static int run(struct kz_value **reply, struct kz_arena *a, struct kz_tree *tree,
               const struct kz_value *input, const char *scratch, struct kz_err *err)
{
    struct kz_helm_notes notes = {.arena = a, .list = kz_value_list(a)};
    struct kz_helm_result result = {0};
    const struct kz_str seed = kz_value_path_str(input, "facts.seed");
    const struct kz_sprig sprig = {.now = kz_value_path_int(input, "facts.now", 0),
                                   .random = seed.len > 0 ? KZ_RANDOM_STABLE : KZ_RANDOM_FRESH,
                                   .seed = seed,
                                   .module = kz_value_path_str(input, "release")};
    struct kz_helm_request req = {
        .sprig = &sprig,
        .release = {.name = kz_value_path_str(input, "release"),
                    .ns = kz_value_path_str(input, "namespace"),
                    .is_upgrade = kz_value_path_bool(input, "isUpgrade", false)},
        .kube_version = kz_value_path_str(input, "kubeVersion"),
        .extra_api = kz_value_get(input, "apiVersions"),
        .skip_schema = kz_value_path_bool(input, "skipSchema", false),
        .want_marks = true,
    };
    struct kz_lookups *lookups;
    (void)scratch;
    *err = (struct kz_err){0};
    if (kz_lookups_open(&lookups, a, input, err) < 0)
        return -(int)err->code;
    req.cluster = (struct kz_helm_cluster){.find = find, .arg = lookups};
    *reply = kz_value_map(a);
    if (render(&result, &req, a, tree, input, &notes, err) >= 0)
        put_result(*reply, a, &result, kz_value_path_bool(input, "places", false));
    else
        put_error(*reply, a, &result, err);
    if (result.manifests.bad_file != NULL && kz_value_path_bool(input, "debug", false))
        put_rendered(*reply, a, &result);
    set_str(a, *reply, "release", req.release.name);
    kz_value_set(a, *reply, KZ_STR("notes"), notes.list);
    return 0;
}

const struct kz_task kz_template_task = {.name = "template", .run = run};
