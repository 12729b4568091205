/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/await.h"
#include "sync/internal.h"

enum { POLL_FIRST_MS = 250, POLL_MAX_MS = 5000 };

void kz_await_kind(struct kz_mod *m, const struct kz_want_object *o)
{
    m->kind_awaited = o;
    if (m->kind_since == 0)
        m->kind_since = kz_env_mono(m->e->env);
}

static void give_up(struct kz_mod *m)
{
    const struct kz_want_object *o = m->kind_awaited;
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_TIMEOUT, "the API server does not serve kind '" KZ_FMT "' (" KZ_FMT "%s" KZ_FMT
                  "), and nothing has brought it", KZ_ARG(o->id.kind), KZ_ARG(o->id.group),
                  o->id.group.len > 0 ? "/" : "", KZ_ARG(o->version));
    (void)kz_want_blame(&err, o);
    kz_mod_step_failed(m, o, &(struct kz_result){.outcome = KZ_NO_KIND, .err = &err, .retry_after = -1});
}

/* A kind of which nothing was known was taken for a namespaced one (settle.c). The next poll makes the set anew. */
static bool was_wrong(struct kz_mod *m)
{
    const struct kz_want_object *o = m->kind_awaited;
    const struct kz_api *api = kz_kube_api(m->e->kube, o->id.group, o->version, o->id.kind);
    struct kz_err err;
    if (api == NULL || api->namespaced || o->id.ns.len == 0)
        return false;
    m->newest_base = (struct kz_hash){0};
    m->e->loaded_revision = false;
    (void)kz_fail(&err, KZ_E_CONFLICT, "its kind has turned out to be cluster-wide");
    (void)kz_want_blame(&err, o);
    (void)kz_err_hint(&err, "it is applied with the next poll, or the same command again");
    kz_mod_step_failed(m, o, &(struct kz_result){.outcome = KZ_REFUSED, .err = &err, .retry_after = -1});
    return true;
}

/* What could not be read is asked again soon enough. */
static void on_discovered(void *arg, const struct kz_err *err)
{
    struct kz_mod *m = arg;
    (void)err;
    if (m->epoch != m->kind_epoch)
        return;
    kz_engine_need_kinds(m->e, m->want);
    m->in_flight--;
    m->next_step = 0;
    if (!was_wrong(m) && kz_env_mono(m->e->env) - m->kind_since >= m->spec->timeout)
        give_up(m);
    m->kind_awaited = NULL;
    m->kind_again(m);
}

static void on_tick(void *arg, uint64_t id)
{
    struct kz_mod *m = arg;
    (void)id;
    m->timer = 0;
    m->in_flight++; /* a newer want waits for the answer */
    kz_kube_discover(m->e->kube, on_discovered, m);
}

bool kz_await_again(struct kz_mod *m, void (*again)(struct kz_mod *m))
{
    const struct kz_want_object *o = m->kind_awaited;
    if (o == NULL)
        return false;
    int64_t waited = kz_env_mono(m->e->env) - m->kind_since;
    int64_t pause = waited / 4;
    if (pause < POLL_FIRST_MS * KZ_NS_PER_MS)
        pause = POLL_FIRST_MS * KZ_NS_PER_MS;
    if (pause > POLL_MAX_MS * KZ_NS_PER_MS)
        pause = POLL_MAX_MS * KZ_NS_PER_MS;
    m->kind_again = again;
    m->kind_epoch = m->epoch;
    kz_mod_say(m, "kind " KZ_FMT " (" KZ_FMT "/" KZ_FMT ") is not served yet", KZ_ARG(o->id.kind), KZ_ARG(o->id.group),
               KZ_ARG(o->version));
    m->timer = kz_env_timer(m->e->env, pause, on_tick, m);
    return true;
}
