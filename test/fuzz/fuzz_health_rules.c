/* SPDX-License-Identifier: Apache-2.0
 *
 * Two YAML documents: any list as health rules, and any object that they judge. */
#include "fuzz.h"

#include "health/rules.h"
#include "health/test.h"
#include "value/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_value *docs;
    struct kz_rules *rules;
    struct kz_err err;
    if (kz_yaml_read_all(&docs, a, kz_str_n((const char *)data, size), KZ_STR("in"), NULL, &err) < 0)
        return 0;
    const struct kz_value *own = kz_value_at(docs, 0), *live = kz_value_at(docs, 1);
    for (size_t i = 0; kz_value_is(own, KZ_LIST) && i < kz_value_len(own); i++) {
        struct kz_err why;
        if (kz_rule_check(kz_value_at(own, i), &why) < 0)
            kz_assert(why.depth > 0 && why.frame[0][0] != '\0');
    }
    if (kz_rules_new(&rules, own, &err) < 0) {
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
        return 0;
    }
    struct kz_verdict v = kz_health_of(rules, live, 0);
    size_t len = strnlen(v.why, sizeof v.why);
    kz_assert(len < sizeof v.why && v.health <= KZ_HEALTH_UNKNOWN);
    for (size_t i = 0; i < len; i++)
        kz_assert((unsigned char)v.why[i] >= ' ');
    kz_rules_free(rules);
    return 0;
}
