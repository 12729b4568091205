/* SPDX-License-Identifier: Apache-2.0
 *
 * The graph for machines: JSON, Graphviz, Mermaid. Edges go as things are applied, from what is first. */
#include "cli/graph.h"
#include "value/json.h"

/* Colours of a state in both drawing languages; what is fine is not coloured. */
static const struct {
    const char *state, *fill;
} fills[] = {{"fail", "#f8d7da"},  {"back", "#fff3cd"}, {"held", "#fff3cd"}, {"wait", "#fff3cd"},
             {"drift", "#e2d9f3"}, {"run", "#cff4fc"},  {"skip", "#e9ecef"}, {"paused", "#e9ecef"}};

static const char *fill_of(struct kz_str state)
{
    for (size_t i = 0; i < kz_countof(fills); i++)
        if (kz_str_is(state, fills[i].state))
            return fills[i].fill;
    return NULL;
}

/* Names of modules are DNS labels; what a broken document says must not end the string. */
static void quoted(struct kz_buf *b, struct kz_str text)
{
    kz_buf_putc(b, '"');
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        const bool bad = (unsigned char)c < ' ' || c == '"' || c == '\\';
        kz_buf_putc(b, bad ? '?' : c);
    }
    kz_buf_putc(b, '"');
}

void kz_graph_dot(struct kz_buf *b, const struct kz_graph *g, struct kz_str platform)
{
    kz_buf_puts(b, "digraph ");
    quoted(b, platform);
    kz_buf_puts(b, " {\n    rankdir=LR;\n    node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\"];\n");
    for (size_t i = 0; i < g->n; i++) {
        const char *fill = fill_of(g->at[i].state);
        kz_buf_puts(b, "    ");
        quoted(b, g->at[i].name);
        if (fill != NULL) {
            kz_buf_puts(b, " [xlabel=");
            quoted(b, g->at[i].state);
            kz_buf_printf(b, ", fillcolor=\"%s\"]", fill);
        }
        kz_buf_puts(b, ";\n");
    }
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < g->at[i].n_after; k++) {
            kz_buf_puts(b, "    ");
            quoted(b, g->at[g->at[i].after[k]].name);
            kz_buf_puts(b, " -> ");
            quoted(b, g->at[i].name);
            kz_buf_puts(b, ";\n");
        }
    kz_buf_puts(b, "}\n");
}

/* Names have dashes, which Mermaid reads as part of an arrow: nodes are numbered. */
void kz_graph_mermaid(struct kz_buf *b, const struct kz_graph *g)
{
    kz_buf_puts(b, "flowchart LR\n");
    for (size_t i = 0; i < g->n; i++) {
        kz_buf_printf(b, "    n%zu[", i);
        quoted(b, g->at[i].name);
        kz_buf_puts(b, "]");
        if (fill_of(g->at[i].state) != NULL)
            kz_buf_printf(b, ":::" KZ_FMT, KZ_ARG(g->at[i].state));
        kz_buf_putc(b, '\n');
    }
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < g->at[i].n_after; k++)
            kz_buf_printf(b, "    n%zu --> n%zu\n", g->at[i].after[k], i);
    for (size_t f = 0; f < kz_countof(fills); f++)
        kz_buf_printf(b, "    classDef %s fill:%s\n", fills[f].state, fills[f].fill);
}

void kz_graph_names(struct kz_buf *b, const struct kz_graph *g)
{
    for (unsigned layer = 0; layer < g->layers; layer++)
        for (size_t i = 0; i < g->n; i++)
            if (g->at[i].layer == layer)
                kz_buf_printf(b, KZ_FMT "\n", KZ_ARG(g->at[i].name));
}

static struct kz_value *names(struct kz_arena *a, const struct kz_graph *g, const size_t *places, size_t n)
{
    struct kz_value *list = kz_value_list(a);
    for (size_t i = 0; i < n; i++)
        kz_value_push(a, list, kz_value_str(a, g->at[places[i]].name));
    return list;
}

struct kz_value *kz_graph_json(struct kz_arena *a, const struct kz_graph *g, struct kz_str platform)
{
    struct kz_value *doc = kz_value_map(a), *modules = kz_value_list(a);
    kz_value_set(a, doc, KZ_STR("v"), kz_value_int(a, 1));
    kz_value_set(a, doc, KZ_STR("kind"), kz_value_cstr(a, "Graph"));
    kz_value_set(a, doc, KZ_STR("platform"), kz_value_str(a, platform));
    kz_value_set(a, doc, KZ_STR("layers"), kz_value_int(a, g->layers));
    kz_value_set(a, doc, KZ_STR("longest"), names(a, g, g->longest, g->layers));
    for (size_t i = 0; i < g->n; i++) {
        struct kz_value *m = kz_value_map(a);
        kz_value_set(a, m, KZ_STR("name"), kz_value_str(a, g->at[i].name));
        kz_value_set(a, m, KZ_STR("state"), kz_value_str(a, g->at[i].state));
        kz_value_set(a, m, KZ_STR("layer"), kz_value_int(a, g->at[i].layer));
        kz_value_set(a, m, KZ_STR("after"), names(a, g, g->at[i].after, g->at[i].n_after));
        kz_value_set(a, m, KZ_STR("before"), names(a, g, g->at[i].before, g->at[i].n_before));
        kz_value_push(a, modules, m);
    }
    kz_value_set(a, doc, KZ_STR("modules"), modules);
    return doc;
}
