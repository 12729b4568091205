/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"
#include "sync/presence.h"
#include "value/json.h"

#include <criterion/criterion.h>

const char rig_missing[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"NotFound\",\"code\":404,\"details\":{"
                           "\"name\":\"x\",\"kind\":\"things\"}}";
const char rig_conflict[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Conflict\",\"code\":409,\"message\":"
                            "\"the object has been modified\"}";
const char rig_forbidden[] = "{\"kind\":\"Status\",\"status\":\"Failure\",\"reason\":\"Forbidden\",\"code\":403,\"message\":"
                             "\"it is forbidden\"}";

static void on_finished(void *arg)
{
    ((struct rig *)arg)->finished++;
}

static void on_wanted(void *arg)
{
    ((struct rig *)arg)->wanted++;
}

static void on_halted(void *arg, const struct kz_err *err)
{
    (void)err;
    ((struct rig *)arg)->halted++;
}

void rig_closed(void *arg)
{
    ((struct rig *)arg)->closed++;
}

static void nothing(void *arg, const struct kz_err *err)
{
    (void)arg;
    (void)err;
}

void rig_init(struct rig *r, const struct kz_engine_options *opt)
{
    struct kz_engine_options o = *opt;
    *r = (struct rig){0};
    fake_init(&r->f);
    r->kube = kz_kube_new(&r->f.env, &r->f.http, &(struct kz_kube_options){0});
    kz_kube_discover(r->kube, nothing, NULL);
    fake_discovery(&r->f);
    o.ns = KZ_STR("kz");
    o.identity = KZ_STR("me");
    o.finished = on_finished;
    o.wanted = on_wanted;
    o.halted = on_halted;
    o.arg = r;
    r->e = kz_engine_new(&r->f.env, r->kube, NULL, NULL, &o);
    r->e->platform_name = strdup("p");
    r->e->cycle = KZ_CYCLE_IDLE;
    r->e->source_fresh = true;
    r->e->resolves = 2;
}

void rig_done(struct rig *r)
{
    kz_engine_free(r->e);
    kz_kube_free(r->kube);
    fake_done(&r->f);
}

const char *rig_record(struct rig *r, const char *holder, int epoch, int version, const char *role, const char *extra)
{
    (void)snprintf(r->lease, sizeof r->lease,
                   "{\"apiVersion\":\"coordination.k8s.io/v1\",\"kind\":\"Lease\",\"metadata\":{\"name\":\"kzsync-p\","
                   "\"resourceVersion\":\"%d\",\"annotations\":{%s\"kubezero.com/role\":\"%s\"}},\"spec\":{"
                   "\"holderIdentity\":\"%s\",\"leaseDurationSeconds\":15,\"renewTime\":\"t%d\",\"leaseTransitions\":%d}}",
                   version, extra, role, holder, version, epoch);
    return r->lease;
}

void rig_lead(struct rig *r)
{
    kz_lead_seek(r->e);
    fake_answer(&r->f, "GET " RIG_LEASE, 404, rig_missing);
    fake_answer(&r->f, "POST " RIG_LEASES, 201, rig_record(r, "me", 1, 1, "run", ""));
    cr_assert(kz_engine_leads(r->e));
}

static void on_loaded(void *arg, const struct kz_err *err)
{
    struct rig *r = arg;
    cr_assert_null(err);
    r->e->store_loaded = true;
    kz_lead_store(r->e);
}

static bool never(void *arg, struct kz_str module)
{
    (void)arg;
    (void)module;
    return false;
}

void rig_store(struct rig *r, const struct rig_object *objects, size_t n)
{
    kz_autobuf struct kz_buf text = KZ_BUF(1 << 16), json = KZ_BUF(1 << 16);
    struct kz_entry *entries = kz_new_n(r->f.arena, struct kz_entry, n);
    struct kz_inventory_module m = {.name = KZ_STR("m")};
    const struct kz_shard shard = {.entries = entries, .n_entries = n, .modules = &m, .n_modules = 1};
    for (size_t i = 0; i < n; i++)
        entries[i] = (struct kz_entry){
            .id = {kz_str(objects[i].group), kz_str(objects[i].kind), kz_str(objects[i].ns), kz_str(objects[i].name)},
            .version = kz_str(objects[i].version), .module = m.name, .desired = {1, 2}, .owned = {3, 4},
            .uid = kz_str_printf(r->f.arena, "u-%s", objects[i].name)};
    kz_shard_write(&text, &shard);
    kz_buf_puts(&json, "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":["
                       "{\"metadata\":{\"name\":\"kzsync-inventory-p-0\",\"resourceVersion\":\"7\"},\"data\":{\"inventory\":");
    kz_json_write_str(&json, kz_buf_str(&text));
    kz_buf_puts(&json, "}}]}");
    r->e->store = kz_store_new(&r->f.env, r->kube, KZ_STR("kz"), KZ_STR("p"), r->e->opt.mode == KZ_MODE_PLAN);
    kz_store_load(r->e->store, on_loaded, r);
    fake_answer(&r->f, "GET /api/v1/namespaces/kz/configmaps?", 200, kz_str_dup(r->f.arena, kz_buf_str(&json)).ptr);
    cr_assert(kz_store_trusted(r->e->store));
    r->e->lives = kz_engine_make_lives(r->e);
    r->e->presence = kz_presence_new(&r->f.env, KZ_STR("p"));
    r->e->history = kz_history_new(&r->f.env, r->kube, KZ_STR("kz"), KZ_STR("p"), never, NULL);
}

struct kz_mod *rig_mod(struct rig *r, const char *name, const struct kz_module *spec)
{
    struct kz_mod *m = calloc(1, sizeof *m);
    cr_assert_not_null(m);
    m->e = r->e;
    m->name = strdup(name);
    m->spec = spec;
    kz_map_init(&m->prune_skip);
    kz_map_init(&m->buckets);
    cr_assert_null(kz_map_put(&r->e->mods, kz_str(m->name), m));
    return m;
}
