/* SPDX-License-Identifier: Apache-2.0
 *
 * look: {status: {...}, why: {...}, views: [{what, width, ...}]} -> what the looking commands print of them. */
#include "case.h"

#include "cli/graph.h"
#include "cli/screen.h"
#include "cli/status_news.h"
#include "cli/status_page.h"
#include "cli/why.h"
#include "base/clock.h"
#include "value/json.h"

struct view {
    struct kz_arena *a;
    const struct kz_value *doc, *status, *spec;
    struct kz_value *modules;
    struct kz_page page;
    struct kz_graph graph;
};

static void add_status(struct view *v, struct kz_buf *b)
{
    kz_status_headline(b, v->a, v->status, &v->page);
    kz_buf_putc(b, '\n');
    kz_status_table(b, v->a, v->modules, &v->page);
}

static void add_tree(struct view *v, struct kz_buf *b)
{
    kz_status_tree(b, v->a, v->status, v->modules, &v->page);
}

static void add_module(struct view *v, struct kz_buf *b)
{
    kz_status_details(b, v->a, kz_value_at(v->modules, 0), &v->page);
}

static void add_graph(struct view *v, struct kz_buf *b)
{
    kz_graph_tree(b, v->a, &v->graph, &v->page);
}

static void add_layers(struct view *v, struct kz_buf *b)
{
    kz_graph_layers(b, v->a, &v->graph, &v->page);
}

static void add_dot(struct view *v, struct kz_buf *b)
{
    kz_graph_dot(b, &v->graph, kz_value_path_str(v->status, "platform"));
}

static void add_mermaid(struct view *v, struct kz_buf *b)
{
    kz_graph_mermaid(b, &v->graph);
}

static void add_json(struct view *v, struct kz_buf *b)
{
    kz_json_write(b, kz_graph_json(v->a, &v->graph, kz_value_path_str(v->status, "platform")), KZ_JSON_PRETTY);
}

static void add_names(struct view *v, struct kz_buf *b)
{
    kz_graph_names(b, &v->graph);
}

static void add_why(struct view *v, struct kz_buf *b)
{
    kz_why_page(b, v->a, kz_value_get(v->doc, "why"), &v->page);
}

/* What a watch says of `before` and then of the status. */
static void add_news(struct view *v, struct kz_buf *b)
{
    struct kz_news *n = kz_news_new();
    const struct kz_value *before = kz_value_get(v->doc, "before");
    kz_news_tell(b, n, before, kz_value_get(before, "modules"));
    kz_buf_puts(b, "then\n");
    kz_news_tell(b, n, v->status, v->modules);
    kz_news_free(n);
}

static const struct {
    const char *what;
    void (*add)(struct view *v, struct kz_buf *b);
} whats[] = {{"status", add_status}, {"tree", add_tree}, {"module", add_module},   {"graph", add_graph},
             {"layers", add_layers}, {"dot", add_dot},   {"mermaid", add_mermaid}, {"json", add_json},
             {"names", add_names},   {"why", add_why},   {"news", add_news}};

static bool choose(struct view *v, struct kz_buf *out)
{
    const struct kz_value *list = kz_value_get(v->spec, "words");
    struct kz_str *words = kz_new_n(v->a, struct kz_str, kz_value_len(list) + 1);
    struct kz_err err;
    for (size_t i = 0; i < kz_value_len(list); i++)
        words[i] = kz_value_as_str(kz_value_at(list, i));
    const struct kz_choice choice = {
        .words = words, .n = kz_value_len(list), .states = kz_value_path_str(v->spec, "states")};
    if (kz_modules_choose(&v->modules, v->a, v->status, &choice, &err) >= 0)
        return true;
    kz_buf_printf(out, "error: %s\nnext: %s\n", err.frame[0], err.hint);
    return false;
}

static void build_graph(struct view *v)
{
    struct kz_graph all;
    kz_graph_build(&all, v->a, v->status);
    v->graph = all;
    if (kz_value_len(v->modules) == all.n)
        return;
    size_t *places = kz_new_n(v->a, size_t, kz_value_len(v->modules) + 1);
    for (size_t i = 0; i < kz_value_len(v->modules); i++)
        places[i] = kz_graph_find(&all, kz_value_path_str(kz_value_at(v->modules, i), "name"));
    kz_graph_around(&v->graph, v->a, &all, places, kz_value_len(v->modules));
}

void case_look(const struct case_input *in, struct kz_buf *out)
{
    const struct kz_value *doc = kz_value_at(in->docs, 0), *views = kz_value_get(doc, "views");
    for (size_t i = 0; i < kz_value_len(views); i++) {
        const struct kz_value *spec = kz_value_at(views, i);
        struct view v = {.a = in->arena,
                         .doc = doc,
                         .status = kz_value_get(doc, "status"),
                         .spec = spec,
                         .page = {.width = (size_t)kz_value_path_int(spec, "width", 0),
                                  .color = kz_value_path_bool(spec, "color", false),
                                  .utf8 = kz_value_path_bool(spec, "utf8", false),
                                  .wide = kz_value_path_bool(spec, "wide", false),
                                  .all = kz_value_path_bool(spec, "all", false)}};
        struct kz_str what = kz_value_path_str(spec, "what");
        kz_assert(kz_time_parse(&v.page.now, kz_value_path_str(doc, "now")));
        kz_buf_printf(out, "%s--- " KZ_FMT " %zu\n", i > 0 ? "\n" : "", KZ_ARG(what), v.page.width);
        if (!choose(&v, out))
            continue;
        build_graph(&v);
        for (size_t k = 0; k < kz_countof(whats); k++)
            if (kz_str_is(what, whats[k].what))
                whats[k].add(&v, out);
    }
}
