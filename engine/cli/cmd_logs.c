/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync logs: what the pods of a module say, and what Kubernetes says of them. What hurts comes first.
 *
 *     web  3 pods: 1 failing, 2 healthy
 *
 *     failing Pod shop/web-5d4f8-x2lqk: container main: CrashLoopBackOff after 3 restarts: exit code 1
 *       main, before its last end
 *         | cannot connect to db:5432
 *
 *     Events
 *       12m  Warning x14  Pod web-5d4f8-x2lqk  BackOff: back-off restarting failed container */
#include "cli/look_events.h"
#include "cli/table.h"

enum { PODS_MOST = 10, CONTAINERS_MOST = 16 };
enum { EVENT_AT = 17 }; /* column after age and type */

struct said { /* one container of one pod */
    const struct kz_pod_seen *pod;
    struct kz_str container;
    bool previous;
    struct kz_query *query; /* its answer */
};

struct logging {
    struct kz_look *l;
    struct kz_str module;
    struct kz_seen *objects;
    size_t n_objects;
    struct kz_pod_seen *pods;
    size_t n_pods, shown;
    struct said *said;
    size_t n_said;
    struct kz_event_seen *events;
    size_t n_events;
    struct kz_err events_err; /* code 0: none */
};

/* ---- gathering ------------------------------------------------------------------------------------------- */

static void add_container(struct logging *g, const struct kz_pod_seen *pod, struct kz_str name)
{
    if (pod->crashed && kz_str_eq(name, pod->container))
        g->said[g->n_said++] = (struct said){.pod = pod, .container = name, .previous = true};
    g->said[g->n_said++] = (struct said){.pod = pod, .container = name};
}

/* Containers that have started; init containers only while they are to blame. */
static void add_pod(struct logging *g, const struct kz_pod_seen *pod)
{
    const struct kz_value *containers = kz_value_path(pod->pod, "spec.containers");
    const struct kz_value *first = kz_value_path(pod->pod, "spec.initContainers");
    size_t n = 0;
    for (size_t i = 0; i < kz_value_len(first); i++)
        if (kz_str_eq(kz_value_path_str(kz_value_at(first, i), "name"), pod->container) && n++ < CONTAINERS_MOST)
            add_container(g, pod, pod->container);
    for (size_t i = 0; i < kz_value_len(containers) && n++ < CONTAINERS_MOST; i++)
        add_container(g, pod, kz_value_path_str(kz_value_at(containers, i), "name"));
}

static int ask_logs(struct logging *g, struct kz_err *err)
{
    struct kz_arena *a = g->l->arena;
    const int tail = (int)kz_args_int(g->l->args, "tail");
    const int64_t since =
        kz_args_given(g->l->args, "since") ? kz_args_duration(g->l->args, "since") / KZ_NS_PER_SEC : 0;
    g->shown = g->n_pods < PODS_MOST || kz_args_flag(g->l->args, "all") ? g->n_pods : PODS_MOST;
    g->said = kz_new_n(a, struct said, g->shown * 2 * CONTAINERS_MOST + 1);
    for (size_t i = 0; i < g->shown; i++)
        add_pod(g, &g->pods[i]);
    struct kz_query *queries = kz_new_n(a, struct kz_query, g->n_said + 1);
    for (size_t i = 0; i < g->n_said; i++) {
        queries[i] = kz_look_log_query(g->said[i].pod, g->said[i].container, g->said[i].previous, tail, since);
        g->said[i].query = &queries[i];
    }
    return kz_query_all(g->l->app, a, queries, g->n_said, 0, err);
}

/* Without the workloads nobody knows which pods are meant: none is not the answer then. */
static int check_read(const struct logging *g, struct kz_err *err)
{
    for (size_t i = 0; i < g->n_objects; i++)
        if (g->objects[i].err != NULL && g->objects[i].err->code == KZ_E_DENIED && g->n_pods == 0) {
            *err = *g->objects[i].err;
            return -(int)err->code;
        }
    return 0;
}

static int gather(struct logging *g, struct kz_err *err)
{
    struct kz_look *l = g->l;
    const struct kz_value *entry;
    const int64_t since =
        kz_args_given(l->args, "since") ? kz_env_wall(kz_app_env(l->app)) - kz_args_duration(l->args, "since") : 0;
    int rc = kz_look_module(&entry, l, g->module, err);
    if (rc >= 0)
        rc = kz_look_live_module(&g->objects, &g->n_objects, l, g->module, err);
    if (rc >= 0)
        rc = kz_look_pods(&g->pods, &g->n_pods, l, g->objects, g->n_objects, err);
    if (rc >= 0)
        rc = check_read(g, err);
    if (rc >= 0)
        rc = ask_logs(g, err);
    if (rc >= 0 && kz_look_events(&g->events, &g->n_events, l, g->objects, g->n_objects, g->pods, g->n_pods, since,
                                  &g->events_err) < 0)
        rc = kz_app_interrupted(l->app) ? -KZ_E_TIMEOUT : 0; /* logs alone are worth it */
    return rc;
}

/* ---- text ------------------------------------------------------------------------------------------------ */

static enum kz_tone tone_of(enum kz_health h)
{
    return h == KZ_HEALTH_HEALTHY || h == KZ_HEALTH_SUSPENDED ? KZ_TONE_OK
           : h == KZ_HEALTH_FAILED || h == KZ_HEALTH_FAILING  ? KZ_TONE_FAIL
                                                              : KZ_TONE_WAIT;
}

static void add_head(struct kz_buf *b, const struct logging *g, const struct kz_page *page)
{
    static const enum kz_health order[] = {KZ_HEALTH_FAILED,  KZ_HEALTH_FAILING,     KZ_HEALTH_PROGRESSING,
                                           KZ_HEALTH_UNKNOWN, KZ_HEALTH_TERMINATING, KZ_HEALTH_HEALTHY};
    bool first = true;
    kz_color_add(b, page->color, KZ_TONE_BOLD, g->module);
    kz_buf_printf(b, "  %zu pod%s", g->n_pods, g->n_pods == 1 ? "" : "s");
    for (size_t k = 0; k < kz_countof(order); k++) {
        size_t n = 0;
        for (size_t i = 0; i < g->n_pods; i++)
            n += g->pods[i].verdict.health == order[k];
        if (n > 0)
            kz_buf_printf(b, "%s %zu %s", first ? ":" : ",", n, kz_health_name(order[k]));
        first = first && n == 0;
    }
    kz_buf_putc(b, '\n');
}

static void add_lines(struct kz_buf *b, struct kz_str text)
{
    struct kz_str line;
    for (struct kz_str rest = text; rest.len > 0;) {
        rest = kz_str_cut(&line, rest, '\n');
        kz_buf_puts(b, "    | ");
        kz_text_add(b, line);
        kz_buf_putc(b, '\n');
    }
}

static void add_said(struct kz_buf *b, const struct said *s)
{
    const struct kz_query *q = s->query;
    kz_buf_puts(b, "  ");
    kz_text_add(b, s->container);
    if (s->previous)
        kz_buf_puts(b, ", before its last end");
    if (q->err.code != KZ_OK) {
        kz_buf_puts(b, ": no log: ");
        kz_text_add(b, kz_str(q->err.frame[0]));
    } else if (kz_look_log_text(q).len == 0) {
        kz_buf_puts(b, ": says nothing");
    }
    kz_buf_putc(b, '\n');
    add_lines(b, kz_look_log_text(q));
}

static void add_pod_text(struct kz_buf *b, const struct logging *g, const struct kz_pod_seen *p,
                         const struct kz_page *page)
{
    kz_buf_putc(b, '\n');
    kz_color_add(b, page->color, tone_of(p->verdict.health), kz_str(kz_health_name(p->verdict.health)));
    kz_buf_printf(b, " Pod " KZ_FMT "/" KZ_FMT, KZ_ARG(p->ns), KZ_ARG(p->name));
    if (p->container.len > 0)
        kz_buf_printf(b, ": container " KZ_FMT, KZ_ARG(p->container));
    if (p->verdict.why[0] != '\0') {
        kz_buf_puts(b, ": ");
        kz_text_add(b, kz_str(p->verdict.why));
    }
    kz_buf_puts(b, p->old ? " (of an older revision)\n" : "\n");
    for (size_t i = 0; i < g->n_said; i++)
        if (g->said[i].pod == p)
            add_said(b, &g->said[i]);
}

static void add_events(struct kz_buf *b, const struct logging *g, const struct kz_page *page)
{
    if (g->events_err.code != KZ_OK) {
        kz_buf_puts(b, "\nNo events: ");
        kz_text_add(b, kz_str(g->events_err.frame[0]));
        kz_buf_putc(b, '\n');
        return;
    }
    kz_buf_puts(b, g->n_events == 0 ? "\nNo events.\n" : "\nEvents\n");
    for (size_t i = 0; i < g->n_events; i++) {
        const struct kz_event_seen *e = &g->events[i];
        struct kz_str age = kz_text_age(g->l->arena, e->time, page->now);
        kz_buf_printf(b, "  %-6.*s ", KZ_ARG(age));
        kz_color_add(b, page->color, e->warning ? KZ_TONE_WAIT : KZ_TONE_DIM,
                     e->warning ? KZ_STR("Warning") : KZ_STR("Normal "));
        struct kz_str times = e->count > 1 ? kz_str_printf(g->l->arena, "x%lld ", (long long)e->count) : KZ_STR("");
        struct kz_str text =
            kz_str_printf(g->l->arena, KZ_FMT KZ_FMT " " KZ_FMT " " KZ_FMT ": " KZ_FMT, KZ_ARG(times),
                          KZ_ARG(e->kind), KZ_ARG(e->name), KZ_ARG(e->reason), KZ_ARG(e->message));
        kz_buf_putc(b, ' ');
        kz_text_wrap(b, g->l->arena, text, EVENT_AT, EVENT_AT, page->width);
    }
}

static void add_text(struct kz_buf *b, const struct logging *g, const struct kz_page *page)
{
    add_head(b, g, page);
    for (size_t i = 0; i < g->shown; i++)
        add_pod_text(b, g, &g->pods[i], page);
    if (g->shown < g->n_pods)
        kz_buf_printf(b, "\n%zu more pods hurt less: kzsync logs " KZ_FMT " --all\n", g->n_pods - g->shown,
                      KZ_ARG(g->module));
    add_events(b, g, page);
}

/* ---- for machines ---------------------------------------------------------------------------------------- */

static struct kz_value *said_doc(struct kz_arena *a, const struct said *s)
{
    struct kz_value *v = kz_value_map(a), *lines = kz_value_list(a);
    struct kz_str line;
    kz_doc_put(a, v, "container", s->container);
    kz_value_set(a, v, KZ_STR("previous"), kz_value_bool(a, s->previous));
    if (s->query->err.code != KZ_OK)
        kz_doc_put(a, v, "error", kz_str(s->query->err.frame[0]));
    for (struct kz_str rest = kz_look_log_text(s->query); rest.len > 0;) {
        rest = kz_str_cut(&line, rest, '\n');
        kz_value_push(a, lines, kz_value_str(a, line));
    }
    kz_value_set(a, v, KZ_STR("lines"), lines);
    return v;
}

static struct kz_value *pod_doc(struct kz_arena *a, const struct logging *g, const struct kz_pod_seen *p)
{
    struct kz_value *v = kz_value_map(a), *logs = kz_value_list(a);
    kz_doc_put(a, v, "namespace", p->ns);
    kz_doc_put(a, v, "name", p->name);
    kz_doc_put(a, v, "workload", kz_id_text(a, &p->owner));
    kz_doc_put(a, v, "health", kz_str(kz_health_name(p->verdict.health)));
    kz_doc_put(a, v, "reason", kz_str(p->verdict.why));
    kz_doc_put(a, v, "container", p->container);
    for (size_t i = 0; i < g->n_said; i++)
        if (g->said[i].pod == p)
            kz_value_push(a, logs, said_doc(a, &g->said[i]));
    kz_value_set(a, v, KZ_STR("logs"), logs);
    return v;
}

static struct kz_value *event_doc(struct kz_arena *a, const struct kz_event_seen *e)
{
    struct kz_value *v = kz_value_map(a);
    kz_doc_put(a, v, "time", e->time);
    kz_doc_put(a, v, "type", e->warning ? KZ_STR("Warning") : KZ_STR("Normal"));
    kz_value_set(a, v, KZ_STR("count"), kz_value_int(a, e->count));
    kz_doc_put(a, v, "kind", e->kind);
    kz_doc_put(a, v, "name", e->name);
    kz_doc_put(a, v, "reason", e->reason);
    kz_doc_put(a, v, "message", e->message);
    return v;
}

static struct kz_value *doc_of(const struct logging *g)
{
    struct kz_arena *a = g->l->arena;
    struct kz_value *doc = kz_look_doc(g->l, "Logs"), *pods = kz_value_list(a), *events = kz_value_list(a);
    kz_doc_put(a, doc, "module", g->module);
    for (size_t i = 0; i < g->n_pods; i++)
        kz_value_push(a, pods, pod_doc(a, g, &g->pods[i]));
    for (size_t i = 0; i < g->n_events; i++)
        kz_value_push(a, events, event_doc(a, &g->events[i]));
    kz_value_set(a, doc, KZ_STR("pods"), pods);
    kz_value_set(a, doc, KZ_STR("events"), events);
    return doc;
}

/* ---- the command ----------------------------------------------------------------------------------------- */

static int run(const struct kz_args *args, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(256 << 20);
    struct kz_look l;
    struct logging g = {.l = &l, .module = kz_args_pos(args, 0)};
    int rc = kz_look_open(&l, args, 0, err);
    if (rc >= 0)
        rc = kz_look_ready(&l, err);
    if (rc >= 0)
        rc = gather(&g, err);
    if (rc >= 0) {
        const struct kz_page page = kz_look_page(&l);
        if (kz_look_wants_doc(&l))
            (void)kz_look_add_doc(&b, &l, doc_of(&g));
        else
            add_text(&b, &g, &page);
        rc = kz_cli_out(&b, err);
    }
    return kz_look_end(&l, rc);
}

static const char *const outputs[] = {"text", "json", "yaml", NULL};
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPT_PLATFORM,
    {"tail", 0, KZ_OPT_INT, "LINES", NULL, 1, 100000, "10", "last lines of each container"},
    {"since", 0, KZ_OPT_DURATION, NULL, NULL, 0, 0, NULL, "only lines and events of this last time"},
    {"all", 'a', KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "all pods, not only the ten that hurt most"},
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "text", "text, json or yaml"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync logs web", "last lines and events, what hurts first"},
    {"kzsync logs web --since 10m --tail 200", "more of what is new"},
    {0},
};
const struct kz_command kz_cmd_logs = {
    .name = "logs",
    .summary = "show last log lines and events of a module's pods",
    .args = "MODULE",
    .args_min = 1,
    .args_max = 1,
    .details = "Pods of the Deployments, StatefulSets, DaemonSets, ReplicaSets and Jobs that kzsync applied; of a "
               "container that crashed also what it said before its end. Events that say the same are counted.",
    .options = options,
    .examples = examples,
    .run = run,
};
