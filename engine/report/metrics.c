/* SPDX-License-Identifier: Apache-2.0 */
#include "report/metrics.h"

#include <inttypes.h>

#include "report/families.h"

static const char *const type_names[] = {[KZ_COUNTER] = "counter", [KZ_GAUGE] = "gauge", [KZ_HISTOGRAM] = "histogram"};

/* ---- numbers and labels ------------------------------------------------------------------------ */

/* printf is half of the time of a large scrape. */
static void put_int(struct kz_buf *b, int64_t value)
{
    char text[24];
    size_t at = sizeof text;
    uint64_t n = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        text[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    if (value < 0)
        text[--at] = '-';
    kz_buf_add(b, text + at, sizeof text - at);
}

static void put_seconds(struct kz_buf *b, int64_t ns)
{
    const int64_t whole = ns / KZ_NS_PER_SEC;
    int64_t part = ns % KZ_NS_PER_SEC;
    char text[16];
    if (ns < 0 && whole == 0)
        kz_buf_putc(b, '-');
    put_int(b, whole);
    if (part == 0)
        return;
    int n = snprintf(text, sizeof text, ".%09" PRId64, part < 0 ? -part : part);
    while (text[n - 1] == '0')
        n--;
    kz_buf_add(b, text, (size_t)n);
}

static void put_value(struct kz_buf *b, const struct kz_family *f, int64_t value)
{
    kz_buf_putc(b, ' ');
    if (f->unit == KZ_UNIT_NS)
        put_seconds(b, value);
    else
        put_int(b, value);
    kz_buf_putc(b, '\n');
}

void kz_label_value(struct kz_buf *b, const char *name, struct kz_str value)
{
    size_t from = 0;
    kz_buf_puts(b, name);
    kz_buf_puts(b, "=\"");
    for (size_t i = 0; i < value.len; i++) {
        const char c = value.ptr[i];
        if (c != '\n' && c != '"' && c != '\\')
            continue;
        kz_buf_add(b, value.ptr + from, i - from);
        kz_buf_add(b, (const char[]){'\\', c == '\n' ? 'n' : c}, 2);
        from = i + 1;
    }
    kz_buf_add(b, value.ptr + from, value.len - from);
    kz_buf_putc(b, '"');
}

/* `module="x",state="run"`, as far as the family has such labels; false: it has none. */
static bool put_labels(struct kz_buf *b, const struct kz_family *f, const struct kz_row *r, struct kz_str module)
{
    const size_t before = b->len;
    if (f->per_module)
        kz_label_value(b, "module", module);
    for (size_t i = 0; i < kz_countof(f->labels) && f->labels[i] != NULL; i++) {
        if (b->len > before)
            kz_buf_putc(b, ',');
        kz_label_value(b, f->labels[i]->name, kz_str(f->labels[i]->word(r->at[i])));
    }
    if (f->info != NULL)
        f->info(b, r);
    return b->len > before;
}

static void put_sample(struct kz_buf *b, const struct kz_family *f, const struct kz_row *r, struct kz_str module,
                       int64_t value)
{
    const size_t before = b->len;
    kz_buf_puts(b, f->name);
    kz_buf_putc(b, '{');
    if (put_labels(b, f, r, module))
        kz_buf_putc(b, '}');
    else
        b->len = before + strlen(f->name);
    put_value(b, f, value);
}

/* ---- histograms -------------------------------------------------------------------------------- */

static void put_bucket(struct kz_buf *b, const struct kz_family *f, const struct kz_row *r, int64_t step, bool all,
                       uint64_t n)
{
    kz_buf_puts(b, f->name);
    kz_buf_puts(b, "_bucket{");
    if (put_labels(b, f, r, KZ_STR("")))
        kz_buf_putc(b, ',');
    kz_buf_puts(b, "le=\"");
    if (all)
        kz_buf_puts(b, "+Inf");
    else
        put_seconds(b, step);
    kz_buf_puts(b, "\"} ");
    put_int(b, (int64_t)n);
    kz_buf_putc(b, '\n');
}

static void put_total(struct kz_buf *b, const struct kz_family *f, const struct kz_row *r, const char *suffix)
{
    kz_buf_puts(b, f->name);
    kz_buf_puts(b, suffix);
    kz_buf_putc(b, '{');
    (void)put_labels(b, f, r, KZ_STR(""));
    kz_buf_puts(b, "} ");
}

static void put_histogram(struct kz_buf *b, const struct kz_family *f, const struct kz_row *r)
{
    const struct kz_histogram *h = f->histogram(r);
    const int64_t *steps;
    const size_t n = kz_scale_steps(&steps, f->scale);
    uint64_t sum = 0;
    if (h == NULL)
        return;
    for (size_t i = 0; i <= n; i++) {
        sum += h->n[i];
        put_bucket(b, f, r, i < n ? steps[i] : 0, i == n, sum);
    }
    put_total(b, f, r, "_sum");
    put_seconds(b, h->sum);
    kz_buf_putc(b, '\n');
    put_total(b, f, r, "_count");
    put_int(b, (int64_t)sum);
    kz_buf_putc(b, '\n');
}

/* ---- families ---------------------------------------------------------------------------------- */

/* The next combination of the labels' words; false: that was the last. */
static bool step_labels(struct kz_row *r, const struct kz_family *f)
{
    for (size_t i = kz_countof(f->labels); i-- > 0;) {
        if (f->labels[i] == NULL)
            continue;
        if (++r->at[i] < f->labels[i]->n)
            return true;
        r->at[i] = 0;
    }
    return false;
}

static void put_one(struct kz_buf *b, const struct kz_family *f, struct kz_row *r, struct kz_str module)
{
    int64_t value;
    do {
        if (f->histogram != NULL)
            put_histogram(b, f, r);
        else if (f->value(&value, r))
            put_sample(b, f, r, module, value);
    } while (step_labels(r, f));
}

static int64_t merged(enum kz_family_merge how, int64_t a, int64_t b)
{
    switch (how) {
    case KZ_MERGE_SUM:
        return a + b;
    case KZ_MERGE_MIN:
        return a < b ? a : b;
    case KZ_MERGE_MAX:
        return a > b ? a : b;
    case KZ_MERGE_NONE:
        break;
    }
    return a;
}

static struct kz_row row_of(const struct kz_metrics *m, size_t module)
{
    return (struct kz_row){.m = m, .module = &m->view->modules[module], .tally = m->tally[module]};
}

/* The modules from `from` on, as one. */
static void put_overflow(struct kz_buf *b, const struct kz_family *f, const struct kz_metrics *m, size_t from)
{
    struct kz_row at = row_of(m, from);
    if (f->merge == KZ_MERGE_NONE)
        return;
    do {
        int64_t sum = 0, value;
        bool any = false;
        for (size_t i = from; i < m->view->n_modules; i++) {
            struct kz_row r = row_of(m, i);
            memcpy(r.at, at.at, sizeof r.at);
            if (!f->value(&value, &r))
                continue;
            sum = any ? merged(f->merge, sum, value) : value;
            any = true;
        }
        if (any)
            put_sample(b, f, &at, KZ_STR("_overflow"), sum);
    } while (step_labels(&at, f));
}

static void put_family(struct kz_buf *b, const struct kz_family *f, const struct kz_metrics *m, size_t apart)
{
    kz_buf_puts(b, "# HELP ");
    kz_buf_puts(b, f->name);
    kz_buf_putc(b, ' ');
    kz_buf_puts(b, f->help);
    kz_buf_puts(b, "\n# TYPE ");
    kz_buf_puts(b, f->name);
    kz_buf_putc(b, ' ');
    kz_buf_puts(b, type_names[f->type]);
    kz_buf_putc(b, '\n');
    if (!f->per_module) {
        struct kz_row r = {.m = m};
        put_one(b, f, &r, KZ_STR(""));
        return;
    }
    for (size_t i = 0; i < apart; i++) {
        struct kz_row r = row_of(m, i);
        put_one(b, f, &r, m->view->modules[i].name);
    }
    if (apart < m->view->n_modules)
        put_overflow(b, f, m, apart);
}

static void count_series(size_t *of_module, size_t *rest)
{
    size_t n;
    const struct kz_family *all = kz_families(&n);
    *of_module = *rest = 0;
    for (size_t i = 0; i < n; i++)
        *(all[i].per_module ? of_module : rest) += kz_family_series(&all[i]);
}

/* How many modules have series of their own. */
static size_t room(const struct kz_metrics *m)
{
    const size_t max = m->max_series == 0 ? KZ_METRICS_SERIES : m->max_series;
    size_t each, rest;
    count_series(&each, &rest);
    if (rest + each * m->view->n_modules <= max)
        return m->view->n_modules;
    return rest + each >= max ? 0 : (max - rest) / each - 1; /* one place for those that are told as one */
}

size_t kz_metrics_write(struct kz_buf *b, const struct kz_metrics *m)
{
    size_t n;
    const struct kz_family *all = kz_families(&n);
    const size_t apart = room(m);
    for (size_t i = 0; i < n; i++)
        put_family(b, &all[i], m, apart);
    return m->view->n_modules - apart;
}

/* ---- the document ------------------------------------------------------------------------------ */

static void put_doc_labels(struct kz_buf *b, const struct kz_family *f)
{
    const char *between = "";
    if (f->per_module) {
        kz_buf_puts(b, "module");
        between = ", ";
    }
    for (size_t i = 0; i < kz_countof(f->labels) && f->labels[i] != NULL; i++) {
        kz_buf_printf(b, "%s%s (", between, f->labels[i]->name);
        for (unsigned k = 0; k < f->labels[i]->n; k++)
            kz_buf_printf(b, "%s%s", k == 0 ? "" : ", ", f->labels[i]->word(k));
        kz_buf_putc(b, ')');
        between = ", ";
    }
    if (f->info_labels != NULL)
        kz_buf_printf(b, "%s%s", between, f->info_labels);
}

void kz_metrics_markdown(struct kz_buf *b)
{
    size_t n, each, rest;
    const struct kz_family *all = kz_families(&n);
    count_series(&each, &rest);
    kz_buf_puts(b, "# Metrics\n\n"
                   "Made from the table in engine/report/families.c: change that, then `KZ_UPDATE=1 test_report`.\n\n"
                   "`kzsync run --listen ADDR:PORT` serves them at `/metrics`, in Prometheus' text format. All figures "
                   "count from the start of the process. Times are in seconds. A series of a module is there while the "
                   "module is: one that is removed has none at the next scrape.\n\n"
                   "Words of a label are those in parentheses and no others; `module` is the name of a module of the "
                   "platform. No label holds a commit, a user, an object, a path or the text of an error: what failed is "
                   "told by `kzsync status` and by the [log](logs.md).\n\n");
    kz_buf_printf(b, "A module has at most %zu series, all else together %zu. Above %d series the modules that come last "
                     "by name are told as one, `module=\"_overflow\"`: counts are summed, of times the oldest and the "
                     "longest is taken, and the log has a warning `metrics-overflow`.\n\n",
                  each, rest, KZ_METRICS_SERIES);
    kz_buf_puts(b, "| name | type | labels | series | |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < n; i++) {
        kz_buf_printf(b, "| `%s` | %s | ", all[i].name, type_names[all[i].type]);
        put_doc_labels(b, &all[i]);
        kz_buf_printf(b, " | %zu%s | %s |\n", kz_family_series(&all[i]), all[i].per_module ? " a module" : "",
                      all[i].help);
    }
    kz_buf_puts(b, "\n## Not there yet\n\nThese names are kept for what they will mean:\n\n| name | why it is not there |\n|---|---|\n");
    for (const struct kz_family_absent *a = kz_families_absent; a->name != NULL; a++)
        kz_buf_printf(b, "| `%s` | %s |\n", a->name, a->why);
}
