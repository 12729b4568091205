/* SPDX-License-Identifier: Apache-2.0
 *
 * Any JSON as a live object: a verdict of one line, always. */
#include "fuzz.h"

#include "health/rules.h"
#include "value/json.h"

static void check(const struct kz_verdict *v)
{
    size_t len = strnlen(v->why, sizeof v->why);
    kz_assert(len < sizeof v->why && v->health <= KZ_HEALTH_UNKNOWN);
    for (size_t i = 0; i < len; i++)
        kz_assert((unsigned char)v->why[i] >= ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_value *live;
    struct kz_err err;
    struct kz_str text;
    if (kz_json_read(&live, a, kz_str_n((const char *)data, size), KZ_STR("in"), &err) < 0)
        return 0;
    struct kz_rules *rules;
    kz_assert(kz_rules_new(&rules, NULL, &err) == 0);
    struct kz_verdict v = kz_health_of(rules, live, 0);
    kz_rules_free(rules);
    check(&v);
    v = kz_health_of_pod(&text, live, 0, 2);
    check(&v);
    (void)kz_health_pod_selector(&text, a, live);
    return 0;
}
