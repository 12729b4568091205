/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/yield.h"

#include "resource/fields.h"
#include "value/path.h"

enum { NO_CERTIFICATE = 64 }; /* base64 of a certificate is longer */

/* ---- paths ----------------------------------------------------------------------------------- */

struct step {
    struct kz_str name; /* unescaped */
    struct kz_str key, value; /* of [key=value], else "" */
    bool all;
    uint64_t index; /* UINT64_MAX: no number */
};

/* The first step of a path that is not empty; *rest is what comes behind it. */
static struct step next_step(struct kz_str *rest, struct kz_arena *a, struct kz_str path)
{
    struct kz_str text;
    *rest = path;
    if (!kz_path_step(&text, a, rest)) { /* paths are checked: nothing has this name */
        text = KZ_STR("");
        *rest = KZ_STR("");
    }
    struct step s = {.name = text, .all = kz_str_is(text, "*"), .key = KZ_STR(""), .value = KZ_STR("")};
    if (!kz_str_u64(&s.index, text))
        s.index = UINT64_MAX;
    if (text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        s.value = kz_str_cut(&s.key, kz_str_n(text.ptr + 1, text.len - 2), '=');
    return s;
}

static bool is_meant(const struct step *s, const struct kz_value *item, size_t index)
{
    if (s->key.len > 0)
        return kz_str_eq(kz_value_as_str(kz_value_find(item, s->key)), s->value);
    return s->all || s->index == index;
}

/* ---- taking out ------------------------------------------------------------------------------ */

typedef bool (*choose_fn)(const struct kz_value *v);

static bool take_below(struct kz_value *v, struct kz_arena *a, struct kz_str path, choose_fn choose);

static bool take_items(struct kz_value *list, struct kz_arena *a, const struct step *s, struct kz_str rest,
                       choose_fn choose)
{
    size_t kept = 0;
    bool any = false;
    for (size_t i = 0; i < list->as.list.len; i++) {
        struct kz_value *item = list->as.list.at[i];
        bool meant = is_meant(s, item, i);
        bool goes = meant && rest.len == 0 && (choose == NULL || choose(item));
        any |= goes || (meant && rest.len > 0 && take_below(item, a, rest, choose));
        if (!goes)
            list->as.list.at[kept++] = item;
    }
    list->as.list.len = kept;
    return any;
}

static bool take_below(struct kz_value *v, struct kz_arena *a, struct kz_str path, choose_fn choose)
{
    struct kz_str rest;
    struct step s = next_step(&rest, a, path);
    if (kz_value_is(v, KZ_LIST))
        return take_items(v, a, &s, rest, choose);
    struct kz_value *below = kz_value_is(v, KZ_MAP) ? kz_value_child(v, s.name) : NULL;
    if (below == NULL)
        return false;
    if (rest.len > 0)
        return take_below(below, a, rest, choose);
    return (choose == NULL || choose(below)) && kz_value_del(v, s.name);
}

bool kz_yield_take(struct kz_value *body, struct kz_arena *a, struct kz_str path)
{
    return path.len > 0 && take_below(body, a, path, NULL);
}

/* ---- what no manifest is meant to decide ------------------------------------------------------ */

enum when { ALWAYS, INJECTED, AGGREGATED };

static const struct {
    const char *group, *kind, *path;
    enum when when;
} rows[] = {
    {"admissionregistration.k8s.io", "MutatingWebhookConfiguration", "/webhooks/*/clientConfig/caBundle", INJECTED},
    {"admissionregistration.k8s.io", "ValidatingWebhookConfiguration", "/webhooks/*/clientConfig/caBundle", INJECTED},
    {"apiextensions.k8s.io", "CustomResourceDefinition", "/spec/conversion/webhook/clientConfig/caBundle", INJECTED},
    {"apiregistration.k8s.io", "APIService", "/spec/caBundle", INJECTED},
    {"rbac.authorization.k8s.io", "ClusterRole", "/rules", AGGREGATED},
    /* of a manifest that was read from a cluster */
    {"apps", "Deployment", "/metadata/annotations/deployment.kubernetes.io~1revision", ALWAYS},
    {"apps", "DaemonSet", "/metadata/annotations/deprecated.daemonset.template.generation", ALWAYS},
    {"", "PersistentVolumeClaim", "/metadata/annotations/pv.kubernetes.io~1bind-completed", ALWAYS},
    {"", "PersistentVolumeClaim", "/metadata/annotations/pv.kubernetes.io~1bound-by-controller", ALWAYS},
    {"", "PersistentVolume", "/metadata/annotations/pv.kubernetes.io~1bound-by-controller", ALWAYS},
    {"", "PersistentVolume", "/spec/claimRef/uid", ALWAYS},
    {"", "PersistentVolume", "/spec/claimRef/resourceVersion", ALWAYS},
};

/* The manifest asks somebody to write the authority's certificate. */
static bool asks_for_injection(const struct kz_value *body)
{
    static const char *const annotations[] = {
        "cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret",
        "cert-manager.io/inject-apiserver-ca", "service.beta.openshift.io/inject-cabundle",
    };
    for (size_t i = 0; i < kz_countof(annotations); i++)
        if (kz_value_get(kz_value_path(body, "metadata.annotations"), annotations[i]) != NULL)
            return true;
    return false;
}

/* "", "Cg==": a place for what a controller of the chart writes. */
static bool is_placeholder(const struct kz_value *v)
{
    return v->kind == KZ_NULL || (v->kind == KZ_STRING && v->as.str.len < NO_CERTIFICATE);
}

void kz_yield_builtin(struct kz_value *body, struct kz_arena *a, const struct kz_id *id, struct kz_value *taken)
{
    for (size_t i = 0; i < kz_countof(rows); i++) {
        choose_fn choose = NULL;
        if (!kz_str_is(id->kind, rows[i].kind) || !kz_str_is(id->group, rows[i].group))
            continue;
        if (rows[i].when == AGGREGATED && kz_value_get(body, "aggregationRule") == NULL)
            continue;
        if (rows[i].when == INJECTED && !asks_for_injection(body))
            choose = is_placeholder;
        if (take_below(body, a, kz_str(rows[i].path), choose))
            kz_value_push(a, taken, kz_value_cstr(a, rows[i].path));
    }
}

/* ---- autoscalers ------------------------------------------------------------------------------ */

static bool scales(const struct kz_object *scaler, const struct kz_object *o)
{
    const struct kz_value *target = kz_value_path(scaler->body, "spec.scaleTargetRef");
    bool hpa = kz_str_is(scaler->id.kind, "HorizontalPodAutoscaler") && kz_str_is(scaler->id.group, "autoscaling");
    bool keda = kz_str_is(scaler->id.kind, "ScaledObject") && kz_str_is(scaler->id.group, "keda.sh");
    struct kz_str kind = kz_value_path_str(target, "kind");
    if (keda && kind.len == 0)
        kind = KZ_STR("Deployment");
    return (hpa || keda) && kz_str_eq(kind, o->id.kind) && kz_str_eq(scaler->id.ns, o->id.ns) &&
           kz_str_eq(kz_value_path_str(target, "name"), o->id.name);
}

bool kz_yield_scaled(int64_t *replicas, const struct kz_object *o, const struct kz_set *set)
{
    const struct kz_value *said = kz_value_path(o->body, "spec.replicas");
    if (!kz_value_is(said, KZ_INT) || said->as.num == 0)
        return false;
    for (size_t i = 0; i < set->len; i++)
        if (scales(set->at[i], o)) {
            *replicas = said->as.num;
            return true;
        }
    return false;
}

/* ---- keeping ---------------------------------------------------------------------------------- */

static void keep_below(struct kz_value *v, struct kz_arena *a, const struct kz_value *live, struct kz_str path)
{
    struct kz_str rest;
    struct step s = next_step(&rest, a, path);
    if (kz_value_is(v, KZ_LIST) && kz_value_is(live, KZ_LIST)) {
        bool same = v->as.list.len == live->as.list.len; /* else there is no telling which is which */
        for (size_t i = 0; same && rest.len > 0 && i < v->as.list.len; i++)
            if (is_meant(&s, v->as.list.at[i], i))
                keep_below(v->as.list.at[i], a, live->as.list.at[i], rest);
        return;
    }
    const struct kz_value *there = kz_value_find(live, s.name);
    if (!kz_value_is(v, KZ_MAP) || there == NULL)
        return;
    struct kz_value *below = kz_value_child(v, s.name);
    if (rest.len == 0)
        kz_value_set(a, v, s.name, kz_value_copy(a, there));
    else if (below != NULL)
        keep_below(below, a, there, rest);
}

void kz_yield_keep(struct kz_value *body, struct kz_arena *a, const struct kz_value *live, struct kz_str path)
{
    if (path.len > 0)
        keep_below(body, a, live, path);
}

/* ---- giving up ownership ---------------------------------------------------------------------- */

static size_t position(const struct kz_value *list, const struct kz_value *item)
{
    for (size_t i = 0; i < kz_value_len(list); i++)
        if (kz_value_at(list, i) == item)
            return i;
    return SIZE_MAX;
}

/* fields: members of fieldsV1 about `live`. What is left empty by it would mean the whole: it goes too. */
static bool release_below(struct kz_value *fields, struct kz_arena *a, const struct kz_value *live, struct kz_str path)
{
    struct kz_str rest;
    struct step s = next_step(&rest, a, path);
    bool any = false;
    for (size_t i = 0; kz_value_is(fields, KZ_MAP) && i < fields->as.map.len;) {
        struct kz_pair *member = &fields->as.map.at[i];
        struct kz_field_step field = kz_field_step(a, member->key);
        const struct kz_value *part = kz_field_go(live, &field, false);
        bool meant = field.kind == KZ_FIELD_NAME ? kz_str_eq(field.name, s.name)
                     : field.kind == KZ_FIELD_SELF || field.kind == KZ_FIELD_BAD
                         ? false
                         : is_meant(&s, part, position(live, part));
        bool gone = meant && rest.len == 0;
        if (meant && rest.len > 0 && release_below(member->val, a, part, rest)) {
            any = true;
            gone = kz_value_len(member->val) == 0;
        }
        any |= gone;
        if (gone)
            (void)kz_value_del(fields, member->key);
        else
            i++;
    }
    return any;
}

struct kz_value *kz_yield_release(struct kz_arena *a, const struct kz_value *live, struct kz_str manager,
                                  const struct kz_str *paths, size_t n)
{
    const struct kz_value *entries = kz_value_path(live, "metadata.managedFields");
    struct kz_value *out = kz_value_list(a);
    bool any = false;
    for (size_t i = 0; i < kz_value_len(entries); i++) {
        struct kz_value *entry = kz_value_copy(a, kz_value_at(entries, i));
        kz_value_push(a, out, entry);
        if (!kz_field_entry_is(entry, manager, "Apply"))
            continue;
        struct kz_value *fields = kz_value_child(entry, KZ_STR("fieldsV1"));
        for (size_t p = 0; fields != NULL && p < n; p++)
            any |= paths[p].len > 0 && release_below(fields, a, live, paths[p]);
    }
    return any ? out : NULL;
}
