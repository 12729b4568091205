/* SPDX-License-Identifier: Apache-2.0
 *
 *   MODULE         WHAT                    OBJECTS     CLASS        RESTARTS
 *   ~ cert-manager chart 1.18.2 -> 1.19.1  ~5          restart      3 workloads
 *   - logging      removed                 -41         DESTRUCTIVE  -
 *     11 modules unchanged */
#include "plan/text.h"

#include <inttypes.h>

/* ---- counting -------------------------------------------------------------------------------- */

bool kz_step_replaces(const struct kz_step *s)
{
    return s->kind == KZ_STEP_CHANGE && s->cls == KZ_CLASS_DESTRUCTIVE;
}

void kz_totals_add(struct kz_totals *t, const struct kz_plan *p)
{
    for (size_t i = 0; i < p->n_steps; i++) {
        const struct kz_step *s = &p->steps[i];
        t->add += s->kind == KZ_STEP_CREATE;
        t->change += s->kind == KZ_STEP_CHANGE && !kz_step_replaces(s);
        t->replace += kz_step_replaces(s);
        t->remove += s->kind == KZ_STEP_REMOVE;
        t->keep += s->kind == KZ_STEP_KEEP;
        t->run += s->kind == KZ_STEP_RUN;
        t->restart += s->kind == KZ_STEP_CHANGE && s->cls == KZ_CLASS_RESTART;
        t->drift += s->drift && s->kind != KZ_STEP_NOTHING;
    }
}

bool kz_plan_is_shown(const struct kz_plan_view *v, const struct kz_plan *p)
{
    return v->only_module.len == 0 || kz_str_eq(v->only_module, p->module);
}

bool kz_plan_is_changed(const struct kz_totals *t)
{
    return t->add + t->change + t->replace + t->remove + t->run > 0;
}

/* ---- cells ----------------------------------------------------------------------------------- */

static const char *const tints[] = {
    [KZ_TINT_NONE] = "",           [KZ_TINT_ADD] = "\033[32m",     [KZ_TINT_CHANGE] = "\033[33m",
    [KZ_TINT_REMOVE] = "\033[31m", [KZ_TINT_ALARM] = "\033[1;31m", [KZ_TINT_DIM] = "\033[2m",
    [KZ_TINT_HEAD] = "\033[1m",
};

void kz_cell(struct kz_buf *b, bool colour, enum kz_tint tint, struct kz_str text, size_t width)
{
    bool paint = colour && tint != KZ_TINT_NONE;
    bool cut = width > 4 && text.len > width;
    size_t head = cut ? (width - 2) - (width - 2) / 2 : text.len;
    if (paint)
        kz_buf_puts(b, tints[tint]);
    kz_buf_add_str(b, kz_str_head(text, head));
    if (cut) {
        kz_buf_puts(b, "..");
        kz_buf_add_str(b, kz_str_skip(text, text.len - (width - 2 - head)));
    }
    if (paint)
        kz_buf_puts(b, "\033[0m");
    if (text.len < width)
        kz_buf_fill(b, ' ', width - text.len);
}

/* ---- what happens to a module ---------------------------------------------------------------- */

static const struct kz_change *find_change(const struct kz_plan *p, struct kz_str path_end)
{
    for (size_t i = 0; i < p->n_steps; i++) {
        const struct kz_diff *d = &p->steps[i].diff;
        for (size_t k = 0; k < d->len && p->steps[i].kind == KZ_STEP_CHANGE; k++) {
            if (d->at[k].kind == KZ_CHANGE_SET && kz_str_ends(d->at[k].path, path_end))
                return &d->at[k];
        }
    }
    return NULL;
}

/* "cert-manager-v1.18.2" -> "v1.18.2", "docker.io/app:1.2" -> "1.2". */
static struct kz_str version_in(struct kz_str s, char before)
{
    size_t at = kz_str_rindex(s, before);
    return at == s.len ? s : kz_str_skip(s, at + 1);
}

/* A chart's version is behind the first '-' that a digit follows: versions hold '-' too. */
static struct kz_str chart_version(struct kz_str s)
{
    for (size_t i = 0; i + 1 < s.len; i++) {
        bool v = i + 2 < s.len && s.ptr[i + 1] == 'v';
        char c = s.ptr[v ? i + 2 : i + 1];
        if (s.ptr[i] == '-' && c >= '0' && c <= '9')
            return kz_str_skip(s, i + 1);
    }
    return s;
}

static bool two_versions(struct kz_buf *b, const char *what, const struct kz_change *c, bool chart)
{
    if (c == NULL)
        return false;
    struct kz_str from = kz_value_as_str(c->before), to = kz_value_as_str(c->after);
    from = chart ? chart_version(from) : version_in(from, ':');
    to = chart ? chart_version(to) : version_in(to, ':');
    if (from.len == 0 || to.len == 0 || kz_str_eq(from, to))
        return false;
    kz_buf_printf(b, "%s " KZ_FMT " -> " KZ_FMT, what, KZ_ARG(kz_str_head(from, 20)),
                  KZ_ARG(kz_str_head(to, 20)));
    return true;
}

/* The kinds that change, each once: "ConfigMap, Deployment". */
static void kinds_of(struct kz_buf *b, const struct kz_plan *p)
{
    size_t shown = 0;
    for (size_t i = 0; i < p->n_steps; i++) {
        bool seen = p->steps[i].kind == KZ_STEP_NOTHING || p->steps[i].kind == KZ_STEP_KEEP;
        for (size_t k = 0; k < i && !seen; k++)
            seen = p->steps[k].kind != KZ_STEP_NOTHING && p->steps[k].kind != KZ_STEP_KEEP &&
                   kz_str_eq(p->steps[k].id.kind, p->steps[i].id.kind);
        if (seen)
            continue;
        if (shown == 3) {
            kz_buf_puts(b, ", ...");
            return;
        }
        kz_buf_puts(b, shown++ > 0 ? ", " : "");
        kz_buf_add_str(b, p->steps[i].id.kind);
    }
}

static void what_of(struct kz_buf *b, const struct kz_plan *p, const struct kz_totals *t)
{
    size_t wanted = p->n_steps - t->remove - t->keep;
    if (wanted == 0 && t->remove > 0)
        kz_buf_puts(b, "removed");
    else if (t->add > 0 && t->add == p->n_steps)
        kz_buf_puts(b, "new");
    else if (t->drift > 0 && t->drift == t->add + t->change + t->replace && t->remove + t->run == 0)
        kz_buf_puts(b, "drift in the cluster");
    else if (!two_versions(b, "chart", find_change(p, KZ_STR("labels[helm.sh/chart]")), true) &&
             !two_versions(b, "image", find_change(p, KZ_STR("].image")), false))
        kinds_of(b, p);
}

static void objects_of(struct kz_buf *b, const struct kz_totals *t)
{
    const struct {
        char sign;
        size_t n;
    } part[] = {
        {'+', t->add    },
        {'~', t->change },
        {'!', t->replace},
        {'-', t->remove },
        {'>', t->run    },
    };
    for (size_t i = 0; i < kz_countof(part); i++) {
        if (part[i].n > 0)
            kz_buf_printf(b, "%s%c%zu", b->len > 0 ? " " : "", part[i].sign, part[i].n);
    }
}

static bool is_narrow(const struct kz_plan_view *v)
{
    return v->width > 0 && v->width < 100;
}

/* ---- the table ------------------------------------------------------------------------------- */

enum { COLUMNS = 6, CELL_MAX = 400 };

struct line {
    struct kz_buf cell[COLUMNS];
    enum kz_tint sign_tint, class_tint;
    char sign;
};

static const char *const titles[COLUMNS] = {"MODULE", "WHAT",     "OBJECTS",
                                            "CLASS",  "RESTARTS", "HELD BY"};

static void make_line(struct line *l, const struct kz_plan *p, const struct kz_totals *t)
{
    for (size_t i = 0; i < COLUMNS; i++)
        kz_buf_init(&l->cell[i], CELL_MAX);
    bool only_add = t->add > 0 && t->change + t->replace + t->remove == 0;
    bool only_remove = t->remove > 0 && t->add + t->change + t->replace == 0;
    l->sign = only_add ? '+' : only_remove ? '-' : '~';
    l->sign_tint = only_add ? KZ_TINT_ADD : only_remove ? KZ_TINT_REMOVE : KZ_TINT_CHANGE;
    l->class_tint = p->cls == KZ_CLASS_DESTRUCTIVE ? KZ_TINT_ALARM : KZ_TINT_NONE;
    kz_buf_printf(&l->cell[0], "%c " KZ_FMT, l->sign, KZ_ARG(p->module));
    what_of(&l->cell[1], p, t);
    objects_of(&l->cell[2], t);
    kz_buf_puts(&l->cell[3],
                p->cls == KZ_CLASS_DESTRUCTIVE ? "DESTRUCTIVE" : kz_class_name(p->cls));
    if (t->restart > 0)
        kz_buf_printf(&l->cell[4], "%zu workload%s", t->restart, t->restart == 1 ? "" : "s");
    else
        kz_buf_puts(&l->cell[4], only_remove ? "-" : "none");
    kz_buf_puts(&l->cell[5], p->held == NULL ? "-" : p->held);
}

/* Long names give way first; numbers and words of ours are never cut. total 0: nothing is. */
static void fit(size_t width[COLUMNS], size_t total)
{
    static const struct {
        size_t column, least;
    } give[] = {
        {0, 24},
        {5, 24},
        {1, 26},
        {0, 14},
        {1, 12}
    };
    size_t sum = 0;
    for (size_t i = 0; i < COLUMNS; i++)
        sum += width[i] > 0 ? width[i] + 2 : 0;
    for (size_t i = 0; i < kz_countof(give) && total > 0 && sum > total; i++) {
        size_t *w = &width[give[i].column], over = sum - total;
        size_t can = *w > give[i].least ? *w - give[i].least : 0;
        *w -= over < can ? over : can;
        sum -= over < can ? over : can;
    }
    if (total > 0 && sum > total)
        width[4] = 0; /* restarts are listed below the table as well */
}

static void print_titles(struct kz_buf *b, const struct kz_plan_view *v, const size_t *width)
{
    struct kz_buf line;
    kz_buf_init(&line, 1 << 12);
    kz_buf_puts(&line, "  ");
    for (size_t i = 0; i < COLUMNS; i++) {
        if (width[i] == 0)
            continue;
        kz_cell(&line, false, KZ_TINT_NONE, kz_str(titles[i]), width[i]);
        kz_buf_puts(&line, "  ");
    }
    size_t len = line.len;
    while (len > 0 && line.ptr[len - 1] == ' ')
        len--;
    kz_cell(b, v->colour, KZ_TINT_DIM, kz_str_n(line.ptr, len), 0);
    kz_buf_putc(b, '\n');
    kz_buf_done(&line);
}

static void print_line(struct kz_buf *b, const struct kz_plan_view *v, const struct line *l,
                       const size_t *width)
{
    size_t last = 0;
    for (size_t i = 0; i < COLUMNS; i++)
        last = width[i] > 0 ? i : last;
    kz_buf_puts(b, "  ");
    for (size_t i = 0; i <= last; i++) {
        if (width[i] == 0)
            continue;
        enum kz_tint tint = i == 3 ? l->class_tint : i == 0 || i == 2 ? l->sign_tint : KZ_TINT_NONE;
        struct kz_str text = kz_buf_str(&l->cell[i]);
        kz_cell(b, v->colour, tint, text, i < last || text.len > width[i] ? width[i] : 0);
        if (i < last)
            kz_buf_puts(b, "  ");
    }
    kz_buf_putc(b, '\n');
}

static void print_unchanged(struct kz_buf *b, const struct kz_plan_view *v, size_t n)
{
    if (n == 0)
        return;
    kz_buf_printf(b, "    %zu module%s unchanged", n, n == 1 ? "" : "s");
    for (size_t i = 0, shown = 0; i < v->n_plans && !is_narrow(v); i++) {
        struct kz_totals t = {0};
        kz_totals_add(&t, &v->plans[i]);
        if (!kz_plan_is_changed(&t) && kz_plan_is_shown(v, &v->plans[i])) {
            kz_buf_puts(b, shown++ == 0 ? ": " : " ");
            kz_buf_add_str(b, v->plans[i].module);
        }
    }
    kz_buf_putc(b, '\n');
}

static void print_table(struct kz_buf *b, const struct kz_plan_view *v)
{
    struct line *lines = calloc(v->n_plans + 1, sizeof *lines);
    size_t n = 0, same = 0, width[COLUMNS] = {0};
    bool any_held = false;
    kz_assert(lines != NULL);
    for (size_t i = 0; i < v->n_plans; i++) {
        struct kz_totals t = {0};
        kz_totals_add(&t, &v->plans[i]);
        if (!kz_plan_is_shown(v, &v->plans[i]))
            continue;
        if (!kz_plan_is_changed(&t)) {
            same++;
            continue;
        }
        make_line(&lines[n], &v->plans[i], &t);
        any_held = any_held || v->plans[i].held != NULL;
        for (size_t c = 0; c < COLUMNS; c++)
            width[c] = lines[n].cell[c].len > width[c] ? lines[n].cell[c].len : width[c];
        n++;
    }
    for (size_t c = 0; c < COLUMNS; c++)
        width[c] = strlen(titles[c]) > width[c] ? strlen(titles[c]) : width[c];
    if (!any_held || is_narrow(v)) /* then it has lines of its own */
        width[COLUMNS - 1] = 0;
    fit(width, (size_t)v->width);
    if (n > 0)
        print_titles(b, v, width);
    for (size_t i = 0; i < n; i++)
        print_line(b, v, &lines[i], width);
    print_unchanged(b, v, same);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < COLUMNS; c++)
            kz_buf_done(&lines[i].cell[c]);
    }
    free(lines);
}

/* ---- what hurts ------------------------------------------------------------------------------ */

/* The first change of the pod template in words: "image", "env ISTIO_VERSION", "resources". */
static void restart_reason(struct kz_buf *b, const struct kz_step *s)
{
    for (size_t i = 0; i < s->diff.len; i++) {
        struct kz_str path = s->diff.at[i].path;
        if (!kz_str_starts(path, KZ_STR("spec.template")))
            continue;
        struct kz_str rest = kz_str_skip(path, sizeof("spec.template") - 1);
        for (size_t at = 0; at < rest.len; at++) {
            struct kz_str tail = kz_str_skip(rest, at);
            struct kz_str env = KZ_STR("].env[name="), inner = KZ_STR("]."), name;
            if (kz_str_starts(tail, env)) {
                (void)kz_str_cut(&name, kz_str_skip(tail, env.len), ']');
                kz_buf_printf(b, "env " KZ_FMT, KZ_ARG(name));
                return;
            }
            if (kz_str_starts(tail, inner) && kz_str_starts(rest, KZ_STR(".spec.containers["))) {
                kz_buf_add_str(b, kz_str_skip(tail, inner.len));
                return;
            }
        }
        kz_buf_add_str(b, kz_str_skip(rest, 1));
        return;
    }
}

enum { LISTED_MAX = 20 };

static void print_restarts(struct kz_buf *b, const struct kz_plan_view *v,
                           const struct kz_totals *t)
{
    if (t->restart == 0)
        return;
    size_t left = LISTED_MAX;
    kz_buf_printf(b, "\n  Restarts: the pods of %zu workload%s\n", t->restart,
                  t->restart == 1 ? "" : "s");
    for (size_t i = 0; i < v->n_plans; i++) {
        const struct kz_plan *p = &v->plans[i];
        for (size_t k = 0; k < p->n_steps && kz_plan_is_shown(v, p); k++) {
            const struct kz_step *s = &p->steps[k];
            if (s->kind != KZ_STEP_CHANGE || s->cls != KZ_CLASS_RESTART || left == 0)
                continue;
            left--;
            kz_buf_puts(b, "    ");
            kz_cell(b, v->colour, KZ_TINT_CHANGE, KZ_STR("!"), 0);
            kz_buf_printf(b, " " KZ_FMT "  " KZ_FMT "/" KZ_FMT "  ", KZ_ARG(p->module),
                          KZ_ARG(s->id.kind), KZ_ARG(s->id.name));
            restart_reason(b, s);
            kz_buf_putc(b, '\n');
        }
    }
    if (t->restart > LISTED_MAX)
        kz_buf_printf(b, "    ... %zu more\n", t->restart - LISTED_MAX);
}

/* One line a module: "  Held:   logging  needs approval". */
static void print_held(struct kz_buf *b, const struct kz_plan_view *v)
{
    bool first = true;
    for (size_t i = 0; i < v->n_plans && is_narrow(v); i++) {
        const struct kz_plan *p = &v->plans[i];
        if (p->held == NULL || !kz_plan_is_shown(v, p))
            continue;
        kz_buf_printf(b, "%s " KZ_FMT "  %s\n", first ? "\n  Held:  " : "         ",
                      KZ_ARG(p->module), p->held);
        first = false;
    }
}

static void print_kept(struct kz_buf *b, const struct kz_plan_view *v)
{
    bool first = true;
    for (size_t i = 0; i < v->n_plans; i++) {
        struct kz_totals t = {0};
        kz_totals_add(&t, &v->plans[i]);
        if (t.keep == 0 || !kz_plan_is_shown(v, &v->plans[i]))
            continue;
        kz_buf_printf(b, "%s " KZ_FMT "  %zu object%s no longer wanted, but stay%s\n",
                      first ? "\n  Kept:  " : "         ", KZ_ARG(v->plans[i].module), t.keep,
                      t.keep == 1 ? "" : "s", t.keep == 1 ? "s" : "");
        first = false;
    }
}

static void print_unknown(struct kz_buf *b, const struct kz_plan_view *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_plans; i++) {
        const struct kz_plan *p = &v->plans[i];
        for (size_t k = 0; k < p->n_steps && kz_plan_is_shown(v, p); k++) {
            const struct kz_step *s = &p->steps[k];
            if (s->unknown == NULL || ++n > LISTED_MAX)
                continue;
            if (n == 1)
                kz_buf_puts(b, "\n  Unknown, because the API server did not confirm it:\n");
            kz_buf_printf(b, "    " KZ_FMT "  " KZ_FMT "/" KZ_FMT "  %s\n", KZ_ARG(p->module),
                          KZ_ARG(s->id.kind), KZ_ARG(s->id.name), s->unknown);
        }
    }
    if (n > LISTED_MAX)
        kz_buf_printf(b, "    ... %zu more\n", n - LISTED_MAX);
}

static void print_warnings(struct kz_buf *b, const struct kz_plan_view *v)
{
    size_t n = 0;
    for (size_t i = 0; i < v->n_plans; i++) {
        const struct kz_plan *p = &v->plans[i];
        for (size_t k = 0; k < p->n_warnings && kz_plan_is_shown(v, p); k++) {
            if (++n > LISTED_MAX)
                continue;
            if (n == 1)
                kz_buf_puts(b, "\n  Warnings:\n");
            kz_buf_printf(b, "    " KZ_FMT "  " KZ_FMT "\n", KZ_ARG(p->module), KZ_ARG(p->warnings[k]));
        }
    }
    if (n > LISTED_MAX)
        kz_buf_printf(b, "    ... %zu more\n", n - LISTED_MAX);
}

/* ---- the page -------------------------------------------------------------------------------- */

static void print_heading(struct kz_buf *b, const struct kz_plan_view *v)
{
    kz_cell(b, v->colour, KZ_TINT_HEAD, KZ_STR("Plan"), 0);
    if (v->platform.len > 0)
        kz_buf_printf(b, " " KZ_FMT, KZ_ARG(v->platform));
    if (v->cluster.len > 0)
        kz_buf_printf(b, " on " KZ_FMT, KZ_ARG(v->cluster));
    if (v->revision_from.len > 0 && !kz_str_eq(v->revision_from, v->revision_to))
        kz_buf_printf(b, "  " KZ_FMT " -> " KZ_FMT, KZ_ARG(v->revision_from),
                      KZ_ARG(v->revision_to));
    else if (v->revision_to.len > 0)
        kz_buf_printf(b, "  " KZ_FMT, KZ_ARG(v->revision_to));
    kz_buf_putc(b, '\n');
    if (v->subject.len > 0 || v->author.len > 0)
        kz_buf_printf(b, "  " KZ_FMT "%s" KZ_FMT "\n", KZ_ARG(v->subject),
                      v->author.len > 0 ? (v->subject.len > 0 ? ", by " : "by ") : "",
                      KZ_ARG(v->author));
}

static void print_totals(struct kz_buf *b, const struct kz_plan_view *v, const struct kz_totals *t)
{
    kz_buf_putc(b, '\n');
    kz_cell(b, v->colour, KZ_TINT_HEAD, KZ_STR("Plan:"), 0);
    kz_buf_printf(b, " %zu to add, %zu to change, %zu to delete, %zu to replace.", t->add,
                  t->change, t->remove, t->replace);
    if (t->run > 0)
        kz_buf_printf(b, " %zu hook%s to run.", t->run, t->run == 1 ? "" : "s");
    if (t->restart > 0)
        kz_buf_printf(b, " %zu workload%s restart%s.", t->restart, t->restart == 1 ? "" : "s",
                      t->restart == 1 ? "s" : "");
    kz_buf_putc(b, '\n');
}

void kz_plan_text(struct kz_buf *b, const struct kz_plan_view *given)
{
    struct kz_plan_view v = *given;
    struct kz_totals t = {0};
    if (v.width > 0)
        v.width = v.width < 60 ? 60 : v.width > 160 ? 160 : v.width;
    for (size_t i = 0; i < v.n_plans; i++) {
        if (kz_plan_is_shown(&v, &v.plans[i]))
            kz_totals_add(&t, &v.plans[i]);
    }
    print_heading(b, &v);
    kz_buf_putc(b, '\n');
    print_table(b, &v);
    for (size_t i = 0; i < v.n_plans && v.details; i++) {
        if (kz_plan_is_shown(&v, &v.plans[i]))
            kz_plan_module_text(b, &v, &v.plans[i]);
    }
    print_restarts(b, &v, &t);
    print_held(b, &v);
    print_kept(b, &v);
    print_unknown(b, &v);
    print_warnings(b, &v);
    if (v.generated != NULL)
        kz_buf_printf(b, "\n  Generated values: %s\n", v.generated);
    print_totals(b, &v, &t);
}
