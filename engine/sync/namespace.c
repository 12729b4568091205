/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/namespace.h"

uint64_t kz_namespace_apply(struct kz_kube *k, struct kz_str name, unsigned flags, kz_kube_done done, void *arg)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const struct kz_id id = {.kind = KZ_STR("Namespace"), .name = name};
    struct kz_value *body = kz_value_map(a), *meta = kz_value_map(a);
    kz_value_set(a, meta, KZ_STR("name"), kz_value_str(a, name));
    kz_value_set(a, body, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, body, KZ_STR("kind"), kz_value_cstr(a, "Namespace"));
    kz_value_set(a, body, KZ_STR("metadata"), meta);
    return kz_kube_apply(k, &id, KZ_STR("v1"), body, flags, done, arg);
}
