/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/counts.h"

#include "sync/drift.h"
#include "sync/internal.h"
#include "sync/leave.h"

const char *kz_sync_result_name(enum kz_sync_result r)
{
    static const char *const names[KZ_SYNC_RESULTS_] = {"ok", "partial", "failed", "rolledback", "superseded"};
    return names[r];
}

const char *kz_object_state_name(enum kz_object_state s)
{
    static const char *const names[KZ_OBJECT_STATES_] = {"ok", "run", "wait", "fail", "drift", "unknown"};
    return names[s];
}

const char *kz_fetch_result_name(enum kz_fetch_result r)
{
    static const char *const names[KZ_FETCH_RESULTS_] = {"changed", "same", "error"};
    return names[r];
}

/* ---- renderers --------------------------------------------------------------------------------- */

const char *kz_renderer_label_name(enum kz_renderer_label r)
{
    static const char *const names[KZ_LABEL_RENDERERS_] = {"yaml", "helm", "exec", "auto"};
    return names[r];
}

enum kz_renderer_label kz_renderer_label(struct kz_str renderer)
{
    struct kz_str base;
    unsigned r = 0;
    (void)kz_str_cut(&base, renderer, ':');
    while (r < KZ_LABEL_AUTO && !kz_str_is(base, kz_renderer_label_name((enum kz_renderer_label)r)))
        r++;
    return (enum kz_renderer_label)r;
}

/* ---- what gates wait for ----------------------------------------------------------------------- */

static const struct {
    const char *group, *name;
} waited_kinds[KZ_WAITED_KINDS_] = {
    [KZ_WAITED_NOTHING] = {NULL, "none"},
    [KZ_WAITED_DEPLOYMENT] = {"apps", "Deployment"},
    [KZ_WAITED_STATEFULSET] = {"apps", "StatefulSet"},
    [KZ_WAITED_DAEMONSET] = {"apps", "DaemonSet"},
    [KZ_WAITED_JOB] = {"batch", "Job"},
    [KZ_WAITED_POD] = {"", "Pod"},
    [KZ_WAITED_SERVICE] = {"", "Service"},
    [KZ_WAITED_INGRESS] = {"networking.k8s.io", "Ingress"},
    [KZ_WAITED_CLAIM] = {"", "PersistentVolumeClaim"},
    [KZ_WAITED_CRD] = {"apiextensions.k8s.io", "CustomResourceDefinition"},
    [KZ_WAITED_CUSTOM] = {NULL, "custom"},
    [KZ_WAITED_GATE] = {NULL, "gate"},
    [KZ_WAITED_OTHER] = {NULL, "other"},
};

const char *kz_waited_kind_name(enum kz_waited_kind k)
{
    return waited_kinds[k].name;
}

enum kz_waited_kind kz_waited_kind(const struct kz_id *id)
{
    for (unsigned k = 0; k < KZ_WAITED_KINDS_; k++)
        if (waited_kinds[k].group != NULL && kz_str_is(id->group, waited_kinds[k].group) &&
            kz_str_is(id->kind, waited_kinds[k].name))
            return (enum kz_waited_kind)k;
    return kz_resource_class(id->group, id->kind) == KZ_RESOURCE_CUSTOM ? KZ_WAITED_CUSTOM : KZ_WAITED_OTHER;
}

/* ---- reading ----------------------------------------------------------------------------------- */

void kz_engine_counts(struct kz_engine_counts *out, const struct kz_engine *e)
{
    *out = e->counts;
    out->journal_at = e->store == NULL ? 0 : kz_store_written(e->store);
    out->objects_known = e->lives == NULL ? 0 : kz_lives_count(e->lives);
    out->reads_source = e->opt.ref.url.len > 0;
}

/* rec: the module's entries; NULL while what differs is still to be sent. */
static enum kz_object_state state_of(const struct kz_mod *m, const struct kz_store_module *rec, const struct kz_want_object *o)
{
    static const enum kz_object_state by_health[] = {
        [KZ_HEALTH_HEALTHY] = KZ_OBJECT_OK,       [KZ_HEALTH_PROGRESSING] = KZ_OBJECT_RUN,
        [KZ_HEALTH_SUSPENDED] = KZ_OBJECT_OK,     [KZ_HEALTH_FAILING] = KZ_OBJECT_FAIL,
        [KZ_HEALTH_FAILED] = KZ_OBJECT_FAIL,      [KZ_HEALTH_TERMINATING] = KZ_OBJECT_WAIT,
        [KZ_HEALTH_MISSING] = KZ_OBJECT_WAIT,     [KZ_HEALTH_UNKNOWN] = KZ_OBJECT_UNKNOWN,
    };
    const struct kz_live_rec *live = kz_lives_find(m->e->lives, o->key);
    if (rec != NULL && kz_drift_of(m, rec, o))
        return KZ_OBJECT_DRIFT;
    if (live == NULL)
        return KZ_OBJECT_WAIT;
    const enum kz_object_state s = by_health[live->health];
    return s != KZ_OBJECT_OK && !kz_is_awaited(m, o) ? KZ_OBJECT_OK : s;
}

void kz_engine_tally(size_t by[KZ_OBJECT_STATES_], const struct kz_engine *e, struct kz_str module)
{
    const struct kz_mod *m = kz_map_find(&e->mods, module);
    memset(by, 0, KZ_OBJECT_STATES_ * sizeof *by);
    if (m == NULL || m->want == NULL)
        return;
    const struct kz_store_module *rec =
        m->state == KZ_MOD_OK || m->state == KZ_MOD_BACK ? kz_store_module(e->store, module) : NULL;
    for (size_t i = 0; i < m->want->n; i++)
        by[state_of(m, rec, &m->want->at[i])]++;
}
