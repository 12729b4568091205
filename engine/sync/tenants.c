/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/tenants.h"

#include "sync/internal.h"

/* Of a module whose tenant is not defined any more. */
static const struct kz_tenant gone = {.name = KZ_STR_INIT("that is not defined any more")};

static const struct kz_tenant *tenant_of(const struct kz_engine *e, struct kz_str name)
{
    const struct kz_tenant *t = e->platform == NULL ? NULL : kz_platform_tenant(e->platform, name);
    return t == NULL ? &gone : t;
}

const struct kz_tenant *kz_mod_tenant(const struct kz_mod *m)
{
    if (m->spec->tenant != NULL || !m->removed)
        return m->spec->tenant;
    const char *name = kz_store_module(m->e->store, kz_str(m->name))->tenant;
    return name == NULL ? NULL : tenant_of(m->e, kz_str(name));
}

/* ---- one object ---------------------------------------------------------------------------------- */

/* Who may write there owns kzsync: the inventory, and the history that a rollback applies. */
static int check_own(const struct kz_engine *e, const struct kz_tenant *t, const struct kz_id *id, struct kz_err *err)
{
    const bool is_namespace = id->group.len == 0 && kz_str_is(id->kind, "Namespace");
    if (e->opt.ns.len == 0 || !kz_str_eq(is_namespace ? id->name : id->ns, e->opt.ns))
        return 0;
    (void)kz_fail(err, KZ_E_DENIED, "tenant " KZ_FMT " may not touch the namespace of kzsync itself, '" KZ_FMT "'",
                  KZ_ARG(t->name), KZ_ARG(e->opt.ns));
    return kz_err_hint(err, "no rule lets a tenant in there: move it to another namespace");
}

static int allow(const struct kz_engine *e, const struct kz_tenant *t, const struct kz_id *id, struct kz_err *err)
{
    int rc = t == NULL ? 0 : check_own(e, t, id, err);
    return rc < 0 ? rc : kz_tenant_allows(t, id, kz_engine_scope(e, id->group, id->kind), err);
}

int kz_tenants_allow(const struct kz_mod *m, const struct kz_id *id, struct kz_err *err)
{
    return allow(m->e, kz_mod_tenant(m), id, err);
}

bool kz_tenants_may(const struct kz_mod *m, const struct kz_id *id)
{
    struct kz_err err;
    return kz_tenants_allow(m, id, &err) == 0;
}

bool kz_tenants_deny(const struct kz_mod *m, const struct kz_id *id)
{
    struct kz_err err;
    return kz_tenants_allow(m, id, &err) < 0 && err.code == KZ_E_DENIED;
}

int kz_tenants_gate(void *arg, struct kz_str who, const struct kz_id *id, struct kz_err *err)
{
    const struct kz_engine *e = arg;
    return allow(e, tenant_of(e, who), id, err);
}

bool kz_tenants_may_bring(const struct kz_mod *m, const struct kz_value *crd)
{
    const struct kz_id id = {.group = KZ_STR("apiextensions.k8s.io"), .kind = KZ_STR("CustomResourceDefinition"),
                             .name = kz_value_path_str(crd, "metadata.name")};
    struct kz_err err;
    return kz_tenant_allows(m->spec->tenant, &id, KZ_SCOPE_CLUSTER, &err) == 0;
}

/* ---- a set --------------------------------------------------------------------------------------- */

enum { BODY_BYTES = 64 << 20 };

/* The cause names the object: of an error that travels far no more than that is shown. */
static int blame(struct kz_err *err, const struct kz_want_object *o)
{
    (void)kz_want_blame(err, o);
    kz_err_join(err);
    return -(int)err->code;
}

static bool has(void *arg, const struct kz_id *id)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    return kz_want_find(arg, kz_id_key(a, id)) != NULL;
}

static int check_objects(const struct kz_tenant *t, const struct kz_want *w, struct kz_scope scope, struct kz_err *err)
{
    const struct kz_tenant_set set = {.has = has, .arg = (void *)(uintptr_t)w};
    for (size_t i = 0; i < w->n + w->n_hooks; i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(BODY_BYTES);
        const struct kz_want_object *o = &w->at[i];
        const int word = scope.namespaced(scope.arg, o->id.group, o->id.kind);
        if (kz_tenant_allows_object(t, &o->id, (enum kz_scope_word)word, kz_want_body(a, o), &set, err) < 0)
            return blame(err, o);
    }
    return 0;
}

static int check_asked(const struct kz_tenant *t, const struct kz_module *spec, const struct kz_id *id,
                       struct kz_scope scope, const char *what, struct kz_err *err)
{
    const int word = scope.namespaced(scope.arg, id->group, id->kind);
    if (id->kind.len == 0 || kz_tenant_allows(t, id, (enum kz_scope_word)word, err) == 0)
        return 0;
    (void)kz_wrap(err, "%s", what);
    kz_err_join(err);
    return kz_err_at(err, spec->file, spec->line, 0);
}

int kz_tenants_check_set(const struct kz_tenant *t, const struct kz_module *spec, const struct kz_want *w,
                         struct kz_scope scope, struct kz_err *err)
{
    int rc = t == NULL ? 0 : check_objects(t, w, scope, err);
    for (size_t i = 0; t != NULL && rc == 0 && i < spec->n_depends; i++)
        rc = check_asked(t, spec, &spec->depends[i].object, scope, "dependsOn", err);
    for (size_t i = 0; t != NULL && rc == 0 && i < spec->n_gates; i++)
        rc = check_asked(t, spec, &spec->gates[i].object, scope, "health.gates", err);
    return rc;
}

static int scope_of(void *arg, struct kz_str group, struct kz_str kind)
{
    return (int)kz_engine_scope(arg, group, kind);
}

int kz_tenants_check(const struct kz_mod *m, const struct kz_want *w, struct kz_err *err)
{
    const struct kz_tenant *t = kz_mod_tenant(m);
    for (size_t i = 0; t != NULL && i < w->n + w->n_hooks; i++)
        if (check_own(m->e, t, &w->at[i].id, err) < 0)
            return blame(err, &w->at[i]);
    return kz_tenants_check_set(t, m->spec, w, (struct kz_scope){.namespaced = scope_of, .arg = m->e}, err);
}

/* ---- whose it is ---------------------------------------------------------------------------------- */

static bool is_of(const struct kz_tenant *t, const struct kz_store_module *rec)
{
    return rec->tenant != NULL && kz_str_is(t->name, rec->tenant);
}

int kz_tenants_foreign(const struct kz_mod *m, const struct kz_want *w, struct kz_err *err)
{
    const struct kz_tenant *t = kz_mod_tenant(m);
    for (size_t i = 0; t != NULL && i < w->n + w->n_hooks; i++) {
        const struct kz_want_object *o = &w->at[i];
        const struct kz_store_module *owner = kz_store_owner(m->e->store, o->key);
        const struct kz_live_rec *live = kz_lives_find(m->e->lives, o->key);
        if (owner == NULL && live != NULL && live->pub.module.len > 0)
            owner = kz_store_module(m->e->store, live->pub.module);
        if (owner == NULL || strcmp(owner->name, m->name) == 0 || is_of(t, owner))
            continue;
        (void)kz_fail(err, KZ_E_DENIED, "it is the object of module %s, which is not of tenant " KZ_FMT, owner->name,
                      KZ_ARG(t->name));
        (void)blame(err, o);
        return kz_err_hint(err, "give it another name; or remove it from there first: what was kept on purpose has the "
                           "label " KZ_LABEL_MODULE " until a person takes it off");
    }
    return 0;
}

const struct kz_mod *kz_tenants_first(const struct kz_mod *one, const struct kz_mod *two, struct kz_str key)
{
    const struct kz_tenant *a = kz_mod_tenant(one), *b = kz_mod_tenant(two);
    const struct kz_store_module *owner = kz_store_owner(one->e->store, key);
    if (a == b)
        return NULL;
    if (owner != NULL && (strcmp(owner->name, one->name) == 0 || strcmp(owner->name, two->name) == 0))
        return strcmp(owner->name, one->name) == 0 ? one : two;
    return a == NULL ? one : b == NULL ? two : NULL;
}

/* ---- a module that breaks a rule -------------------------------------------------------------------- */

void kz_tenants_refused(struct kz_mod *m, const struct kz_err *err)
{
    kz_mod_render_failed(m, err);
    m->violates = err->code == KZ_E_DENIED ? KZ_VIOLATES : KZ_VIOLATES_NOW;
}

bool kz_tenants_refuse(struct kz_mod *m)
{
    struct kz_err err;
    if (kz_tenants_check(m, m->want, &err) == 0)
        return false;
    m->hopeless = true; /* the same again fails again */
    m->violates = KZ_VIOLATES;
    kz_mod_fail(m, &err);
    return true;
}
