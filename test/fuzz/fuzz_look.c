/* SPDX-License-Identifier: Apache-2.0
 *
 * A status or a chain of reasons as a cluster may hold it, by whoever may write ConfigMaps: every page of it can be
 * made, steers no terminal, and has each module once. */
#include "fuzz.h"

#include "cli/graph.h"
#include "cli/status_news.h"
#include "cli/status_page.h"
#include "cli/why.h"
#include "value/json.h"

enum { WORK = 256 << 20, PAGE = 64 << 20 };

struct walked {
    const struct kz_graph *g;
    bool *seen;
    size_t n;
};

static void on_row(void *arg, const struct kz_graph_row *row)
{
    struct walked *w = arg;
    const struct kz_node *node = &w->g->at[row->place];
    kz_assert(!w->seen[row->place]);
    w->seen[row->place] = true;
    w->n++;
    if (node->parent != KZ_NODE_NONE)
        kz_assert(w->seen[node->parent] && node->layer == w->g->at[node->parent].layer + 1);
}

static void check_graph(struct kz_arena *a, const struct kz_graph *g)
{
    struct walked w = {.g = g, .seen = kz_new_n(a, bool, g->n + 1)};
    kz_graph_walk(g, false, on_row, &w);
    kz_assert(w.n == g->n);
    for (size_t i = 0; i < g->layers; i++)
        kz_assert(g->at[g->longest[i]].layer == i);
}

static void check_page(const struct kz_buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        kz_assert(b->ptr[i] == '\n' || ((unsigned char)b->ptr[i] >= ' ' && b->ptr[i] != 0x7f));
}

static void make_pages(struct kz_arena *a, const struct kz_value *doc, const struct kz_graph *g,
                       const struct kz_page *page)
{
    kz_autobuf struct kz_buf b = KZ_BUF(PAGE);
    struct kz_value *modules;
    struct kz_err err;
    kz_assert(kz_modules_choose(&modules, a, doc, &(struct kz_choice){.n = 0}, &err) >= 0);
    kz_status_headline(&b, a, doc, page);
    kz_status_table(&b, a, modules, page);
    kz_status_tree(&b, a, doc, modules, page);
    kz_status_details(&b, a, kz_value_at(modules, 0), page);
    kz_graph_tree(&b, a, g, page);
    kz_graph_layers(&b, a, g, page);
    kz_graph_dot(&b, g, kz_value_path_str(doc, "platform"));
    kz_graph_mermaid(&b, g);
    kz_why_page(&b, a, doc, page);
    check_page(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK);
    kz_autobuf struct kz_buf news = KZ_BUF(PAGE);
    struct kz_value *doc;
    struct kz_err err;
    struct kz_graph g, part;
    if (size > 1 << 16 || kz_json_read(&doc, a, kz_str_n((const char *)data, size), KZ_STR("in"), &err) < 0)
        return 0;
    kz_graph_build(&g, a, doc);
    check_graph(a, &g);
    if (g.n > 0) {
        kz_graph_around(&part, a, &g, (const size_t[]){0, g.n - 1}, 2);
        check_graph(a, &part);
    }
    make_pages(a, doc, &g, &(struct kz_page){.width = 80, .now = 1});
    make_pages(a, doc, &g, &(struct kz_page){.width = 0, .wide = true, .all = true});
    struct kz_news *n = kz_news_new();
    kz_news_tell(&news, n, doc, kz_value_get(doc, "modules"));
    kz_news_tell(&news, n, doc, NULL);
    kz_news_free(n);
    check_page(&news);
    return 0;
}
