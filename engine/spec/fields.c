/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/fields.h"

#include "spec/rules.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define ROWS(...)  ((const struct kz_spec_field[]){__VA_ARGS__, {.name = NULL}})

static const char later_source[] = "put the files into this repository and name them with source.path";

/* What an object is chosen by, in ignore and patches; a missing field matches any. */
#define SELECTOR_ROWS                                                                              \
    {.name = "group", .type = KZ_F_DNS, .help = "API group, for example apps."},                   \
    {.name = "kind", .type = KZ_F_KIND, .help = "Kind of the objects."},                           \
    {.name = "namespace", .type = KZ_F_LABEL, .help = "Namespace of the objects."},                \
    {.name = "name", .type = KZ_F_DNS, .help = "Name of the object."}

static const struct kz_spec_field object_rows[] = {
    {.name = "apiVersion", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .min = 1, .max = 317,
     .help = "Group and version, for example apps/v1.", .rule = kz_rule_api_version},
    {.name = "kind", .type = KZ_F_KIND, .flags = KZ_F_REQUIRED, .help = "Kind of the object."},
    {.name = "namespace", .type = KZ_F_LABEL, .help = "Namespace; none for cluster-wide objects."},
    {.name = "name", .type = KZ_F_DNS, .flags = KZ_F_REQUIRED, .help = "Name of the object."},
    {.name = NULL},
};

static const struct kz_spec_field depend_rows[] = {
    {.name = "module", .type = KZ_F_LABEL, .help = "Name of the module that must be healthy first."},
    {.name = "optional", .type = KZ_F_BOOL, .fallback = "false",
     .help = "The module may be missing or disabled; then it does not count."},
    {.name = "object", .type = KZ_F_FIELDS, .sub = object_rows,
     .help = "An object that must exist and be healthy first."},
    {.name = NULL},
};

/* One test of an object (health/test.h): in gates and in the rules of spec.healthRules. */
#define TEST_ROWS                                                                                  \
    {.name = "condition", .type = KZ_F_TEXT, .min = 1, .max = 316, .example = "Ready",             \
     .help = "Status condition to look at; without a word to compare with its status must be True."}, \
    {.name = "reason", .type = KZ_F_TEXT, .min = 1, .max = 1024, .help = "Reason that the condition must have."}, \
    {.name = "field", .type = KZ_F_TEXT, .min = 1, .max = 256, .example = "status.readyReplicas",  \
     .help = "Field to look at: a path like spec.nodeSets[].count ([] adds all items up) or a JSON pointer."}, \
    {.name = "is", .type = KZ_F_ANY, .help = "It must be this text, number or boolean."},          \
    {.name = "isNot", .type = KZ_F_ANY, .help = "It must be there and something else."},           \
    {.name = "in", .type = KZ_F_LIST, .item = KZ_F_ANY, .max = 64, .help = "It must be one of these."}, \
    {.name = "notIn", .type = KZ_F_LIST, .item = KZ_F_ANY, .max = 64,                              \
     .help = "It must be there and none of these."},                                               \
    {.name = "exists", .type = KZ_F_BOOL, .help = "true: it must be there; false: it must not."},  \
    {.name = "below", .type = KZ_F_ANY, .help = "It must be less than this integer, or than the field of this path."}, \
    {.name = "above", .type = KZ_F_ANY, .help = "It must be more than that."},                     \
    {.name = "atLeast", .type = KZ_F_ANY, .help = "It must be that or more."},                     \
    {.name = "atMost", .type = KZ_F_ANY, .help = "It must be that or less."}

static const struct kz_spec_field count_rows[] = {
    {.name = "atLeast", .type = KZ_F_INT, .max = 1000000, .min = 1, .help = "So many, or more."},
    {.name = "atMost", .type = KZ_F_INT, .min = 0, .max = 1000000, .help = "So many, or fewer."},
    {.name = "exactly", .type = KZ_F_INT, .min = 0, .max = 1000000, .help = "So many."},
    {.name = "labels", .type = KZ_F_TEXT, .min = 1, .max = 1024, .example = "\"app=web,tier!=db\"",
     .help = "Label selector; without one all of the kind in the namespace count."},
    {.name = "healthy", .type = KZ_F_BOOL, .fallback = "false", .help = "Only healthy ones count."},
    {.name = NULL},
};

static const struct kz_spec_field http_rows[] = {
    {.name = "url", .type = KZ_F_URL, .flags = KZ_F_REQUIRED,
     .help = "Where to ask, by GET and without credentials. Loopback and link-local addresses are refused."},
    {.name = "expect", .type = KZ_F_INT, .min = 100, .max = 599, .fallback = "200",
     .help = "Status that counts as healthy."},
    {.name = "contains", .type = KZ_F_TEXT, .min = 1, .max = 1024, .help = "Text that must be in the first 64 KiB of the answer."},
    {.name = "matches", .type = KZ_F_TEXT, .min = 1, .max = 1024, .rule = kz_rule_regex,
     .help = "Regular expression (RE2) that must match there."},
    {.name = "timeout", .type = KZ_F_DURATION, .min = 1, .max = 60, .fallback = "5s", .help = "Of one request."},
    {.name = "redirects", .type = KZ_F_INT, .min = 0, .max = 10, .fallback = "0",
     .help = "How many are followed, never from https to http; 0: a redirect is an answer like others."},
    {.name = "ca", .type = KZ_F_PEM, .help = "Certificates (PEM) to trust instead of the system's."},
    {.name = NULL},
};

static const struct kz_spec_field gate_rows[] = {
    {.name = "apiVersion", .type = KZ_F_TEXT, .min = 1, .max = 317, .rule = kz_rule_api_version,
     .help = "Group and version; only needed where two groups have the same kind."},
    {.name = "kind", .type = KZ_F_KIND,
     .help = "Kind of the object; without condition and field it must be healthy as its kind has it."},
    {.name = "namespace", .type = KZ_F_LABEL, .help = "Its namespace; default: the module's."},
    {.name = "name", .type = KZ_F_DNS, .help = "Its name."},
    TEST_ROWS,
    {.name = "count", .type = KZ_F_FIELDS, .sub = count_rows, .rule = kz_rule_count,
     .help = "So many objects of the kind must be there, in place of one with a name; condition or field choose which count.",
     .example = "{atLeast: 3, labels: \"app=web\", healthy: true}"},
    {.name = "http", .type = KZ_F_FIELDS, .sub = http_rows, .help = "A request that must be answered as expected.",
     .example = "{url: \"https://shop.example.com/ready\", contains: ok}"},
    {.name = "every", .type = KZ_F_DURATION, .min = 1, .max = 600, .fallback = "2s",
     .help = "Pause between two looks, until it opens or the deadline is over."},
    {.name = NULL},
};

static const struct kz_spec_field kind_rows[] = {
    {.name = "group", .type = KZ_F_DNS, .help = "API group; only needed where two groups have the same kind."},
    {.name = "kind", .type = KZ_F_KIND, .flags = KZ_F_REQUIRED, .help = "Kind of the objects."},
    {.name = "timeout", .type = KZ_F_DURATION, .min = 1, .max = 86400, .help = "In place of health.timeout."},
    {.name = "grace", .type = KZ_F_DURATION, .max = 3600, .help = "In place of health.grace."},
    {.name = "soak", .type = KZ_F_DURATION, .max = 3600, .help = "In place of health.soak."},
    {.name = NULL},
};

static const struct kz_spec_field rule_rows[] = {
    TEST_ROWS,
    {.name = "and", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = ROWS(TEST_ROWS), .max = 7, .rule = kz_rule_test,
     .help = "Further tests that must hold."},
    {.name = "each", .type = KZ_F_TEXT, .min = 1, .max = 256, .example = "status.listeners",
     .help = "The rule is about each item of this list, the first that fits decides; its paths begin at the item."},
    {.name = "then", .type = KZ_F_WORD, .flags = KZ_F_REQUIRED,
     .words = WORDS("healthy", "progressing", "failing", "failed", "suspended"),
     .help = "Verdict when all tests hold; a rule without a test always decides."},
    {.name = "why", .type = KZ_F_TEXT, .min = 1, .max = 512, .example = "\"{component} is {status}\"",
     .help = "Message, with paths in braces; default: reason and message of the condition, or the field."},
    {.name = NULL},
};

static const struct kz_spec_field health_rule_rows[] = {
    {.name = "groups", .type = KZ_F_LIST, .item = KZ_F_DNS, .flags = KZ_F_REQUIRED, .max = 64,
     .help = "API groups."},
    {.name = "kinds", .type = KZ_F_LIST, .item = KZ_F_KIND, .max = 64, .help = "Kinds; default: all of the groups."},
    {.name = "rules", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = rule_rows, .flags = KZ_F_REQUIRED, .max = 64,
     .rule = kz_rule_health, .help = "Looked at one after another; the first whose tests all hold decides.",
     .example = "[{field: status.phase, is: Running, then: healthy}, {then: progressing}]"},
    {.name = NULL},
};

static const struct kz_spec_field health_rows[] = {
    {.name = "timeout", .type = KZ_F_DURATION, .min = 1, .max = 86400, .fallback = "10m",
     .help = "Deadline of each wave."},
    {.name = "grace", .type = KZ_F_DURATION, .max = 3600, .fallback = "30s",
     .help = "How long failing may last before it is failed."},
    {.name = "soak", .type = KZ_F_DURATION, .max = 3600, .fallback = "10s",
     .help = "How long healthy must last."},
    {.name = "kinds", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = kind_rows, .max = 100,
     .help = "Other times for single kinds.", .example = "[{kind: Elasticsearch, timeout: 45m, soak: 1m}]"},
    {.name = "capacity", .type = KZ_F_DURATION, .max = 86400, .fallback = "15m",
     .help = "How long pods that find no node may wait for one before that counts against the deadline."},
    {.name = "restarts", .type = KZ_F_INT, .min = 0, .max = 100, .fallback = "2",
     .help = "How often a container may end badly before its pod counts as failing."},
    {.name = "gates", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = gate_rows, .max = 100,
     .rule = kz_rule_gate, .help = "What must be healthy besides the module's own objects.",
     .example = "[{kind: Deployment, name: cert-manager-webhook}, {http: {url: \"https://shop.example.com/ready\"}}]"},
    {.name = NULL},
};

static const struct kz_spec_field sync_rows[] = {
    {.name = "auto", .type = KZ_F_BOOL, .fallback = "true", .rule = kz_rule_automatic,
     .help = "Apply new revisions without being asked; only true so far."},
    {.name = "selfHeal", .type = KZ_F_WORD, .words = WORDS("always", "inWindow", "off"),
     .fallback = "always",
     .help = "When drift in the cluster is repaired; inWindow: while a window of class restart is open, since a repair "
             "may restart pods."},
    {.name = "prune", .type = KZ_F_BOOL, .fallback = "true",
     .help = "Delete objects that are no longer rendered."},
    {.name = "concurrency", .type = KZ_F_INT, .min = 1, .max = 256, .fallback = "16",
     .help = "Requests in flight at a time."},
    {.name = "onFailure", .type = KZ_F_WORD, .words = WORDS("rollback", "hold", "continue"),
     .fallback = "rollback",
     .help = "After a failed gate: go back to the last healthy revision, stay, or report it and go on with later "
             "waves and dependent modules."},
    {.name = "history", .type = KZ_F_INT, .min = 0, .max = 20, .fallback = "5",
     .help = "Healthy revisions that are kept in the cluster to go back to; 0: a restart forgets them."},
    {.name = "onConflict", .type = KZ_F_WORD, .words = WORDS("take", "yield", "fail"),
     .fallback = "take",
     .help = "When another manager owns a field that git sets: take it, leave it, or fail."},
    {.name = "dryRun", .type = KZ_F_WORD, .words = WORDS("existing", "full"), .fallback = "existing",
     .help = "What the server dry-runs before the first write: what exists and changes, or all whose kind and "
             "namespace exist."},
    {.name = "validate", .type = KZ_F_WORD, .words = WORDS("strict", "warn", "off"), .fallback = "strict",
     .help = "New objects that break the schema of their kind: refuse the sync, warn, or do not look."},
    {.name = "onDelete", .type = KZ_F_WORD, .words = WORDS("delete", "confirm", "orphan"), .fallback = "delete",
     .help = "What becomes of the objects when the module is disabled or removed: deleted, deleted when a person "
             "confirms it, or kept and let go of."},
    {.name = "retry", .type = KZ_F_FIELDS, .rule = kz_rule_retry,
     .help = "Attempts after a failure that may pass by itself.",
     .sub = ROWS({.name = "limit", .type = KZ_F_INT, .min = 0, .max = 100, .fallback = "5",
                  .help = "Attempts after the first."},
                 {.name = "backoff", .type = KZ_F_DURATION, .min = 1, .max = 3600, .fallback = "5s",
                  .help = "Pause before the first retry; it doubles each time."},
                 {.name = "max", .type = KZ_F_DURATION, .min = 1, .max = 86400, .fallback = "5m",
                  .help = "Longest pause."})},
    {.name = NULL},
};

static const struct kz_spec_field git_rows[] = {
    {.name = "url", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .min = 1, .max = 2048,
     .help = "Repository."},
    {.name = "ref", .type = KZ_F_TEXT, .min = 1, .max = 255, .help = "Branch, tag or commit."},
    {.name = "path", .type = KZ_F_TEXT, .min = 1, .max = 1024, .help = "Folder in that repository."},
    {.name = NULL},
};

static const struct kz_spec_field source_rows[] = {
    {.name = "path", .type = KZ_F_PATH, .help = "Folder or file in this repository.",
     .example = "../modules/cert-manager"},
    {.name = "chart", .type = KZ_F_FIELDS, .later = later_source,
     .help = "A chart from a chart repository or registry.",
     .sub = ROWS({.name = "name", .type = KZ_F_TEXT, .min = 1, .max = 253, .help = "Chart name."},
                 {.name = "repository", .type = KZ_F_TEXT, .min = 1, .max = 2048,
                  .help = "URL of the chart repository."},
                 {.name = "oci", .type = KZ_F_TEXT, .min = 1, .max = 2048,
                  .help = "Reference in an OCI registry."},
                 {.name = "version", .type = KZ_F_TEXT, .min = 1, .max = 255,
                  .help = "Version or semver range."},
                 {.name = "digest", .type = KZ_F_TEXT, .min = 1, .max = 128,
                  .help = "Content digest that must match."})},
    {.name = "git", .type = KZ_F_FIELDS, .sub = git_rows, .later = later_source,
     .help = "A folder in another repository."},
    {.name = NULL},
};

static const struct kz_spec_field cluster_values_rows[] = {
    {.name = "name", .type = KZ_F_DNS, .flags = KZ_F_REQUIRED, .help = "Name of the object."},
    {.name = "key", .type = KZ_F_TEXT, .min = 1, .max = 253, .fallback = "values.yaml",
     .help = "Key whose text is a YAML map of values."},
    {.name = "optional", .type = KZ_F_BOOL, .fallback = "false", .help = "The object or key may be missing."},
    {.name = NULL},
};

static const struct kz_spec_field windows_rows[] = {
    {.name = "restart", .type = KZ_F_LIST, .item = KZ_F_LABEL, .max = 100,
     .help = "Windows for changes that restart pods."},
    {.name = "destructive", .type = KZ_F_LIST, .item = KZ_F_LABEL, .max = 100,
     .help = "Windows for changes that delete or replace."},
    {.name = "routine", .type = KZ_F_LIST, .item = KZ_F_LABEL, .max = 100,
     .help = "Windows for all other changes."},
    {.name = NULL},
};

static const struct kz_spec_field module_spec[] = {
    {.name = "source", .type = KZ_F_FIELDS, .sub = source_rows, .rule = kz_rule_source,
     .help = "Where the module's files are; exactly one of its fields.",
     .example = "{path: ../modules/cert-manager}"},
    {.name = "sources", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = source_rows, .max = 32,
     .later = "make one module of each source", .help = "Several sources rendered as one module."},
    {.name = "renderer", .type = KZ_F_WORD, .fallback = "auto",
     .words = WORDS("auto", "helm", "kustomize", "yaml", "exec:*"),
     .help = "What turns the files into objects; auto picks by content."},
    {.name = "options", .type = KZ_F_FREE, .flags = KZ_F_PRIVATE, .help = "Options of the renderer.",
     .example = "{include: [\"*.yaml\"]}"},
    {.name = "namespace", .type = KZ_F_LABEL, .fallback = "default",
     .help = "Namespace of objects that name none; created if missing, never pruned without approval."},
    {.name = "release", .type = KZ_F_TEXT, .min = 1, .max = 53, .rule = kz_rule_release,
     .help = "Helm release name; default: the module's name."},
    {.name = "version", .type = KZ_F_TEXT, .min = 1, .max = 255, .later = later_source,
     .help = "Version of the chart, in place of the one in source.chart."},
    {.name = "enabled", .type = KZ_F_BOOL, .fallback = "true",
     .help = "false: the module's objects are pruned (see retain)."},
    {.name = "retain", .type = KZ_F_BOOL, .fallback = "false",
     .help = "When disabled or removed: keep the objects and release ownership."},
    {.name = "values", .type = KZ_F_FREE, .flags = KZ_F_PRIVATE,
     .help = "Values for the renderer; maps merge over lower layers, lists replace, null deletes.",
     .example = "{crds: {enabled: true}}"},
    {.name = "valuesFrom", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .max = 32,
     .rule = kz_rule_values_from,
     .help = "Further values, lowest first; values of the same definition win over them.",
     .example = "[{file: values-eu.yaml}]",
     .sub = ROWS({.name = "file", .type = KZ_F_PATH, .help = "YAML file in this repository."},
                 {.name = "configMap", .type = KZ_F_FIELDS, .sub = cluster_values_rows,
                  .help = "A ConfigMap of the module's namespace."},
                 {.name = "secret", .type = KZ_F_FIELDS, .sub = cluster_values_rows,
                  .help = "A Secret of the module's namespace."})},
    {.name = "dependsOn", .type = KZ_F_LIST, .item = KZ_F_LABEL_OR_FIELDS, .sub = depend_rows,
     .max = 256, .rule = kz_rule_depend,
     .help = "What must be healthy first: modules by name, or objects.",
     .example = "[network, {module: policy, optional: true}]"},
    {.name = "patches", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .max = 256, .rule = kz_rule_patch,
     .help = "Changes to rendered objects, instead of forked charts.",
     .example = "[{target: {kind: Deployment}, jsonPatch: [{op: add, path: /spec/minReadySeconds, value: 10}]}]",
     .sub = ROWS({.name = "target", .type = KZ_F_FIELDS, .sub = ROWS(SELECTOR_ROWS),
                  .help = "Which objects; a missing field matches any."},
                 {.name = "jsonPatch", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .max = 1000,
                  .rule = kz_rule_operation, .help = "Operations of RFC 6902.",
                  .sub = ROWS({.name = "op", .type = KZ_F_WORD, .flags = KZ_F_REQUIRED,
                               .words = WORDS("add", "remove", "replace", "move", "copy", "test"),
                               .help = "What to do."},
                              {.name = "path", .type = KZ_F_POINTER, .flags = KZ_F_REQUIRED,
                               .help = "Where."},
                              {.name = "from", .type = KZ_F_POINTER, .help = "Of move and copy."},
                              {.name = "value", .type = KZ_F_ANY, .flags = KZ_F_PRIVATE,
                               .help = "Of add, replace and test."})},
                 {.name = "merge", .type = KZ_F_FREE, .flags = KZ_F_PRIVATE, .help = "Merge patch of RFC 7386."})},
    {.name = "sync", .type = KZ_F_FIELDS, .sub = sync_rows, .help = "How changes reach the cluster."},
    {.name = "health", .type = KZ_F_FIELDS, .sub = health_rows, .help = "When a change counts as good."},
    {.name = "ignore", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .max = 256, .rule = kz_rule_ignore,
     .help = "Fields that are left to others.",
     .example = "[{kind: Deployment, name: api, paths: [/spec/replicas]}]",
     .sub = ROWS(SELECTOR_ROWS,
                 {.name = "paths", .type = KZ_F_LIST, .item = KZ_F_POINTER, .max = 256,
                  .example = "[/spec/replicas, \"/webhooks/*/clientConfig/caBundle\", \"/spec/template/spec/containers/[name=web]/image\"]",
                  .help = "The fields, as JSON pointers; in lists * is every item and [name=web] the one of that name."},
                 {.name = "managers", .type = KZ_F_LIST, .item = KZ_F_TEXT, .min = 0, .max = 64,
                  .help = "Every field that one of these field managers owns."})},
    {.name = "namespaceMetadata", .type = KZ_F_FIELDS,
     .help = "Makes the module's namespace an object of the module, with these labels and annotations; it is never "
             "pruned.",
     .example = "{labels: {pod-security.kubernetes.io/enforce: baseline}}",
     .sub = ROWS({.name = "labels", .type = KZ_F_FREE, .help = "Labels of the namespace."},
                 {.name = "annotations", .type = KZ_F_FREE, .help = "Annotations of the namespace."})},
    {.name = "serviceAccount", .type = KZ_F_DNS, .example = "tenant-a",
     .help = "Service account of the module's namespace whose rights all requests of this module have; default: "
             "kzsync's own."},
    {.name = "tenant", .type = KZ_F_LABEL, .example = "team-a",
     .help = "Tenant of the Platform whose rules hold for all that this module is made of and does; default: the one in "
             "whose folders the module is defined."},
    {.name = "approve", .type = KZ_F_WORD, .fallback = "none",
     .words = WORDS("none", "destructive", "restart", "routine"),
     .help = "Least change class that waits for `kzsync approve`; what is installed for the first time is routine."},
    {.name = "windows", .type = KZ_F_FIELDS, .sub = windows_rows,
     .help = "Windows by change class, in place of the platform's schedule.default.",
     .example = "{restart: [nightly]}"},
    {.name = "paused", .type = KZ_F_FIELDS,
     .help = "No new revision of the module is begun; its drift is repaired, and its dependants go on while it is healthy.",
     .example = "{reason: \"es upgrade\", until: 2026-12-10T00:00:00Z}",
     .sub = ROWS({.name = "reason", .type = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .min = 1, .max = 255,
                  .help = "Why, for the people who wonder."},
                 {.name = "until", .type = KZ_F_TIME, .help = "When it ends; default: when this is removed."},
                 {.name = "drift", .type = KZ_F_BOOL, .fallback = "false", .help = "Drift is left alone, too."})},
    {.name = NULL},
};

static const struct kz_spec_field tenant_kind_rows[] = {
    {.name = "group", .type = KZ_F_TEXT, .min = 1, .max = 253,
     .help = "API group; default: the core group; \"*\": any, of namespaced kinds.", .example = "apps"},
    {.name = "kinds", .type = KZ_F_LIST, .item = KZ_F_TEXT, .flags = KZ_F_REQUIRED, .max = 256,
     .help = "Kinds; \"*\": any namespaced kind of the group. Cluster-wide kinds have to be named.",
     .example = "[Deployment, StatefulSet]"},
    {.name = "names", .type = KZ_F_LIST, .item = KZ_F_TEXT, .max = 256, .example = "[\"team-a-*\"]",
     .help = "Patterns of names; default: any, of a namespaced kind, and none of a cluster-wide one. A Namespace "
             "has to fit the tenant's namespaces in any case."},
    {.name = NULL},
};

/* Whatever a list does not name is refused, and a list that is not given names nothing. */
static const struct kz_spec_field tenant_rows[] = {
    {.name = "name", .type = KZ_F_LABEL, .flags = KZ_F_REQUIRED, .help = "Name that modules refer to.",
     .example = "team-a"},
    {.name = "serviceAccount", .type = KZ_F_FIELDS, .flags = KZ_F_REQUIRED,
     .help = "Service account whose rights all requests of its modules have; no module can choose another one.",
     .example = "{namespace: team-a, name: deployer}",
     .sub = ROWS({.name = "namespace", .type = KZ_F_LABEL, .flags = KZ_F_REQUIRED, .help = "Its namespace."},
                 {.name = "name", .type = KZ_F_DNS, .flags = KZ_F_REQUIRED, .help = "Its name."})},
    {.name = "folders", .type = KZ_F_LIST, .item = KZ_F_PATH, .max = 64, .example = "[tenants/team-a]",
     .help = "Folders of this repository that are the tenant's. Its modules are read from FOLDER/module.yaml and "
             "FOLDER/SUB/module.yaml; who defines one there can't make it anybody else's."},
    {.name = "paths", .type = KZ_F_LIST, .item = KZ_F_PATH, .max = 64, .example = "[../../charts/web]",
     .help = "Further folders and files of this repository that its modules may name: source.path, files of values."},
    {.name = "repositories", .type = KZ_F_LIST, .item = KZ_F_TEXT, .max = 256,
     .help = "Patterns of other repositories that its modules may come from: URLs of git, charts and registries.",
     .example = "[\"https://git.example.com/team-a/*\"]"},
    {.name = "namespaces", .type = KZ_F_LIST, .item = KZ_F_TEXT, .max = 256, .example = "[team-a, \"team-a-*\"]",
     .help = "Patterns of the namespaces that its modules may touch."},
    {.name = "kinds", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = tenant_kind_rows, .max = 256,
     .rule = kz_rule_tenant_kinds, .help = "What its modules may have and read.",
     .example = "[{kinds: [ConfigMap, Secret, Service]}, {group: apps, kinds: [\"*\"]}]"},
    {.name = "urls", .type = KZ_F_LIST, .item = KZ_F_TEXT, .max = 256,
     .example = "[\"https://*.team-a.example.com/**\"]",
     .help = "Patterns of the URLs that gates of its modules may ask."},
    {.name = NULL},
};

static const struct kz_spec_field platform_spec[] = {
    {.name = "edition", .type = KZ_F_TEXT, .min = 1, .max = 63, .rule = kz_rule_edition,
     .help = "Module set to start from: the file editions/EDITION.yaml of editionSource.",
     .example = "\"1.32\""},
    {.name = "editionSource", .type = KZ_F_FIELDS,
     .help = "Where editions are; default: the folder charts at the root of this repository.",
     .example = "{path: ../../charts}",
     .sub = ROWS({.name = "git", .type = KZ_F_FIELDS, .sub = git_rows,
                  .later = "put the edition into this repository and name its folder with path",
                  .help = "Another repository."},
                 {.name = "path", .type = KZ_F_PATH, .help = "Folder that holds editions/."})},
    {.name = "values", .type = KZ_F_PATH, .example = "values.yaml",
     .help = "An upstream KubeZero values file: one section per module."},
    {.name = "schedule", .type = KZ_F_FIELDS, .help = "When changes may be applied.",
     .sub = ROWS({.name = "timezone", .type = KZ_F_ZONE, .fallback = "UTC", .rule = kz_rule_zone,
                  .help = "Time zone of the windows.", .example = "Europe/Berlin"},
                 {.name = "windows", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .max = 100,
                  .rule = kz_rule_window, .help = "Spans of time; deny beats allow.",
                  .example = "[{name: nightly, allow: \"0 2 * * 1-5\", duration: 3h}]",
                  .sub = ROWS({.name = "name", .type = KZ_F_LABEL, .flags = KZ_F_REQUIRED,
                               .help = "Name that modules refer to."},
                              {.name = "allow", .type = KZ_F_CRON, .help = "Starts of an open span."},
                              {.name = "deny", .type = KZ_F_CRON, .help = "Starts of a closed span."},
                              {.name = "duration", .type = KZ_F_DURATION, .flags = KZ_F_REQUIRED,
                               .min = 60, .max = 31622400, .help = "Length of the span."})},
                 {.name = "default", .type = KZ_F_FIELDS, .sub = windows_rows,
                  .help = "Windows by change class; an empty list is any time."})},
    {.name = "healthRules", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = health_rule_rows, .max = 256,
     .rule = kz_rule_entry,
     .help = "Health of custom resources, as data; looked at before the rules that kzsync brings.",
     .example = "[{groups: [example.com], kinds: [Database], rules: [{condition: Up, then: healthy}, {then: progressing}]}]"},
    {.name = "tenants", .type = KZ_F_LIST, .item = KZ_F_FIELDS, .sub = tenant_rows, .max = 500, .key = "name",
     .rule = kz_rule_tenant,
     .help = "Teams whose modules may only have what is named here, each with the rights of one service account.",
     .example = "[{name: team-a, serviceAccount: {namespace: team-a, name: deployer}, namespaces: [team-a], "
                "kinds: [{group: apps, kinds: [Deployment]}]}]"},
    {.name = "modules", .type = KZ_F_NAMED, .item = KZ_F_FIELDS, .sub = module_spec, .max = 1000,
     .help = "Overrides of modules, and further modules, by name: the fields of a Module's spec.",
     .example = "{metrics: {values: {retention: 15d}}}"},
    {.name = NULL},
};

#define DOCUMENT_ROWS(kind_word, spec_rows)                                                        \
    {.name = "apiVersion", .type = KZ_F_WORD, .flags = KZ_F_REQUIRED,                              \
     .words = WORDS(KZ_API_VERSION), .help = "Version of this format."},                           \
    {.name = "kind", .type = KZ_F_WORD, .flags = KZ_F_REQUIRED, .words = WORDS(kind_word),         \
     .help = "Kind of this document."},                                                            \
    {.name = "metadata", .type = KZ_F_FIELDS, .flags = KZ_F_REQUIRED, .help = "Name and labels.",  \
     .sub = ROWS({.name = "name", .type = KZ_F_LABEL, .flags = KZ_F_REQUIRED,                      \
                  .help = "Name of the " kind_word ", unique among them."},                        \
                 {.name = "labels", .type = KZ_F_FREE, .help = "Labels, for people and queries."}, \
                 {.name = "annotations", .type = KZ_F_FREE, .help = "Notes, not read."})},         \
    {.name = "spec", .type = KZ_F_FIELDS, .sub = spec_rows, .help = "What is wanted."},            \
    {.name = NULL}

static const struct kz_spec_field platform_doc[] = {DOCUMENT_ROWS("Platform", platform_spec)};
static const struct kz_spec_field module_doc[] = {DOCUMENT_ROWS("Module", module_spec)};

const struct kz_doc_kind kz_doc_platform = {
    .kind = "Platform", .plural = "platforms", .short_name = "kzp", .fields = platform_doc, .spec = platform_spec,
    .status = kz_platform_status, .columns = kz_platform_columns,
    .help = "The root of what a cluster runs: one per cluster, in kubezero.yaml.",
};
const struct kz_doc_kind kz_doc_module = {
    .kind = "Module", .plural = "modules", .short_name = "kzm", .fields = module_doc, .spec = module_spec,
    .status = kz_module_status, .columns = kz_module_columns,
    .help = "One deliverable: files, how they become objects, and how those reach the cluster.",
};

static const struct kz_spec_field *find_row(const struct kz_spec_field *table, struct kz_str name)
{
    for (; table != NULL && table->name != NULL; table++)
        if (kz_str_is(name, table->name))
            return table;
    return NULL;
}

const struct kz_spec_field *kz_fields_find(const struct kz_spec_field *table, struct kz_str path)
{
    const struct kz_spec_field *f = NULL;
    bool entry = false; /* f holds entries by name, and none was named yet */
    while (path.len > 0) {
        struct kz_str step, name;
        path = kz_str_cut(&step, path, '.');
        (void)kz_str_cut(&name, step, '[');
        const struct kz_spec_field *next = find_row(table, name);
        if (next == NULL && !entry)
            return NULL;
        if (next == NULL) {
            entry = false;
            continue;
        }
        f = next;
        entry = f->type == KZ_F_NAMED;
        table = f->sub;
    }
    return f;
}
