/* SPDX-License-Identifier: Apache-2.0
 *
 * Gates that a module's definition adds: objects of strangers (by GET, every two seconds while the last
 * wave's gate is open) with an optional condition. */
#include "sync/internal.h"

enum { POLL_SEC = 2 };

struct ask {
    struct kz_mod *m;
    unsigned epoch;
    size_t gate;
};

static bool condition_true(const struct kz_value *body, struct kz_str type)
{
    const struct kz_value *list = kz_value_path(body, "status.conditions");
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *c = kz_value_at(list, i);
        if (kz_str_eq(kz_value_path_str(c, "type"), type))
            return kz_str_is(kz_value_path_str(c, "status"), "True");
    }
    return false;
}

static void on_got(void *arg, uint64_t id, const struct kz_result *res)
{
    struct ask q = *(struct ask *)arg;
    struct kz_mod *m = q.m;
    (void)id;
    free(arg);
    if (m->epoch != q.epoch)
        return;
    const struct kz_gate *g = &m->spec->gates[q.gate];
    const struct kz_value *body = res->err == NULL ? res->body : NULL;
    struct kz_verdict v = kz_health_of(body, kz_env_wall(m->e->env));
    bool ok = body != NULL && (g->condition.len > 0 ? condition_true(body, g->condition)
                                                    : v.health == KZ_HEALTH_HEALTHY);
    m->gate_asking = false;
    if (ok) {
        m->gate_next++;
        kz_gate_look(m);
        return;
    }
    m->gate_asked = kz_env_mono(m->e->env);
    kz_mod_say(m, "gate " KZ_FMT " " KZ_FMT ": %s", KZ_ARG(g->object.kind), KZ_ARG(g->object.name),
               body == NULL ? "is not there" : v.why[0] != '\0' ? v.why : "condition is not True");
}

void kz_gate_extra_start(struct kz_mod *m)
{
    m->gate_next = 0;
    m->gate_asking = false;
    m->gate_asked = 0;
}

bool kz_gate_extra_pending(struct kz_mod *m)
{
    int64_t now = kz_env_mono(m->e->env);
    if (m->wave + 1 < m->want->n_waves || m->rolling_back || m->gate_next >= m->spec->n_gates)
        return false;
    if (now - m->gate_since >= m->spec->timeout) {
        struct kz_err err;
        (void)kz_fail(&err, KZ_E_TIMEOUT, "%s (deadline over)",
                      m->waiting_for == NULL ? "gate did not open" : m->waiting_for);
        (void)kz_err_at(&err, m->spec->file, m->spec->line, 1);
        kz_mod_fail(m, &err);
        return true;
    }
    if (m->gate_asking || (m->gate_asked != 0 && now - m->gate_asked < POLL_SEC * KZ_NS_PER_SEC))
        return true;
    struct ask *q = malloc(sizeof *q);
    kz_assert(q != NULL);
    *q = (struct ask){.m = m, .epoch = m->epoch, .gate = m->gate_next};
    m->gate_asking = true;
    (void)kz_kube_get(kz_mod_kube(m), &m->spec->gates[m->gate_next].object, on_got, q);
    return true;
}
