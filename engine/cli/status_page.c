/* SPDX-License-Identifier: Apache-2.0
 *
 *     prod-eu  9ac07e1  16 modules: 12 ok, 1 run, 1 wait, 1 held, 1 drift
 *
 *             MODULE         OBJECTS  SINCE  REVISION  NOTE
 *       run   istio          61/63    1m     4be91d2   gate istiod rollout 1/2
 *       ok    addons         118      2d     9ac07e1
 *             9 more ok (kzsync status -a) */
#include "cli/status_page.h"
#include "cli/graph.h"
#include "cli/table.h"
#include "spec/revision.h"

enum { ROWS_MOST = 24, FINE_LEAST = 3 }; /* of a terminal's first look */

static bool state_is(const struct kz_value *m, const char *word)
{
    return kz_str_is(kz_value_path_str(m, "state"), word);
}

/* ---- headline ------------------------------------------------------------------------------------------ */

/* Another piece of the line, where it fits. */
static void add_piece(struct kz_buf *b, size_t *at, const struct kz_page *page, struct kz_str text)
{
    const size_t width = kz_text_width(text) + 2;
    if (page->width > 0 && !page->wide && *at + width > page->width)
        return;
    kz_buf_puts(b, "  ");
    kz_text_add(b, text);
    *at += width;
}

static struct kz_str counts(struct kz_arena *a, const struct kz_value *modules)
{
    static const char *const order[] = {"ok",    "run",  "wait", "held",    "fail",
                                        "drift", "skip", "back", "unknown", "paused"};
    const size_t all = kz_value_len(modules);
    struct kz_str text = kz_str_printf(a, "%zu module%s:", all, all == 1 ? "" : "s");
    bool first = true;
    for (size_t w = 0; w < kz_countof(order); w++) {
        size_t n = 0;
        for (size_t i = 0; i < all; i++)
            n += state_is(kz_value_at(modules, i), order[w]);
        if (n == 0)
            continue;
        text = kz_str_printf(a, KZ_FMT "%s %zu %s", KZ_ARG(text), first ? "" : ",", n, order[w]);
        first = false;
    }
    return text;
}

void kz_status_headline(struct kz_buf *b, struct kz_arena *a, const struct kz_value *status,
                        const struct kz_page *page)
{
    const struct kz_value *frames = kz_value_path(status, "error.frames");
    struct kz_str platform = kz_value_path_str(status, "platform"), leader = kz_value_path_str(status, "leader");
    struct kz_str age = kz_text_age(a, kz_value_path_str(status, "time"), page->now);
    size_t at = kz_text_width(platform);
    kz_color_add(b, page->color, KZ_TONE_BOLD, platform);
    add_piece(b, &at, page, kz_revision_short(kz_value_path_str(status, "revision")));
    add_piece(b, &at, &(struct kz_page){.width = 0}, counts(a, kz_value_get(status, "modules")));
    add_piece(b, &at, page, kz_str_printf(a, "%lld objects", (long long)kz_value_path_int(status, "objects", 0)));
    add_piece(b, &at, page, kz_str_printf(a, "seen " KZ_FMT " ago", KZ_ARG(age)));
    if (leader.len > 0)
        add_piece(b, &at, page, kz_str_printf(a, "led by " KZ_FMT, KZ_ARG(leader)));
    kz_buf_putc(b, '\n');
    for (size_t i = 0; i < kz_value_len(frames); i++) {
        kz_buf_puts(b, i == 0 ? "stale: " : "  ");
        kz_text_add(b, kz_value_as_str(kz_value_at(frames, i)));
        kz_buf_putc(b, '\n');
    }
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static const struct kz_column columns[] = {
    {"", KZ_COL_KEEP}, {"MODULE", KZ_COL_KEEP | KZ_COL_NAME}, {"OBJECTS", KZ_COL_KEEP}, {"SINCE", KZ_COL_KEEP},
    {"REVISION", 0},   {"NOTE", KZ_COL_KEEP | KZ_COL_TAIL},
};
static const struct kz_column wide_columns[] = {
    {"", KZ_COL_KEEP},
    {"MODULE", KZ_COL_KEEP | KZ_COL_NAME},
    {"OBJECTS", KZ_COL_KEEP},
    {"SINCE", 0},
    {"REVISION", 0},
    {"TARGET", 0},
    {"CLASS", 0},
    {"LAST SYNC", 0},
    {"AFTER", 0},
    {"NOTE", 0},
};

static struct kz_str names_of(struct kz_arena *a, const struct kz_value *names)
{
    struct kz_str text = KZ_STR("");
    for (size_t i = 0; i < kz_value_len(names); i++)
        text = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(text), i == 0 ? "" : ",",
                             KZ_ARG(kz_value_as_str(kz_value_at(names, i))));
    return text;
}

/* "38s, 2d ago" */
static struct kz_str last_sync(struct kz_arena *a, const struct kz_value *sync, int64_t now)
{
    struct kz_str took = kz_value_path_str(sync, "took"), time = kz_value_path_str(sync, "time");
    if (time.len == 0)
        return took;
    return kz_str_printf(a, KZ_FMT "%s" KZ_FMT " ago", KZ_ARG(took), took.len > 0 ? ", " : "",
                         KZ_ARG(kz_text_age(a, time, now)));
}

static void add_row(struct kz_table *t, const struct kz_value *m, struct kz_str label, const struct kz_page *page)
{
    struct kz_arena *a = t->arena;
    const long long have = kz_value_path_int(m, "healthy", 0), all = kz_value_path_int(m, "objects", 0);
    struct kz_str state = kz_value_path_str(m, "state"), revision = kz_value_path_str(m, "revision");
    struct kz_str target = kz_value_path_str(m, "target"), class = kz_value_path_str(m, "class");
    const struct kz_cell word = {state, kz_state_tone(state)}, name = {label, KZ_TONE_PLAIN};
    const struct kz_cell objects = {
        have == all ? kz_str_printf(a, "%lld", all) : kz_str_printf(a, "%lld/%lld", have, all), KZ_TONE_PLAIN};
    const struct kz_cell since = {
        kz_value_get(m, "since") == NULL ? KZ_STR("") : kz_text_age(a, kz_value_path_str(m, "since"), page->now),
        KZ_TONE_PLAIN};
    const struct kz_cell at = {kz_revision_short(revision), KZ_TONE_DIM};
    const struct kz_cell note = {kz_module_note(a, m, page->now), KZ_TONE_PLAIN};
    if (!page->wide) {
        kz_table_row(t, (const struct kz_cell[]){word, name, objects, since, at, note});
        return;
    }
    kz_table_row(t, (const struct kz_cell[]){
                        word,
                        name,
                        objects,
                        since,
                        at,
                        {kz_str_eq(target, revision) ? KZ_STR("") : kz_revision_short(target), KZ_TONE_DIM},
                        {kz_str_is(class, "none") ? KZ_STR("") : class, KZ_TONE_PLAIN},
                        {last_sync(a, kz_value_get(m, "lastSync"), page->now), KZ_TONE_PLAIN},
                        {names_of(a, kz_value_get(m, "after")), KZ_TONE_PLAIN},
                        note});
}

static void begin(struct kz_table *t, struct kz_arena *a, const struct kz_page *page)
{
    if (page->wide)
        kz_table_init(t, a, wide_columns, kz_countof(wide_columns));
    else
        kz_table_init(t, a, columns, kz_countof(columns));
}

static void end(struct kz_buf *b, const struct kz_table *t, const struct kz_page *page)
{
    kz_table_print(b, t,
                   &(struct kz_table_style){
                       .width = page->wide ? 0 : page->width, .indent = 2, .color = page->color, .utf8 = page->utf8});
}

/* What hurts comes first; equal states by name, as they come. Returns how many are fine. */
static size_t sorted_rows(const struct kz_value **out, const struct kz_value *modules)
{
    size_t n = 0, fine = 0;
    for (int r = 0; kz_state_words[r] != NULL; r++)
        for (size_t i = 0; i < kz_value_len(modules); i++) {
            struct kz_str state = kz_value_path_str(kz_value_at(modules, i), "state");
            if (kz_state_rank(state) != r)
                continue;
            out[n++] = kz_value_at(modules, i);
            fine += kz_str_is(state, "ok");
        }
    return fine;
}

void kz_status_table(struct kz_buf *b, struct kz_arena *a, const struct kz_value *modules, const struct kz_page *page)
{
    const size_t n = kz_value_len(modules);
    const struct kz_value **rows = kz_new_n(a, const struct kz_value *, n + 1);
    const size_t fine = sorted_rows(rows, modules), hurt = n - fine;
    const size_t room = hurt + FINE_LEAST > ROWS_MOST ? FINE_LEAST : ROWS_MOST - hurt;
    const bool some = page->width > 0 && !page->all && !page->wide && fine > room;
    const size_t shown = some ? hurt + room : n;
    struct kz_table t;
    begin(&t, a, page);
    for (size_t i = 0; i < shown; i++)
        add_row(&t, rows[i], kz_value_path_str(rows[i], "name"), page);
    end(b, &t, page);
    if (shown < n)
        kz_buf_printf(b, "        %zu more ok (kzsync status -a)\n", n - shown);
}

/* ---- the tree ------------------------------------------------------------------------------------------ */

struct planting {
    struct kz_table table;
    const struct kz_graph *g;
    const struct kz_page *page;
    const bool *chosen; /* by place; NULL: all */
};

static void on_row(void *arg, const struct kz_graph_row *row)
{
    struct planting *p = arg;
    const struct kz_node *node = &p->g->at[row->place];
    if (p->chosen == NULL || p->chosen[row->place])
        add_row(&p->table, node->doc, kz_str_concat(p->table.arena, row->branch, node->name, KZ_STR("")), p->page);
}

/* Of chosen modules only those rows are shown; the branches say where they stand. */
void kz_status_tree(struct kz_buf *b, struct kz_arena *a, const struct kz_value *status,
                    const struct kz_value *modules, const struct kz_page *page)
{
    struct kz_graph g;
    kz_graph_build(&g, a, status);
    struct planting p = {.g = &g, .page = page};
    if (kz_value_len(modules) < g.n) {
        bool *chosen = kz_new_n(a, bool, g.n + 1);
        for (size_t i = 0; i < kz_value_len(modules); i++) {
            const size_t place = kz_graph_find(&g, kz_value_path_str(kz_value_at(modules, i), "name"));
            if (place != KZ_NODE_NONE)
                chosen[place] = true;
        }
        p.chosen = chosen;
    }
    begin(&p.table, a, page);
    kz_graph_walk(&g, page->utf8, on_row, &p);
    end(b, &p.table, page);
}

/* ---- one module ---------------------------------------------------------------------------------------- */

static void add_fact(struct kz_buf *b, struct kz_arena *a, const struct kz_page *page, const char *label,
                     struct kz_str text)
{
    enum { AT = 11 };
    if (text.len == 0)
        return;
    kz_buf_printf(b, "  %-9s", label);
    kz_text_wrap(b, a, text, AT, AT, page->width);
}

void kz_status_details(struct kz_buf *b, struct kz_arena *a, const struct kz_value *m, const struct kz_page *page)
{
    const struct kz_value *error = kz_value_get(m, "error"), *frames = kz_value_get(error, "frames");
    struct kz_str file = kz_value_path_str(error, "file"), revision = kz_value_path_str(m, "revision");
    struct kz_str target = kz_value_path_str(m, "target");
    const long long line = kz_value_path_int(error, "line", 0);
    kz_buf_putc(b, '\n');
    add_fact(b, a, page, "note", kz_module_note(a, m, page->now));
    add_fact(b, a, page, "after", names_of(a, kz_value_get(m, "after")));
    add_fact(b, a, page, "healthy", revision.len == 0 ? KZ_STR("no revision yet") : revision);
    add_fact(b, a, page, "target", kz_str_eq(target, revision) ? KZ_STR("") : target);
    for (size_t i = 0; i < kz_value_len(frames); i++)
        if (!kz_str_has(kz_value_path_str(m, "note"), kz_value_as_str(kz_value_at(frames, i))))
            add_fact(b, a, page, "error", kz_value_as_str(kz_value_at(frames, i)));
    if (file.len > 0)
        add_fact(b, a, page, "from", line > 0 ? kz_str_printf(a, KZ_FMT ":%lld", KZ_ARG(file), line) : file);
    add_fact(b, a, page, "next", kz_value_path_str(error, "hint"));
    if (!state_is(m, "ok"))
        add_fact(b, a, page, "why", kz_str_printf(a, "kzsync why " KZ_FMT, KZ_ARG(kz_value_path_str(m, "name"))));
}
