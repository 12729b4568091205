/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/removal.h"

#include "base/clock.h"
#include "kube/client.h"
#include "value/json.h"

#include <criterion/criterion.h>

Test(removal, propagation)
{
    enum { B = 0, F = KZ_DELETE_FOREGROUND, O = KZ_DELETE_ORPHAN };
    static const struct {
        const char *group, *kind;
        enum kz_propagation said;
        unsigned want;
    } rows[] = {
        {"apps", "Deployment", KZ_PROPAGATION_AUTO, F},
        {"apps", "StatefulSet", KZ_PROPAGATION_AUTO, F},
        {"batch", "Job", KZ_PROPAGATION_AUTO, F},
        {"batch", "CronJob", KZ_PROPAGATION_AUTO, F},
        {"", "Pod", KZ_PROPAGATION_AUTO, B},
        {"", "ConfigMap", KZ_PROPAGATION_AUTO, B},
        {"example.com", "Deployment", KZ_PROPAGATION_AUTO, B},
        {"apps", "Deployment", KZ_PROPAGATION_BACKGROUND, B},
        {"", "ConfigMap", KZ_PROPAGATION_FOREGROUND, F},
        {"apps", "Deployment", KZ_PROPAGATION_ORPHAN, O},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct kz_id id = {.group = kz_str(rows[i].group), .kind = kz_str(rows[i].kind)};
        cr_expect_eq(kz_delete_flags(&id, rows[i].said), rows[i].want, "%s/%s %d", rows[i].group, rows[i].kind, (int)rows[i].said);
    }
}

Test(removal, what_holds_it)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"{}", ""},
        {"{\"metadata\":{\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"}}", " for 3m"},
        {"{\"metadata\":{\"deletionTimestamp\":\"2026-01-01T00:02:59Z\"}}", ""},
        {"{\"metadata\":{\"deletionTimestamp\":\"2026-01-01T00:00:00Z\",\"finalizers\":[\"kubernetes.io/pvc-protection\"]}}",
         " for 3m: finalizer kubernetes.io/pvc-protection (a Pod still uses it)"},
        {"{\"metadata\":{\"finalizers\":[\"a.example.com/x\",\"plain\"],\"managedFields\":[{\"manager\":\"other\",\"fieldsV1\":{}},"
         "{\"manager\":\"operator\",\"fieldsV1\":{\"f:metadata\":{\"f:finalizers\":{\".\":{},\"v:\\\"a.example.com/x\\\"\":{}}}}}]}}",
         ": finalizer a.example.com/x (set by operator), finalizer plain"},
        {"{\"metadata\":{\"finalizers\":[\"b.example.com/y\"]}}",
         ": finalizer b.example.com/y (of the controller of b.example.com)"},
        {"{\"status\":{\"conditions\":[{\"type\":\"NamespaceContentRemaining\",\"status\":\"True\",\"message\":\"pods. has 1 resource instances\"},"
         "{\"type\":\"NamespaceFinalizersRemaining\",\"status\":\"False\",\"message\":\"none\"}]}}",
         ": pods. has 1 resource instances"},
        {"{\"metadata\":{\"finalizers\":[1,null]}}", ": finalizer , finalizer "},
    };
    int64_t now;
    cr_assert(kz_time_parse(&now, KZ_STR("2026-01-01T00:03:00Z")));
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_value *body;
        struct kz_err err;
        cr_assert_eq(kz_json_read(&body, a, kz_str(rows[i].in), KZ_STR("x"), &err), 0);
        cr_expect_str_eq(kz_cstr(a, kz_stuck_text(a, body, now)), rows[i].want);
    }
}
