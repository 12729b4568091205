/* SPDX-License-Identifier: Apache-2.0
 *
 *     ok network
 *     |- ok cert-manager
 *     |  `- run istio ............. 12s   gate istiod 1/2
 *     |     `- wait istio-ingress . 12s   after istio
 *     `- ok addons, argo, cache
 *
 *     Longest path 4: network > cert-manager > istio > istio-ingress */
#include "cli/graph.h"
#include "cli/table.h"
#include "cli/words.h"

enum { LABEL_MOST = 48, AGE_WIDTH = 6, NOTE_LEAST = 16 };

/* One line, or several modules that share one. */
struct line {
    struct kz_str branch, time, note;
    size_t first, n; /* places, in the writer's list */
};

struct writer {
    struct kz_arena *arena;
    const struct kz_graph *g;
    const struct kz_page *page;
    struct line *lines;
    size_t n_lines;
    size_t *places; /* of all nodes, in the order of the tree */
    size_t n_places;
    size_t column; /* of times and notes */
    size_t ages;   /* width of the times; 0: there are none */
};

/* Does the tree show it above this one? */
static bool is_above(const struct kz_graph *g, const struct kz_node *node, size_t place)
{
    for (size_t up = node->parent; up != KZ_NODE_NONE; up = g->at[up].parent)
        if (up == place)
            return true;
    return false;
}

/* The others that it waits for, which the tree does not show. */
static struct kz_str others(struct writer *w, const struct kz_node *node)
{
    struct kz_str text = KZ_STR("");
    for (size_t i = 0; i < node->n_after; i++)
        if (!is_above(w->g, node, node->after[i]))
            text = kz_str_printf(w->arena, KZ_FMT "%s" KZ_FMT, KZ_ARG(text), text.len == 0 ? "" : ", ",
                                 KZ_ARG(w->g->at[node->after[i]].name));
    return text.len == 0 ? text : kz_str_printf(w->arena, "(also after " KZ_FMT ")", KZ_ARG(text));
}

static struct kz_str join(struct kz_arena *a, struct kz_str x, struct kz_str y)
{
    return kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(x), x.len > 0 && y.len > 0 ? "  " : "", KZ_ARG(y));
}

static size_t label_width(const struct writer *w, const struct line *l)
{
    const struct kz_node *node = &w->g->at[w->places[l->first]];
    return kz_text_width(l->branch) + node->state.len + 1 + kz_text_width(node->name);
}

static void on_row(void *arg, const struct kz_graph_row *row)
{
    struct writer *w = arg;
    const struct kz_node *node = &w->g->at[row->place];
    struct line *before = w->n_lines == 0 ? NULL : &w->lines[w->n_lines - 1];
    const struct kz_node *last = before == NULL ? NULL : &w->g->at[w->places[before->first]];
    w->places[w->n_places++] = row->place;
    if (node->plain && last != NULL && last->plain && last->parent == node->parent) {
        before->n++;
        before->branch = kz_str_dup(w->arena, row->branch);
        return;
    }
    struct line *l = &w->lines[w->n_lines++];
    *l = (struct line){.branch = kz_str_dup(w->arena, row->branch), .first = w->n_places - 1, .n = 1};
    if (!kz_str_is(node->state, "ok") && kz_value_get(node->doc, "since") != NULL)
        l->time = kz_text_age(w->arena, kz_value_path_str(node->doc, "since"), w->page->now);
    l->note = join(w->arena, kz_module_note(w->arena, node->doc, w->page->now), others(w, node));
    const size_t width = label_width(w, l);
    if ((l->time.len > 0 || l->note.len > 0) && width > w->column && width <= LABEL_MOST)
        w->column = width;
    if (l->time.len > 0)
        w->ages = AGE_WIDTH + 1;
}

static void add_line(struct kz_buf *b, struct writer *w, const struct line *l)
{
    const struct kz_page *page = w->page;
    const struct kz_node *node = &w->g->at[w->places[l->first]];
    const size_t label = label_width(w, l), fill = label < w->column ? w->column - label : 0;
    const size_t at = (label > w->column ? label : w->column) + 2 + w->ages;
    kz_buf_add_str(b, l->branch);
    kz_color_add(b, page->color, kz_state_tone(node->state), node->state);
    kz_buf_putc(b, ' ');
    kz_text_add(b, node->name);
    if (l->time.len == 0 && l->note.len == 0) {
        kz_buf_putc(b, '\n');
        return;
    }
    kz_buf_putc(b, ' ');
    kz_buf_fill(b, l->time.len > 0 ? '.' : ' ', fill);
    kz_buf_putc(b, ' ');
    kz_buf_add_str(b, l->time);
    if (l->note.len > 0) {
        const size_t room = page->width > at + NOTE_LEAST ? page->width - at : NOTE_LEAST;
        kz_buf_fill(b, ' ', l->time.len < w->ages ? w->ages - l->time.len : l->time.len > 0);
        kz_text_add(b, kz_text_clip(w->arena, l->note, page->width == 0 || page->wide ? 0 : room, page->utf8));
    }
    kz_buf_putc(b, '\n');
}

/* "`- ok addons, argo, cache" */
static void add_shared(struct kz_buf *b, struct writer *w, const struct line *l)
{
    struct kz_str *names = kz_new_n(w->arena, struct kz_str, l->n + 1);
    const size_t at = kz_text_width(l->branch) + 3;
    for (size_t i = 0; i < l->n; i++)
        names[i] = w->g->at[w->places[l->first + i]].name;
    kz_buf_add_str(b, l->branch);
    kz_color_add(b, w->page->color, KZ_TONE_OK, KZ_STR("ok"));
    kz_buf_putc(b, ' ');
    kz_words_wrap(b, names, l->n, ", ", at, at, w->page->width);
}

static void add_longest(struct kz_buf *b, struct kz_arena *a, const struct kz_graph *g, const struct kz_page *page)
{
    struct kz_str *names = kz_new_n(a, struct kz_str, g->layers + 1);
    if (g->layers < 2)
        return;
    for (size_t i = 0; i < g->layers; i++)
        names[i] = g->at[g->longest[i]].name;
    struct kz_str head = kz_str_printf(a, "Longest path %u: ", g->layers);
    kz_buf_putc(b, '\n');
    kz_buf_add_str(b, head);
    kz_words_wrap(b, names, g->layers, " > ", head.len, head.len, page->width);
}

void kz_graph_tree(struct kz_buf *b, struct kz_arena *a, const struct kz_graph *g, const struct kz_page *page)
{
    struct writer w = {.arena = a,
                       .g = g,
                       .page = page,
                       .lines = kz_new_n(a, struct line, g->n + 1),
                       .places = kz_new_n(a, size_t, g->n + 1)};
    kz_graph_walk(g, page->utf8, on_row, &w);
    for (size_t i = 0; i < w.n_lines; i++) {
        if (w.lines[i].n > 1)
            add_shared(b, &w, &w.lines[i]);
        else
            add_line(b, &w, &w.lines[i]);
    }
    add_longest(b, a, g, page);
    if (page->width > 0)
        kz_buf_puts(b, "Machine forms: -o json | dot | mermaid\n");
}

/* ---- layers -------------------------------------------------------------------------------------------- */

static int by_hurt(const void *x, const void *y)
{
    const struct kz_node *a = *(const struct kz_node *const *)x, *b = *(const struct kz_node *const *)y;
    const int order = kz_state_rank(a->state) - kz_state_rank(b->state);
    return order != 0 ? order : kz_str_cmp(a->name, b->name);
}

/* What hurts first, then by name. */
static size_t layer_of(const struct kz_node **out, const struct kz_graph *g, unsigned layer)
{
    size_t n = 0;
    for (size_t i = 0; i < g->n; i++)
        if (g->at[i].layer == layer)
            out[n++] = &g->at[i];
    qsort(out, n, sizeof *out, by_hurt);
    return n;
}

/* A column for each layer; false: they do not fit. */
static bool add_columns(struct kz_buf *b, struct kz_arena *a, const struct kz_graph *g, const struct kz_page *page)
{
    struct kz_column *columns = kz_new_n(a, struct kz_column, g->layers + 1);
    const struct kz_node ***layers = kz_new_n(a, const struct kz_node **, g->layers + 1);
    size_t *n = kz_new_n(a, size_t, g->layers + 1), rows = 0, width = 2;
    struct kz_table t;
    for (unsigned l = 0; l < g->layers; l++) {
        size_t most = 8;
        layers[l] = kz_new_n(a, const struct kz_node *, g->n + 1);
        n[l] = layer_of(layers[l], g, l);
        rows = n[l] > rows ? n[l] : rows;
        columns[l] = (struct kz_column){.head = kz_str_printf(a, "LAYER %u", l).ptr, .flags = KZ_COL_KEEP};
        for (size_t i = 0; i < n[l]; i++) {
            const size_t w = layers[l][i]->state.len + 1 + kz_text_width(layers[l][i]->name);
            most = w > most ? w : most;
        }
        width += most + 2;
    }
    if (page->width > 0 && width - 2 > page->width)
        return false;
    kz_table_init(&t, a, columns, g->layers);
    for (size_t r = 0; r < rows; r++) {
        struct kz_cell *cells = kz_new_n(a, struct kz_cell, g->layers + 1);
        for (unsigned l = 0; l < g->layers; l++)
            if (r < n[l])
                cells[l] = (struct kz_cell){
                    kz_str_printf(a, KZ_FMT " " KZ_FMT, KZ_ARG(layers[l][r]->state), KZ_ARG(layers[l][r]->name)),
                    kz_str_is(layers[l][r]->state, "ok") ? KZ_TONE_PLAIN : kz_state_tone(layers[l][r]->state)};
        kz_table_row(&t, cells);
    }
    kz_table_print(b, &t, &(struct kz_table_style){.indent = 2, .color = page->color, .utf8 = page->utf8});
    return true;
}

/* A line, or more, for each layer. */
static void add_rows(struct kz_buf *b, struct kz_arena *a, const struct kz_graph *g, const struct kz_page *page)
{
    const struct kz_node **nodes = kz_new_n(a, const struct kz_node *, g->n + 1);
    struct kz_str *words = kz_new_n(a, struct kz_str, g->n + 1);
    for (unsigned l = 0; l < g->layers; l++) {
        const size_t n = layer_of(nodes, g, l);
        struct kz_str head = kz_str_printf(a, "LAYER %u  ", l);
        for (size_t i = 0; i < n; i++)
            words[i] = kz_str_printf(a, KZ_FMT " " KZ_FMT, KZ_ARG(nodes[i]->state), KZ_ARG(nodes[i]->name));
        kz_buf_puts(b, "  ");
        kz_color_add(b, page->color, KZ_TONE_DIM, head);
        kz_words_wrap(b, words, n, ", ", 2 + head.len, 2 + head.len, page->width);
    }
}

void kz_graph_layers(struct kz_buf *b, struct kz_arena *a, const struct kz_graph *g, const struct kz_page *page)
{
    if (!add_columns(b, a, g, page))
        add_rows(b, a, g, page);
    add_longest(b, a, g, page);
}
