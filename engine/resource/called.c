/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/called.h"

#include <strings.h>

/* What kubectl calls the kinds that platforms are made of. */
static const struct {
    const char *word, *kind;
} shorts[] = {
    {"cm", "ConfigMap"},
    {"crd", "CustomResourceDefinition"},
    {"cj", "CronJob"},
    {"deploy", "Deployment"},
    {"ds", "DaemonSet"},
    {"ep", "Endpoints"},
    {"hpa", "HorizontalPodAutoscaler"},
    {"ing", "Ingress"},
    {"netpol", "NetworkPolicy"},
    {"no", "Node"},
    {"ns", "Namespace"},
    {"pc", "PriorityClass"},
    {"pdb", "PodDisruptionBudget"},
    {"po", "Pod"},
    {"pv", "PersistentVolume"},
    {"pvc", "PersistentVolumeClaim"},
    {"quota", "ResourceQuota"},
    {"rs", "ReplicaSet"},
    {"sa", "ServiceAccount"},
    {"sc", "StorageClass"},
    {"sts", "StatefulSet"},
    {"svc", "Service"},
};

static bool same_word(struct kz_str a, struct kz_str b)
{
    return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

bool kz_called_kind(const struct kz_called *c, const struct kz_id *id, struct kz_str plural)
{
    if (c->group.len > 0 && !same_word(c->group, id->group))
        return false;
    for (size_t i = 0; i < kz_countof(shorts); i++)
        if (same_word(c->kind, kz_str(shorts[i].word)) && kz_str_is(id->kind, shorts[i].kind))
            return true;
    return same_word(c->kind, id->kind) || (plural.len > 0 && same_word(c->kind, plural));
}

bool kz_called_is(const struct kz_called *c, const struct kz_id *id, struct kz_str plural)
{
    return kz_str_eq(id->name, c->name) && (c->ns.len == 0 || kz_str_eq(id->ns, c->ns)) && kz_called_kind(c, id, plural);
}

int kz_called_read(struct kz_called *out, struct kz_str word, struct kz_err *err)
{
    struct kz_called w = {0};
    struct kz_str rest = kz_str_cut(&w.kind, word, '/'), first;
    const size_t dot = kz_str_index(w.kind, '.');
    w.group = kz_str_skip(w.kind, dot + 1);
    w.kind = kz_str_head(w.kind, dot);
    w.name = kz_str_cut(&first, rest, '/');
    if (w.name.len == 0)
        w.name = first;
    else
        w.ns = first;
    if (w.kind.len > 0 && w.name.len > 0 && kz_str_index(w.name, '/') == w.name.len) {
        *out = w;
        return 0;
    }
    (void)kz_fail(err, KZ_E_INVALID, "'%.*s' names no object", word.len > 80 ? 80 : (int)word.len, word.ptr);
    return kz_err_hint(err, "write kind/name or kind/namespace/name, as deployment/shop/web");
}
