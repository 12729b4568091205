/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/look_events.h"
#include "base/clock.h"
#include "base/vec.h"

struct gathering {
    struct kz_look *l;
    struct kz_map names;     /* "Kind/ns/name" of what is meant */
    struct kz_map workloads; /* "ns/name": ReplicaSets and Jobs are named after them */
    struct kz_map namespaces;
    struct kz_map merged; /* -> struct kz_event_seen * */
    KZ_VEC(struct kz_event_seen *) events;
    int64_t since;
};

/* ---- about what ------------------------------------------------------------------------------------------ */

static struct kz_str name_key(struct kz_arena *a, struct kz_str kind, struct kz_str ns, struct kz_str name)
{
    return kz_str_printf(a, KZ_FMT "/" KZ_FMT "/" KZ_FMT, KZ_ARG(kind), KZ_ARG(ns), KZ_ARG(name));
}

static void mean(struct gathering *g, struct kz_str kind, struct kz_str ns, struct kz_str name)
{
    struct kz_arena *a = g->l->arena;
    (void)kz_map_put(&g->names, name_key(a, kind, ns, name), g);
    (void)kz_map_put(&g->workloads, name_key(a, KZ_STR(""), ns, name), g);
    (void)kz_map_put(&g->namespaces, ns.len > 0 ? ns : KZ_STR("default"), g); /* where events of the cluster go */
}

/* "web-5d4f8" of ReplicaSet web-5d4f8: its workload is "web". */
static bool is_meant(const struct gathering *g, struct kz_str kind, struct kz_str ns, struct kz_str name)
{
    struct kz_arena *a = g->l->arena;
    if (kz_map_find(&g->names, name_key(a, kind, ns, name)) != NULL)
        return true;
    if (!kz_str_is(kind, "ReplicaSet") && !kz_str_is(kind, "Job"))
        return false;
    struct kz_str stem = kz_str_head(name, kz_str_rindex(name, '-'));
    return stem.len < name.len && kz_map_find(&g->workloads, name_key(a, KZ_STR(""), ns, stem)) != NULL;
}

/* ---- merging --------------------------------------------------------------------------------------------- */

static struct kz_str time_of(const struct kz_value *e)
{
    static const char *const paths[] = {"series.lastObservedTime", "lastTimestamp", "eventTime", "firstTimestamp",
                                        "metadata.creationTimestamp"};
    for (size_t i = 0; i < kz_countof(paths); i++)
        if (kz_value_path_str(e, paths[i]).len > 0)
            return kz_value_path_str(e, paths[i]);
    return KZ_STR("");
}

static struct kz_str one_line(struct kz_arena *a, struct kz_str text)
{
    struct kz_str trimmed = kz_str_trim(text);
    char *p = kz_arena_bytes(a, trimmed.len + 1);
    for (size_t i = 0; i < trimmed.len; i++)
        p[i] = (unsigned char)trimmed.ptr[i] < ' ' ? ' ' : trimmed.ptr[i];
    return kz_str_n(p, trimmed.len);
}

static int64_t count_of(const struct kz_value *e)
{
    const int64_t series = kz_value_path_int(e, "series.count", 0), n = kz_value_path_int(e, "count", 1);
    return series > 0 ? series : n > 0 ? n : 1;
}

static void take(struct gathering *g, const struct kz_value *e)
{
    struct kz_arena *a = g->l->arena;
    struct kz_str kind = kz_value_path_str(e, "involvedObject.kind"),
                  name = kz_value_path_str(e, "involvedObject.name");
    struct kz_str ns = kz_value_path_str(e, "involvedObject.namespace"), time = time_of(e);
    struct kz_str message = one_line(a, kz_value_path_str(e, "message")), reason = kz_value_path_str(e, "reason");
    int64_t wall = 0;
    if (!kz_time_parse(&wall, time))
        wall = 0;
    if (wall < g->since || !is_meant(g, kind, ns, name))
        return;
    struct kz_str key = kz_str_printf(a, KZ_FMT "\n" KZ_FMT "\n" KZ_FMT, KZ_ARG(name_key(a, kind, ns, name)),
                                      KZ_ARG(reason), KZ_ARG(message));
    struct kz_event_seen *seen = kz_map_find(&g->merged, key);
    if (seen == NULL) {
        seen = kz_new(a, struct kz_event_seen);
        *seen = (struct kz_event_seen){.kind = kind,
                                       .name = name,
                                       .reason = reason,
                                       .message = message,
                                       .warning = kz_str_is(kz_value_path_str(e, "type"), "Warning")};
        (void)kz_map_put(&g->merged, key, seen);
        kz_vec_push(&g->events, seen);
    }
    seen->count += count_of(e);
    if (wall >= seen->wall) {
        seen->wall = wall;
        seen->time = time;
    }
}

static int by_time(const void *x, const void *y)
{
    const struct kz_event_seen *a = x, *b = y;
    if (a->wall != b->wall)
        return a->wall < b->wall ? -1 : 1;
    return kz_str_cmp(a->message, b->message);
}

/* ---- the lists ------------------------------------------------------------------------------------------- */

static int ask(struct gathering *g, struct kz_err *err)
{
    struct kz_query *queries = kz_new_n(g->l->arena, struct kz_query, g->namespaces.len + 1);
    const struct kz_map_slot *slot;
    size_t n = 0;
    for (size_t i = 0; (slot = kz_map_next(&g->namespaces, &i)) != NULL;)
        queries[n++] = (struct kz_query){.verb = KZ_QUERY_LIST, .id = {.kind = KZ_STR("Event"), .ns = slot->key}};
    int rc = kz_query_all(g->l->app, g->l->arena, queries, n, 0, err);
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        if (queries[i].err.code != KZ_OK) {
            *err = queries[i].err;
            rc = -(int)err->code;
        }
        for (size_t k = 0; k < kz_value_len(queries[i].body); k++)
            take(g, kz_value_at(queries[i].body, k));
    }
    return rc;
}

int kz_look_events(struct kz_event_seen **out, size_t *n, struct kz_look *l, const struct kz_seen *objects,
                   size_t n_objects, const struct kz_pod_seen *pods, size_t n_pods, int64_t since, struct kz_err *err)
{
    struct gathering g = {.l = l, .since = since};
    kz_map_init(&g.names);
    kz_map_init(&g.workloads);
    kz_map_init(&g.namespaces);
    kz_map_init(&g.merged);
    for (size_t i = 0; i < n_objects; i++)
        mean(&g, objects[i].id.kind, objects[i].id.ns, objects[i].id.name);
    for (size_t i = 0; i < n_pods; i++)
        mean(&g, KZ_STR("Pod"), pods[i].ns, pods[i].name);
    const int rc = ask(&g, err);
    struct kz_event_seen *at = kz_new_n(l->arena, struct kz_event_seen, g.events.len + 1);
    for (size_t i = 0; i < g.events.len; i++)
        at[i] = *g.events.at[i];
    *out = at;
    *n = g.events.len;
    if (*n > 1)
        qsort(at, *n, sizeof *at, by_time);
    kz_vec_done(&g.events);
    kz_map_done(&g.names);
    kz_map_done(&g.workloads);
    kz_map_done(&g.namespaces);
    kz_map_done(&g.merged);
    return rc;
}
