/* SPDX-License-Identifier: Apache-2.0 */
#include "report/families.h"

#include "spec/platform.h"

const char *kz_route_name(enum kz_route r)
{
    static const char *const names[KZ_ROUTES_] = {"/healthz", "/readyz", "/metrics", "other"};
    return names[r];
}

/* ---- labels ------------------------------------------------------------------------------------ */

#define WORDS(fn, type)                                                                            \
    static const char *fn##_at(unsigned i)                                                         \
    {                                                                                              \
        return fn((type)i);                                                                        \
    }
WORDS(kz_word_name, enum kz_word)
WORDS(kz_object_state_name, enum kz_object_state)
WORDS(kz_sync_result_name, enum kz_sync_result)
WORDS(kz_waited_kind_name, enum kz_waited_kind)
WORDS(kz_guard_name, enum kz_guard)
WORDS(kz_renderer_label_name, enum kz_renderer_label)
WORDS(kz_fetch_result_name, enum kz_fetch_result)
WORDS(kz_code_class_name, enum kz_code_class)
WORDS(kz_resource_class_name, enum kz_resource_class)
WORDS(kz_watch_end_name, enum kz_watch_end)
WORDS(kz_code_name, enum kz_code)
WORDS(kz_route_name, enum kz_route)
#undef WORDS

/* As the bits of enum kz_held_by. */
static const char *held_word(unsigned i)
{
    static const char *const words[] = {"window", "approval", "prune"};
    return words[i];
}
static const char *hit_word(unsigned i)
{
    return i == 0 ? "miss" : "hit";
}
static const char *worker_word(unsigned i)
{
    return i == 0 ? "busy" : "idle";
}
static const char *queue_word(unsigned i)
{
    return i == 0 ? "render" : "api";
}
/* There is one source until modules have their own. */
static const char *source_word(unsigned i)
{
    (void)i;
    return "platform";
}

static const struct kz_label
    state_label = {"state", KZ_WORD_COUNT_, kz_word_name_at},
    object_label = {"state", KZ_OBJECT_STATES_, kz_object_state_name_at},
    held_label = {"by", 3, held_word},
    result_label = {"result", KZ_SYNC_RESULTS_, kz_sync_result_name_at},
    kind_label = {"kind", KZ_WAITED_KINDS_, kz_waited_kind_name_at},
    guard_label = {"guard", KZ_GUARDS_, kz_guard_name_at},
    renderer_label = {"renderer", KZ_LABEL_RENDERERS_, kz_renderer_label_name_at},
    hit_label = {"cache", 2, hit_word},
    class_label = {"class", KZ_CODES_, kz_code_name_at},
    worker_label = {"state", 2, worker_word},
    queue_label = {"queue", 2, queue_word},
    source_label = {"source", 1, source_word},
    fetch_label = {"result", KZ_FETCH_RESULTS_, kz_fetch_result_name_at},
    verb_label = {"verb", KZ_VERB_COUNT_, kz_verb_name},
    code_label = {"code", KZ_CODE_CLASSES_, kz_code_class_name_at},
    resource_label = {"resource", KZ_RESOURCE_CLASSES_, kz_resource_class_name_at},
    end_label = {"reason", KZ_WATCH_ENDS_, kz_watch_end_name_at},
    route_label = {"route", KZ_ROUTES_, kz_route_name_at};

/* ---- values of modules ------------------------------------------------------------------------- */

static bool v_one(int64_t *out, const struct kz_row *r)
{
    (void)r;
    *out = 1;
    return true;
}

static void info_module(struct kz_buf *b, const struct kz_row *r)
{
    const struct kz_module *spec = r->module->spec;
    kz_label_value(b, ",namespace", spec->ns);
    kz_label_value(b, ",renderer", kz_str(kz_renderer_label_name(kz_renderer_label(spec->renderer))));
    kz_label_value(b, ",source", kz_str(source_word(0)));
}

static bool v_state(int64_t *out, const struct kz_row *r)
{
    *out = r->module->word == (enum kz_word)r->at[0];
    return true;
}

static bool v_since(int64_t *out, const struct kz_row *r)
{
    *out = r->module->since;
    return true;
}

static bool v_objects(int64_t *out, const struct kz_row *r)
{
    *out = (int64_t)r->tally[r->at[0]];
    return true;
}

static bool v_behind(int64_t *out, const struct kz_row *r)
{
    const int64_t since = r->module->counts->behind_since;
    *out = since == 0 || since > r->m->now ? 0 : r->m->now - since;
    return true;
}

static bool v_paused(int64_t *out, const struct kz_row *r)
{
    *out = r->module->paused != NULL;
    return true;
}

static bool v_held(int64_t *out, const struct kz_row *r)
{
    *out = (r->module->held_by >> r->at[0]) & 1;
    return true;
}

static bool v_syncs(int64_t *out, const struct kz_row *r)
{
    *out = (int64_t)r->module->counts->syncs[r->at[0]];
    return true;
}

static bool v_last_took(int64_t *out, const struct kz_row *r)
{
    *out = r->module->counts->last_took;
    return r->module->counts->last_at != 0;
}

static bool v_applied(int64_t *out, const struct kz_row *r)
{
    *out = (int64_t)r->module->counts->applied;
    return true;
}

static bool v_pruned(int64_t *out, const struct kz_row *r)
{
    *out = (int64_t)r->module->counts->pruned;
    return true;
}

static bool v_refused(int64_t *out, const struct kz_row *r)
{
    *out = (int64_t)r->module->counts->prune_refused[r->at[0]];
    return true;
}

static bool v_fights(int64_t *out, const struct kz_row *r)
{
    *out = (int64_t)r->module->counts->fights;
    return true;
}

static bool v_render_failures(int64_t *out, const struct kz_row *r)
{
    *out = (int64_t)r->module->counts->render_failures[r->at[0]];
    return *out > 0;
}

/* ---- values of the engine ---------------------------------------------------------------------- */

static void info_build(struct kz_buf *b, const struct kz_row *r)
{
    kz_label_value(b, "version", kz_str(r->m->version));
    kz_label_value(b, ",curl", kz_str(r->m->curl));
    kz_label_value(b, ",openssl", kz_str(r->m->openssl));
}

static bool v_leader(int64_t *out, const struct kz_row *r)
{
    *out = r->m->view->leads;
    return true;
}

static const struct kz_histogram *h_syncs(const struct kz_row *r)
{
    return &r->m->counts->syncs[r->at[0]];
}

static const struct kz_histogram *h_gates(const struct kz_row *r)
{
    return &r->m->counts->gates[r->at[0]];
}

static const struct kz_histogram *h_renders(const struct kz_row *r)
{
    return &r->m->counts->renders[r->at[0]][r->at[1]];
}

static const struct kz_histogram *h_fetches(const struct kz_row *r)
{
    return r->m->counts->reads_source ? &r->m->counts->fetches : NULL;
}

static bool v_fetches(int64_t *out, const struct kz_row *r)
{
    *out = (int64_t)r->m->counts->fetched[r->at[1]];
    return r->m->counts->reads_source;
}

static bool v_fetched_at(int64_t *out, const struct kz_row *r)
{
    *out = r->m->counts->fetched_at;
    return r->m->counts->reads_source;
}

static bool v_journal(int64_t *out, const struct kz_row *r)
{
    *out = r->m->counts->journal_at;
    return true;
}

static bool v_known(int64_t *out, const struct kz_row *r)
{
    *out = (int64_t)r->m->counts->objects_known;
    return true;
}

/* ---- values of its parts ----------------------------------------------------------------------- */

static bool v_workers(int64_t *out, const struct kz_row *r)
{
    const struct kz_pool_stats *p = r->m->pool;
    *out = p == NULL ? 0 : (int64_t)(r->at[0] == 0 ? p->busy : p->idle);
    return p != NULL;
}

static bool v_worker_memory(int64_t *out, const struct kz_row *r)
{
    *out = r->m->pool == NULL ? 0 : (int64_t)r->m->pool->memory_peak;
    return r->m->pool != NULL;
}

static bool v_queue(int64_t *out, const struct kz_row *r)
{
    const struct kz_pool_stats *p = r->m->pool;
    *out = r->at[0] == 1 ? (int64_t)r->m->line : p == NULL ? 0 : (int64_t)p->waiting;
    return true;
}

static bool v_queue_oldest(int64_t *out, const struct kz_row *r)
{
    const struct kz_pool_stats *p = r->m->pool;
    *out = r->at[0] == 1 ? r->m->line_oldest : p == NULL ? 0 : p->oldest;
    return true;
}

static bool v_requests(int64_t *out, const struct kz_row *r)
{
    const struct kz_kube_stats *k = r->m->kube;
    *out = k == NULL ? 0 : (int64_t)k->by[r->at[0]][r->at[1]][r->at[2]];
    return *out > 0;
}

static const struct kz_histogram *h_requests(const struct kz_row *r)
{
    /* A watch lasts as long as it is meant to: that is no duration of a request. */
    return r->m->kube == NULL || strcmp(kz_verb_name(r->at[0]), "watch") == 0 ? NULL : &r->m->kube->took[r->at[0]];
}

static bool v_retries(int64_t *out, const struct kz_row *r)
{
    *out = r->m->kube == NULL ? 0 : (int64_t)r->m->kube->retries;
    return r->m->kube != NULL;
}

static bool v_throttled(int64_t *out, const struct kz_row *r)
{
    *out = r->m->kube == NULL ? 0 : r->m->kube->held;
    return r->m->kube != NULL;
}

static bool v_watches(int64_t *out, const struct kz_row *r)
{
    *out = r->m->kube == NULL ? 0 : (int64_t)r->m->kube->watches;
    return r->m->kube != NULL;
}

static bool v_watch_restarts(int64_t *out, const struct kz_row *r)
{
    *out = r->m->kube == NULL ? 0 : (int64_t)r->m->kube->watch_ends[r->at[0]];
    return r->m->kube != NULL;
}

static bool v_http(int64_t *out, const struct kz_row *r)
{
    *out = r->m->routes == NULL ? 0 : (int64_t)r->m->routes[r->at[0]].by[r->at[1]];
    return *out > 0;
}

static const struct kz_histogram *h_http(const struct kz_row *r)
{
    return r->m->routes == NULL ? NULL : &r->m->routes[r->at[0]].took;
}

static bool v_busy(int64_t *out, const struct kz_row *r)
{
    *out = r->m->loop == NULL ? 0 : r->m->loop->busy;
    return r->m->loop != NULL;
}

static bool v_stalls(int64_t *out, const struct kz_row *r)
{
    *out = r->m->loop == NULL ? 0 : (int64_t)r->m->loop->stalls;
    return r->m->loop != NULL;
}

#define PROCESS(field)                                                                             \
    static bool v_process_##field(int64_t *out, const struct kz_row *r)                            \
    {                                                                                              \
        *out = r->m->process == NULL ? 0 : r->m->process->field;                                   \
        return r->m->process != NULL;                                                              \
    }
PROCESS(cpu)
PROCESS(resident)
PROCESS(virtual_size)
PROCESS(open_fds)
PROCESS(max_fds)
PROCESS(started)
#undef PROCESS

/* ---- the table --------------------------------------------------------------------------------- */

#define MODULE .per_module = true
#define NS .unit = KZ_UNIT_NS

static const struct kz_family families[] = {
    {"kzsync_build_info", "1; the labels say what runs", .type = KZ_GAUGE, .value = v_one, .info = info_build,
     .info_labels = "version, curl, openssl"},
    {"kzsync_leader", "1 for the kzsync that leads and writes, 0 for one that stands by", .type = KZ_GAUGE, .value = v_leader},

    {"kzsync_module_info", "1; the labels say what the module is", .type = KZ_GAUGE, MODULE, .merge = KZ_MERGE_NONE, .value = v_one,
     .info = info_module, .info_labels = "namespace, renderer, source"},
    {"kzsync_module_state", "1 for the state that the module is in, 0 for the others", .type = KZ_GAUGE, MODULE,
     .labels = {&state_label}, .value = v_state},
    {"kzsync_module_state_since_timestamp_seconds", "when the module came into its state", .type = KZ_GAUGE, NS, MODULE,
     .merge = KZ_MERGE_MIN, .value = v_since},
    {"kzsync_module_objects", "objects of the module's set by what they are at", .type = KZ_GAUGE, MODULE,
     .labels = {&object_label}, .value = v_objects},
    {"kzsync_module_revision_behind_seconds",
     "for how long git has wanted something of the module that is not in place; 0 when it is", .type = KZ_GAUGE, NS, MODULE,
     .merge = KZ_MERGE_MAX, .value = v_behind},
    {"kzsync_module_paused", "1 while the module is paused", .type = KZ_GAUGE, MODULE, .value = v_paused},
    {"kzsync_plan_held", "1 while a change of the module waits for it", .type = KZ_GAUGE, MODULE,
     .labels = {&held_label}, .value = v_held},
    {"kzsync_syncs_total", "attempts of the module to reach its set, by how they ended", .type = KZ_COUNTER, MODULE,
     .labels = {&result_label}, .value = v_syncs},
    {"kzsync_module_last_sync_duration_seconds", "how long the last attempt took", .type = KZ_GAUGE, NS, MODULE,
     .merge = KZ_MERGE_MAX, .value = v_last_took},
    {"kzsync_objects_applied_total", "objects that were written", .type = KZ_COUNTER, MODULE, .value = v_applied},
    {"kzsync_objects_pruned_total", "objects that were deleted", .type = KZ_COUNTER, MODULE, .value = v_pruned},
    {"kzsync_prune_refused_total", "times that a guard held removals back, by the kind of its reason", .type = KZ_COUNTER,
     MODULE, .labels = {&guard_label}, .value = v_refused},
    {"kzsync_fights_total", "times that somebody was named who undoes our writes again and again", .type = KZ_COUNTER,
     MODULE, .value = v_fights},
    {"kzsync_render_failures_total", "renders that failed, by the class of the error", .type = KZ_COUNTER, MODULE,
     .labels = {&class_label}, .value = v_render_failures},

    {"kzsync_sync_duration_seconds", "how long attempts took", .type = KZ_HISTOGRAM, .labels = {&result_label},
     .scale = KZ_SCALE_SYNC, .histogram = h_syncs},
    {"kzsync_gate_wait_seconds", "how long gates were closed, by what they waited for last", .type = KZ_HISTOGRAM,
     .labels = {&kind_label}, .scale = KZ_SCALE_SYNC, .histogram = h_gates},
    {"kzsync_render_duration_seconds", "from asking for a rendered module to having it", .type = KZ_HISTOGRAM,
     .labels = {&renderer_label, &hit_label}, .scale = KZ_SCALE_WORK, .histogram = h_renders},
    {"kzsync_worker_memory_peak_bytes", "memory of the largest child that has rendered so far", .type = KZ_GAUGE, .value = v_worker_memory},
    {"kzsync_workers", "places for children that render", .type = KZ_GAUGE, .labels = {&worker_label}, .value = v_workers},
    {"kzsync_queue_length", "what waits for its turn", .type = KZ_GAUGE, .labels = {&queue_label}, .value = v_queue},
    {"kzsync_queue_oldest_age_seconds", "for how long the oldest of it has", .type = KZ_GAUGE, NS, .labels = {&queue_label}, .value = v_queue_oldest},
    {"kzsync_source_fetch_duration_seconds", "from asking a source for its newest commit to having it",
     .type = KZ_HISTOGRAM, .labels = {&source_label}, .scale = KZ_SCALE_WORK, .histogram = h_fetches},
    {"kzsync_source_fetches_total", "looks at a source", .type = KZ_COUNTER, .labels = {&source_label, &fetch_label}, .value = v_fetches},
    {"kzsync_source_last_success_timestamp_seconds", "when a source could be read last; 0 before the first time",
     .type = KZ_GAUGE, NS, .labels = {&source_label}, .value = v_fetched_at},
    {"kzsync_api_requests_total", "requests to the API server, retries too; a watch counts when it has ended",
     .type = KZ_COUNTER, .labels = {&verb_label, &code_label, &resource_label}, .value = v_requests},
    {"kzsync_api_request_duration_seconds", "how long they took, but for watches", .type = KZ_HISTOGRAM,
     .labels = {&verb_label}, .scale = KZ_SCALE_REQUEST, .histogram = h_requests},
    {"kzsync_api_retries_total", "requests that were sent again", .type = KZ_COUNTER, .value = v_retries},
    {"kzsync_api_throttled_seconds_total", "time for which the API server asked us to be silent", .type = KZ_COUNTER, NS,
     .value = v_throttled},
    {"kzsync_watches", "watches that are open", .type = KZ_GAUGE, .value = v_watches},
    {"kzsync_watch_restarts_total", "watches that were begun anew", .type = KZ_COUNTER, .labels = {&end_label}, .value = v_watch_restarts},
    {"kzsync_cache_objects", "live objects that are remembered", .type = KZ_GAUGE, .value = v_known},
    {"kzsync_journal_last_write_timestamp_seconds", "when the inventory was written last; 0: not yet", .type = KZ_GAUGE, NS,
     .value = v_journal},
    {"kzsync_http_requests_total", "requests to this server", .type = KZ_COUNTER, .labels = {&route_label, &code_label}, .value = v_http},
    {"kzsync_http_request_duration_seconds", "how long their answers took to make", .type = KZ_HISTOGRAM,
     .labels = {&route_label}, .scale = KZ_SCALE_REQUEST, .histogram = h_http},
    {"kzsync_loop_busy_seconds_total", "time in which the event loop did not sleep", .type = KZ_COUNTER, NS, .value = v_busy},
    {"kzsync_loop_stalls_total", "turns of the event loop that took over 50 ms", .type = KZ_COUNTER, .value = v_stalls},

    {"process_cpu_seconds_total", "processor time, without that of children", .type = KZ_COUNTER, NS, .value = v_process_cpu},
    {"process_resident_memory_bytes", "memory that is in use", .type = KZ_GAUGE, .value = v_process_resident},
    {"process_virtual_memory_bytes", "memory that is mapped", .type = KZ_GAUGE, .value = v_process_virtual_size},
    {"process_open_fds", "file descriptors that are open", .type = KZ_GAUGE, .value = v_process_open_fds},
    {"process_max_fds", "file descriptors that may be", .type = KZ_GAUGE, .value = v_process_max_fds},
    {"process_start_time_seconds", "when the process began", .type = KZ_GAUGE, NS, .value = v_process_started},
};

const struct kz_family_absent kz_families_absent[] = {
    {"kzsync_plan_changes", "the engine keeps no plan of a running sync; `kzsync plan` makes one"},
    {"kzsync_plan_restart_pods", "how many pods a change restarts is not computed yet"},
    {"kzsync_gate_state", "gates of a definition have no names of their own that could be a label"},
    {"kzsync_pods_restarted_total", "pods are looked at only while a gate waits for them"},
    {"kzsync_drift_fields", "drift is told by object, not by field: `kzsync_module_objects{state=\"drift\"}`"},
    {"kzsync_render_memory_peak_bytes", "a child's memory is known without its renderer: `kzsync_worker_memory_peak_bytes`"},
    {"kzsync_cache_bytes", "memory of the cache is not counted apart from the rest"},
    {"kzsync_signature_checks_total", "signatures are not checked yet"},
    {"kzsync_streams", "there is no web interface yet"},
    {"kzsync_stream_resets_total", "there is no web interface yet"},
    {"kzsync_auth_failures_total", "there is no web interface yet"},
    {"kzsync_authz_denied_total", "there is no web interface yet"},
    {"kzsync_notify_deliveries_total", "there are no notifications yet"},
    {"kzsync_notify_dropped_total", "there are no notifications yet"},
    {"kzsync_incidents_open", "there are no notifications yet"},
    {NULL, NULL},
};

const struct kz_family *kz_families(size_t *n)
{
    *n = kz_countof(families);
    return families;
}

size_t kz_family_series(const struct kz_family *f)
{
    const int64_t *steps;
    size_t n = 1;
    for (size_t i = 0; i < kz_countof(f->labels) && f->labels[i] != NULL; i++)
        n *= f->labels[i]->n;
    return f->type == KZ_HISTOGRAM ? n * (kz_scale_steps(&steps, f->scale) + 3) : n; /* +Inf, sum and count */
}
