/* SPDX-License-Identifier: Apache-2.0 */
#include "health/health.h"

#include "base/buf.h"
#include "health/rules.h"
#include "health/status.h"

static const char *const names[] = {
    [KZ_HEALTH_HEALTHY] = "healthy",     [KZ_HEALTH_PROGRESSING] = "progressing",
    [KZ_HEALTH_SUSPENDED] = "suspended", [KZ_HEALTH_FAILING] = "failing",
    [KZ_HEALTH_FAILED] = "failed",       [KZ_HEALTH_TERMINATING] = "terminating",
    [KZ_HEALTH_MISSING] = "missing",     [KZ_HEALTH_UNKNOWN] = "unknown",
};

const char *kz_health_name(enum kz_health h)
{
    return (size_t)h < kz_countof(names) ? names[h] : "unknown";
}

static struct kz_verdict terminating(const struct kz_value *live)
{
    const struct kz_value *finalizers = kz_value_path(live, "metadata.finalizers");
    if (kz_value_len(finalizers) == 0)
        return kz_verdict(KZ_HEALTH_TERMINATING, "is being deleted");
    struct kz_str first = kz_value_as_str(kz_value_at(finalizers, 0));
    return kz_verdict(KZ_HEALTH_TERMINATING, "is being deleted, waits for finalizer " KZ_FMT,
                      KZ_ARG(first));
}

/* Some controllers write a text, some write before the first generation: only numbers count. */
static bool is_unseen(const struct kz_value *live)
{
    int64_t generation = kz_value_path_int(live, "metadata.generation", 0);
    int64_t observed = kz_value_path_int(live, "status.observedGeneration", -1);
    return observed >= 0 && generation > 0 && observed < generation;
}

/* kstatus: conditions that say how reconciling went. */
static struct kz_verdict generic(const struct kz_value *live)
{
    struct kz_condition reconciling = kz_condition_of(live, "Reconciling");
    struct kz_condition stalled = kz_condition_of(live, "Stalled");
    struct kz_condition ready = kz_condition_of(live, "Ready");
    if (kz_condition_is(&stalled, "True"))
        return kz_verdict_of(KZ_HEALTH_FAILED, &stalled);
    if (kz_condition_is(&reconciling, "True"))
        return kz_verdict_of(KZ_HEALTH_PROGRESSING, &reconciling);
    if (ready.is_set && !kz_condition_is(&ready, "True"))
        return kz_verdict_of(KZ_HEALTH_PROGRESSING, &ready);
    return kz_verdict_ok();
}

struct kz_verdict kz_health_of(const struct kz_rules *rules, const struct kz_value *live, int64_t now)
{
    struct kz_verdict v;
    if (live == NULL)
        return kz_verdict(KZ_HEALTH_MISSING, "does not exist");
    if (!kz_value_is(live, KZ_MAP))
        return kz_verdict(KZ_HEALTH_UNKNOWN, "is no object");
    if (kz_value_path_str(live, "metadata.deletionTimestamp").len > 0)
        return terminating(live);
    if (is_unseen(live))
        return kz_verdict(KZ_HEALTH_PROGRESSING, "its controller has not seen the latest change");

    struct kz_str api = kz_value_path_str(live, "apiVersion"), group;
    struct kz_str kind = kz_value_path_str(live, "kind");
    if (kz_str_cut(&group, api, '/').len == 0)
        group = KZ_STR("");
    if (kz_rules_verdict(&v, rules, true, group, kind, live) || kz_health_builtin(&v, group, kind, live, now) ||
        kz_rules_verdict(&v, rules, false, group, kind, live))
        return v;
    return generic(live);
}

/* ---- pods of a workload ---------------------------------------------------------------------- */

static void add_expression(struct kz_buf *b, const struct kz_value *e)
{
    struct kz_str key = kz_value_path_str(e, "key"), op = kz_value_path_str(e, "operator");
    const struct kz_value *values = kz_value_get(e, "values");
    if (kz_str_is(op, "DoesNotExist"))
        kz_buf_putc(b, '!');
    kz_buf_add_str(b, key);
    if (!kz_str_is(op, "In") && !kz_str_is(op, "NotIn"))
        return;
    kz_buf_puts(b, kz_str_is(op, "In") ? " in (" : " notin (");
    for (size_t i = 0; i < kz_value_len(values); i++) {
        if (i > 0)
            kz_buf_putc(b, ',');
        kz_buf_add_str(b, kz_value_as_str(kz_value_at(values, i)));
    }
    kz_buf_putc(b, ')');
}

bool kz_health_pod_selector(struct kz_str *selector, struct kz_arena *a,
                            const struct kz_value *live)
{
    static const char *const kinds[] = {
        "apps/v1/Deployment", "apps/v1/StatefulSet", "apps/v1/DaemonSet",
        "apps/v1/ReplicaSet", "batch/v1/Job",
    };
    struct kz_str api = kz_value_path_str(live, "apiVersion");
    struct kz_str what =
        kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(api), KZ_ARG(kz_value_path_str(live, "kind")));
    bool known = false;
    for (size_t i = 0; i < kz_countof(kinds); i++)
        known = known || kz_str_is(what, kinds[i]);
    const bool unseen = kz_value_path(live, "status.observedGeneration") == NULL || is_unseen(live);
    if (!known || (unseen && !kz_str_is(what, "batch/v1/Job")))
        return false;

    kz_autobuf struct kz_buf b = KZ_BUF(8 << 10);
    const struct kz_value *labels = kz_value_path(live, "spec.selector.matchLabels");
    const struct kz_value *expressions = kz_value_path(live, "spec.selector.matchExpressions");
    for (size_t i = 0; i < kz_value_pairs(labels); i++) {
        if (b.len > 0)
            kz_buf_putc(&b, ',');
        kz_buf_add_str(&b, labels->as.map.at[i].key);
        kz_buf_putc(&b, '=');
        kz_buf_add_str(&b, kz_value_as_str(labels->as.map.at[i].val));
    }
    for (size_t i = 0; i < kz_value_len(expressions); i++) {
        if (b.len > 0)
            kz_buf_putc(&b, ',');
        add_expression(&b, kz_value_at(expressions, i));
    }
    if (b.len == 0 || kz_buf_bad(&b)) /* an empty selector would mean every pod */
        return false;
    *selector = kz_str_dup(a, kz_buf_str(&b));
    return true;
}
