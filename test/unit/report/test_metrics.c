/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of /metrics: its grammar, its bounds, and that docs/metrics.md says the same. */
#include "report/families.h"
#include "report/metrics.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdlib.h>

#include "base/map.h"
#include "spec/platform.h"
#include "sync/steer.h"

enum { TEXT_MAX = 256 << 20 };

static struct kz_module spec = {.ns = KZ_STR_INIT("a\"b\\c\nd"), .renderer = KZ_STR_INIT("exec:whatever")};
static struct kz_engine_counts counts;
static struct kz_kube_stats kube;
static struct kz_loop_stats loop_stats = {.turns = 10, .stalls = 1, .busy = 1500 * KZ_NS_PER_MS};
static struct kz_pool_stats pool = {.alive = true, .busy = 1, .idle = 1, .memory_peak = 4096};
static struct kz_route_counts routes[KZ_ROUTES_];
static struct kz_process process = {.cpu = 1, .open_fds = 3};

/* n modules of which each counts a few things; the arena owns them. */
static struct kz_metrics sample(struct kz_arena *a, size_t n)
{
    struct kz_engine_view *v = kz_new(a, struct kz_engine_view);
    size_t (*tally)[KZ_OBJECT_STATES_] = kz_arena_alloc(a, (n + 1) * sizeof *tally);
    *v = (struct kz_engine_view){.leads = true, .n_modules = n, .modules = kz_new_n(a, struct kz_module_view, n + 1)};
    for (size_t i = 0; i < n; i++) {
        struct kz_module_counts *c = kz_new(a, struct kz_module_counts);
        *c = (struct kz_module_counts){.syncs = {i, 1}, .applied = 3, .last_at = 1, .last_took = 250 * KZ_NS_PER_MS,
                                       .behind_since = 90 * KZ_NS_PER_SEC, .render_failures = {[KZ_E_PARSE] = 2}};
        v->modules[i] = (struct kz_module_view){.name = kz_str_printf(a, "m%05zu", i), .word = KZ_WORD_RUN,
                                                .since = (int64_t)(i + 50) * KZ_NS_PER_SEC, .spec = &spec, .counts = c};
        memset(tally[i], 0, sizeof tally[i]);
        tally[i][KZ_OBJECT_DRIFT] = 2;
    }
    counts = (struct kz_engine_counts){.reads_source = true};
    kz_histogram_add(&counts.syncs[KZ_SYNC_OK], KZ_SCALE_SYNC, 2 * KZ_NS_PER_SEC);
    kz_histogram_add(&counts.syncs[KZ_SYNC_OK], KZ_SCALE_SYNC, 7200 * KZ_NS_PER_SEC);
    kube.by[0][KZ_CODE_2XX][KZ_RESOURCE_CONFIG] = 7;
    return (struct kz_metrics){.version = "1", .curl = "2", .openssl = "3", .now = 100 * KZ_NS_PER_SEC, .view = v,
                               .counts = &counts, .tally = (const size_t (*)[KZ_OBJECT_STATES_])tally, .kube = &kube,
                               .loop = &loop_stats, .pool = &pool, .routes = routes, .process = &process};
}

static void expect_line(const struct kz_buf *b, const char *line)
{
    char text[512];
    (void)snprintf(text, sizeof text, "\n%s\n", line);
    cr_expect(strstr(b->ptr, text) != NULL, "%s", line);
}

Test(metrics, values_and_labels)
{
    static const char *const lines[] = {
        "kzsync_build_info{version=\"1\",curl=\"2\",openssl=\"3\"} 1",
        "kzsync_leader 1",
        "kzsync_module_info{module=\"m00001\",namespace=\"a\\\"b\\\\c\\nd\",renderer=\"exec\",source=\"platform\"} 1",
        "kzsync_module_state{module=\"m00001\",state=\"run\"} 1",
        "kzsync_module_state{module=\"m00001\",state=\"ok\"} 0",
        "kzsync_module_state_since_timestamp_seconds{module=\"m00001\"} 51",
        "kzsync_module_objects{module=\"m00000\",state=\"drift\"} 2",
        "kzsync_module_revision_behind_seconds{module=\"m00000\"} 10",
        "kzsync_module_last_sync_duration_seconds{module=\"m00000\"} 0.25",
        "kzsync_syncs_total{module=\"m00001\",result=\"ok\"} 1",
        "kzsync_prune_refused_total{module=\"m00000\",guard=\"mass\"} 0",
        "kzsync_render_failures_total{module=\"m00000\",class=\"parse\"} 2",
        "kzsync_sync_duration_seconds_bucket{result=\"ok\",le=\"1\"} 0",
        "kzsync_sync_duration_seconds_bucket{result=\"ok\",le=\"2\"} 1",
        "kzsync_sync_duration_seconds_bucket{result=\"ok\",le=\"3600\"} 1",
        "kzsync_sync_duration_seconds_bucket{result=\"ok\",le=\"+Inf\"} 2",
        "kzsync_sync_duration_seconds_sum{result=\"ok\"} 7202",
        "kzsync_sync_duration_seconds_count{result=\"ok\"} 2",
        "kzsync_api_requests_total{verb=\"apply\",code=\"2xx\",resource=\"config\"} 7",
        "kzsync_workers{state=\"busy\"} 1",
        "kzsync_plan_held{module=\"m00000\",by=\"window\"} 1",
        "kzsync_plan_held{module=\"m00000\",by=\"approval\"} 0",
        "kzsync_plan_held{module=\"m00000\",by=\"prune\"} 1",
        "kzsync_plan_held{module=\"m00001\",by=\"prune\"} 0",
        "kzsync_module_paused{module=\"m00000\"} 0",
        "kzsync_module_paused{module=\"m00001\"} 1",
        "kzsync_loop_busy_seconds_total 1.5",
        "process_cpu_seconds_total 0.000000001",
        "# TYPE kzsync_syncs_total counter",
        "# TYPE kzsync_gate_wait_seconds histogram",
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(TEXT_MAX);
    kz_autobuf struct kz_buf b = KZ_BUF(TEXT_MAX);
    struct kz_metrics m = sample(a, 2);
    const struct kz_wish_pause pause = {.reason = KZ_STR("audit")};
    m.view->modules[0].held_by = KZ_HELD_WINDOW | KZ_HELD_PRUNE;
    m.view->modules[1].paused = &pause;
    cr_expect_eq(kz_metrics_write(&b, &m), 0);
    for (size_t i = 0; i < kz_countof(lines); i++)
        expect_line(&b, lines[i]);
    cr_expect(strstr(b.ptr, "verb=\"watch\",le=") == NULL, "a watch has no duration");
    cr_expect(strstr(b.ptr, "class=\"limit\"") == NULL, "a class without failures has no series");
}

/* What is told of a program that has no cluster, children or server. */
Test(metrics, parts_may_be_missing)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(TEXT_MAX);
    kz_autobuf struct kz_buf b = KZ_BUF(TEXT_MAX);
    struct kz_metrics m = sample(a, 1);
    m.kube = NULL;
    m.loop = NULL;
    m.pool = NULL;
    m.routes = NULL;
    m.process = NULL;
    counts.reads_source = false;
    cr_expect_eq(kz_metrics_write(&b, &m), 0);
    cr_expect(strstr(b.ptr, "\nkzsync_watches ") == NULL);
    cr_expect(strstr(b.ptr, "\nkzsync_source_fetches_total{") == NULL);
    expect_line(&b, "kzsync_leader 1");
}

/* ---- grammar ----------------------------------------------------------------------------------- */

static size_t name_len(const char *s)
{
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '_' || s[n] == ':')
        n++;
    return n;
}

/* NAME{label="value",...} NUMBER; *series gets what is before the number. */
static bool is_sample(struct kz_str *series, struct kz_str line)
{
    size_t i = name_len(line.ptr);
    char *end;
    if (i == 0)
        return false;
    if (line.ptr[i] == '{') {
        do {
            const size_t n = name_len(line.ptr + ++i);
            i += n;
            if (n == 0 || line.ptr[i] != '=' || line.ptr[i + 1] != '"')
                return false;
            for (i += 2; i < line.len && line.ptr[i] != '"'; i++)
                i += line.ptr[i] == '\\';
            i++;
        } while (i < line.len && line.ptr[i] == ',');
        if (line.ptr[i++] != '}')
            return false;
    }
    if (line.ptr[i] != ' ')
        return false;
    *series = kz_str_head(line, i);
    (void)strtod(line.ptr + i + 1, &end);
    return end == line.ptr + line.len && end > line.ptr + i + 1;
}

static size_t check_text(const struct kz_buf *b)
{
    struct kz_map seen, families;
    struct kz_str rest = kz_buf_str(b), line, series;
    char family[128] = "";
    size_t samples = 0;
    kz_map_init(&seen);
    kz_map_init(&families);
    cr_assert(kz_str_ends(rest, KZ_STR("\n")));
    while (rest.len > 0) {
        rest = kz_str_cut(&line, rest, '\n');
        if (kz_str_starts(line, KZ_STR("# HELP ")))
            continue;
        if (kz_str_starts(line, KZ_STR("# TYPE "))) {
            struct kz_str name;
            (void)kz_str_cut(&name, kz_str_skip(line, 7), ' ');
            (void)snprintf(family, sizeof family, KZ_FMT, KZ_ARG(name));
            cr_expect(kz_map_put(&families, name, family) == NULL, "%s twice", family);
            continue;
        }
        cr_assert(is_sample(&series, line), KZ_FMT, KZ_ARG(line));
        cr_expect(kz_str_starts(series, kz_str(family)), KZ_FMT " is not of %s", KZ_ARG(series), family);
        cr_expect(kz_map_put(&seen, series, family) == NULL, KZ_FMT " twice", KZ_ARG(series));
        samples++;
    }
    kz_map_done(&seen);
    kz_map_done(&families);
    return samples;
}

Test(metrics, the_text_has_the_grammar_and_the_bound)
{
    static const struct {
        size_t modules, max, apart;
    } rows[] = {{0, 0, 0}, {3, 0, 0}, {300, 0, 0}, {300, 5000, 1}, {5, 10, 1}, {3000, 0, 1}};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(TEXT_MAX);
        kz_autobuf struct kz_buf b = KZ_BUF(TEXT_MAX);
        struct kz_metrics m = sample(a, rows[i].modules);
        m.max_series = rows[i].max;
        const size_t merged = kz_metrics_write(&b, &m);
        const size_t max = rows[i].max == 0 ? KZ_METRICS_SERIES : rows[i].max, samples = check_text(&b);
        cr_expect_eq(merged > 0, rows[i].apart > 0, "%zu modules: %zu as one", rows[i].modules, merged);
        if (max > 1000)
            cr_expect_leq(samples, max, "%zu modules: %zu series", rows[i].modules, samples);
        cr_expect_eq(strstr(b.ptr, "module=\"_overflow\"") != NULL, merged > 0);
    }
}

/* Sums of counts, the oldest of times, the longest of durations; no info. */
Test(metrics, modules_beyond_the_bound_are_told_as_one)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(TEXT_MAX);
    kz_autobuf struct kz_buf b = KZ_BUF(TEXT_MAX);
    struct kz_metrics m = sample(a, 4);
    m.max_series = 1;
    cr_expect_eq(kz_metrics_write(&b, &m), 4);
    expect_line(&b, "kzsync_syncs_total{module=\"_overflow\",result=\"ok\"} 6");
    expect_line(&b, "kzsync_module_state{module=\"_overflow\",state=\"run\"} 4");
    expect_line(&b, "kzsync_module_state_since_timestamp_seconds{module=\"_overflow\"} 50");
    expect_line(&b, "kzsync_module_last_sync_duration_seconds{module=\"_overflow\"} 0.25");
    cr_expect(strstr(b.ptr, "\nkzsync_module_info{") == NULL);
    cr_expect(strstr(b.ptr, "m00000") == NULL);
}

/* Rules of Prometheus' naming that promtool looks at, so that a mistake shows here already. */
Test(metrics, names_follow_the_rules)
{
    size_t n;
    const struct kz_family *all = kz_families(&n);
    for (size_t i = 0; i < n; i++) {
        const struct kz_str name = kz_str(all[i].name);
        cr_expect(kz_str_starts(name, KZ_STR("kzsync_")) || kz_str_starts(name, KZ_STR("process_")), "%s", name.ptr);
        cr_expect_eq(kz_str_ends(name, KZ_STR("_total")), all[i].type == KZ_COUNTER, "%s", name.ptr);
        cr_expect_eq((all[i].histogram != NULL), all[i].type == KZ_HISTOGRAM, "%s", name.ptr);
        cr_expect_eq((all[i].value != NULL), all[i].type != KZ_HISTOGRAM, "%s", name.ptr);
        cr_expect_eq(kz_str_has(name, KZ_STR("_seconds")), all[i].unit == KZ_UNIT_NS || all[i].type == KZ_HISTOGRAM, "%s",
                     name.ptr);
        for (const struct kz_family_absent *f = kz_families_absent; f->name != NULL; f++)
            cr_expect_neq(strcmp(all[i].name, f->name), 0, "%s is there and is not", name.ptr);
    }
}

Test(metrics, the_page_is_current)
{
    kz_autobuf struct kz_buf want = KZ_BUF(TEXT_MAX), have = KZ_BUF(TEXT_MAX);
    char piece[4096];
    size_t n;
    kz_metrics_markdown(&want);
    FILE *f = fopen(KZ_TEST_DIR "/../docs/metrics.md", getenv("KZ_UPDATE") != NULL ? "we" : "re");
    cr_assert_not_null(f);
    if (getenv("KZ_UPDATE") != NULL)
        cr_assert_eq(fwrite(want.ptr, 1, want.len, f), want.len);
    else {
        while ((n = fread(piece, 1, sizeof piece, f)) > 0)
            kz_buf_add(&have, piece, n);
        cr_expect(kz_str_eq(kz_buf_str(&want), kz_buf_str(&have)), "write it again with KZ_UPDATE=1");
    }
    cr_assert_eq(fclose(f), 0);
}

Test(metrics, the_process_is_told)
{
    struct kz_process p;
    kz_process_read(&p);
    cr_expect_gt(p.cpu, 0);
    cr_expect_gt(p.resident, 1 << 20);
    cr_expect_geq(p.virtual_size, p.resident);
    cr_expect_geq(p.open_fds, 3);
    cr_expect_geq(p.max_fds, p.open_fds);
    cr_expect_gt(p.started, INT64_C(1600000000) * KZ_NS_PER_SEC);
}
