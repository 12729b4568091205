/* SPDX-License-Identifier: Apache-2.0
 *
 * The renderer "helm": a chart of the module's tree, rendered in process. CRDs come first, then what
 * templates make in Helm's order, then the hooks of all events. */
#include "plugins/renderer.h"

#include "helm/explain.h"
#include "helm/place.h"
#include "helm/post.h"
#include "helm/text.h"
#include "helm/values.h"
#include "value/yaml.h"

static const struct kz_option options[] = {
    {"valueFiles",           "strings", "",
     "files of values in the source, relative to the chart; below the module's own values"           },
    {"includeCRDs",          "boolean", "true",  "also the files under crds/"                        },
    {"hooks",                "boolean", "true",  "also hooks; tests never"},
    {"skipSchemaValidation", "boolean", "false", "do not check values against values.schema.json"    },
    {"postRenderer",         "strings", "",
     "a program and its arguments: reads manifests and CRDs, writes those to use in their place"    },
    {"random",               "string",  "seeded",
     "what randAlphaNum, genCA and the like give: `seeded`, the same in each render; `helm`, new in each"},
    {NULL,                   NULL,      NULL,    NULL                                                },
};

static int value_files(struct kz_value **out, struct kz_render *r, struct kz_err *err)
{
    const struct kz_value *list = kz_value_get(r->options, "valueFiles");
    struct kz_value *all = kz_value_map(r->arena), *doc;
    for (size_t i = 0; i < kz_value_len(list); i++) {
        struct kz_str path, text, name = kz_value_as_str(kz_value_at(list, i));
        if (kz_tree_join(&path, r->arena, r->path, name, err) < 0 ||
            kz_tree_read(&text, r->arena, r->tree, path, 0, err) < 0 ||
            kz_go_yaml(&doc, r->arena, text, path, err) < 0)
            return kz_wrap(err, "values of '" KZ_FMT "'", KZ_ARG(name));
        if (doc->kind != KZ_MAP && doc->kind != KZ_NULL)
            return kz_fail(err, KZ_E_INVALID, "'" KZ_FMT "' holds no map of values", KZ_ARG(name));
        all = kz_values_over(r->arena, all, doc);
    }
    *out = all;
    return 0;
}

/* "root/templates/x.yaml" is "templates/x.yaml" in the module's folder. */
static struct kz_str below_root(struct kz_str path)
{
    return kz_str_skip(path, kz_str_index(path, '/') + 1);
}

static int emit_crds(struct kz_render *r, const struct kz_helm_result *res, struct kz_err *err)
{
    for (size_t i = 0; i < res->n_crds; i++) {
        struct kz_value *docs;
        const struct kz_str file = below_root(res->crds[i].path);
        if (kz_yaml_read_all(&docs, r->arena, res->crds[i].data, file, NULL, err) < 0)
            return -(int)err->code;
        for (size_t k = 0; k < docs->as.list.len; k++)
            if (docs->as.list.at[k]->kind != KZ_NULL &&
                r->emit(r, docs->as.list.at[k], file, docs->as.list.at[k]->line, err) < 0)
                return -(int)err->code;
    }
    return 0;
}

static int emit(struct kz_render *r, struct kz_helm_places *places, const struct kz_manifest *m,
                struct kz_err *err)
{
    size_t n;
    if (m->doc->kind == KZ_NULL)
        return 0;
    const struct kz_helm_place *p =
        kz_helm_place_file(kz_helm_places_of(&n, places, m->file, m->text)[0]);
    const struct kz_str file = below_root(p->file);
    return r->emit(r, m->doc, file, p->line, err) < 0 ? kz_err_at(err, file, p->line, 1) : 0;
}

static int emit_all(struct kz_render *r, const struct kz_helm_result *res, struct kz_err *err)
{
    struct kz_helm_places *places = kz_helm_places_new(r->arena, res);
    const struct kz_value *program = kz_helm_post_renderer(r);
    const bool with_crds = kz_value_path_bool(r->options, "includeCRDs", true);
    if (program != NULL && kz_helm_post_render(r, program, res, with_crds, err) < 0)
        return -(int)err->code;
    if (program == NULL && with_crds && emit_crds(r, res, err) < 0)
        return -(int)err->code;
    for (size_t i = 0; program == NULL && i < res->manifests.n; i++)
        if (emit(r, places, &res->manifests.at[i], err) < 0)
            return -(int)err->code;
    for (size_t i = 0; kz_value_path_bool(r->options, "hooks", true) && i < res->manifests.n_hooks;
         i++) {
        const struct kz_manifest *h = &res->manifests.hooks[i];
        if (!h->is_test && emit(r, places, h, err) < 0) /* which of them run when, the engine knows */
            return -(int)err->code;
    }
    return 0;
}

static void pass_notes(struct kz_render *r, const struct kz_helm_notes *notes)
{
    for (size_t i = 0; i < kz_value_len(notes->list); i++)
        r->warn(r, KZ_STR("Chart.yaml"), 1, kz_value_as_str(kz_value_at(notes->list, i)));
}

/* Where `now` stands is not known, only that some template asked. */
static void note_now(struct kz_helm_notes *notes)
{
    kz_helm_note(notes, "a template looks at the time: it is that of the commit that changed the module last");
}

static int find(void *arg, const struct kz_value **out, const struct kz_lookup *what,
                struct kz_err *err)
{
    struct kz_render *r = arg;
    return r->lookup(r, out, what, err);
}

/* Without `stable` nobody promised a seed, and values made from none could be computed by anyone who has
 * the chart. */
static int choose_random(struct kz_sprig *s, const struct kz_render *r, struct kz_err *err)
{
    const struct kz_str word = kz_value_path_str(r->options, "random");
    const bool helm = kz_str_is(word, "helm");
    if (word.len > 0 && !helm && !kz_str_is(word, "seeded"))
        return kz_fail(err, KZ_E_INVALID, "option 'random' is 'seeded' or 'helm', not '" KZ_FMT "'",
                       KZ_ARG(word));
    s->random = r->facts->stable && !helm ? KZ_RANDOM_STABLE : KZ_RANDOM_FRESH;
    return 0;
}

static int render(struct kz_render *r, struct kz_err *err)
{
    struct kz_helm_notes notes = {.arena = r->arena, .list = kz_value_list(r->arena)};
    struct kz_chart *chart;
    struct kz_value *values = NULL;
    struct kz_helm_result res;
    struct kz_sprig_used used = {0};
    struct kz_sprig sprig = {.now = r->facts->now, .clock = r->facts->clock, .seed = r->facts->seed,
                             .module = r->module, .used = &used};
    if (choose_random(&sprig, r, err) < 0 || value_files(&values, r, err) < 0 ||
        kz_chart_load(&chart, r->arena, r->tree, r->path, &notes, err) < 0)
        return -(int)err->code;
    /* A copy: the request's own numbers stay as they are. */
    struct kz_value *floats = kz_value_copy(r->arena, kz_values_over(r->arena, values, r->values));
    kz_go_floats(floats);
    const struct kz_helm_request req = {
        .sprig = &sprig,
        .cluster = {.find = find, .arg = r},
        .release = {.name = r->release, .ns = r->ns, .is_upgrade = r->facts->revision > 1,
                    .revision = r->facts->revision},
        .values = floats,
        .kube_version = r->facts->kube_version,
        .api = kz_value_len(r->facts->api_versions) > 0 ? r->facts->api_versions : NULL,
        .skip_schema = kz_value_path_bool(r->options, "skipSchemaValidation", false),
        .want_marks = true,
    };
    const struct kz_helm_view view = {.tree = r->tree,
                                      .path = r->path,
                                      .shown = r->path,
                                      .set = "set %s in the module's values",
                                      .no_schema = "options: {skipSchemaValidation: true}"};
    int rc = kz_helm_render(&res, r->arena, chart, &req, &notes, err);
    r->used.random = used.random && sprig.random == KZ_RANDOM_STABLE;
    r->used.once = used.random && sprig.random == KZ_RANDOM_FRESH;
    r->used.until = used.until;
    if (rc >= 0)
        rc = emit_all(r, &res, err);
    else
        kz_helm_explain(err, r->arena, &res, &view);
    if (used.now)
        note_now(&notes);
    pass_notes(r, &notes);
    return rc;
}

static int claims(struct kz_tree *t, struct kz_str path)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    struct kz_err err;
    struct kz_str full;
    if (kz_tree_kind(t, path) == KZ_TREE_FILE)
        return kz_str_ends(path, KZ_STR(".tgz"));
    return kz_tree_join(&full, a, path, KZ_STR("Chart.yaml"), &err) == 0 &&
           kz_tree_kind(t, full) == KZ_TREE_FILE;
}

const struct kz_renderer kz_renderer_helm = {
    .abi = KZ_RENDERER_ABI,
    .size = sizeof(struct kz_renderer),
    .name = "helm",
    .summary = "Helm charts, rendered in process",
    .options = options,
    .claims = claims,
    .render = render,
    .rank = 20,
};
