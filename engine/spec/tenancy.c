/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/tenancy.h"

#include "base/near.h"

/* ---- the list ------------------------------------------------------------------------------ */

static int clean_paths(struct kz_value *out, struct kz_arena *a, struct kz_str file, const struct kz_value *item,
                       const char *field, struct kz_err *err)
{
    const struct kz_value *list = kz_value_get(item, field);
    struct kz_value *clean = kz_value_list(a);
    for (size_t i = 0; i < kz_value_len(list); i++) {
        struct kz_str path;
        int rc = kz_layers_path(&path, a, file, kz_value_at(list, i), field, err);
        if (rc < 0)
            return rc;
        kz_value_push(a, clean, kz_value_str(a, path));
    }
    if (kz_value_len(clean) > 0)
        kz_value_set(a, out, kz_str(field), clean);
    return 0;
}

static struct kz_str name_of(const struct kz_value *item)
{
    return kz_value_path_str(item, "spec.name");
}

/* Does a folder of one lie in one of the other? */
static bool overlap(const struct kz_value *one, const struct kz_value *two)
{
    const struct kz_value *f = kz_value_get(one, "folders"), *g = kz_value_get(two, "folders");
    for (size_t i = 0; i < kz_value_len(f); i++)
        for (size_t k = 0; k < kz_value_len(g); k++) {
            struct kz_str x = kz_value_as_str(kz_value_at(f, i)), y = kz_value_as_str(kz_value_at(g, k));
            if (kz_tenant_is_below(x, y) || kz_tenant_is_below(y, x))
                return true;
        }
    return false;
}

/* A folder around kubezero.yaml would make all of the platform the tenant's. */
static int check_folders(const struct kz_value *out, struct kz_str file, const struct kz_value *item, struct kz_err *err)
{
    const struct kz_value *f = kz_value_get(out, "folders");
    for (size_t i = 0; i < kz_value_len(f); i++) {
        if (!kz_tenant_is_below(file, kz_value_as_str(kz_value_at(f, i))))
            continue;
        (void)kz_fail(err, KZ_E_INVALID, "a folder of tenant " KZ_FMT " holds this file, too", KZ_ARG(name_of(out)));
        (void)kz_err_at(err, file, item->line, item->col);
        return kz_err_hint(err, "give the tenant a folder of its own");
    }
    return 0;
}

static int check_others(const struct kz_value *list, const struct kz_value *out, struct kz_str file,
                        const struct kz_value *item, struct kz_err *err)
{
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *other = kz_value_at(list, i);
        const bool same = kz_str_eq(name_of(other), name_of(out));
        if (!same && !overlap(other, out))
            continue;
        if (same)
            (void)kz_fail(err, KZ_E_INVALID, "two tenants are named '" KZ_FMT "'", KZ_ARG(name_of(out)));
        else
            (void)kz_fail(err, KZ_E_INVALID, "folders of the tenants " KZ_FMT " and " KZ_FMT " lie in one another",
                          KZ_ARG(name_of(other)), KZ_ARG(name_of(out)));
        (void)kz_err_at(err, file, item->line, item->col);
        return kz_err_hint(err, same ? "rename one" : "give each of them folders of its own");
    }
    return 0;
}

int kz_tenancy_list(struct kz_value **out, struct kz_arena *a, struct kz_str file, const struct kz_value *list,
                    struct kz_err *err)
{
    struct kz_value *all = kz_value_list(a);
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *item = kz_value_at(list, i);
        struct kz_value *one = kz_value_map(a);
        kz_value_set(a, one, KZ_STR("spec"), kz_value_copy(a, item));
        kz_value_set(a, one, KZ_STR("line"), kz_value_int(a, item->line));
        int rc = clean_paths(one, a, file, item, "folders", err);
        if (rc == 0)
            rc = clean_paths(one, a, file, item, "paths", err);
        if (rc == 0)
            rc = check_folders(one, file, item, err);
        if (rc == 0)
            rc = check_others(all, one, file, item, err);
        if (rc < 0)
            return rc;
        kz_value_push(a, all, one);
    }
    *out = all;
    return 0;
}

/* ---- claims -------------------------------------------------------------------------------- */

static const struct kz_value *whose_folder(const struct kz_value *tenants, struct kz_str file)
{
    for (size_t i = 0; i < kz_value_len(tenants); i++) {
        const struct kz_value *t = kz_value_at(tenants, i), *f = kz_value_get(t, "folders");
        for (size_t k = 0; k < kz_value_len(f); k++)
            if (kz_tenant_is_below(file, kz_value_as_str(kz_value_at(f, k))))
                return t;
    }
    return NULL;
}

static void set_fault(struct kz_value *m, struct kz_arena *a, const struct kz_err *why)
{
    struct kz_value *fault = kz_value_map(a);
    kz_value_set(a, fault, KZ_STR("text"), kz_value_str(a, kz_str_dup(a, kz_str(why->frame[0]))));
    kz_value_set(a, fault, KZ_STR("hint"), kz_value_str(a, kz_str_dup(a, kz_str(why->hint))));
    kz_value_set(a, m, KZ_STR("fault"), fault);
}

/* The files of valuesFrom, wherever the definition and what lies over it name them. */
static int check_values(const struct kz_tenant *t, struct kz_arena *a, const struct kz_draft *d, struct kz_err *err)
{
    for (size_t i = 0; i < d->n_layers; i++) {
        const struct kz_value *from = kz_value_get(d->layers[i].spec, "valuesFrom");
        for (size_t k = 0; k < kz_value_len(from); k++) {
            const struct kz_value *file = kz_value_get(kz_value_at(from, k), "file");
            struct kz_str path;
            if (!kz_value_is(file, KZ_STRING))
                continue;
            int rc = kz_layers_path(&path, a, d->layers[i].file, file, "valuesFrom", err);
            if (rc == 0)
                rc = kz_tenant_allows_path(t, path, err);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int check_sources(const struct kz_tenant *t, const struct kz_value *spec, struct kz_err *err)
{
    static const char *const urls[] = {"source.git.url", "source.chart.repository", "source.chart.oci"};
    for (size_t i = 0; i < kz_countof(urls); i++) {
        struct kz_str url = kz_value_path_str(spec, urls[i]);
        int rc = url.len == 0 ? 0 : kz_tenant_allows_repository(t, url, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

void kz_tenancy_claim(struct kz_value *m, const struct kz_tenancy *from, const struct kz_draft *d, struct kz_value *spec)
{
    struct kz_arena *a = from->arena;
    const struct kz_value *tenants = from->tenants;
    const struct kz_value *owner = whose_folder(tenants, d->file);
    struct kz_str claimed = kz_value_path_str(spec, "tenant"), name = owner == NULL ? claimed : name_of(owner);
    struct kz_err why;
    int rc = 0;
    if (name.len == 0)
        return;
    if (!kz_str_eq(claimed, name))
        kz_value_set(a, spec, KZ_STR("tenant"), kz_value_str(a, name));
    if (claimed.len > 0 && !kz_str_eq(claimed, name)) {
        (void)kz_fail(&why, KZ_E_DENIED, "a module in the folder of tenant " KZ_FMT " says that it is tenant " KZ_FMT "'s",
                      KZ_ARG(name), KZ_ARG(claimed));
        rc = kz_err_hint(&why, "take the field tenant out, or define it elsewhere");
    }
    for (size_t i = 0; rc == 0 && i < kz_value_len(tenants); i++) {
        struct kz_tenant t;
        if (!kz_str_eq(name_of(kz_value_at(tenants, i)), name))
            continue;
        kz_tenant_read(&t, a, kz_value_at(tenants, i), from->file);
        if (kz_value_path(spec, "source.path") != NULL)
            rc = kz_tenant_allows_path(&t, kz_value_path_str(m, "path"), &why);
        if (rc == 0)
            rc = check_sources(&t, spec, &why);
        if (rc == 0)
            rc = check_values(&t, a, d, &why);
    }
    if (rc < 0)
        set_fault(m, a, &why);
}

/* ---- a decoded module ---------------------------------------------------------------------- */

const struct kz_tenant *kz_tenancy_of(const struct kz_platform *p, struct kz_arena *a, struct kz_str name)
{
    const struct kz_tenant *t = name.len == 0 ? NULL : kz_platform_tenant(p, name);
    if (t != NULL || name.len == 0)
        return t;
    struct kz_tenant *nothing = kz_new(a, struct kz_tenant);
    *nothing = (struct kz_tenant){.name = kz_str_dup(a, name), .user = KZ_STR("system:anonymous")};
    return nothing;
}

static int no_such_tenant(const struct kz_module *m, const struct kz_platform *p, struct kz_err *err)
{
    struct kz_near near = kz_near(m->tenant->name);
    for (size_t i = 0; i < p->n_tenants; i++)
        kz_near_try(&near, p->tenants[i].name);
    (void)kz_fail(err, KZ_E_DENIED, "there is no tenant '" KZ_FMT "'" KZ_NEAR_FMT, KZ_ARG(m->tenant->name),
                  KZ_NEAR_ARGS(near));
    return kz_err_hint(err, "define it in spec.tenants of the Platform; until then the module may do nothing");
}

int kz_tenancy_check(const struct kz_module *m, const struct kz_platform *p, struct kz_str account, struct kz_err *err)
{
    const struct kz_tenant *t = m->tenant;
    if (kz_platform_tenant(p, t->name) == NULL)
        return no_such_tenant(m, p, err);
    if (account.len > 0) {
        (void)kz_fail(err, KZ_E_DENIED, "a module of tenant " KZ_FMT " can't choose a service account", KZ_ARG(t->name));
        return kz_err_hint(err, "take serviceAccount out: all that its modules do has the rights of " KZ_FMT,
                           KZ_ARG(t->user));
    }
    int rc = kz_tenant_allows_namespace(t, m->ns, err);
    for (size_t i = 0; rc == 0 && i < m->n_gates; i++)
        if (m->gates[i].kind == KZ_GATE_HTTP)
            rc = kz_tenant_allows_url(t, m->gates[i].http.url, err);
    return rc;
}
