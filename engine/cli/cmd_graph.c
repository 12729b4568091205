/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync graph: which module waits for which. */
#include "cli/graph.h"
#include "cli/look.h"
#include "cli/look_store.h"

enum { OUT_TREE, OUT_JSON, OUT_YAML, OUT_DOT, OUT_MERMAID, OUT_NAME };

/* Only what the chosen modules depend on, and what depends on them. */
static int narrow(struct kz_graph *g, struct kz_look *l, struct kz_err *err)
{
    struct kz_value *modules;
    const struct kz_graph all = *g;
    const int rc = kz_look_choose(&modules, l, KZ_STR(""), err);
    if (rc < 0 || l->args->n == 0)
        return rc;
    size_t *places = kz_new_n(l->arena, size_t, kz_value_len(modules) + 1);
    for (size_t i = 0; i < kz_value_len(modules); i++)
        places[i] = kz_graph_find(&all, kz_value_path_str(kz_value_at(modules, i), "name"));
    kz_graph_around(g, l->arena, &all, places, kz_value_len(modules));
    return 0;
}

static int print(struct kz_look *l, const struct kz_graph *g, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 20);
    const struct kz_page page = kz_look_page(l);
    switch (kz_args_word(l->args, "output")) {
    case OUT_JSON:
    case OUT_YAML:
        (void)kz_look_add_doc(&b, l, kz_graph_json(l->arena, g, kz_look_platform(l)));
        break;
    case OUT_DOT:
        kz_graph_dot(&b, g, kz_look_platform(l));
        break;
    case OUT_MERMAID:
        kz_graph_mermaid(&b, g);
        break;
    case OUT_NAME:
        kz_graph_names(&b, g);
        break;
    default:
        if (kz_args_flag(l->args, "layers"))
            kz_graph_layers(&b, l->arena, g, &page);
        else
            kz_graph_tree(&b, l->arena, g, &page);
        break;
    }
    return kz_cli_out(&b, err);
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_look l;
    struct kz_graph g;
    int rc = kz_look_open(&l, args, 0, err);
    if (rc >= 0)
        rc = kz_look_status(&l, 0, err);
    if (rc >= 0 && kz_value_get(l.status, "brief") != NULL)
        rc = kz_look_edges(&l, err);
    if (rc >= 0) {
        kz_graph_build(&g, l.arena, l.status);
        rc = narrow(&g, &l, err);
    }
    if (rc >= 0)
        rc = print(&l, &g, err);
    return kz_look_end(&l, rc);
}

static const char *const outputs[] = {"tree", "json", "yaml", "dot", "mermaid", "name", NULL};
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPT_PLATFORM,
    {"layers", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "by layers: each waits for one in the layer before"},
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "tree",
     "tree, json, yaml, dot, mermaid or name (in order)"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync graph", "all modules, each below the one that it waits for last"},
    {"kzsync graph istio", "what istio depends on, and what depends on it"},
    {"kzsync graph -o dot | dot -Tsvg > modules.svg", "a picture"},
    {0},
};
const struct kz_command kz_cmd_graph = {
    .name = "graph",
    .summary = "show which module waits for which",
    .args = "[MODULE...]",
    .args_max = 1000,
    .details =
        "A module that waits for several stands below the one that comes last; the others are named beside it.",
    .options = options,
    .examples = examples,
    .run = run,
};
