/* SPDX-License-Identifier: Apache-2.0
 *
 * Gates that a module's definition adds: objects of strangers, counts of objects, requests to anybody. They open
 * one after another while the gate of the last wave is open, each asked again after its `every`. A definition
 * that is replaced meanwhile begins anew. */
#include "sync/gates.h"
#include "sync/internal.h"

enum { WHY_BYTES = 1024 };

struct ask {
    struct kz_mod *m;
    unsigned epoch, loads;
};

static const struct kz_gate *gate_of(const struct kz_mod *m)
{
    return &m->spec->gates[m->gate_next];
}

/* An answer is about the gate that is asked for now: what asked before was dropped with its state. */
static bool is_news(const struct kz_mod *m, unsigned epoch, unsigned loads)
{
    return m->epoch == epoch && m->e->loads == loads;
}

/* Only by an answer of just now: a watch that stalled, or a process that was stopped, may have used up the time. And
 * not for trouble of the API server. */
static void fail_in_time(struct kz_mod *m)
{
    struct kz_err err;
    if (m->gate_unknown || m->gate_asked - m->gate_since - m->gate_capacity < m->spec->timeout)
        return;
    (void)kz_fail(&err, KZ_E_TIMEOUT, "%s (deadline over)", m->waiting_for);
    (void)kz_err_at(&err, m->spec->file, m->spec->line, 1);
    kz_mod_fail(m, &err);
}

static void answered(struct kz_mod *m, bool open, struct kz_buf *why)
{
    kz_autobuf struct kz_buf name = KZ_BUF(WHY_BYTES * 4);
    m->gate_asking = false;
    m->gate_asked = kz_env_mono(m->e->env);
    if (open) {
        m->gate_next++;
        m->gate_asked = 0;
        kz_gate_look(m);
        return;
    }
    kz_gate_text(&name, gate_of(m));
    kz_mod_say(m, "gate " KZ_FMT ": " KZ_FMT, KZ_ARG(kz_buf_str(&name)), KZ_ARG(kz_buf_str(why)));
    fail_in_time(m);
}

static void on_discovered(void *arg, const struct kz_err *err)
{
    (void)arg; /* the gate is asked again anyway */
    (void)err;
}

static void on_answer(void *arg, uint64_t id, const struct kz_result *res)
{
    struct ask q = *(struct ask *)arg;
    kz_autobuf struct kz_buf why = KZ_BUF(WHY_BYTES * 4);
    char line[KZ_ERR_TEXT];
    bool open = false;
    (void)id;
    free(arg);
    if (!is_news(q.m, q.epoch, q.loads))
        return;
    const struct kz_gate *g = gate_of(q.m);
    int64_t now = kz_env_wall(q.m->e->env);
    if (res->outcome == KZ_DONE && g->kind == KZ_GATE_COUNT)
        open = kz_gate_count_open(&why, g, q.m->e->rules, res->body, now);
    else if (res->outcome == KZ_DONE || res->outcome == KZ_NO_OBJECT)
        open = kz_gate_object_open(&why, g, q.m->e->rules, res->outcome == KZ_DONE ? res->body : NULL, now);
    else
        kz_buf_printf(&why, "can't be asked for: %s", kz_err_line(line, sizeof line, res->err));
    q.m->gate_unknown = res->outcome == KZ_TRANSIENT;
    if (res->outcome == KZ_NO_KIND) /* its CRD may come with somebody else */
        kz_kube_discover(q.m->e->kube, on_discovered, NULL);
    answered(q.m, open, &why);
}

static void on_reply(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    struct kz_mod *m = arg;
    kz_autobuf struct kz_buf why = KZ_BUF(WHY_BYTES * 4);
    (void)id;
    m->gate_probe = 0;
    if (!is_news(m, m->gate_epoch, m->gate_loads))
        return;
    bool open = kz_gate_http_open(&why, gate_of(m), reply);
    m->gate_unknown = false;
    answered(m, open, &why);
}

static void probe(struct kz_mod *m, const struct kz_gate *g)
{
    const struct kz_prober *p = m->e->opt.prober;
    if (p == NULL) { /* nobody who makes an engine without one may have such gates */
        kz_mod_say(m, "gate " KZ_FMT ": this program asks nobody", KZ_ARG(g->http.url));
        m->gate_asking = false;
        m->gate_asked = kz_env_mono(m->e->env);
        return;
    }
    kz_gate_extra_stop(m);
    m->gate_probe = p->ops->start(p->impl, &(struct kz_probe){.url = g->http.url, .ca_pem = g->http.ca_pem,
                                                              .redirects = g->http.redirects,
                                                              .timeout = g->http.timeout, .max_body = KZ_GATE_BODY,
                                                              .on_done = on_reply, .arg = m});
}

static void ask(struct kz_mod *m)
{
    const struct kz_gate *g = gate_of(m);
    struct kz_id id = g->object;
    m->gate_asking = true;
    if (g->kind == KZ_GATE_HTTP) {
        probe(m, g);
        return;
    }
    const struct kz_api *api = id.group.len == 0 ? kz_kube_api_by_kind(m->e->kube, id.kind) : NULL;
    if (api != NULL)
        id.group = api->group;
    struct ask *q = malloc(sizeof *q);
    kz_assert(q != NULL);
    *q = (struct ask){.m = m, .epoch = m->epoch, .loads = m->e->loads};
    bool names_only = g->kind == KZ_GATE_COUNT && g->test == NULL && !g->count.healthy;
    if (g->kind == KZ_GATE_OBJECT)
        (void)kz_kube_get(kz_mod_kube(m), &id, on_answer, q);
    else if (names_only)
        (void)kz_kube_list_metadata(kz_mod_kube(m), id.group, id.kind, id.ns, g->count.labels, on_answer, q);
    else
        (void)kz_kube_list(kz_mod_kube(m), id.group, id.kind, id.ns, g->count.labels, on_answer, q);
}

void kz_gate_extra_stop(struct kz_mod *m)
{
    const struct kz_prober *p = m->e->opt.prober;
    if (m->gate_probe != 0)
        p->ops->cancel(p->impl, m->gate_probe);
    m->gate_probe = 0;
}

void kz_gate_extra_start(struct kz_mod *m)
{
    kz_gate_extra_stop(m); /* its answer would be taken for that of another gate */
    m->gate_next = 0;
    m->gate_asking = m->gate_unknown = false;
    m->gate_asked = 0;
    m->gate_epoch = m->epoch;
    m->gate_loads = m->e->loads;
}

bool kz_gate_extra_pending(struct kz_mod *m)
{
    int64_t now = kz_env_mono(m->e->env);
    if (m->gate_loads != m->e->loads) /* the definition was read again */
        kz_gate_extra_start(m);
    if (m->wave + 1 < m->want->n_waves || m->rolling_back || m->gate_next >= m->spec->n_gates)
        return false;
    if (!m->gate_asking && (m->gate_asked == 0 || now - m->gate_asked >= gate_of(m)->every))
        ask(m);
    return true;
}
