/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/order.h"

#include <limits.h>

#include "resource/kinds.h"

/* ---- ranks ----------------------------------------------------------------------------------- */

enum tier { TIER_NAMESPACE, TIER_BASE, TIER_CONFIG, TIER_RUN, TIER_EDGE, TIER_LAST };

/* In the order of sending inside a wave. A token Secret is refused before its ServiceAccount, a binding
 * before its Role; pods learn of older Services by environment. */
static const struct {
    const char *group, *kind;
    enum tier tier;
} ranks[] = {
    {"",                             "Namespace",                      TIER_NAMESPACE},
    {"apiextensions.k8s.io",         "CustomResourceDefinition",       TIER_BASE     },
    {"scheduling.k8s.io",            "PriorityClass",                  TIER_BASE     },
    {"node.k8s.io",                  "RuntimeClass",                   TIER_BASE     },
    {"storage.k8s.io",               "StorageClass",                   TIER_BASE     },
    {"networking.k8s.io",            "IngressClass",                   TIER_BASE     },
    {"",                             "ResourceQuota",                  TIER_BASE     },
    {"",                             "LimitRange",                     TIER_BASE     },
    {"networking.k8s.io",            "NetworkPolicy",                  TIER_BASE     },
    {"",                             "ServiceAccount",                 TIER_BASE     },
    {"rbac.authorization.k8s.io",    "ClusterRole",                    TIER_BASE     },
    {"rbac.authorization.k8s.io",    "Role",                           TIER_BASE     },
    {"rbac.authorization.k8s.io",    "ClusterRoleBinding",             TIER_CONFIG   },
    {"rbac.authorization.k8s.io",    "RoleBinding",                    TIER_CONFIG   },
    {"",                             "ConfigMap",                      TIER_CONFIG   },
    {"",                             "Secret",                         TIER_CONFIG   },
    {"",                             "PersistentVolume",               TIER_CONFIG   },
    {"",                             "PersistentVolumeClaim",          TIER_CONFIG   },
    {"",                             "Service",                        TIER_CONFIG   },
    {"policy",                       "PodDisruptionBudget",            TIER_CONFIG   },
    {"apps",                         "DaemonSet",                      TIER_RUN      },
    {"apps",                         "StatefulSet",                    TIER_RUN      },
    {"apps",                         "Deployment",                     TIER_RUN      },
    {"apps",                         "ReplicaSet",                     TIER_RUN      },
    {"",                             "ReplicationController",          TIER_RUN      },
    {"",                             "Pod",                            TIER_RUN      },
    {"batch",                        "Job",                            TIER_RUN      },
    {"batch",                        "CronJob",                        TIER_RUN      },
    {NULL,                           NULL,                             TIER_RUN      }, /* every other kind */
    {"autoscaling",                  "HorizontalPodAutoscaler",        TIER_EDGE     },
    {"networking.k8s.io",            "Ingress",                        TIER_EDGE     },
    {"apiregistration.k8s.io",       "APIService",                     TIER_LAST     },
    {"admissionregistration.k8s.io", "ValidatingWebhookConfiguration", TIER_LAST     },
    {"admissionregistration.k8s.io", "MutatingWebhookConfiguration",   TIER_LAST     },
};

static size_t rank_of(const struct kz_id *id)
{
    size_t other = 0;
    for (size_t i = 0; i < kz_countof(ranks); i++) {
        if (ranks[i].kind == NULL)
            other = i;
        else if (kz_str_is(id->kind, ranks[i].kind) && kz_str_is(id->group, ranks[i].group))
            return i;
    }
    return other;
}

int kz_order_tier(const struct kz_id *id)
{
    return (int)ranks[rank_of(id)].tier;
}

int kz_order_delete_rank(const struct kz_id *id)
{
    if (kz_object_is_crd(id))
        return 1; /* takes all that is left of its kind with it */
    switch (ranks[rank_of(id)].tier) {
    case TIER_NAMESPACE:
        return 0;
    case TIER_BASE:
        return 2;
    case TIER_CONFIG:
        return 3;
    case TIER_RUN: /* an operator must live while the finalizers of its resources run */
        return kz_kind_is_builtin(id->group) ? 4 : 7;
    case TIER_EDGE:
        return 5;
    case TIER_LAST: /* before the workload behind it: a dead webhook refuses every write */
        return 6;
    }
    return 4;
}

enum { WORK_LIMIT = 256 << 20 };

/* ---- waves ----------------------------------------------------------------------------------- */

struct node {
    struct kz_object *object;
    int64_t stage; /* from the annotation */
    int level;     /* from the edges, inside the stage */
    size_t rank;
};

struct graph {
    struct node *at; /* as the set */
    size_t len;
    struct kz_map by_key;   /* kz_id_key -> node */
    struct kz_map crd_kind; /* "group/Kind" -> node of the CRD */
    struct kz_arena *arena;
};

int kz_order_stage(int64_t *stage, const struct kz_object *o, struct kz_err *err)
{
    static const struct kz_str names[] = {
        KZ_STR_INIT(KZ_ANNOT_WAVE),
        KZ_STR_INIT("argocd.argoproj.io/sync-wave"),
    };
    const struct kz_value *annotations = kz_value_path(o->body, "metadata.annotations");
    *stage = 0;
    for (size_t i = 0; i < kz_countof(names); i++) {
        const struct kz_pair *p = kz_value_pair(annotations, names[i]);
        if (p == NULL)
            continue;
        struct kz_str text = kz_str_trim(kz_value_as_str(p->val));
        if (kz_str_i64(stage, text) && *stage >= INT_MIN && *stage <= INT_MAX)
            return 0;
        (void)kz_fail(err, KZ_E_INVALID, "annotation " KZ_FMT " '" KZ_FMT "' is not an integer",
                      KZ_ARG(names[i]), KZ_ARG(text));
        (void)kz_wrap(err, "order " KZ_FMT " '" KZ_FMT "'", KZ_ARG(o->id.kind), KZ_ARG(o->id.name));
        return kz_err_at(err, o->origin.file, p->line > 0 ? p->line : o->origin.line, p->col);
    }
    return 0;
}

static struct kz_str kind_key(struct kz_arena *a, struct kz_str group, struct kz_str kind)
{
    return kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(group), KZ_ARG(kind));
}

static int make_nodes(struct graph *g, const struct kz_set *s, struct kz_err *err)
{
    g->len = s->len;
    g->at = kz_new_n(g->arena, struct node, s->len);
    for (size_t i = 0; i < s->len; i++) {
        struct node *n = &g->at[i];
        n->object = s->at[i];
        n->rank = rank_of(&n->object->id);
        int rc = kz_order_stage(&n->stage, n->object, err);
        if (rc < 0)
            return rc;
        (void)kz_map_put(&g->by_key, kz_id_key(g->arena, &n->object->id), n);
        if (!kz_object_is_crd(&n->object->id))
            continue;
        struct kz_str group = kz_value_path_str(n->object->body, "spec.group");
        struct kz_str kind = kz_value_path_str(n->object->body, "spec.names.kind");
        (void)kz_map_put(&g->crd_kind, kind_key(g->arena, group, kind), n);
    }
    return 0;
}

static struct node *find_node(const struct graph *g, const char *kind, struct kz_str ns,
                              struct kz_str name)
{
    const struct kz_id id = {.group = KZ_STR(""), .kind = kz_str(kind), .ns = ns, .name = name};
    return kz_map_find(&g->by_key, kz_id_key(g->arena, &id));
}

static struct node *namespace_of(const struct graph *g, const struct node *n)
{
    struct kz_str ns = n->object->id.ns;
    return ns.len == 0 ? NULL : find_node(g, "Namespace", KZ_STR(""), ns);
}

static struct node *crd_of(const struct graph *g, const struct node *n)
{
    const struct kz_id *id = &n->object->id;
    if (kz_object_is_crd(id))
        return NULL;
    return kz_map_find(&g->crd_kind, kind_key(g->arena, id->group, id->kind));
}

static void after(struct node *n, const struct node *before)
{
    if (before->stage == n->stage && before->level >= n->level)
        n->level = before->level + 1;
}

static bool selects(const struct kz_value *selector, const struct node *n)
{
    const struct kz_value *pod = kz_kind_pod_template(&n->object->id, n->object->body);
    const struct kz_value *labels = kz_value_path(pod, "metadata.labels");
    for (size_t i = 0; i < kz_value_pairs(selector); i++) {
        const struct kz_pair *p = &selector->as.map.at[i];
        if (!kz_str_eq(kz_value_as_str(kz_value_find(labels, p->key)), kz_value_as_str(p->val)))
            return false;
    }
    return labels != NULL && kz_value_pairs(selector) > 0;
}

/* After the workloads behind a Service; after all others of the stage where none in the set is behind
 * it (an operator makes its pods). A Service that is not in the set runs already, or is another
 * module's. */
static void after_service(const struct graph *g, struct node *n, const struct kz_value *reference)
{
    struct kz_str ns = kz_value_path_str(reference, "namespace");
    const struct node *service = find_node(g, "Service", ns, kz_value_path_str(reference, "name"));
    if (service == NULL)
        return;
    const struct kz_value *selector = kz_value_path(service->object->body, "spec.selector");
    bool any = false;
    for (size_t i = 0; i < g->len; i++) {
        const struct node *w = &g->at[i];
        if (!kz_kind_is_workload(&w->object->id) || !kz_str_eq(w->object->id.ns, ns) ||
            !selects(selector, w))
            continue;
        after(n, w);
        any = true;
    }
    any = any || ranks[n->rank].tier != TIER_LAST;
    for (size_t i = 0; i < g->len && !any; i++) {
        if (ranks[g->at[i].rank].tier < TIER_LAST)
            after(n, &g->at[i]);
    }
}

/* A webhook that is ignored while it is down harms nobody, and some operators (ECK) end at once when
 * their configuration is missing: only those that refuse writes wait. */
static void after_webhooks(const struct graph *g, struct node *n)
{
    const struct kz_value *hooks = kz_value_get(n->object->body, "webhooks");
    for (size_t i = 0; i < kz_value_len(hooks); i++) {
        const struct kz_value *hook = kz_value_at(hooks, i);
        if (!kz_str_is(kz_value_path_str(hook, "failurePolicy"), "Ignore"))
            after_service(g, n, kz_value_path(hook, "clientConfig.service"));
    }
}

/* Of another version than the stored one: each write of it is converted. */
static bool needs_conversion(const struct node *crd, const struct node *n)
{
    const struct kz_value *versions = kz_value_path(crd->object->body, "spec.versions");
    for (size_t i = 0; i < kz_value_len(versions); i++) {
        const struct kz_value *v = kz_value_at(versions, i);
        if (kz_value_path_bool(v, "storage", false))
            return !kz_str_eq(kz_value_path_str(v, "name"), n->object->version);
    }
    return false;
}

/* What can't exist before it: a Namespace or CRD goes into the first stage that needs it. */
static void move_forward(const struct graph *g)
{
    for (size_t i = 0; i < g->len; i++) {
        const struct node *n = &g->at[i];
        struct node *needs[] = {namespace_of(g, n), crd_of(g, n)};
        for (size_t k = 0; k < kz_countof(needs); k++) {
            if (needs[k] != NULL && needs[k]->stage > n->stage)
                needs[k]->stage = n->stage;
        }
    }
}

/* Three rounds, each looking only at levels that the rounds before have settled. */
static void set_levels(const struct graph *g)
{
    for (size_t i = 0; i < g->len; i++) {
        struct node *n = &g->at[i];
        bool first = ranks[n->rank].tier == TIER_NAMESPACE || kz_object_is_crd(&n->object->id);
        n->level = first ? 0 : 1;
    }
    for (size_t i = 0; i < g->len; i++) {
        const struct node *crd = crd_of(g, &g->at[i]);
        if (crd != NULL && needs_conversion(crd, &g->at[i]))
            after_service(
                g, &g->at[i],
                kz_value_path(crd->object->body, "spec.conversion.webhook.clientConfig.service"));
    }
    for (size_t i = 0; i < g->len; i++) {
        struct node *n = &g->at[i];
        if (ranks[n->rank].tier != TIER_LAST)
            continue;
        after_webhooks(g, n);
        after_service(g, n, kz_value_path(n->object->body, "spec.service"));
    }
}

static int by_place(const void *a, const void *b)
{
    const struct node *x = a, *y = b;
    if (x->stage != y->stage)
        return x->stage < y->stage ? -1 : 1;
    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return kz_id_cmp(&x->object->id, &y->object->id);
}

static int number_waves(struct kz_set *s, struct node *at)
{
    int wave = -1;
    qsort(at, s->len, sizeof *at, by_place);
    for (size_t i = 0; i < s->len; i++) {
        if (i == 0 || at[i].stage != at[i - 1].stage || at[i].level != at[i - 1].level)
            wave++;
        at[i].object->wave = wave;
        s->at[i] = at[i].object;
    }
    return wave + 1;
}

int kz_order_waves(struct kz_set *s, int *n_waves, struct kz_err *err)
{
    if (s->len == 0) {
        *n_waves = 0;
        return 0;
    }
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK_LIMIT);
    struct graph g = {.arena = a};
    kz_map_init(&g.by_key);
    kz_map_init(&g.crd_kind);
    int rc = make_nodes(&g, s, err);
    if (rc == 0) {
        move_forward(&g);
        set_levels(&g);
        *n_waves = number_waves(s, g.at);
    }
    kz_map_done(&g.by_key);
    kz_map_done(&g.crd_kind);
    return rc;
}
