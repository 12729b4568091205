/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/facts.h"

#include "value/json.h"

bool kz_facts_read_by(const struct kz_module *s)
{
    return !kz_str_is(s->renderer, "yaml");
}

static void add_hash(struct kz_hasher *h, struct kz_hash part)
{
    kz_hasher_add(h, kz_str_n((const char *)&part, sizeof part));
}

struct kz_hash kz_facts_key(const struct kz_engine *e, const struct kz_module *s)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(4 << 20);
    struct kz_hasher *h = kz_hasher_new(a);
    kz_hasher_add(h, KZ_STR("1")); /* raised when rendering itself changes its results */
    kz_hasher_add(h, kz_str(e->platform_name));
    kz_hasher_add(h, s->tree_id);
    add_hash(h, s->spec_hash);
    if (kz_facts_read_by(s)) {
        struct kz_value *versions = kz_value_list(a);
        struct kz_hash served;
        kz_kube_api_versions(e->kube, a, versions);
        kz_json_hash(&served, versions);
        kz_hasher_add(h, kz_kube_version(e->kube));
        add_hash(h, served);
    }
    return kz_hasher_end(h);
}

struct kz_release kz_facts_release(const struct kz_engine *e, const struct kz_module *s)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    const struct kz_store_module *rec = kz_store_module(e->store, s->name);
    struct kz_hasher *h = kz_hasher_new(a);
    kz_hasher_add(h, s->tree_id);
    add_hash(h, s->spec_hash);
    const struct kz_hash key = kz_hasher_end(h);
    if (kz_hash_eq(rec->release.key, key))
        return rec->release;
    return (struct kz_release){.key = key,
                               .number = rec->release.number + 1,
                               .time = e->commit_time / KZ_NS_PER_SEC};
}

static void add_facts(struct kz_value *facts, struct kz_arena *a, const struct kz_mod *m)
{
    struct kz_value *versions = kz_value_list(a);
    kz_kube_api_versions(m->e->kube, a, versions);
    kz_value_set(a, facts, KZ_STR("kubeVersion"), kz_value_str(a, kz_kube_version(m->e->kube)));
    kz_value_set(a, facts, KZ_STR("apiVersions"), versions);
    kz_value_set(a, facts, KZ_STR("revision"), kz_value_int(a, m->release.number));
    kz_value_set(a, facts, KZ_STR("now"), kz_value_int(a, m->release.time * KZ_NS_PER_SEC));
}

struct kz_value *kz_facts_input(struct kz_arena *a, const struct kz_mod *m)
{
    const struct kz_module *s = m->spec;
    struct kz_value *in = kz_value_map(a), *facts = kz_value_map(a);
    const struct {
        const char *key;
        struct kz_str val;
    } fields[] = {{"module", s->name}, {"path", s->path}, {"renderer", s->renderer},
                  {"release", s->release}, {"namespace", s->ns}};
    for (size_t i = 0; i < kz_countof(fields); i++)
        kz_value_set(a, in, kz_str(fields[i].key), kz_value_str(a, fields[i].val));
    kz_value_set(a, in, KZ_STR("values"), kz_value_copy(a, s->values));
    if (s->value_layers != NULL)
        kz_value_set(a, in, KZ_STR("valueLayers"), kz_value_copy(a, s->value_layers));
    kz_value_set(a, in, KZ_STR("options"), kz_value_copy(a, s->options));
    if (kz_facts_read_by(s)) {
        add_facts(facts, a, m);
        kz_asks_add(in, facts, a, m);
    }
    kz_value_set(a, in, KZ_STR("facts"), facts);
    return in;
}

void kz_facts_add_clock(struct kz_value *in, struct kz_arena *a, const struct kz_mod *m)
{
    if (kz_facts_read_by(m->spec))
        kz_value_set(a, in, KZ_STR("clock"), kz_value_int(a, kz_env_wall(m->e->env)));
}
