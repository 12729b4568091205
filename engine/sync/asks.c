/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/asks.h"

#include "render/lookup.h"
#include "sync/internal.h"
#include "sync/tenants.h"
#include "value/json.h"

#include <inttypes.h>

/* Trees of answers take several times their text. */
static const size_t arena_max = (size_t)1 << 30;

struct fetch { /* one question under way */
    struct kz_mod *m;
    size_t slot; /* in asks.fresh */
};

void kz_asks_done(struct kz_asks *q)
{
    kz_arena_free(q->arena);
    kz_arena_free(q->fresh_arena);
    free(q->err);
}

bool kz_mod_is_rendering(const struct kz_mod *m)
{
    return m->rendering != 0 || (m->asks.pending > 0 && !m->asks.refreshing);
}

static void set_answers(struct kz_asks *q, struct kz_arena *a, struct kz_value *answers)
{
    kz_arena_free(q->arena);
    q->arena = a;
    q->answers = answers;
    kz_json_hash(&q->hash, answers);
}

/* ---- answers ------------------------------------------------------------------------------------- */

/* Who wrote which field is of no use to a template, and half of the text. */
static void drop_managed(const struct kz_value *object)
{
    const struct kz_pair *meta = kz_value_pair(object, KZ_STR("metadata"));
    if (meta != NULL && meta->val->kind == KZ_MAP)
        (void)kz_value_del(meta->val, KZ_STR("managedFields"));
}

static struct kz_value *list_object(struct kz_arena *a, const struct kz_lookup *what,
                                    const struct kz_value *items)
{
    struct kz_value *list = kz_value_map(a), *copy = kz_value_copy(a, items);
    for (size_t i = 0; i < kz_value_len(copy); i++)
        drop_managed(copy->as.list.at[i]);
    kz_value_set(a, list, KZ_STR("apiVersion"), kz_value_str(a, what->api_version));
    kz_value_set(a, list, KZ_STR("kind"),
                 kz_value_str(a, kz_str_printf(a, KZ_FMT "List", KZ_ARG(what->kind))));
    kz_value_set(a, list, KZ_STR("metadata"), kz_value_map(a)); /* its version changes all the time */
    kz_value_set(a, list, KZ_STR("items"), copy);
    return list;
}

static size_t text_len(const struct kz_value *v)
{
    kz_autobuf struct kz_buf b = KZ_BUF(KZ_LOOKUP_BYTES);
    kz_json_write(&b, v, KZ_JSON_COMPACT);
    return kz_buf_bad(&b) ? KZ_LOOKUP_BYTES + 1 : b.len;
}

static void set_error(struct kz_value *answer, struct kz_arena *a, const struct kz_err *err)
{
    char line[KZ_ERR_TEXT];
    kz_value_set(a, answer, KZ_STR("error"),
                 kz_value_str(a, kz_str_dup(a, kz_str(kz_err_line(line, sizeof line, err)))));
}

static void set_object(struct kz_asks *q, struct kz_value *answer, const struct kz_value *body)
{
    struct kz_arena *a = q->fresh_arena;
    struct kz_lookup what;
    struct kz_err err;
    kz_assert(kz_lookup_read(&what, answer));
    if (text_len(body) > KZ_LOOKUP_BYTES) {
        (void)kz_fail(&err, KZ_E_LIMIT, "what is looked up is larger than %d MiB", KZ_LOOKUP_BYTES >> 20);
        set_error(answer, a, &err);
        return;
    }
    struct kz_value *object = what.name.len == 0 ? list_object(a, &what, body) : kz_value_copy(a, body);
    drop_managed(object);
    kz_value_set(a, answer, KZ_STR("object"), object);
}

/* All answers together; one alone was checked. */
static void check_size(struct kz_asks *q)
{
    struct kz_err err;
    if (text_len(q->fresh) <= KZ_LOOKUP_BYTES)
        return;
    (void)kz_fail(&err, KZ_E_LIMIT, "all that is looked up is larger than %d MiB", KZ_LOOKUP_BYTES >> 20);
    if (q->err == NULL)
        q->err = malloc(sizeof *q->err);
    kz_assert(q->err != NULL);
    *q->err = err;
}

/* ---- requests ------------------------------------------------------------------------------------ */

static void fetch_end(struct kz_mod *m)
{
    struct kz_asks *q = &m->asks;
    struct kz_engine *e = m->e;
    if (--q->pending > 0)
        return;
    check_size(q);
    struct kz_err *err = q->err;
    struct kz_arena *fresh = q->fresh_arena;
    q->err = NULL;
    q->fresh_arena = NULL;
    if (err == NULL)
        set_answers(q, fresh, q->fresh);
    else
        kz_arena_free(fresh); /* a refresh keeps what it has */
    q->fresh = NULL;
    if (!q->refreshing) {
        kz_cycle_fetched(m, err);
    } else {
        q->refreshing = false;
        if (--e->refreshing == 0)
            kz_cycle_refreshed(e);
    }
    free(err);
}

static void blame(struct kz_asks *q, const struct kz_err *err)
{
    if (q->err != NULL)
        return;
    q->err = malloc(sizeof *q->err);
    kz_assert(q->err != NULL);
    *q->err = *err;
}

static void on_fetched(void *arg, uint64_t id, const struct kz_result *res)
{
    struct fetch *f = arg;
    struct kz_mod *m = f->m;
    struct kz_asks *q = &m->asks;
    struct kz_value *answer = q->fresh->as.list.at[f->slot];
    (void)id;
    free(f);
    if (res->outcome == KZ_DONE)
        set_object(q, answer, res->body);
    else if (res->outcome == KZ_TRANSIENT)
        blame(q, res->err);
    else if (res->outcome != KZ_NO_OBJECT && res->outcome != KZ_NO_KIND)
        set_error(answer, q->fresh_arena, res->err);
    fetch_end(m);
}

static void say(struct kz_value *answer, struct kz_arena *a, struct kz_str why)
{
    kz_value_set(a, answer, KZ_STR("error"), kz_value_str(a, why));
}

/* Helm's words: charts' users search for them. */
static void no_such_kind(struct kz_value *answer, struct kz_arena *a, const struct kz_lookup *what)
{
    const bool core = kz_str_index(what->api_version, '/') == what->api_version.len;
    const bool none = what->api_version.len == 0;
    say(answer, a,
        kz_str_printf(a, "unable to get apiresource from unstructured: %s" KZ_FMT ", Kind=" KZ_FMT ": %s",
                      core ? "/" : "", KZ_ARG(what->api_version), KZ_ARG(what->kind),
                      none ? "groupVersion shouldn't be empty"
                           : "the server could not find the requested resource"));
}

/* What may stand in a path: nothing that leads somewhere else. */
static const char *wrong_name(struct kz_str name)
{
    if (kz_str_is(name, ".") || kz_str_is(name, ".."))
        return "may not be '.' or '..'";
    if (kz_str_index(name, '/') < name.len)
        return "may not contain '/'";
    return kz_str_index(name, '%') < name.len ? "may not contain '%'" : NULL;
}

static bool is_namespace(struct kz_str ns)
{
    for (size_t i = 0; i < ns.len; i++)
        if ((ns.ptr[i] < 'a' || ns.ptr[i] > 'z') && (ns.ptr[i] < '0' || ns.ptr[i] > '9') && ns.ptr[i] != '-')
            return false;
    return ns.len <= 63;
}

static bool serves_version(const struct kz_kube *k, struct kz_str api_version)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_value *versions = kz_value_list(a);
    kz_kube_api_versions(k, a, versions);
    for (size_t i = 0; i < kz_value_len(versions); i++)
        if (kz_str_eq(kz_value_as_str(kz_value_at(versions, i)), api_version))
            return true;
    return false;
}

/* Asks for one answer, or gives it where no question is needed. */
static void ask(struct kz_mod *m, size_t slot)
{
    struct kz_asks *q = &m->asks;
    struct kz_kube *k = kz_mod_kube(m);
    struct kz_value *answer = q->fresh->as.list.at[slot];
    struct kz_lookup what;
    struct kz_str version;
    struct kz_err denied;
    kz_assert(kz_lookup_read(&what, answer));
    struct kz_id id = {.kind = what.kind, .ns = what.ns, .name = what.name};
    kz_api_version_split(&id.group, &version, what.api_version);
    const char *wrong = wrong_name(what.name);
    const struct kz_api *api =
        what.api_version.len == 0 ? NULL : kz_kube_api(k, id.group, version, id.kind);
    if (wrong != NULL) {
        say(answer, q->fresh_arena,
            kz_str_printf(q->fresh_arena, "invalid resource name \"" KZ_FMT "\": [%s]", KZ_ARG(what.name), wrong));
        return;
    }
    if (api == NULL) { /* of a version that is served, a kind that is not is merely not there: as Helm */
        if (!serves_version(k, what.api_version))
            no_such_kind(answer, q->fresh_arena, &what);
        return;
    }
    if (api->namespaced && ((id.ns.len == 0 && id.name.len > 0) || !is_namespace(id.ns)))
        return; /* there is no such object */
    if (!api->namespaced)
        id.ns = KZ_STR("");
    if (kz_tenants_allow(m, &id, &denied) < 0) {
        char line[KZ_ERR_TEXT];
        say(answer, q->fresh_arena, kz_str_dup(q->fresh_arena, kz_str(kz_err_line(line, sizeof line, &denied))));
        q->denied = true;
        return;
    }
    struct fetch *f = malloc(sizeof *f);
    kz_assert(f != NULL);
    *f = (struct fetch){.m = m, .slot = slot};
    q->pending++;
    if (id.name.len > 0)
        (void)kz_kube_get_at(k, &id, version, on_fetched, f);
    else
        (void)kz_kube_list_at(k, &id, version, KZ_LOOKUP_BYTES, on_fetched, f);
}

/* From here on answers come; fetch_end is called once for this function itself. */
static void begin(struct kz_asks *q, bool refreshing)
{
    kz_assert(q->pending == 0);
    q->fresh_arena = kz_arena_new_tight(arena_max);
    q->fresh = kz_value_list(q->fresh_arena);
    q->refreshing = refreshing;
    q->denied &= !refreshing && q->rounds > 0; /* of the answers that there are */
    q->pending = 1;
}

/* ---- for a worker ---------------------------------------------------------------------------------- */

static void on_seed(void *arg, const struct kz_err *err)
{
    struct kz_mod *m = arg;
    if (err != NULL)
        blame(&m->asks, err);
    else
        m->asks.seed = true;
    fetch_end(m);
}

static void too_many_rounds(struct kz_mod *m, const struct kz_render_needs *needs)
{
    struct kz_asks *q = &m->asks;
    struct kz_lookup last = {0};
    struct kz_err err;
    if (kz_value_len(needs->lookups) > 0)
        kz_assert(kz_lookup_read(&last, kz_value_at(needs->lookups, kz_value_len(needs->lookups) - 1)));
    (void)kz_fail(&err, KZ_E_INVALID,
                  "the chart looks up something else each time it is told what it looked up: after %d "
                  "rounds it asks for " KZ_FMT,
                  KZ_ASK_ROUNDS, KZ_ARG(kz_lookup_text(q->fresh_arena, &last)));
    blame(q, &err);
}

void kz_asks_fetch(struct kz_mod *m, const struct kz_render_needs *needs)
{
    struct kz_asks *q = &m->asks;
    begin(q, false);
    if (q->rounds++ >= KZ_ASK_ROUNDS) {
        too_many_rounds(m, needs);
        fetch_end(m);
        return;
    }
    for (size_t i = 0; i < kz_value_len(q->answers); i++)
        kz_value_push(q->fresh_arena, q->fresh, kz_value_copy(q->fresh_arena, kz_value_at(q->answers, i)));
    const size_t known = kz_value_len(q->fresh);
    for (size_t i = 0; i < kz_value_len(needs->lookups); i++)
        kz_value_push(q->fresh_arena, q->fresh,
                      kz_value_copy(q->fresh_arena, kz_value_at(needs->lookups, i)));
    for (size_t i = known; i < kz_value_len(q->fresh); i++)
        ask(m, i);
    if (needs->seed) {
        const struct kz_store_module *rec = kz_store_module(m->e->store, kz_str(m->name));
        q->pending++;
        kz_seed_want(m->e->seed, rec->release.seeded, on_seed, m);
    }
    fetch_end(m);
}

void kz_asks_add(struct kz_value *in, struct kz_value *facts, struct kz_arena *a, const struct kz_mod *m)
{
    const struct kz_asks *q = &m->asks;
    kz_value_set(a, in, KZ_STR("lookups"),
                 q->answers == NULL ? kz_value_list(a) : kz_value_copy(a, q->answers));
    kz_value_set(a, facts, KZ_STR("stable"), kz_value_bool(a, true));
    if (q->seed)
        kz_value_set(a, facts, KZ_STR("seed"), kz_value_str(a, kz_seed_text(m->e->seed, a, kz_str(m->name))));
}

static bool is_used(const struct kz_value *used, const struct kz_value *answer)
{
    struct kz_lookup a, b;
    kz_assert(kz_lookup_read(&a, answer));
    for (size_t i = 0; i < kz_value_len(used); i++)
        if (kz_lookup_read(&b, kz_value_at(used, i)) && kz_lookup_eq(&a, &b))
            return true;
    return false;
}

void kz_asks_keep(struct kz_mod *m, const struct kz_value *reply)
{
    struct kz_asks *q = &m->asks;
    const struct kz_render_asked asked = kz_render_asked(reply);
    q->rounds = 0;
    q->until = asked.until;
    q->seed = asked.seed;
    q->sum = kz_hash(kz_value_path_str(reply, "sha256"));
    if (q->answers != NULL) {
        struct kz_arena *a = kz_arena_new_tight(arena_max);
        struct kz_value *left = kz_value_list(a);
        for (size_t i = 0; i < kz_value_len(q->answers); i++)
            if (is_used(asked.lookups, kz_value_at(q->answers, i)))
                kz_value_push(a, left, kz_value_copy(a, kz_value_at(q->answers, i)));
        set_answers(q, a, left);
    }
    q->rendered = q->hash;
}

struct kz_hash kz_asks_key(const struct kz_mod *m, struct kz_hash base)
{
    const struct kz_asks *q = &m->asks;
    if (kz_value_len(q->answers) == 0 && q->until == 0)
        return base;
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    struct kz_hasher *h = kz_hasher_new(a);
    kz_hasher_add(h, kz_str_n((const char *)&base, sizeof base));
    kz_hasher_add(h, kz_str_n((const char *)&q->sum, sizeof q->sum));
    return kz_hasher_end(h);
}

void kz_asks_failed(struct kz_mod *m)
{
    m->asks.rounds = 0;
    m->asks.rendered = m->asks.hash;
}

/* ---- for a cycle ------------------------------------------------------------------------------------ */

static bool takes_part(const struct kz_mod *m)
{
    return !m->removed;
}

bool kz_asks_due(const struct kz_mod *m)
{
    const struct kz_asks *q = &m->asks;
    return !kz_hash_eq(q->hash, q->rendered) ||
           (q->until != 0 && kz_env_wall(m->e->env) >= q->until);
}

bool kz_asks_any(const struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        const struct kz_mod *m = slot->val;
        if (takes_part(m) && (kz_value_len(m->asks.answers) > 0 || kz_asks_due(m)))
            return true;
    }
    return false;
}

static void refresh(struct kz_mod *m)
{
    struct kz_asks *q = &m->asks;
    struct kz_lookup what;
    m->e->refreshing++;
    q->rounds = 0;
    begin(q, true);
    for (size_t i = 0; i < kz_value_len(q->answers); i++) {
        kz_assert(kz_lookup_read(&what, kz_value_at(q->answers, i)));
        kz_value_push(q->fresh_arena, q->fresh, kz_lookup_value(q->fresh_arena, &what));
    }
    for (size_t i = 0; i < kz_value_len(q->fresh); i++)
        ask(m, i);
    fetch_end(m);
}

void kz_asks_refresh(struct kz_engine *e)
{
    const struct kz_map_slot *slot;
    e->refreshing = 1; /* this function itself */
    for (size_t i = 0; (slot = kz_map_next(&e->mods, &i)) != NULL;) {
        struct kz_mod *m = slot->val;
        if (takes_part(m) && kz_value_len(m->asks.answers) > 0)
            refresh(m);
    }
    if (--e->refreshing == 0)
        kz_cycle_refreshed(e);
}
