/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"
#include "value/json.h"

#include <criterion/criterion.h>

enum { MEMORY = 64 << 20 };

#define RES(plural, kind)                                                                                       \
    "{\"resource\":\"" plural "\",\"responseKind\":{\"group\":\"\",\"version\":\"\",\"kind\":\"" kind "\"},"    \
    "\"scope\":\"Namespaced\",\"singularResource\":\"\",\"verbs\":[\"create\",\"list\",\"patch\",\"watch\"]}"
#define GROUP(name, version, resources)                                                                         \
    "{\"metadata\":{\"name\":\"" name "\"},\"versions\":[{\"version\":\"" version "\",\"freshness\":\"Current\"," \
    "\"resources\":[" resources "]}]}"
#define LIST(items)                                                                                             \
    "{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"metadata\":{},\"items\":[" items "]}"

static void nothing(void *arg, const struct kz_err *err)
{
    (void)arg;
    (void)err;
}

void report_rig_discovery(struct report_rig *r, bool kinds)
{
    static const char bare[] = LIST(GROUP("events.k8s.io", "v1", RES("events", "Event")));
    static const char full[] =
        LIST(GROUP("events.k8s.io", "v1", RES("events", "Event")) "," GROUP(
            "kubezero.com", "v1beta1", RES("modules", "Module") "," RES("platforms", "Platform")));
    fake_answer(&r->f, "GET /version", 200, "{\"gitVersion\":\"v1.32.0\"}");
    fake_answer(&r->f, "GET /apis", 200, kinds ? full : bare);
    fake_answer(&r->f, "GET /api", 200, fake_core);
}

void report_rig_init(struct report_rig *r, bool kinds)
{
    *r = (struct report_rig){.arena = kz_arena_new(MEMORY)};
    fake_init(&r->f);
    r->kube = kz_kube_new(&r->f.env, &r->f.http, &(struct kz_kube_options){0});
    kz_kube_discover(r->kube, nothing, NULL);
    report_rig_discovery(r, kinds);
}

void report_rig_done(struct report_rig *r)
{
    kz_kube_free(r->kube);
    kz_arena_free(r->arena);
    fake_done(&r->f);
}

const struct kz_value *report_rig_body(struct report_rig *r, const char *part)
{
    struct kz_value *v;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&v, r->arena, fake_find(&r->f, part)->req.body, KZ_STR("body"), &err), 0, "%s", err.frame[0]);
    return v;
}

void report_rig_accept(struct report_rig *r, const char *part, const char *extra)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    struct kz_value *body = kz_value_copy(r->arena, report_rig_body(r, part)), *more, *meta;
    struct kz_err err;
    cr_assert_eq(kz_json_read(&more, r->arena, kz_str_printf(r->arena, "{%s\"ok\":true}", extra), KZ_STR("extra"), &err), 0);
    meta = kz_value_child(body, KZ_STR("metadata"));
    for (size_t i = 0; i < kz_value_pairs(more); i++)
        kz_value_set(r->arena, meta, more->as.map.at[i].key, more->as.map.at[i].val);
    kz_json_write(&b, body, KZ_JSON_COMPACT);
    fake_answer(&r->f, part, 200, b.ptr);
}
