/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/recreate.h"
#include "sync/internal.h"
#include "sync/removal.h"

enum { GONE_POLL_MS = 100 };

static bool is_precious(const struct kz_id *id)
{
    static const struct {
        const char *group, *kind;
    } precious[] = {
        {"",                     "Namespace"               },
        {"",                     "PersistentVolume"        },
        {"",                     "PersistentVolumeClaim"   },
        {"apps",                 "StatefulSet"             },
        {"apiextensions.k8s.io", "CustomResourceDefinition"},
    };
    for (size_t i = 0; i < kz_countof(precious); i++) {
        if (kz_str_is(id->group, precious[i].group) && kz_str_is(id->kind, precious[i].kind))
            return true;
    }
    return false;
}

bool kz_recreate_allowed(const struct kz_want_object *o)
{
    return o->opt.recreate && !is_precious(&o->id);
}

/* ---- one object ------------------------------------------------------------------------------------ */

struct victim {
    struct kz_mod *m;
    unsigned epoch;
    size_t step;
    void (*done)(struct kz_send *s, const struct kz_result *res);
};

static void ask(struct victim *v);

static void give_up(struct victim *v, const struct kz_result *res)
{
    struct kz_send s = {.m = v->m, .epoch = v->epoch, .step = v->step, .o = v->m->steps[v->step].o};
    v->done(&s, res);
    free(v);
}

static void refuse(struct victim *v, const char *why)
{
    const struct kz_id *id = &v->m->steps[v->step].o->id;
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_CONFLICT, KZ_FMT " " KZ_FMT "%s" KZ_FMT " has to be deleted and created again, but %s",
                  KZ_ARG(id->kind), KZ_ARG(id->ns), id->ns.len > 0 ? "/" : "", KZ_ARG(id->name), why);
    const struct kz_result res = {.outcome = KZ_REFUSED, .err = &err, .retry_after = -1};
    give_up(v, &res);
}

static void on_tick(void *arg, uint64_t id)
{
    struct victim *v = arg;
    (void)id;
    v->m->steps[v->step].timer = 0;
    ask(v);
}

static void ask_later(struct victim *v)
{
    struct kz_mod *m = v->m;
    m->steps[v->step].timer = kz_env_timer(m->e->env, GONE_POLL_MS * KZ_NS_PER_MS, on_tick, v);
}

static void on_deleted(void *arg, uint64_t id, const struct kz_result *res)
{
    struct victim *v = arg;
    (void)id;
    if (v->m->epoch != v->epoch)
        free(v);
    else if (res->outcome == KZ_DONE || res->outcome == KZ_NO_OBJECT || res->outcome == KZ_MOVED_ON)
        ask(v); /* gone, going, or another version than the one that was seen */
    else
        give_up(v, res);
}

static bool is_still_right(void *arg)
{
    const struct victim *v = arg;
    return v->m->epoch == v->epoch && v->m->next == NULL && !v->m->e->stopped;
}

static void strike(struct victim *v, const struct kz_value *live)
{
    struct kz_mod *m = v->m;
    const struct kz_want_object *o = m->steps[v->step].o;
    const struct kz_store_entry *e = kz_store_find(kz_store_module(m->e->store, kz_str(m->name)), o->key);
    struct kz_str uid = kz_value_path_str(live, "metadata.uid");
    if (e == NULL || e->pub.uid.len == 0 || !kz_str_eq(e->pub.uid, uid)) {
        refuse(v, "kzsync did not create it");
        return;
    }
    kz_log(&m->log, KZ_WARN, "recreate", KZ_F("object", o->key));
    (void)kz_kube_delete_while(kz_mod_kube(m), &o->id, uid, kz_value_path_str(live, "metadata.resourceVersion"),
                               kz_delete_flags(&o->id, (enum kz_propagation)o->opt.propagation), is_still_right,
                               on_deleted, v);
}

static void on_got(void *arg, uint64_t id, const struct kz_result *res)
{
    struct victim *v = arg;
    struct kz_mod *m = v->m;
    (void)id;
    if (m->epoch != v->epoch) {
        free(v);
    } else if (res->outcome == KZ_NO_OBJECT) {
        kz_lives_gone(m->e->lives, m->steps[v->step].o->key);
        kz_mod_send(m, v->step, false, v->done);
        free(v);
    } else if (res->err != NULL) {
        give_up(v, res);
    } else if (m->next != NULL || m->e->stopped) {
        refuse(v, "a newer revision is to be applied");
    } else if (kz_value_path(res->body, "metadata.deletionTimestamp") != NULL) {
        ask_later(v);
    } else {
        strike(v, res->body);
    }
}

static void ask(struct victim *v)
{
    (void)kz_kube_get(kz_mod_kube(v->m), &v->m->steps[v->step].o->id, on_got, v);
}

void kz_recreate(struct kz_mod *m, size_t step, void (*done)(struct kz_send *s, const struct kz_result *res))
{
    struct victim *v = malloc(sizeof *v);
    kz_assert(v != NULL);
    *v = (struct victim){.m = m, .epoch = m->epoch, .step = step, .done = done};
    ask(v);
}
