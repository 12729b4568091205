/* SPDX-License-Identifier: Apache-2.0
 *
 * bench_yaml [FILE...]: what reading and writing documents costs, in CPU time and MB/s of YAML text: libyaml's bare
 * events, our reader on them, the quick reader, and the writers. Without a file the text is made: schemas,
 * dashboards, rules and workloads in the proportions of a monitoring stack. The best of some rounds. */
#include "value/json.h"
#include "value/yaml_quick.h"

#include <stdio.h>
#include <time.h>
#include <yaml.h>

enum { ROUNDS = 9, TEXT = 5 << 20 };

/* ---- a text ---------------------------------------------------------------------------------- */

static void make_schema(struct kz_buf *b, int indent, int depth, int n)
{
    for (int i = 0; i < 3; i++) {
        kz_buf_fill(b, ' ', (size_t)indent);
        kz_buf_printf(b, "field%d%c:\n", n, 'A' + i);
        kz_buf_fill(b, ' ', (size_t)indent + 2);
        kz_buf_puts(b, "description: |-\n");
        for (int line = 0; line < 2; line++) {
            kz_buf_fill(b, ' ', (size_t)indent + 4);
            kz_buf_puts(
                b, "What this field is for, told in the words of its authors: at some length.\n");
        }
        kz_buf_fill(b, ' ', (size_t)indent + 2);
        kz_buf_puts(b, depth > 0 ? "properties:\n" : "format: int32\n");
        if (depth > 0)
            make_schema(b, indent + 4, depth - 1, n + 1);
        kz_buf_fill(b, ' ', (size_t)indent + 2);
        kz_buf_puts(b, depth > 0 ? "type: object\n" : "type: integer\n");
    }
}

static void make_dashboard(struct kz_buf *b, int n)
{
    kz_buf_printf(
        b,
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dashboard-%d\n"
        "  labels:\n    app: grafana\n    release: \"monitoring\"\ndata:\n  board.json: |-\n",
        n);
    for (int i = 0; i < 200; i++)
        kz_buf_printf(
            b,
            "    {\"title\": \"panel %d\", \"expr\": \"sum(rate(x_total{job=\\\"a\\\"}[5m]))\"},\n",
            i);
}

static void make_rules(struct kz_buf *b, int n)
{
    kz_buf_printf(b,
                  "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n"
                  "  name: rules-%d\nspec:\n  groups:\n  - name: group\n    rules:\n",
                  n);
    for (int i = 0; i < 40; i++)
        kz_buf_printf(
            b,
            "    - alert: Alert%d\n      annotations:\n        description: 'Pod {{ $labels.pod }} "
            "of {{ $labels.namespace }} is not well.'\n        runbook_url: https://example.com/%d\n"
            "      expr: |-\n        max_over_time(x{job=\"a\", namespace=~\".*\"}[5m]) >= 1\n"
            "      for: 15m\n      labels:\n        severity: warning\n",
            i, i);
}

static void make_workload(struct kz_buf *b, int n)
{
    kz_buf_printf(
        b,
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web-%d\n  namespace: \"shop\"\n"
        "spec:\n  replicas: %d\n  template:\n    spec:\n      containers:\n",
        n, n % 5);
    for (int i = 0; i < 4; i++)
        kz_buf_printf(
            b,
            "        - name: c%d\n          image: \"registry.example.com/app/c%d:1.2.3\"\n"
            "          args:\n            - --web.listen-address=:8080\n            - --log.level=info\n"
            "          ports:\n            - name: http\n              containerPort: 8080\n"
            "          securityContext: {runAsNonRoot: true, capabilities: {drop: [\"ALL\"]}}\n"
            "          resources: {}\n",
            i, i);
}

static void make_text(struct kz_buf *b)
{
    for (int n = 0; b->len < TEXT; n++) {
        kz_buf_puts(b, "---\n# Source: stack/templates/x.yaml\n");
        if (n % 10 == 0) {
            kz_buf_puts(b, "kind: CustomResourceDefinition\nspec:\n");
            make_schema(b, 2, 5, 0);
        } else if (n % 10 < 4) {
            make_dashboard(b, n);
        } else if (n % 10 < 7) {
            make_rules(b, n);
        } else {
            make_workload(b, n);
        }
    }
}

/* ---- what is measured ------------------------------------------------------------------------ */

static const struct kz_yaml_limits limits = {
    .text = SIZE_MAX, .document = SIZE_MAX, .docs = SIZE_MAX, .last_key_wins = true};

static bool bare(struct kz_str text, const struct kz_value *tree)
{
    yaml_parser_t p;
    yaml_event_t e;
    bool end = false;
    (void)tree;
    if (!yaml_parser_initialize(&p))
        return false;
    yaml_parser_set_input_string(&p, (const unsigned char *)text.ptr, text.len);
    while (!end && yaml_parser_parse(&p, &e)) {
        end = e.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&p);
    return end;
}

static bool events(struct kz_str text, const struct kz_value *tree)
{
    kz_autoarena struct kz_arena *a = kz_arena_new_large((size_t)1 << 30);
    struct kz_value *docs;
    struct kz_err err;
    (void)tree;
    return kz_yaml_events_read(&docs, a, text, KZ_STR("bench"), &limits, &err) == 0;
}

static bool quick(struct kz_str text, const struct kz_value *tree)
{
    kz_autoarena struct kz_arena *a = kz_arena_new_large((size_t)1 << 30);
    struct kz_value *docs;
    (void)tree;
    return kz_yaml_quick_read(&docs, a, text, &limits);
}

/* One document after the other: a map of many documents is no map that anybody writes. */
static bool write_all(const struct kz_value *docs,
                      void (*write)(struct kz_buf *, const struct kz_value *, unsigned),
                      unsigned flags)
{
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 30);
    for (size_t i = 0; i < kz_value_len(docs); i++)
        write(&b, kz_value_at(docs, i), flags);
    return !kz_buf_bad(&b);
}

static bool write_yaml(struct kz_str text, const struct kz_value *docs)
{
    (void)text;
    return write_all(docs, kz_yaml_write, KZ_YAML_SORTED);
}

static bool write_json(struct kz_str text, const struct kz_value *docs)
{
    (void)text;
    return write_all(docs, kz_json_write, KZ_JSON_COMPACT);
}

static bool write_sorted(struct kz_str text, const struct kz_value *docs)
{
    (void)text;
    return write_all(docs, kz_json_write, KZ_JSON_SORTED);
}

/* Of this process's own time: what else runs on the machine does not count. */
static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(bool (*job)(struct kz_str, const struct kz_value *), struct kz_str text,
                      const struct kz_value *docs)
{
    double best = 0;
    for (int i = 0; i < ROUNDS; i++) {
        const double start = cpu_seconds();
        if (!job(text, docs))
            return 0;
        const double took = cpu_seconds() - start;
        if (i == 0 || took < best)
            best = took;
    }
    return best;
}

static void measure(const char *name, struct kz_str text)
{
    static const struct {
        const char *name;
        bool (*job)(struct kz_str, const struct kz_value *);
    } jobs[] = {
        {"libyaml, bare events", bare        },
        {"read by events",       events      },
        {"read quickly",         quick       },
        {"write YAML, sorted",   write_yaml  },
        {"write JSON",           write_json  },
        {"write JSON, sorted",   write_sorted},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new_large((size_t)1 << 30);
    const double mb = (double)text.len / 1e6;
    struct kz_value *docs;
    struct kz_err err;
    double first = 0;
    if (kz_yaml_events_read(&docs, a, text, kz_str(name), &limits, &err) < 0) {
        (void)printf("%s: %s\n", name, err.frame[0]);
        return;
    }
    (void)printf("%s: %.2f MB, %zu documents\n", name, mb, kz_value_len(docs));
    for (size_t i = 0; i < kz_countof(jobs); i++) {
        const double took = seconds(jobs[i].job, text, docs);
        first = i == 0 ? took : first;
        if (took > 0)
            (void)printf("  %-22s %8.2f ms %8.1f MB/s %6.1fx\n", jobs[i].name, took * 1e3,
                         mb / took, first / took);
        else
            (void)printf("  %-22s not its own\n", jobs[i].name);
    }
}

static bool read_file(struct kz_buf *b, const char *path)
{
    FILE *f = fopen(path, "rbe");
    if (f == NULL)
        return false;
    for (size_t n = 1; n > 0; b->len += n) {
        char *at = kz_buf_reserve(b, 1 << 20);
        n = at == NULL ? 0 : fread(at, 1, 1 << 20, f);
    }
    (void)fclose(f);
    return !kz_buf_bad(b);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc || i == 1; i++) {
        kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 28);
        if (i >= argc)
            make_text(&b);
        else if (!read_file(&b, argv[i]))
            return 1;
        measure(i < argc ? argv[i] : "made text", kz_buf_str(&b));
    }
    return 0;
}
