/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of custom resources whose status says more than the generic conditions
 * (docs/internals/health.md section 3): rows of a table, the first that matches decides; a few
 * kinds need to look at more than one field. */
#include <inttypes.h>

#include "health/status.h"

enum row_kind {
    ROW_CONDITION, /* condition `what` has status `value` (NULL: any) */
    ROW_REASON,    /* condition `what` has reason `value` */
    ROW_FIELD,     /* field `what` is the text `value` (NULL: is there), or true for "true" */
    ROW_ELSE,
};

struct row {
    const char *group, *kind; /* several with blanks between; "*": every kind of the group */
    enum row_kind test;
    const char *what, *value;
    enum kz_health health;
    const char *why; /* path of a text; NULL: the condition's message, or the field `what` */
};

#define OK   KZ_HEALTH_HEALTHY
#define RUN  KZ_HEALTH_PROGRESSING
#define BAD  KZ_HEALTH_FAILING
#define LOST KZ_HEALTH_FAILED

#define ELASTIC                                                                                    \
    "kibana.k8s.elastic.co apm.k8s.elastic.co beat.k8s.elastic.co logstash.k8s.elastic.co "        \
    "agent.k8s.elastic.co"

static const struct row rows[] = {
    {"cert-manager.io",         "Certificate",                                         ROW_CONDITION, "Issuing",                  "True",                     RUN,  NULL                  },
    {"cert-manager.io",         "Certificate Issuer ClusterIssuer",                    ROW_CONDITION, "Ready",                    "True",                     OK,
     NULL                                                                                                                                                                                 },
    {"cert-manager.io",         "Certificate Issuer ClusterIssuer",                    ROW_CONDITION, "Ready",                    "False",                    BAD,
     NULL                                                                                                                                                                                 },
    {"cert-manager.io",         "Certificate Issuer ClusterIssuer",                    ROW_ELSE,      NULL,                       NULL,                       RUN,  NULL                  },

    {"bitnami.com",             "SealedSecret",                                        ROW_CONDITION, "Synced",                   "True",                     OK,   NULL                  },
    {"bitnami.com",             "SealedSecret",                                        ROW_CONDITION, "Synced",                   "False",                    BAD,  NULL                  },
    {"bitnami.com",             "SealedSecret",                                        ROW_ELSE,      NULL,                       NULL,                       RUN,  NULL                  },

    {"external-secrets.io",     "*",                                                   ROW_CONDITION, "Ready",                    "True",                     OK,   NULL                  },
    {"external-secrets.io",     "*",                                                   ROW_CONDITION, "Ready",                    "False",                    BAD,  NULL                  },
    {"external-secrets.io",     "ExternalSecret SecretStore ClusterSecretStore",       ROW_ELSE,      NULL,                       NULL,
     RUN,                                                                                                                                                           NULL                  },

    {"monitoring.coreos.com",   "Prometheus Alertmanager ThanosRuler PrometheusAgent", ROW_CONDITION,
     "Available",                                                                                                                 "True",                     OK,   NULL                  },
    {"monitoring.coreos.com",   "Prometheus Alertmanager ThanosRuler PrometheusAgent", ROW_REASON,
     "Available",                                                                                                                 "SomePodsNotReady",         RUN,  NULL                  },
    {"monitoring.coreos.com",   "Prometheus Alertmanager ThanosRuler PrometheusAgent", ROW_CONDITION,
     "Available",                                                                                                                 NULL,                       BAD,  NULL                  },
    {"monitoring.coreos.com",   "Prometheus Alertmanager ThanosRuler PrometheusAgent", ROW_ELSE,      NULL,
     NULL,                                                                                                                                                    RUN,  NULL                  },
    {"monitoring.coreos.com",   "*",                                                   ROW_ELSE,      NULL,                       NULL,                       OK,   NULL                  },

    {ELASTIC,                   "*",                                                   ROW_FIELD,     "status.associationStatus", "Failed",                   BAD,  NULL                  },
    {ELASTIC,                   "*",                                                   ROW_FIELD,     "status.health",            "green",                    OK,   NULL                  },
    {ELASTIC,                   "*",                                                   ROW_FIELD,     "status.health",            "red",                      BAD,  NULL                  },
    {ELASTIC,                   "*",                                                   ROW_ELSE,      NULL,                       NULL,                       RUN,  "status.health"       },

    {"snapshot.storage.k8s.io", "VolumeSnapshot VolumeSnapshotContent",                ROW_FIELD,
     "status.readyToUse",                                                                                                         "true",                     OK,   NULL                  },
    {"snapshot.storage.k8s.io", "VolumeSnapshot VolumeSnapshotContent",                ROW_FIELD,     "status.error",
     NULL,                                                                                                                                                    BAD,  "status.error.message"},
    {"snapshot.storage.k8s.io", "VolumeSnapshot VolumeSnapshotContent",                ROW_ELSE,      NULL,                       NULL,                       RUN,
     NULL                                                                                                                                                                                 },

    {"install.istio.io",        "IstioOperator",                                       ROW_FIELD,     "status.status",            "HEALTHY",                  OK,   NULL                  },
    {"install.istio.io",        "IstioOperator",                                       ROW_FIELD,     "status.status",            "ERROR",                    BAD,  NULL                  },
    {"install.istio.io",        "IstioOperator",                                       ROW_ELSE,      NULL,                       NULL,                       RUN,  "status.status"       },

    {"argoproj.io",             "Workflow",                                            ROW_FIELD,     "status.phase",             "Succeeded",                OK,   NULL                  },
    {"argoproj.io",             "Workflow",                                            ROW_FIELD,     "status.phase",             "Failed",                   LOST, "status.message"      },
    {"argoproj.io",             "Workflow",                                            ROW_FIELD,     "status.phase",             "Error",                    LOST, "status.message"      },
    {"argoproj.io",             "Workflow",                                            ROW_ELSE,      NULL,                       NULL,                       RUN,  "status.phase"        },

    {"kyverno.io",              "Policy ClusterPolicy",                                ROW_CONDITION, "Ready",                    "False",                    BAD,  NULL                  },

    {"postgresql.cnpg.io",      "Cluster",                                             ROW_CONDITION, "Ready",                    "True",                     OK,   NULL                  },
    {"postgresql.cnpg.io",      "Cluster",                                             ROW_FIELD,     "status.phase",             "Cluster in healthy state", OK,
     NULL                                                                                                                                                                                 },
    {"postgresql.cnpg.io",      "Cluster",                                             ROW_ELSE,      NULL,                       NULL,                       RUN,  "status.phase"        },

    {"rabbitmq.com",            "RabbitmqCluster",                                     ROW_CONDITION, "ReconcileSuccess",         "False",                    BAD,  NULL                  },
    {"rabbitmq.com",            "RabbitmqCluster",                                     ROW_CONDITION, "AllReplicasReady",         "True",                     OK,   NULL                  },
    {"rabbitmq.com",            "RabbitmqCluster",                                     ROW_CONDITION, "AllReplicasReady",         NULL,                       RUN,  NULL                  },
    {"rabbitmq.com",            "RabbitmqCluster",                                     ROW_ELSE,      NULL,                       NULL,                       RUN,  NULL                  },

    {"kafka.strimzi.io",        "*",                                                   ROW_CONDITION, "Ready",                    "True",                     OK,   NULL                  },
    {"kafka.strimzi.io",        "*",                                                   ROW_CONDITION, "NotReady",                 "True",                     RUN,  NULL                  },
    {"kafka.strimzi.io",        "*",                                                   ROW_ELSE,      NULL,                       NULL,                       RUN,  NULL                  },
};

/* ---- kinds that need more than one field ----------------------------------------------------- */

static struct kz_verdict elasticsearch(const struct kz_value *live)
{
    const struct kz_value *sets = kz_value_path(live, "spec.nodeSets");
    struct kz_str phase = kz_value_path_str(live, "status.phase");
    struct kz_str health = kz_value_path_str(live, "status.health");
    int64_t want = 0, have = kz_value_path_int(live, "status.availableNodes", 0);
    for (size_t i = 0; i < kz_value_len(sets); i++)
        want += kz_value_path_int(kz_value_at(sets, i), "count", 0);
    if (kz_str_is(phase, "Invalid"))
        return kz_verdict(BAD, "its specification is invalid");
    if (have < want)
        return kz_verdict(RUN, "%" PRId64 " of %" PRId64 " nodes available", have, want);
    if (!kz_str_is(phase, "Ready"))
        return kz_verdict(RUN, "phase " KZ_FMT, KZ_ARG(phase));
    if (kz_str_is(health, "red"))
        return kz_verdict(BAD, "health is red: data is not available");
    /* replicas of one node have no other node to be on: yellow is as good as it gets */
    if (kz_str_is(health, "green") || (kz_str_is(health, "yellow") && want == 1))
        return kz_verdict_ok();
    return kz_verdict(RUN, "health is " KZ_FMT, KZ_ARG(health));
}

static struct kz_verdict opensearch(const struct kz_value *live)
{
    const struct kz_value *parts = kz_value_path(live, "status.componentsStatus");
    struct kz_str phase = kz_value_path_str(live, "status.phase");
    if (!kz_str_is(phase, "RUNNING"))
        return kz_verdict(RUN, "phase " KZ_FMT, KZ_ARG(phase));
    for (size_t i = 0; i < kz_value_len(parts); i++) {
        const struct kz_value *part = kz_value_at(parts, i);
        struct kz_str name = kz_value_path_str(part, "component");
        struct kz_str status = kz_value_path_str(part, "status");
        if (status.len > 0 && !kz_str_is(status, "Finished") && !kz_str_is(status, "Upgraded") &&
            !kz_str_is(status, "Ready"))
            return kz_verdict(RUN, KZ_FMT " is " KZ_FMT, KZ_ARG(name), KZ_ARG(status));
    }
    return kz_verdict_ok();
}

/* Conditions of a Gateway, one of its listeners, or a route under one of its parents. */
static bool gateway_trouble(struct kz_verdict *out, const struct kz_value *conditions)
{
    static const char *const wanted[] = {"Accepted", "ResolvedRefs"};
    for (size_t i = 0; i < kz_countof(wanted); i++) {
        struct kz_condition c = kz_condition_in(conditions, wanted[i]);
        if (kz_condition_is(&c, "False")) {
            *out = kz_verdict_of(BAD, &c);
            return true;
        }
    }
    struct kz_condition programmed = kz_condition_in(conditions, "Programmed");
    if (programmed.is_set && !kz_condition_is(&programmed, "True")) {
        *out = kz_verdict_of(RUN, &programmed);
        return true;
    }
    return false;
}

static struct kz_verdict gateway_api(const struct kz_value *live)
{
    static const char *const lists[] = {"status.listeners", "status.parents"};
    const struct kz_value *conditions = kz_value_path(live, "status.conditions");
    struct kz_verdict v;
    if (gateway_trouble(&v, conditions))
        return v;
    for (size_t l = 0; l < kz_countof(lists); l++) {
        const struct kz_value *list = kz_value_path(live, lists[l]);
        for (size_t i = 0; i < kz_value_len(list); i++) {
            if (gateway_trouble(&v, kz_value_get(kz_value_at(list, i), "conditions")))
                return v;
        }
    }
    struct kz_condition programmed = kz_condition_in(conditions, "Programmed");
    if (kz_str_is(kz_value_path_str(live, "kind"), "Gateway") && !programmed.is_set)
        return kz_verdict(RUN, "no controller has programmed it yet");
    return kz_verdict_ok();
}

/* Istio writes status only where it is told to: nothing there is fine. */
static struct kz_verdict istio(const struct kz_value *live)
{
    const struct kz_value *messages = kz_value_path(live, "status.validationMessages");
    struct kz_condition reconciled = kz_condition_of(live, "Reconciled");
    for (size_t i = 0; i < kz_value_len(messages); i++) {
        const struct kz_value *m = kz_value_at(messages, i);
        if (!kz_str_is(kz_value_path_str(m, "level"), "ERROR"))
            continue;
        struct kz_str code = kz_value_path_str(m, "type.code");
        struct kz_str url = kz_value_path_str(m, "documentationUrl");
        return kz_verdict(BAD, KZ_FMT " " KZ_FMT, KZ_ARG(code), KZ_ARG(url));
    }
    if (kz_condition_is(&reconciled, "False"))
        return kz_verdict_of(RUN, &reconciled);
    return kz_verdict_ok();
}

static const struct {
    const char *group, *kind;
    struct kz_verdict (*rule)(const struct kz_value *live);
} rules[] = {
    {"elasticsearch.k8s.elastic.co", "Elasticsearch",     elasticsearch},
    {"opensearch.opster.io",         "OpenSearchCluster", opensearch   },
    {"gateway.networking.k8s.io",    "*",                 gateway_api  },
    {"networking.istio.io",          "*",                 istio        },
    {"security.istio.io",            "*",                 istio        },
    {"telemetry.istio.io",           "*",                 istio        },
    {"extensions.istio.io",          "*",                 istio        },
};

/* ---- matching -------------------------------------------------------------------------------- */

static bool is_one_of(struct kz_str name, const char *list)
{
    struct kz_str rest = kz_str(list), one;
    if (kz_str_is(rest, "*"))
        return true;
    while (rest.len > 0) {
        rest = kz_str_cut(&one, rest, ' ');
        if (kz_str_eq(one, name))
            return true;
    }
    return false;
}

static bool field_is(const struct kz_value *v, const char *value)
{
    if (v == NULL || v->kind == KZ_NULL || value == NULL)
        return v != NULL && v->kind != KZ_NULL;
    if (v->kind == KZ_BOOL)
        return v->as.truth == (strcmp(value, "true") == 0);
    return kz_str_is(kz_value_as_str(v), value);
}

/* "phase Pending", or the text of a message as it is. false: the field holds no text. */
static bool say_field(struct kz_verdict *out, enum kz_health health, const struct kz_value *live,
                      const char *path)
{
    if (path == NULL)
        return false;
    struct kz_str text = kz_value_path_str(live, path);
    const char *name = strrchr(path, '.') + 1;
    if (text.len == 0)
        return false;
    if (strcmp(name, "message") == 0)
        *out = kz_verdict(health, KZ_FMT, KZ_ARG(text));
    else
        *out = kz_verdict(health, "%s " KZ_FMT, name, KZ_ARG(text));
    return true;
}

static bool row_matches(struct kz_verdict *out, const struct row *row, const struct kz_value *live)
{
    struct kz_condition c = {0};
    switch (row->test) {
    case ROW_CONDITION:
        c = kz_condition_of(live, row->what);
        if (!c.is_set || (row->value != NULL && !kz_condition_is(&c, row->value)))
            return false;
        break;
    case ROW_REASON:
        c = kz_condition_of(live, row->what);
        if (!kz_str_is(c.reason, row->value))
            return false;
        break;
    case ROW_FIELD:
        if (!field_is(kz_value_path(live, row->what), row->value))
            return false;
        break;
    case ROW_ELSE:
        break;
    }
    if (row->health == KZ_HEALTH_HEALTHY)
        *out = kz_verdict_ok();
    else if (c.is_set)
        *out = kz_verdict_of(row->health, &c);
    else if (!say_field(out, row->health, live, row->why) &&
             !say_field(out, row->health, live, row->test == ROW_FIELD ? row->what : NULL))
        *out = kz_verdict(row->health, "its status does not say yet that it is ready");
    return true;
}

bool kz_health_custom(struct kz_verdict *out, struct kz_str group, struct kz_str kind,
                      const struct kz_value *live)
{
    for (size_t i = 0; i < kz_countof(rules); i++) {
        if (kz_str_is(group, rules[i].group) && is_one_of(kind, rules[i].kind)) {
            *out = rules[i].rule(live);
            return true;
        }
    }
    for (size_t i = 0; i < kz_countof(rows); i++) {
        if (is_one_of(group, rows[i].group) && is_one_of(kind, rows[i].kind) &&
            row_matches(out, &rows[i], live))
            return true;
    }
    return false;
}
