/* SPDX-License-Identifier: Apache-2.0
 *
 * From the reply of the task "load" to structs. Runs in the worker (where values still know their
 * place) and again in the parent, which trusts nothing: the envelope is a table too, and each spec is
 * checked with the table of the user's format. Defaults come from the tables and nowhere else. */
#include "spec/platform.h"

#include "base/buf.h"
#include "base/clock.h"
#include "spec/fields.h"
#include "spec/graph.h"
#include "spec/tenancy.h"
#include "base/near.h"
#include "value/json.h"

enum { PATH_MAX_BYTES = 4096, SHOWN_BYTES = 256 << 10, ARENA_SHOWN = 256 << 20 };

static const struct kz_spec_field envelope_layer[] = {
    {.name = "values", .type = KZ_F_FREE},
    {.name = "kind", .type = KZ_F_KIND},
    {.name = "name", .type = KZ_F_DNS},
    {.name = "key", .type = KZ_F_TEXT, .max = 253},
    {.name = "optional", .type = KZ_F_BOOL},
    {.name = NULL},
};
static const struct kz_spec_field envelope_fault[] = {
    {.name = "text", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED},
    {.name = "hint", .type = KZ_F_TEXT},
    {.name = NULL},
};
static const struct kz_spec_field envelope_module[] = {
    {.name = "name", .type = KZ_F_LABEL, .flags = KZ_F_REQUIRED},
    {.name = "file", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .max = PATH_MAX_BYTES},
    {.name = "line", .type = KZ_F_INT, .flags = KZ_F_REQUIRED, .max = UINT32_MAX},
    {.name = "path", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .max = PATH_MAX_BYTES},
    {.name = "treeId", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .max = 128},
    {.name = "dependsFile", .type = KZ_F_TEXT, .max = PATH_MAX_BYTES},
    {.name = "windowsFile", .type = KZ_F_TEXT, .max = PATH_MAX_BYTES},
    {.name = "spec", .type = KZ_F_FREE, .flags = KZ_F_REQUIRED},
    {.name = "valueLayers", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = envelope_layer, .max = 256},
    {.name = "fault", .type = KZ_F_FIELDS, .sub = envelope_fault},
    {.name = NULL},
};
static const struct kz_spec_field envelope_tenant[] = {
    {.name = "spec", .type = KZ_F_FREE, .flags = KZ_F_REQUIRED},
    {.name = "folders", .type = KZ_F_LIST, .item = KZ_F_TEXT, .max = 64},
    {.name = "paths", .type = KZ_F_LIST, .item = KZ_F_TEXT, .max = 64},
    {.name = "line", .type = KZ_F_INT, .flags = KZ_F_REQUIRED, .max = UINT32_MAX},
    {.name = NULL},
};
static const struct kz_spec_field envelope[] = {
    {.name = "name", .type = KZ_F_LABEL, .flags = KZ_F_REQUIRED},
    {.name = "file", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .max = PATH_MAX_BYTES},
    {.name = "edition", .type = KZ_F_TEXT, .max = 63},
    {.name = "spec", .type = KZ_F_FREE},
    {.name = "schedule", .type = KZ_F_FREE},
    {.name = "healthRules", .type = KZ_F_LIST, .item = KZ_F_ANY, .max = 256},
    {.name = "warnings", .type = KZ_F_LIST, .item = KZ_F_TEXT, .max = 1000},
    {.name = "tenants", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = envelope_tenant, .max = 500},
    {.name = "modules", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = envelope_module,
     .flags = KZ_F_REQUIRED, .max = KZ_MODULES_MAX},
    {.name = NULL},
};

/* ---- one field, with its default ----------------------------------------------------------- */

static const struct kz_spec_field *row(const char *path)
{
    const struct kz_spec_field *f = kz_fields_find(kz_doc_module.spec, kz_str(path));
    kz_assert(f != NULL);
    return f;
}

static struct kz_str text(const struct kz_value *spec, const char *path)
{
    const struct kz_value *v = kz_value_path(spec, path);
    return kz_value_is(v, KZ_STRING) ? v->as.str : kz_str(row(path)->fallback);
}

static bool truth(const struct kz_value *spec, const char *path)
{
    return kz_value_path_bool(spec, path, kz_str_is(kz_str(row(path)->fallback), "true"));
}

static int number(const struct kz_value *spec, const char *path)
{
    int64_t n = 0;
    kz_assert(kz_str_i64(&n, kz_str(row(path)->fallback)));
    return (int)kz_value_path_int(spec, path, n);
}

static int64_t duration(const struct kz_value *spec, const char *path)
{
    int64_t ns = 0;
    kz_assert(kz_duration_parse(&ns, text(spec, path))); /* the table check saw it */
    return ns;
}

/* Position in the row's words: the enums of platform.h have the same order. */
static unsigned word(const struct kz_value *spec, const char *path)
{
    struct kz_str s = text(spec, path);
    unsigned i = 0;
    while (row(path)->words[i] != NULL && !kz_str_is(s, row(path)->words[i]))
        i++;
    return i;
}

static struct kz_str dup_at(struct kz_arena *a, const struct kz_value *map, const char *key)
{
    return kz_str_dup(a, kz_value_as_str(kz_value_get(map, key)));
}

static struct kz_str *strings(size_t *n, struct kz_arena *a, const struct kz_value *list)
{
    *n = kz_value_len(list);
    struct kz_str *out = kz_new_n(a, struct kz_str, *n + 1);
    for (size_t i = 0; i < *n; i++)
        out[i] = kz_str_dup(a, kz_value_as_str(kz_value_at(list, i)));
    return out;
}

/* ---- parts of a module --------------------------------------------------------------------- */

static struct kz_id object_id(struct kz_arena *a, const struct kz_value *v, struct kz_str ns)
{
    struct kz_str group, version, own = dup_at(a, v, "namespace");
    kz_api_version_split(&group, &version, dup_at(a, v, "apiVersion"));
    return (struct kz_id){.group = group, .kind = dup_at(a, v, "kind"),
                          .ns = own.len > 0 ? own : ns, .name = dup_at(a, v, "name")};
}

static void take_depends(struct kz_module *m, struct kz_arena *a, const struct kz_value *list,
                         struct kz_str file)
{
    m->n_depends = kz_value_len(list);
    m->depends = kz_new_n(a, struct kz_depend, m->n_depends + 1);
    for (size_t i = 0; i < m->n_depends; i++) {
        const struct kz_value *v = kz_value_at(list, i), *object = kz_value_get(v, "object");
        struct kz_depend *d = &m->depends[i];
        *d = (struct kz_depend){.file = file, .line = v->line, .col = v->col};
        if (v->kind == KZ_STRING)
            d->module = kz_str_dup(a, v->as.str);
        else if (kz_value_is(object, KZ_MAP))
            d->object = object_id(a, object, KZ_STR(""));
        else
            d->module = dup_at(a, v, "module");
        d->optional = kz_value_path_bool(v, "optional", false);
    }
}

/* Of an item of a list, which `row` describes: its default stands in the table too. */
static int64_t item_duration(const struct kz_value *item, const char *key, const struct kz_spec_field *f)
{
    const struct kz_value *v = kz_value_get(item, key);
    struct kz_str s = kz_value_is(v, KZ_STRING) ? v->as.str : kz_str(f->fallback);
    int64_t ns = -1;
    kz_assert(s.len == 0 || kz_duration_parse(&ns, s)); /* the table check saw it */
    return ns;
}

static int64_t item_int(const struct kz_value *item, const char *key, const struct kz_spec_field *f)
{
    int64_t n = -1;
    if (f->fallback != NULL)
        kz_assert(kz_str_i64(&n, kz_str(f->fallback)));
    return kz_value_path_int(item, key, n);
}

static void take_http(struct kz_gate *g, struct kz_arena *a, const struct kz_value *v)
{
    g->kind = KZ_GATE_HTTP;
    g->http.url = dup_at(a, v, "url");
    g->http.contains = dup_at(a, v, "contains");
    g->http.matches = dup_at(a, v, "matches");
    g->http.ca_pem = dup_at(a, v, "ca");
    g->http.expect = (int)item_int(v, "expect", row("health.gates.http.expect"));
    g->http.redirects = (unsigned)item_int(v, "redirects", row("health.gates.http.redirects"));
    g->http.timeout = item_duration(v, "timeout", row("health.gates.http.timeout"));
}

static void take_count(struct kz_gate *g, struct kz_arena *a, const struct kz_value *v)
{
    const struct kz_value *exactly = kz_value_get(v, "exactly");
    g->kind = KZ_GATE_COUNT;
    g->count.labels = dup_at(a, v, "labels");
    g->count.healthy = kz_value_path_bool(v, "healthy", false);
    g->count.at_least = kz_value_as_int(exactly, kz_value_path_int(v, "atLeast", -1));
    g->count.at_most = kz_value_as_int(exactly, kz_value_path_int(v, "atMost", -1));
}

static void take_gates(struct kz_module *m, struct kz_arena *a, const struct kz_value *list)
{
    m->n_gates = kz_value_len(list);
    m->gates = kz_new_n(a, struct kz_gate, m->n_gates + 1);
    for (size_t i = 0; i < m->n_gates; i++) {
        const struct kz_value *v = kz_value_at(list, i), *http = kz_value_get(v, "http");
        const struct kz_value *count = kz_value_get(v, "count");
        struct kz_gate *g = &m->gates[i];
        g->every = item_duration(v, "every", row("health.gates.every"));
        if (kz_value_is(http, KZ_MAP)) {
            take_http(g, a, http);
            continue;
        }
        g->object = object_id(a, v, m->ns);
        if (kz_value_is(count, KZ_MAP))
            take_count(g, a, count);
        if (kz_test_is_in(v)) {
            struct kz_test *t = kz_new(a, struct kz_test);
            struct kz_err err;
            kz_assert(kz_test_parse(t, a, v, &err) == 0); /* the table check saw it */
            g->test = t;
        }
    }
}

static void take_kind_times(struct kz_module *m, struct kz_arena *a, const struct kz_value *list)
{
    m->n_kind_times = kz_value_len(list);
    m->kind_times = kz_new_n(a, struct kz_kind_times, m->n_kind_times + 1);
    for (size_t i = 0; i < m->n_kind_times; i++) {
        const struct kz_value *v = kz_value_at(list, i);
        m->kind_times[i] = (struct kz_kind_times){
            .group = dup_at(a, v, "group"),
            .kind = dup_at(a, v, "kind"),
            .timeout = item_duration(v, "timeout", row("health.kinds.timeout")),
            .grace = item_duration(v, "grace", row("health.kinds.grace")),
            .soak = item_duration(v, "soak", row("health.kinds.soak")),
        };
    }
}

static void take_ignores(struct kz_module *m, struct kz_arena *a, const struct kz_value *list)
{
    m->n_ignores = kz_value_len(list);
    m->ignores = kz_new_n(a, struct kz_ignore, m->n_ignores + 1);
    for (size_t i = 0; i < m->n_ignores; i++) {
        const struct kz_value *v = kz_value_at(list, i);
        struct kz_ignore *g = &m->ignores[i];
        g->group = dup_at(a, v, "group");
        g->kind = dup_at(a, v, "kind");
        g->ns = dup_at(a, v, "namespace");
        g->name = dup_at(a, v, "name");
        g->paths = strings(&g->n_paths, a, kz_value_get(v, "paths"));
        g->managers = strings(&g->n_managers, a, kz_value_get(v, "managers"));
    }
}

static void take_patches(struct kz_module *m, struct kz_arena *a, const struct kz_value *list)
{
    m->n_patches = kz_value_len(list);
    m->patches = kz_new_n(a, struct kz_patch, m->n_patches + 1);
    for (size_t i = 0; i < m->n_patches; i++) {
        const struct kz_value *v = kz_value_at(list, i), *target = kz_value_get(v, "target");
        const struct kz_value *ops = kz_value_get(v, "jsonPatch"), *merge = kz_value_get(v, "merge");
        m->patches[i] = (struct kz_patch){
            .group = dup_at(a, target, "group"),
            .kind = dup_at(a, target, "kind"),
            .ns = dup_at(a, target, "namespace"),
            .name = dup_at(a, target, "name"),
            .json_patch = kz_value_is(ops, KZ_LIST) ? kz_value_copy(a, ops) : NULL,
            .merge = kz_value_is(merge, KZ_MAP) ? kz_value_copy(a, merge) : NULL,
        };
    }
}

static void take_sync(struct kz_module *m, struct kz_arena *a, const struct kz_value *spec)
{
    m->automatic = truth(spec, "sync.auto");
    m->prune = truth(spec, "sync.prune");
    m->self_heal = (enum kz_self_heal)word(spec, "sync.selfHeal");
    m->on_failure = (enum kz_on_failure)word(spec, "sync.onFailure");
    m->on_conflict = (enum kz_on_conflict)word(spec, "sync.onConflict");
    m->dry_run = (enum kz_dry_run)word(spec, "sync.dryRun");
    m->validate = (enum kz_validate)word(spec, "sync.validate");
    m->on_delete = (enum kz_on_delete)word(spec, "sync.onDelete");
    m->concurrency = number(spec, "sync.concurrency");
    m->history = number(spec, "sync.history");
    m->retry_limit = number(spec, "sync.retry.limit");
    m->retry_backoff = duration(spec, "sync.retry.backoff");
    m->retry_max = duration(spec, "sync.retry.max");
    m->timeout = duration(spec, "health.timeout");
    m->grace = duration(spec, "health.grace");
    m->soak = duration(spec, "health.soak");
    m->capacity = duration(spec, "health.capacity");
    m->restarts = number(spec, "health.restarts");
    m->paused = kz_str_dup(a, kz_value_path_str(spec, "paused.reason"));
    m->paused_drift = kz_value_path_bool(spec, "paused.drift", false);
    struct kz_str until = kz_value_path_str(spec, "paused.until");
    if (until.len > 0)
        kz_assert(kz_time_parse(&m->paused_until, until)); /* the table check saw it */
    struct kz_str approve = text(spec, "approve");
    m->approve = kz_str_is(approve, "none") ? KZ_STR("") : kz_str_dup(a, approve);
}

static void take_namespace(struct kz_module *m, struct kz_arena *a, const struct kz_value *meta)
{
    const struct kz_value *labels = kz_value_get(meta, "labels"), *annotations = kz_value_get(meta, "annotations");
    if (!kz_value_is(meta, KZ_MAP))
        return;
    m->ns_labels = kz_value_is(labels, KZ_MAP) ? kz_value_copy(a, labels) : kz_value_map(a);
    m->ns_annotations = kz_value_is(annotations, KZ_MAP) ? kz_value_copy(a, annotations) : kz_value_map(a);
}

static struct kz_value *map_or_empty(struct kz_arena *a, const struct kz_value *v)
{
    return kz_value_is(v, KZ_MAP) ? kz_value_copy(a, v) : kz_value_map(a);
}

/* Over name, path and the merged spec; place and content id are not in it. */
static struct kz_hash spec_hash(struct kz_arena *a, const struct kz_module *m,
                                const struct kz_value *spec)
{
    struct kz_hash h;
    const struct kz_arena_mark before = kz_arena_here(a);
    struct kz_value *all = kz_value_map(a);
    kz_value_set(a, all, KZ_STR("name"), kz_value_str(a, m->name));
    kz_value_set(a, all, KZ_STR("path"), kz_value_str(a, m->path));
    kz_value_set(a, all, KZ_STR("spec"), kz_value_copy(a, spec));
    if (m->value_layers != NULL)
        kz_value_set(a, all, KZ_STR("valueLayers"), kz_value_copy(a, m->value_layers));
    if (m->tenant != NULL) /* a set is built anew, and asked about, when a rule has changed */
        kz_value_set(a, all, KZ_STR("rules"), kz_value_str(a, kz_str_n((const char *)&m->tenant->hash, sizeof m->tenant->hash)));
    kz_json_hash(&h, all);
    kz_arena_rewind(a, before); /* a platform of thousands of modules lives long */
    return h;
}

/* What does not fit is not shown. */
static struct kz_str shown(struct kz_arena *a, const struct kz_value *spec)
{
    kz_autobuf struct kz_buf b = KZ_BUF(SHOWN_BYTES);
    kz_json_write(&b, spec, KZ_JSON_COMPACT);
    return kz_buf_bad(&b) ? KZ_STR("{}") : kz_str_dup(a, kz_buf_str(&b));
}

static struct kz_str module_shown(struct kz_arena *a, const struct kz_module *m, const struct kz_value *spec)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new(ARENA_SHOWN);
    struct kz_value *out = kz_fields_shown(tmp, kz_doc_module.spec, spec), *source = kz_value_map(tmp);
    kz_value_set(tmp, source, KZ_STR("path"), kz_value_str(tmp, m->path.len > 0 ? m->path : KZ_STR(".")));
    kz_value_set(tmp, out, KZ_STR("source"), source);
    return shown(a, out);
}

/* Whose rights it has, and whether its definition keeps to the rules of its tenant. */
static void take_rights(struct kz_module *m, const struct kz_platform *p, struct kz_arena *a, const struct kz_value *v)
{
    const struct kz_value *spec = kz_value_get(v, "spec"), *fault = kz_value_get(v, "fault");
    struct kz_str account = kz_value_path_str(spec, "serviceAccount");
    struct kz_err why;
    m->user = account.len == 0 ? KZ_STR("")
                               : kz_str_printf(a, "system:serviceaccount:" KZ_FMT ":" KZ_FMT, KZ_ARG(m->ns), KZ_ARG(account));
    m->tenant = kz_tenancy_of(p, a, kz_value_path_str(spec, "tenant"));
    if (m->tenant == NULL)
        return;
    m->user = m->tenant->user;
    int rc = 0;
    if (fault != NULL) {
        (void)kz_fail(&why, KZ_E_DENIED, KZ_FMT, KZ_ARG(kz_value_path_str(fault, "text")));
        rc = kz_err_hint(&why, KZ_FMT, KZ_ARG(kz_value_path_str(fault, "hint")));
    } else {
        rc = kz_tenancy_check(m, p, account, &why);
    }
    if (rc == 0)
        return;
    struct kz_err *kept = kz_new(a, struct kz_err);
    *kept = why;
    (void)kz_err_at(kept, m->file, m->line, 0);
    m->violation = kept;
}

static int take_module(struct kz_module *m, const struct kz_platform *p, struct kz_arena *a, const struct kz_value *v,
                       struct kz_err *err)
{
    const struct kz_value *spec = kz_value_get(v, "spec"), *windows = kz_value_get(spec, "windows");
    *m = (struct kz_module){.name = dup_at(a, v, "name"), .file = dup_at(a, v, "file"),
                            .line = (uint32_t)kz_value_path_int(v, "line", 0),
                            .path = dup_at(a, v, "path"), .tree_id = dup_at(a, v, "treeId")};
    struct kz_owner owner = {.file = m->file, .kind = "Module", .name = m->name};
    int rc = kz_fields_check(kz_doc_module.spec, spec, &owner, err);
    if (rc < 0)
        return rc;
    m->renderer = kz_str_dup(a, text(spec, "renderer"));
    m->ns = kz_str_dup(a, text(spec, "namespace"));
    m->release = dup_at(a, spec, "release");
    if (m->release.len == 0)
        m->release = kz_str_head(m->name, 53);
    m->enabled = truth(spec, "enabled");
    m->retain = truth(spec, "retain");
    m->values = map_or_empty(a, kz_value_get(spec, "values"));
    m->options = map_or_empty(a, kz_value_get(spec, "options"));
    if (kz_value_len(kz_value_get(v, "valueLayers")) > 0)
        m->value_layers = kz_value_copy(a, kz_value_get(v, "valueLayers"));
    take_namespace(m, a, kz_value_get(spec, "namespaceMetadata"));
    m->windows = kz_value_is(windows, KZ_MAP) ? kz_value_copy(a, windows) : NULL;
    take_depends(m, a, kz_value_get(spec, "dependsOn"), dup_at(a, v, "dependsFile"));
    take_gates(m, a, kz_value_path(spec, "health.gates"));
    take_kind_times(m, a, kz_value_path(spec, "health.kinds"));
    take_ignores(m, a, kz_value_get(spec, "ignore"));
    take_patches(m, a, kz_value_get(spec, "patches"));
    take_sync(m, a, spec);
    take_rights(m, p, a, v);
    m->spec_hash = spec_hash(a, m, spec);
    m->shown = module_shown(a, m, spec);
    return 0;
}

/* ---- windows ------------------------------------------------------------------------------- */

/* Every name that `use` (change class -> names) holds must be a window of the schedule. */
static int check_windows(const struct kz_value *schedule, const struct kz_value *use,
                         struct kz_str file, const char *whose, struct kz_str name,
                         struct kz_err *err)
{
    const struct kz_value *windows = kz_value_get(schedule, "windows");
    for (size_t c = 0; kz_value_is(use, KZ_MAP) && c < use->as.map.len; c++)
        for (size_t i = 0; i < kz_value_len(use->as.map.at[c].val); i++) {
            const struct kz_value *v = kz_value_at(use->as.map.at[c].val, i);
            struct kz_near near = kz_near(v->as.str);
            bool found = false;
            for (size_t w = 0; w < kz_value_len(windows) && !found; w++) {
                struct kz_str known = kz_value_path_str(kz_value_at(windows, w), "name");
                kz_near_try(&near, known);
                found = kz_str_eq(known, v->as.str);
            }
            if (found)
                continue;
            (void)kz_fail(err, KZ_E_INVALID, "%s" KZ_FMT " uses window '" KZ_FMT
                          "', which is not in the schedule" KZ_NEAR_FMT, whose, KZ_ARG(name),
                          KZ_ARG(v->as.str), KZ_NEAR_ARGS(near));
            return kz_err_at(err, file, v->line, v->col);
        }
    return 0;
}

static int take_schedule(struct kz_platform *p, struct kz_arena *a, const struct kz_value *schedule,
                         struct kz_err *err)
{
    struct kz_owner owner = {.file = p->file, .kind = "Platform", .name = p->name};
    if (!kz_value_is(schedule, KZ_MAP))
        return 0;
    int rc = kz_fields_check(kz_fields_find(kz_doc_platform.spec, KZ_STR("schedule"))->sub, schedule,
                             &owner, err);
    if (rc == 0)
        rc = check_windows(schedule, kz_value_get(schedule, "default"), p->file, "schedule.default",
                           KZ_STR(""), err);
    if (rc == 0)
        p->schedule = kz_value_copy(a, schedule);
    return rc;
}

/* ---- health rules -------------------------------------------------------------------------- */

static int take_health_rules(struct kz_platform *p, struct kz_arena *a, const struct kz_value *list, struct kz_err *err)
{
    struct kz_owner owner = {.file = p->file, .kind = "Platform", .name = p->name};
    if (kz_value_len(list) == 0)
        return 0;
    struct kz_value *all = kz_value_map(a), *own = kz_value_copy(a, list);
    kz_value_set(a, all, KZ_STR("healthRules"), own);
    int rc = kz_fields_check(kz_doc_platform.spec, all, &owner, err);
    if (rc == 0)
        p->health_rules = own;
    return rc;
}

static int take_shown(struct kz_platform *p, struct kz_arena *a, const struct kz_value *spec, struct kz_err *err)
{
    struct kz_owner owner = {.file = p->file, .kind = "Platform", .name = p->name};
    kz_autoarena struct kz_arena *tmp = kz_arena_new(ARENA_SHOWN);
    p->shown = KZ_STR("{}");
    if (spec == NULL)
        return 0;
    int rc = kz_fields_check(kz_doc_platform.spec, spec, &owner, err);
    if (rc == 0)
        p->shown = shown(a, kz_fields_shown(tmp, kz_doc_platform.spec, spec));
    return rc;
}

/* ---- tenants ------------------------------------------------------------------------------- */

static int take_tenants(struct kz_platform *p, struct kz_arena *a, const struct kz_value *list, struct kz_err *err)
{
    const struct kz_spec_field *rows = kz_fields_find(kz_doc_platform.spec, KZ_STR("tenants"))->sub;
    struct kz_owner owner = {.file = p->file, .kind = "tenant"};
    p->tenants = kz_new_n(a, struct kz_tenant, kz_value_len(list) + 1);
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *v = kz_value_at(list, i);
        int rc = kz_fields_check(rows, kz_value_get(v, "spec"), &owner, err);
        if (rc < 0)
            return rc;
        kz_tenant_read(&p->tenants[i], a, v, p->file);
        if (kz_platform_tenant(p, p->tenants[i].name) != NULL)
            return kz_fail(err, KZ_E_INVALID, "two tenants of the reply have one name");
        p->n_tenants++;
    }
    return 0;
}

const struct kz_tenant *kz_platform_tenant(const struct kz_platform *p, struct kz_str name)
{
    for (size_t i = 0; i < p->n_tenants; i++)
        if (kz_str_eq(p->tenants[i].name, name))
            return &p->tenants[i];
    return NULL;
}

/* ---- the whole ----------------------------------------------------------------------------- */

static int take_modules(struct kz_platform *p, struct kz_arena *a, const struct kz_value *list,
                        const struct kz_value *schedule, struct kz_err *err)
{
    p->modules = kz_new_n(a, struct kz_module, kz_value_len(list) + 1);
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *v = kz_value_at(list, i);
        struct kz_module *m = &p->modules[i];
        int rc = take_module(m, p, a, v, err);
        if (rc == 0)
            rc = check_windows(schedule, m->windows, kz_value_path_str(v, "windowsFile"), "Module ",
                               m->name, err);
        if (rc < 0)
            return rc;
        if (i > 0 && kz_str_cmp(m[-1].name, m->name) >= 0)
            return kz_fail(err, KZ_E_INVALID, "modules of the reply are not in order");
        p->n_modules++;
        (void)kz_map_put(&p->by_name, m->name, m);
    }
    return kz_graph_check(p, a, err);
}

int kz_platform_decode(struct kz_platform **out, struct kz_arena *a, const struct kz_value *reply,
                       struct kz_err *err)
{
    struct kz_owner owner = {.kind = "reply"};
    int rc = kz_fields_check(envelope, reply, &owner, err);
    if (rc < 0)
        return rc;
    struct kz_platform *p = kz_new(a, struct kz_platform);
    const struct kz_value *schedule = kz_value_get(reply, "schedule");
    p->name = dup_at(a, reply, "name");
    p->file = dup_at(a, reply, "file");
    p->edition = dup_at(a, reply, "edition");
    p->warnings = strings(&p->n_warnings, a, kz_value_get(reply, "warnings"));
    kz_map_init(&p->by_name);
    rc = take_schedule(p, a, schedule, err);
    if (rc == 0)
        rc = take_health_rules(p, a, kz_value_get(reply, "healthRules"), err);
    if (rc == 0)
        rc = take_shown(p, a, kz_value_get(reply, "spec"), err);
    if (rc == 0)
        rc = take_tenants(p, a, kz_value_get(reply, "tenants"), err);
    if (rc == 0)
        rc = take_modules(p, a, kz_value_get(reply, "modules"), schedule, err);
    if (rc < 0) {
        kz_platform_done(p);
        return rc;
    }
    *out = p;
    return 0;
}

void kz_platform_done(struct kz_platform *p)
{
    if (p != NULL)
        kz_map_done(&p->by_name);
}
