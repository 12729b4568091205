/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor.h"
#include "base/clock.h"
#include "cli/table.h"

enum { LEASE_SEC = 15 }; /* after which somebody else may lead */

#define INVENTORY_LABEL "kubezero.com/inventory"

/* ---- the daemon ------------------------------------------------------------------------------------------ */

static void check_modules(struct kz_doctor *d)
{
    const struct kz_value *modules = kz_value_get(d->l->status, "modules");
    size_t failed = 0, held = 0;
    struct kz_str first = KZ_STR("");
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        const struct kz_value *m = kz_value_at(modules, i);
        struct kz_str state = kz_value_path_str(m, "state");
        const bool bad = kz_str_is(state, "fail") || kz_str_is(state, "back");
        if (bad && failed++ == 0)
            first = kz_value_path_str(m, "name");
        held += kz_str_is(state, "held");
    }
    if (failed > 0)
        kz_doctor_say(d, KZ_DOCTOR_WARN, "modules", kz_str_printf(d->l->arena, "kzsync why " KZ_FMT, KZ_ARG(first)),
                      "%zu of %zu modules ha%s failed, " KZ_FMT " first", failed, kz_value_len(modules),
                      failed == 1 ? "s" : "ve", KZ_ARG(first));
    else
        kz_doctor_say(d, KZ_DOCTOR_OK, "modules", KZ_STR(""), "none of %zu has failed, %zu held",
                      kz_value_len(modules), held);
}

static void check_source(struct kz_doctor *d)
{
    const struct kz_value *frames = kz_value_path(d->l->status, "error.frames");
    const size_t n = kz_value_len(frames);
    if (n == 0)
        kz_doctor_say(d, KZ_DOCTOR_OK, "source", KZ_STR(""), "the daemon reads its repository, which is at " KZ_FMT,
                      KZ_ARG(kz_str_head(kz_value_path_str(d->l->status, "revision"), 12)));
    else
        kz_doctor_say(d, KZ_DOCTOR_FAIL, "source", kz_value_path_str(d->l->status, "error.hint"), KZ_FMT "%s" KZ_FMT,
                      KZ_ARG(kz_value_as_str(kz_value_at(frames, 0))), n > 1 ? ": " : "",
                      KZ_ARG(n > 1 ? kz_value_as_str(kz_value_at(frames, n - 1)) : KZ_STR("")));
}

void kz_doctor_status(struct kz_doctor *d)
{
    const struct kz_env *env = kz_app_env(d->l->app);
    struct kz_err err;
    if (kz_look_status(d->l, kz_env_mono(env) + 10 * KZ_NS_PER_SEC, &err) < 0) {
        kz_doctor_err(d, KZ_DOCTOR_FAIL, "status", &err);
        return;
    }
    struct kz_str time = kz_value_path_str(d->l->status, "time");
    int64_t wall;
    if (kz_time_parse(&wall, time) && wall > kz_env_wall(env) + 60 * KZ_NS_PER_SEC)
        kz_doctor_say(d, KZ_DOCTOR_WARN, "status", KZ_STR("set the clock where kzsync runs"),
                      "the status of platform " KZ_FMT " was written in the future", KZ_ARG(kz_look_platform(d->l)));
    else
        kz_doctor_say(d, KZ_DOCTOR_OK, "status", KZ_STR(""), "platform " KZ_FMT ", last changed " KZ_FMT " ago",
                      KZ_ARG(kz_look_platform(d->l)), KZ_ARG(kz_text_age(d->l->arena, time, kz_env_wall(env))));
    check_modules(d);
    check_source(d);
}

/* ---- the lease ------------------------------------------------------------------------------------------- */

void kz_doctor_lease(struct kz_doctor *d)
{
    struct kz_arena *a = d->l->arena;
    struct kz_err err;
    struct kz_query q = {.verb = KZ_QUERY_GET,
                         .id = {.group = KZ_STR("coordination.k8s.io"),
                                .kind = KZ_STR("Lease"),
                                .ns = d->l->ns,
                                .name = kz_str_printf(a, "kzsync-" KZ_FMT, KZ_ARG(kz_look_platform(d->l)))}};
    int64_t renewed;
    const int64_t now = kz_env_wall(kz_app_env(d->l->app));
    if (d->l->status == NULL)
        return;
    if (kz_query_one(d->l->app, a, &q, 0, &err) < 0) {
        kz_doctor_err(d, q.outcome == KZ_NO_OBJECT ? KZ_DOCTOR_FAIL : KZ_DOCTOR_WARN, "lease", &err);
        return;
    }
    struct kz_str holder = kz_value_path_str(q.body, "spec.holderIdentity"),
                  time = kz_value_path_str(q.body, "spec.renewTime");
    struct kz_str age = kz_text_age(a, time, now);
    if (holder.len == 0)
        kz_doctor_say(d, KZ_DOCTOR_FAIL, "lease",
                      KZ_STR("start `kzsync run`: kubectl get pods shows whether it is there"),
                      "nobody leads: the last one gave the lease back " KZ_FMT " ago", KZ_ARG(age));
    else if (!kz_time_parse(&renewed, time) || now - renewed > LEASE_SEC * KZ_NS_PER_SEC)
        kz_doctor_say(d, KZ_DOCTOR_FAIL, "lease", KZ_STR("is its process alive, and can it reach the API server?"),
                      KZ_FMT " leads, but has not renewed its lease for " KZ_FMT, KZ_ARG(holder), KZ_ARG(age));
    else
        kz_doctor_say(d, KZ_DOCTOR_OK, "lease", KZ_STR(""), KZ_FMT " leads, renewed " KZ_FMT " ago", KZ_ARG(holder),
                      KZ_ARG(age));
}

/* ---- inventories ----------------------------------------------------------------------------------------- */

/* Platforms that have an inventory here and no status: left behind, or never begun. */
static void check_others(struct kz_doctor *d)
{
    struct kz_arena *a = d->l->arena;
    struct kz_query q = {.verb = KZ_QUERY_METADATA,
                         .id = {.kind = KZ_STR("ConfigMap"), .ns = d->l->ns},
                         .selector = KZ_STR(INVENTORY_LABEL)};
    struct kz_err err;
    struct kz_str others = KZ_STR("");
    if (kz_query_one(d->l->app, a, &q, 0, &err) < 0) {
        kz_doctor_err(d, KZ_DOCTOR_WARN, "inventory", &err);
        return;
    }
    for (size_t i = 0; i < kz_value_len(q.body); i++) {
        const struct kz_value *labels = kz_value_path(kz_value_at(q.body, i), "metadata.labels");
        struct kz_str name = kz_value_as_str(kz_value_get(labels, INVENTORY_LABEL));
        if (!kz_str_eq(name, kz_look_platform(d->l)) && !kz_str_lists(others, name))
            others = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(others), others.len > 0 ? ", " : "", KZ_ARG(name));
    }
    if (others.len > 0)
        kz_doctor_say(
            d, KZ_DOCTOR_WARN, "inventory",
            KZ_STR(
                "a platform that was renamed leaves its objects behind: kubectl get all -A -l kubezero.com/platform=NAME"),
            "in namespace " KZ_FMT " are also inventories of " KZ_FMT, KZ_ARG(d->l->ns), KZ_ARG(others));
}

void kz_doctor_inventory(struct kz_doctor *d)
{
    struct kz_err err;
    const struct kz_store_module *m;
    size_t n = 0;
    if (d->l->status != NULL && kz_look_inventory(d->l, KZ_STR(""), &err) < 0) {
        kz_doctor_err(d, KZ_DOCTOR_WARN, "inventory", &err);
    } else if (d->l->status != NULL && !kz_store_trusted(d->l->store)) {
        kz_doctor_say(d, KZ_DOCTOR_FAIL, "inventory", KZ_STR("restore that ConfigMap; until then nothing is removed"),
                      "%s", kz_store_distrust(d->l->store));
    } else if (d->l->status != NULL) {
        for (size_t i = 0; (m = kz_store_next(d->l->store, &i)) != NULL;)
            n += m->entries.len;
        kz_doctor_say(d, KZ_DOCTOR_OK, "inventory", KZ_STR(""), "%zu objects, complete", n);
    }
    check_others(d);
}
