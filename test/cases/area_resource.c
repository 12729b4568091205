/* SPDX-License-Identifier: Apache-2.0 */
#include "case.h"

#include <ctype.h>

#include "base/clock.h"
#include "health/rules.h"
#include "resource/diff.h"
#include "resource/order.h"

/* ---- order: documents of one module -> "wave.tier object" ------------------------------------ */

static int fill(struct kz_set *s, const struct case_input *in, struct kz_err *err)
{
    const struct kz_set_rules rules = {.module = KZ_STR("m"), .ns = KZ_STR("default")};
    for (size_t i = 0; i < kz_value_len(in->docs); i++) {
        struct kz_value *doc = in->docs->as.list.at[i];
        struct kz_origin origin = {.file = KZ_STR("in.yaml"), .line = doc->line};
        int rc = kz_set_add(s, &rules, doc, origin, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

void case_order(const struct case_input *in, struct kz_buf *out)
{
    struct kz_set s;
    struct kz_err err = {0};
    char line[1024];
    int waves = 0;
    kz_set_init(&s, in->arena);
    if (fill(&s, in, &err) < 0 || kz_order_waves(&s, &waves, &err) < 0) {
        kz_buf_printf(out, "error: %s\n", kz_err_line(line, sizeof line, &err));
    } else {
        for (size_t i = 0; i < s.len; i++)
            kz_buf_printf(out, "%d.%d " KZ_FMT "\n", s.at[i]->wave, kz_order_tier(&s.at[i]->id),
                          KZ_ARG(kz_id_text(in->arena, &s.at[i]->id)));
        kz_buf_printf(out, "%d waves\n", waves);
    }
    kz_set_done(&s);
}

/* ---- diff: a list [before, after] in each document ------------------------------------------- */

/* Fingerprints of secret values change with each process: "#a81f" becomes "#....". */
static void hide_fingerprints(struct kz_buf *b)
{
    for (size_t i = 0; i + 4 < b->len; i++) {
        bool hex = b->ptr[i] == '#';
        for (size_t k = 1; k <= 4 && hex; k++)
            hex = isxdigit((unsigned char)b->ptr[i + k]) != 0;
        if (hex)
            memset(b->ptr + i + 1, '.', 4);
    }
}

static const struct kz_value *object_at(const struct kz_value *pair, size_t i)
{
    const struct kz_value *v = kz_value_at(pair, i);
    return kz_value_is(v, KZ_MAP) ? v : NULL;
}

void case_diff(const struct case_input *in, struct kz_buf *out)
{
    for (size_t i = 0; i < kz_value_len(in->docs); i++) {
        const struct kz_value *pair = kz_value_at(in->docs, i);
        struct kz_diff d;
        kz_diff_objects(&d, in->arena, object_at(pair, 0), object_at(pair, 1));
        kz_buf_puts(out, i > 0 ? "---\n" : "");
        kz_diff_text(out, &d, 0, false);
    }
    hide_fingerprints(out);
}

/* ---- health: live objects -> verdicts, at noon ------------------------------------------------ */

void case_health(const struct case_input *in, struct kz_buf *out)
{
    int64_t now = 0;
    struct kz_rules *rules;
    struct kz_err err;
    kz_assert(kz_time_parse(&now, KZ_STR("2026-11-22T12:00:00Z")));
    kz_assert(kz_rules_new(&rules, NULL, &err) == 0);
    for (size_t i = 0; i < kz_value_len(in->docs); i++) {
        const struct kz_value *live = kz_value_at(in->docs, i);
        struct kz_verdict v = kz_health_of(rules, live, now);
        struct kz_str selector, name = kz_value_path_str(live, "metadata.name");
        kz_buf_printf(out, KZ_FMT ": %s%s%s\n", KZ_ARG(name), kz_health_name(v.health),
                      v.why[0] != '\0' ? ", " : "", v.why);
        if (kz_health_pod_selector(&selector, in->arena, live))
            kz_buf_printf(out, "    pods: " KZ_FMT "\n", KZ_ARG(selector));
    }
    kz_rules_free(rules);
}
