/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/uses.h"

#include "base/buf.h"

enum { DEPTH = 64 };

/* Fields that name an object of the same namespace. */
static const struct {
    const char *field, *below; /* below: the field of the map, or of each map of the list, with the name; NULL: a text */
    const char *kind;
} fields[] = {
    {"serviceAccountName", NULL, "ServiceAccount"}, {"claimName", NULL, "PersistentVolumeClaim"},
    {"secretName", NULL, "Secret"},                 {"imagePullSecrets", "name", "Secret"},
    {"secret", "name", "Secret"},                   {"secretRef", "name", "Secret"},
    {"secretKeyRef", "name", "Secret"},             {"configMap", "name", "ConfigMap"},
    {"configMapRef", "name", "ConfigMap"},          {"configMapKeyRef", "name", "ConfigMap"},
};

struct walk {
    const struct kz_id *id;
    void (*found)(void *arg, const struct kz_id *id);
    void *arg;
};

static void tell(const struct walk *w, const char *group, struct kz_str kind, struct kz_str ns, struct kz_str name)
{
    const struct kz_id id = {.group = kz_str(group), .kind = kind, .ns = ns, .name = name};
    if (name.len > 0)
        w->found(w->arg, &id);
}

static void name_below(const struct walk *w, const char *kind, const char *below, const struct kz_value *v)
{
    if (kz_value_is(v, KZ_MAP))
        tell(w, "", kz_str(kind), w->id->ns, kz_value_as_str(kz_value_get(v, below)));
    for (size_t i = 0; kz_value_is(v, KZ_LIST) && i < kz_value_len(v); i++)
        tell(w, "", kz_str(kind), w->id->ns, kz_value_path_str(kz_value_at(v, i), below));
}

static void look_at(const struct walk *w, struct kz_str field, const struct kz_value *v)
{
    for (size_t i = 0; i < kz_countof(fields); i++) {
        if (!kz_str_is(field, fields[i].field))
            continue;
        if (fields[i].below != NULL)
            name_below(w, fields[i].kind, fields[i].below, v);
        else if (kz_value_is(v, KZ_STRING))
            tell(w, "", kz_str(fields[i].kind), w->id->ns, kz_value_as_str(v));
    }
}

static void walk(const struct walk *w, const struct kz_value *v, int depth)
{
    if (depth == DEPTH)
        return;
    for (size_t i = 0; kz_value_is(v, KZ_LIST) && i < kz_value_len(v); i++)
        walk(w, kz_value_at(v, i), depth + 1);
    for (size_t i = 0; kz_value_is(v, KZ_MAP) && i < kz_value_pairs(v); i++) {
        const struct kz_pair *p = &v->as.map.at[i];
        look_at(w, p->key, p->val);
        walk(w, p->val, depth + 1);
    }
}

static void look_at_binding(const struct walk *w, const struct kz_value *body)
{
    const struct kz_value *role = kz_value_get(body, "roleRef"), *subjects = kz_value_get(body, "subjects");
    const struct kz_str kind = kz_value_path_str(role, "kind");
    tell(w, "rbac.authorization.k8s.io", kind, kz_str_is(kind, "Role") ? w->id->ns : KZ_STR(""), kz_value_path_str(role, "name"));
    for (size_t i = 0; i < kz_value_len(subjects); i++) {
        const struct kz_value *s = kz_value_at(subjects, i);
        if (kz_str_is(kz_value_path_str(s, "kind"), "ServiceAccount"))
            tell(w, "", KZ_STR("ServiceAccount"), kz_value_path_str(s, "namespace"), kz_value_path_str(s, "name"));
    }
}

void kz_uses_each(const struct kz_id *id, struct kz_str plural, const struct kz_value *body,
                  void (*found)(void *arg, const struct kz_id *id), void *arg)
{
    const struct walk w = {.id = id, .found = found, .arg = arg};
    kz_autobuf struct kz_buf crd = KZ_BUF(4096);
    tell(&w, "", KZ_STR("Namespace"), KZ_STR(""), id->ns);
    kz_buf_printf(&crd, KZ_FMT "." KZ_FMT, KZ_ARG(plural), KZ_ARG(id->group));
    if (plural.len > 0)
        tell(&w, "apiextensions.k8s.io", KZ_STR("CustomResourceDefinition"), KZ_STR(""), kz_buf_str(&crd));
    if (kz_str_is(id->group, "rbac.authorization.k8s.io"))
        look_at_binding(&w, body);
    walk(&w, body, 0);
}
