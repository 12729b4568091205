/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/graph.h"
#include "cli/words.h"

struct building {
    struct kz_arena *arena;
    struct kz_graph *g;
    bool *done; /* has its layer */
};

/* ---- nodes and edges ------------------------------------------------------------------------------- */

static int by_name(const void *x, const void *y)
{
    return kz_str_cmp(((const struct kz_node *)x)->name, ((const struct kz_node *)y)->name);
}

size_t kz_graph_find(const struct kz_graph *g, struct kz_str name)
{
    size_t from = 0, to = g->n;
    while (from < to) {
        const size_t mid = from + (to - from) / 2;
        const int order = kz_str_cmp(name, g->at[mid].name);
        if (order == 0)
            return mid;
        from = order > 0 ? mid + 1 : from;
        to = order > 0 ? to : mid;
    }
    return KZ_NODE_NONE;
}

static void add_nodes(struct building *b, const struct kz_value *modules)
{
    struct kz_graph *g = b->g;
    g->at = kz_new_n(b->arena, struct kz_node, kz_value_len(modules) + 1);
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        const struct kz_value *m = kz_value_at(modules, i);
        if (kz_value_path_str(m, "name").len > 0)
            g->at[g->n++] = (struct kz_node){.doc = m,
                                             .name = kz_value_path_str(m, "name"),
                                             .parent = KZ_NODE_NONE,
                                             .state = kz_value_path_str(m, "state")};
    }
    qsort(g->at, g->n, sizeof *g->at, by_name);
}

static int by_place(const void *x, const void *y)
{
    const size_t a = *(const size_t *)x, b = *(const size_t *)y;
    return a < b ? -1 : a > b;
}

static void add_after(struct building *b, struct kz_node *node)
{
    const struct kz_value *names = kz_value_get(node->doc, "after");
    size_t *places = kz_new_n(b->arena, size_t, kz_value_len(names) + 1);
    for (size_t i = 0; i < kz_value_len(names); i++) {
        const size_t to = kz_graph_find(b->g, kz_value_as_str(kz_value_at(names, i)));
        if (to != KZ_NODE_NONE && &b->g->at[to] != node)
            places[node->n_after++] = to;
    }
    qsort(places, node->n_after, sizeof *places, by_place);
    node->after = places;
}

static void add_before(struct building *b)
{
    struct kz_graph *g = b->g;
    size_t **lists = kz_new_n(b->arena, size_t *, g->n + 1);
    size_t *counts = kz_new_n(b->arena, size_t, g->n + 1);
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < g->at[i].n_after; k++)
            counts[g->at[i].after[k]]++;
    for (size_t i = 0; i < g->n; i++)
        g->at[i].before = lists[i] = kz_new_n(b->arena, size_t, counts[i] + 1);
    for (size_t i = 0; i < g->n; i++)
        for (size_t k = 0; k < g->at[i].n_after; k++) {
            const size_t to = g->at[i].after[k];
            lists[to][g->at[to].n_before++] = i;
        }
}

/* ---- layers ---------------------------------------------------------------------------------------- */

/* Of two in one layer it is waited for longer which is not well. */
static bool is_longer(const struct kz_node *a, const struct kz_node *than)
{
    return a->layer != than->layer ? a->layer > than->layer : kz_state_rank(a->state) < kz_state_rank(than->state);
}

/* All that it depends on have their layers, but for what is in a circle with it. */
static void set_layer(struct building *b, size_t place)
{
    struct kz_node *node = &b->g->at[place];
    for (size_t i = 0; i < node->n_after; i++) {
        const size_t to = node->after[i];
        if (!b->done[to] || (node->parent != KZ_NODE_NONE && !is_longer(&b->g->at[to], &b->g->at[node->parent])))
            continue;
        node->layer = b->g->at[to].layer + 1;
        node->parent = to;
    }
    b->done[place] = true;
    b->g->layers = node->layer + 1 > b->g->layers ? node->layer + 1 : b->g->layers;
}

/* In an order in which each comes after what it depends on; of a circle one goes first all the same. */
static void find_layers(struct building *b)
{
    const struct kz_graph *g = b->g;
    size_t *unmet = kz_new_n(b->arena, size_t, g->n + 1), *ready = kz_new_n(b->arena, size_t, g->n + 1);
    size_t n_ready = 0, next = 0, looked = 0;
    for (size_t i = 0; i < g->n; i++) {
        unmet[i] = g->at[i].n_after;
        if (unmet[i] == 0)
            ready[n_ready++] = i;
    }
    while (n_ready < g->n || next < n_ready) {
        while (next == n_ready && (b->done[looked] || unmet[looked] == 0))
            looked++;
        if (next == n_ready) {
            unmet[looked] = 0;
            ready[n_ready++] = looked;
        }
        const size_t place = ready[next++];
        set_layer(b, place);
        for (size_t i = 0; i < g->at[place].n_before; i++) {
            const size_t to = g->at[place].before[i];
            if (unmet[to] > 0 && --unmet[to] == 0)
                ready[n_ready++] = to;
        }
    }
}

static void find_longest(struct building *b)
{
    struct kz_graph *g = b->g;
    size_t *path = kz_new_n(b->arena, size_t, g->layers + 1), place = 0;
    while (place < g->n && g->at[place].layer + 1 < g->layers)
        place++;
    for (size_t i = g->layers; i > 0 && place < g->n; i--) {
        path[i - 1] = place;
        place = g->at[place].parent;
    }
    g->longest = path;
}

/* ---- the tree -------------------------------------------------------------------------------------- */

/* Place in the order of siblings. */
static int standing(const struct kz_node *node)
{
    return node->n_children > 0 ? 0 : node->plain ? 2 : 1;
}

static bool is_plain(const struct kz_node *node)
{
    return kz_str_is(node->state, "ok") && node->n_children == 0 && node->n_after < 2 &&
           kz_value_path_str(node->doc, "note").len == 0;
}

/* Those that have others below them stand first, so that the plain can share a line. */
static void add_children(struct building *b)
{
    struct kz_graph *g = b->g;
    size_t **lists = kz_new_n(b->arena, size_t *, g->n + 1), *filled = kz_new_n(b->arena, size_t, g->n + 1);
    size_t *roots = kz_new_n(b->arena, size_t, g->n + 1);
    for (size_t i = 0; i < g->n; i++)
        if (g->at[i].parent != KZ_NODE_NONE)
            g->at[g->at[i].parent].n_children++;
    for (size_t i = 0; i < g->n; i++) {
        g->at[i].children = lists[i] = kz_new_n(b->arena, size_t, g->at[i].n_children + 1);
        g->at[i].plain = is_plain(&g->at[i]);
    }
    for (int turn = 0; turn < 3; turn++)
        for (size_t i = 0; i < g->n; i++) {
            if (standing(&g->at[i]) != turn)
                continue;
            const size_t parent = g->at[i].parent;
            if (parent == KZ_NODE_NONE)
                roots[g->n_roots++] = i;
            else
                lists[parent][filled[parent]++] = i;
        }
    g->roots = roots;
}

static void finish(struct building *b)
{
    b->done = kz_new_n(b->arena, bool, b->g->n + 1);
    add_before(b);
    find_layers(b);
    find_longest(b);
    add_children(b);
}

void kz_graph_build(struct kz_graph *out, struct kz_arena *a, const struct kz_value *status)
{
    struct building b = {.arena = a, .g = out};
    *out = (struct kz_graph){0};
    add_nodes(&b, kz_value_get(status, "modules"));
    for (size_t i = 0; i < out->n; i++)
        add_after(&b, &out->at[i]);
    finish(&b);
}

/* ---- a part of it ------------------------------------------------------------------------------------ */

/* Marks all that is reached over one kind of edge. */
static void reach(const struct kz_graph *g, unsigned char *marks, unsigned char mark, size_t *open, size_t n)
{
    while (n > 0) {
        const struct kz_node *node = &g->at[open[--n]];
        const size_t *to = mark == 1 ? node->after : node->before;
        const size_t n_to = mark == 1 ? node->n_after : node->n_before;
        for (size_t i = 0; i < n_to; i++) {
            if ((marks[to[i]] & mark) != 0)
                continue;
            marks[to[i]] |= mark;
            open[n++] = to[i];
        }
    }
}

void kz_graph_around(struct kz_graph *out, struct kz_arena *a, const struct kz_graph *g, const size_t *places,
                     size_t n)
{
    struct building b = {.arena = a, .g = out};
    unsigned char *marks = kz_new_n(a, unsigned char, g->n + 1);
    size_t *open = kz_new_n(a, size_t, g->n + n + 1), *new_place = kz_new_n(a, size_t, g->n + 1);
    for (unsigned char mark = 1; mark <= 2; mark++) {
        size_t n_open = 0;
        for (size_t i = 0; i < n; i++) {
            if (places[i] >= g->n)
                continue;
            marks[places[i]] |= mark;
            open[n_open++] = places[i];
        }
        reach(g, marks, mark, open, n_open);
    }
    *out = (struct kz_graph){.at = kz_new_n(a, struct kz_node, g->n + 1)};
    for (size_t i = 0; i < g->n; i++) {
        if (marks[i] == 0)
            continue;
        new_place[i] = out->n;
        out->at[out->n++] = (struct kz_node){.doc = g->at[i].doc,
                                             .name = g->at[i].name,
                                             .state = g->at[i].state,
                                             .after = g->at[i].after,
                                             .n_after = g->at[i].n_after,
                                             .parent = KZ_NODE_NONE};
    }
    for (size_t i = 0; i < out->n; i++) {
        size_t *kept = kz_new_n(a, size_t, out->at[i].n_after + 1), n_kept = 0;
        for (size_t k = 0; k < out->at[i].n_after; k++)
            if (marks[out->at[i].after[k]] != 0)
                kept[n_kept++] = new_place[out->at[i].after[k]];
        out->at[i].after = kept;
        out->at[i].n_after = n_kept;
    }
    finish(&b);
}

/* ---- walking ------------------------------------------------------------------------------------------ */

struct walk {
    const struct kz_graph *g;
    struct kz_buf branch;
    bool utf8;
    void (*each)(void *arg, const struct kz_graph_row *row);
    void *arg;
};

static void walk_node(struct walk *w, size_t place, bool root, bool last)
{
    const struct kz_node *node = &w->g->at[place];
    const size_t len = w->branch.len;
    if (!root)
        kz_buf_puts(&w->branch, last ? (w->utf8 ? "\u2514\u2500 " : "`- ") : (w->utf8 ? "\u251c\u2500 " : "|- "));
    w->each(w->arg, &(struct kz_graph_row){.place = place, .branch = kz_buf_str(&w->branch), .last = last});
    w->branch.len = len;
    if (!root)
        kz_buf_puts(&w->branch, last ? "   " : (w->utf8 ? "\u2502  " : "|  "));
    for (size_t i = 0; i < node->n_children; i++)
        walk_node(w, node->children[i], false, i + 1 == node->n_children);
    w->branch.len = len;
}

void kz_graph_walk(const struct kz_graph *g, bool utf8, void (*each)(void *arg, const struct kz_graph_row *row),
                   void *arg)
{
    struct walk w = {.g = g, .branch = KZ_BUF(64 << 10), .utf8 = utf8, .each = each, .arg = arg};
    for (size_t i = 0; i < g->n_roots; i++)
        walk_node(&w, g->roots[i], true, i + 1 == g->n_roots);
    kz_buf_done(&w.branch);
}
