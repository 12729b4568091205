/* SPDX-License-Identifier: Apache-2.0
 *
 * Waits for the modules and objects that the module depends on. Edge-triggered: the engine calls
 * kz_wait_look when a module has changed state; only objects of strangers are asked for, by GET. */
#include "sync/hold.h"
#include "sync/hook_record.h"
#include "sync/internal.h"

enum { OBJECT_POLL_SEC = 2 };

static void ask_objects(struct kz_mod *m);

/* Nothing is under way in it, and its last sync is over. */
static bool rests(const struct kz_mod *dep)
{
    return dep->state == KZ_MOD_OK || dep->state == KZ_MOD_BACK || dep->state == KZ_MOD_FAILED || dep->state == KZ_MOD_IDLE;
}

/* Would this sync change anything, but for drift? Then it may need what another one's newest set brings. */
static bool has_changes(struct kz_mod *m)
{
    const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
    const struct kz_map_slot *slot;
    if (m->changes >= 0)
        return m->changes > 0;
    m->changes = kz_hook_any_new(m, m->want);
    (void)kz_mod_decide(m);
    for (size_t i = 0; i < m->want->n; i++)
        m->changes |= m->steps[i].todo && !m->steps[i].drift;
    for (size_t i = 0; (slot = kz_map_next(&rec->entries, &i)) != NULL;)
        m->changes |= kz_want_find(m->want, slot->key) == NULL;
    return m->changes > 0;
}

/* It is healthy with what it has, and its newest set is held: who has nothing to change does not need that. */
static const char *held_blocks(struct kz_mod *m, const struct kz_mod *dep, char text[KZ_WINDOW_NAME + 32])
{
    if (!kz_hold_is_weighed(dep))
        return "";
    if (!kz_mod_healthy(dep, NULL))
        return "is held and not healthy";
    return has_changes(m) ? kz_policy_brief(text, kz_hold_stops(dep)) : NULL;
}

/* NULL: this dependency is fine; else why not. */
static const char *module_blocks(struct kz_mod *m, const struct kz_mod *dep, char text[KZ_WINDOW_NAME + 32])
{
    if (rests(dep) && kz_policy_paused(NULL, dep))
        return kz_mod_healthy(dep, NULL) ? NULL : "is paused and not healthy";
    /* A reply is no wish yet: the cycle may find that it cannot be one. */
    bool reading = dep->next != NULL || kz_mod_is_rendering(dep) || dep->reply != NULL || dep->built != NULL;
    bool settled = !reading && dep->render_err == NULL;
    if (dep->went_on && settled) /* its failure is told, and its definition says that it shall not matter */
        return NULL;
    if (dep->render_err != NULL || dep->state == KZ_MOD_FAILED)
        return "failed";
    if (dep->hold != NULL && !reading && (dep->state == KZ_MOD_OK || dep->standing))
        return rests(dep) ? held_blocks(m, dep, text) : "";
    if (kz_hold_is_weighed(dep) && dep->state == KZ_MOD_IDLE && !dep->recalling) /* nobody knows how it is */
        return kz_policy_brief(text, kz_hold_stops(dep));
    if (dep->state == KZ_MOD_BACK)
        return "went back to its last healthy revision";
    if (reading || dep->state != KZ_MOD_OK)
        return "";
    return kz_mod_healthy(dep, NULL) ? NULL : "is not healthy";
}

static bool modules_ready(struct kz_mod *m)
{
    char text[KZ_WINDOW_NAME + 32];
    m->skipped = m->parked = false;
    for (size_t i = 0; i < m->spec->n_depends; i++) {
        const struct kz_depend *d = &m->spec->depends[i];
        const struct kz_mod *dep = d->module.len > 0 ? kz_engine_mod(m->e, d->module) : NULL;
        if (dep == NULL || dep->removed || !dep->spec->enabled)
            continue;
        const char *why = module_blocks(m, dep, text);
        if (why == NULL)
            continue;
        kz_mod_say(m, "after " KZ_FMT "%s%s", KZ_ARG(d->module), why[0] == '\0' ? "" : ", which ", why);
        const bool rest = kz_mod_at_rest(dep) || dep->state == KZ_MOD_FAILED;
        m->parked = rest && ((dep->hold != NULL && rests(dep)) || dep->parked);
        m->skipped = !m->parked && (why[0] != '\0' || dep->skipped) && rest;
        return false;
    }
    return true;
}

static bool wants_objects(const struct kz_mod *m)
{
    for (size_t i = 0; i < m->spec->n_depends; i++)
        if (m->spec->depends[i].object.kind.len > 0)
            return true;
    return false;
}

struct ask {
    struct kz_mod *m;
    unsigned epoch;
    size_t depend;
};

static void on_timer(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->timer = 0;
    kz_wait_look(m);
}

static void ask_from(struct kz_mod *m, size_t i);

static void on_got(void *arg, uint64_t id, const struct kz_result *res)
{
    struct ask q = *(struct ask *)arg;
    (void)id;
    free(arg);
    if (q.m->epoch != q.epoch)
        return;
    q.m->in_flight = 0;
    struct kz_verdict v = kz_health_of(q.m->e->rules, res->err == NULL ? res->body : NULL,
                                       kz_env_wall(q.m->e->env));
    if (v.health == KZ_HEALTH_HEALTHY || v.health == KZ_HEALTH_SUSPENDED) {
        ask_from(q.m, q.depend + 1);
        return;
    }
    const struct kz_id *obj = &q.m->spec->depends[q.depend].object;
    kz_mod_say(q.m, "after " KZ_FMT " " KZ_FMT "/" KZ_FMT ", which is %s", KZ_ARG(obj->kind),
               KZ_ARG(obj->ns), KZ_ARG(obj->name), v.why[0] != '\0' ? v.why : kz_health_name(v.health));
    q.m->timer = kz_env_timer(q.m->e->env, OBJECT_POLL_SEC * KZ_NS_PER_SEC, on_timer, q.m);
}

static void ask_from(struct kz_mod *m, size_t i)
{
    while (i < m->spec->n_depends && m->spec->depends[i].object.kind.len == 0)
        i++;
    if (i == m->spec->n_depends) {
        if (modules_ready(m)) /* while we asked, things may have moved */
            kz_mod_on(m, KZ_EV_DONE);
        return;
    }
    struct ask *q = malloc(sizeof *q);
    kz_assert(q != NULL);
    *q = (struct ask){.m = m, .epoch = m->epoch, .depend = i};
    m->in_flight = 1;
    (void)kz_kube_get(kz_mod_kube(m), &m->spec->depends[i].object, on_got, q);
}

static void ask_objects(struct kz_mod *m)
{
    if (m->in_flight == 0 && m->timer == 0)
        ask_from(m, 0);
}

void kz_wait_look(struct kz_mod *m)
{
    if (m->rolling_back && kz_lives_ready(m->e->lives)) { /* what it goes back to was healthy with what it had */
        kz_mod_on(m, KZ_EV_DONE);
        return;
    }
    if (!kz_engine_crds_done(m->e)) {
        kz_mod_say(m, "after the CRDs of all modules");
        return;
    }
    if (!(m->want->removal ? kz_takedown_ready(m) : modules_ready(m)))
        return;
    if (!m->want->removal && wants_objects(m))
        ask_objects(m);
    else
        kz_mod_on(m, KZ_EV_DONE);
}

/* Looked at from the loop, never at once: a sync begins with all modules of the cycle in `wait`. */
void kz_enter_wait(struct kz_mod *m)
{
    m->in_flight = 0;
    m->skipped = m->parked = false;
    m->changes = -1;
    kz_engine_kick(m->e);
}
