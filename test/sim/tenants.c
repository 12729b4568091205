/* SPDX-License-Identifier: Apache-2.0 */
#include "tenants.h"

static const char USER[] = "system:serviceaccount:default:robot";

static const struct {
    const char *group, *kind;
    bool wide;
} kinds[SIM_OKINDS_] = {
    [SIM_NAMESPACE] = {"", "Namespace", true},     [SIM_CONFIGMAP] = {"", "ConfigMap", false},
    [SIM_SECRET] = {"", "Secret", false},          [SIM_SERVICE] = {"", "Service", false},
    [SIM_ACCOUNT] = {"", "ServiceAccount", false}, [SIM_DEPLOYMENT] = {"apps", "Deployment", false},
    [SIM_JOB] = {"batch", "Job", false},           [SIM_CRD] = {"apiextensions.k8s.io", "CustomResourceDefinition", true},
    [SIM_CUSTOM] = {"sim.example.com", "*", false},
};

static struct kz_value *words(struct kz_arena *a, const char *one, const char *two)
{
    struct kz_value *list = kz_value_list(a);
    kz_value_push(a, list, kz_value_cstr(a, one));
    if (two != NULL)
        kz_value_push(a, list, kz_value_cstr(a, two));
    return list;
}

void sim_tenants_put(struct kz_arena *a, struct kz_value *reply, unsigned rules)
{
    struct kz_value *tenants = kz_value_list(a), *item = kz_value_map(a), *list = kz_value_list(a);
    struct kz_value *spec = sim_child(a, item, "spec"), *account = sim_child(a, spec, "serviceAccount");
    for (unsigned k = 0; k < SIM_OKINDS_; k++) {
        struct kz_value *row = kz_value_map(a);
        if ((rules & 1U << k) == 0)
            continue;
        if (kinds[k].group[0] != '\0')
            kz_value_set(a, row, KZ_STR("group"), kz_value_cstr(a, kinds[k].group));
        kz_value_set(a, row, KZ_STR("kinds"), words(a, kinds[k].kind, NULL));
        if (kinds[k].wide)
            kz_value_set(a, row, KZ_STR("names"), words(a, "*", NULL));
        kz_value_push(a, list, row);
    }
    kz_value_set(a, spec, KZ_STR("name"), kz_value_cstr(a, "t"));
    kz_value_set(a, account, KZ_STR("namespace"), kz_value_cstr(a, "default"));
    kz_value_set(a, account, KZ_STR("name"), kz_value_cstr(a, "robot"));
    kz_value_set(a, spec, KZ_STR("namespaces"), words(a, "ns-*", (rules & SIM_RULE_DEFAULT) != 0 ? "default" : NULL));
    kz_value_set(a, spec, KZ_STR("urls"), words(a, "http://gate.example.com/*", NULL));
    kz_value_set(a, spec, KZ_STR("kinds"), list);
    kz_value_set(a, item, KZ_STR("line"), kz_value_int(a, 5));
    kz_value_push(a, tenants, item);
    kz_value_set(a, reply, KZ_STR("tenants"), tenants);
}

static bool allows(unsigned rules, const struct kz_id *id)
{
    unsigned k = 0;
    const bool custom = kz_str_is(id->group, kinds[SIM_CUSTOM].group);
    while (k < SIM_OKINDS_ && !(kz_str_is(id->group, kinds[k].group) && (kz_str_is(id->kind, kinds[k].kind) ||
                                                                        (custom && k == SIM_CUSTOM))))
        k++;
    const struct kz_str ns = k == SIM_NAMESPACE ? id->name : id->ns;
    const bool inside = k == SIM_CRD || kz_str_starts(ns, KZ_STR("ns-")) ||
                        (kz_str_is(ns, "default") && (rules & SIM_RULE_DEFAULT) != 0);
    return k < SIM_OKINDS_ && (rules & 1U << k) != 0 && inside;
}

/* Once and for all: modules do not change hands. */
static bool is_tenants(const struct sim_check *c, struct kz_str module)
{
    for (size_t i = 0; module.len > 0 && i < c->model->defs.len; i++)
        if (kz_str_eq(c->model->defs.at[i]->name, module))
            return c->model->defs.at[i]->tenant;
    return false;
}

void sim_tenants_sent(struct sim_check *c, const struct sim_request *r, const struct kz_id *id, struct kz_str label)
{
    const struct sim_commit *told = c->told[r->client->slot].loaded;
    const bool its = kz_str_is(r->user, USER);
    if (!c->model->tenants || told == NULL)
        return;
    if (its && !allows(told->rules, id))
        sim_violation(c->w, "TENANT", "a write of " KZ_FMT " '" KZ_FMT "' in " KZ_FMT ", which the tenant may not have",
                      KZ_ARG(id->kind), KZ_ARG(id->name), KZ_ARG(id->ns));
    if (!its && is_tenants(c, label))
        sim_violation(c->w, "TENANT", "a write of " KZ_FMT " '" KZ_FMT "' of a tenant's module with the rights of '" KZ_FMT "'",
                      KZ_ARG(id->kind), KZ_ARG(id->name), KZ_ARG(r->user));
}
