/* SPDX-License-Identifier: Apache-2.0 */
#include "normal.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/buf.h"

/* ---- left out on purpose -------------------------------------------------------------------------------------------- */

/* Defaults that the simulated server does not fill in: nobody owns them, so nothing in the engine looks at them. A
 * part "*" is every item of a list. */
static const struct {
    const char *kind, *path;
} left_out[] = {
    {"Deployment", "spec.revisionHistoryLimit"},
    {"Deployment", "spec.strategy"},
    {"Deployment", "spec.template.metadata.creationTimestamp"},
    {"Deployment", "spec.template.spec.dnsPolicy"},
    {"Deployment", "spec.template.spec.restartPolicy"},
    {"Deployment", "spec.template.spec.schedulerName"},
    {"Deployment", "spec.template.spec.securityContext"},
    {"Deployment", "spec.template.spec.terminationGracePeriodSeconds"},
    {"Deployment", "spec.template.spec.containers.*.resources"},
    {"Deployment", "spec.template.spec.containers.*.terminationMessagePath"},
    {"Deployment", "spec.template.spec.containers.*.terminationMessagePolicy"},
    {"Job", "spec"},
    {"Job", "metadata.labels"},
    {"Service", "spec.clusterIP"},
    {"Service", "spec.clusterIPs"},
    {"Service", "spec.internalTrafficPolicy"},
    {"Service", "spec.ipFamilies"},
    {"Service", "spec.ipFamilyPolicy"},
    {"Service", "spec.sessionAffinity"},
    {"Service", "spec.type"},
    {"Service", "status"},
    {"Service", "spec.ports.*.nodePort"},
    {"ResourceQuota", "status"},
    {"Namespace", "spec"},
    {"CustomResourceDefinition", "spec"},
    {"CustomResourceDefinition", "status"},
};

static void drop(struct kz_value *v, struct kz_str path)
{
    struct kz_str head, rest = kz_str_cut(&head, path, '.');
    struct kz_value *child = kz_value_is(v, KZ_MAP) ? kz_value_child(v, head) : NULL;
    if (kz_str_is(head, "*")) {
        for (size_t i = 0; kz_value_is(v, KZ_LIST) && i < v->as.list.len; i++)
            drop(v->as.list.at[i], rest);
    } else if (rest.len > 0) {
        if (child != NULL)
            drop(child, rest);
    } else if (child != NULL) {
        (void)kz_value_del(v, head);
    }
}

/* The same in a set of owned fields. */
static void drop_owned(struct conform_names *n, struct kz_value *set, struct kz_str path)
{
    struct kz_str head, rest = kz_str_cut(&head, path, '.');
    bool all = kz_str_is(head, "*");
    struct kz_str elem = kz_str_concat(n->arena, KZ_STR("f:"), head, KZ_STR(""));
    for (size_t i = kz_value_pairs(set); i > 0; i--) {
        struct kz_value *child = set->as.map.at[i - 1].val;
        if (all ? !kz_str_starts(set->as.map.at[i - 1].key, KZ_STR("k:")) : !kz_str_eq(set->as.map.at[i - 1].key, elem))
            continue;
        if (rest.len > 0)
            drop_owned(n, child, rest);
        if (rest.len == 0)
            (void)kz_value_del(set, elem);
    }
}

static int by_owner(const void *x, const void *y)
{
    static const char *const parts[] = {"operation", "manager", "subresource"};
    int c = 0;
    for (size_t i = 0; c == 0 && i < kz_countof(parts); i++)
        c = kz_str_cmp(kz_value_path_str(*(struct kz_value *const *)x, parts[i]),
                       kz_value_path_str(*(struct kz_value *const *)y, parts[i]));
    return c;
}

/* Without times, by name: the server orders them by time. An entry of which all was left out goes. */
static void owners(struct conform_names *n, struct kz_value *meta, struct kz_str kind)
{
    struct kz_value *fields = kz_value_child(meta, KZ_STR("managedFields"));
    size_t keep = 0;
    if (!kz_value_is(fields, KZ_LIST))
        return;
    for (size_t i = 0; i < fields->as.list.len; i++) {
        struct kz_value *entry = fields->as.list.at[i], *set = kz_value_child(entry, KZ_STR("fieldsV1"));
        for (size_t k = 0; k < kz_countof(left_out); k++)
            if (kz_str_is(kind, left_out[k].kind))
                drop_owned(n, set, kz_str(left_out[k].path));
        (void)kz_value_del(entry, KZ_STR("time"));
        if (kz_value_len(set) > 0)
            fields->as.list.at[keep++] = entry;
    }
    fields->as.list.len = keep;
    qsort(fields->as.list.at, fields->as.list.len, sizeof fields->as.list.at[0], by_owner);
}

/* ---- names ------------------------------------------------------------------------------------------------------------ */

void conform_names_init(struct conform_names *n, struct kz_arena *a)
{
    *n = (struct conform_names){.arena = a};
    kz_map_init(&n->tokens);
}

void conform_names_done(struct conform_names *n)
{
    kz_map_done(&n->tokens);
}

static struct kz_str token(struct conform_names *n, struct kz_str text, const char *what, unsigned *count)
{
    const struct kz_str *known = kz_map_find(&n->tokens, text);
    if (known != NULL)
        return *known;
    struct kz_str *made = kz_new(n->arena, struct kz_str);
    *made = kz_str_printf(n->arena, "%s-%u", what, ++*count);
    (void)kz_map_put(&n->tokens, kz_str_dup(n->arena, text), made);
    return *made;
}

static bool in_word(char c)
{
    return isalnum((unsigned char)c) != 0 || c == '-';
}

/* The server's newest version: "(123)" or "current: 123". 0: it is none, else its length. */
static size_t newest(struct kz_str text)
{
    static const char *const leads[] = {"(", "current: "};
    for (size_t i = 0; i < kz_countof(leads); i++) {
        size_t lead = kz_str(leads[i]).len, len = lead;
        if (!kz_str_starts(text, kz_str(leads[i])))
            continue;
        while (len < text.len && isdigit((unsigned char)text.ptr[len]) != 0)
            len++;
        return len > lead && (i > 0 || (len < text.len && text.ptr[len] == ')')) ? len : 0;
    }
    return 0;
}

/* Uids and versions that were seen, in a sentence. */
static struct kz_str retold(struct conform_names *n, struct kz_str text)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    while (text.len > 0 && text.ptr != NULL) {
        size_t len = newest(text);
        if (len > 0) {
            kz_buf_puts(&b, "newest");
            text = kz_str_skip(text, len);
            continue;
        }
        while (len < text.len && in_word(text.ptr[len]))
            len++;
        const struct kz_str *known = len == 0 ? NULL : kz_map_find(&n->tokens, kz_str_head(text, len));
        kz_buf_add_str(&b, known != NULL ? *known : kz_str_head(text, len));
        text = kz_str_skip(text, len);
        if (text.len > 0)
            kz_buf_putc(&b, text.ptr[0]);
        text = kz_str_skip(text, 1);
    }
    return kz_str_dup(n->arena, kz_buf_str(&b));
}

/* "Invalid value: " and what Go prints of a struct, up to the reason. */
static struct kz_str without_go(struct conform_names *n, struct kz_str text)
{
    static const char lead[] = "Invalid value: ";
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    while (text.len > 0) {
        if (!kz_str_starts(text, kz_str(lead))) {
            kz_buf_putc(&b, text.ptr[0]);
            text = kz_str_skip(text, 1);
            continue;
        }
        kz_buf_puts(&b, "Invalid value: ...");
        while (text.len > 0 && !kz_str_starts(text, KZ_STR(": field is immutable")) &&
               !kz_str_starts(text, KZ_STR(": must be")))
            text = kz_str_skip(text, 1);
    }
    return kz_str_dup(n->arena, kz_buf_str(&b));
}

/* ---- the walk ------------------------------------------------------------------------------------------------------------ */

static bool is_list(const struct kz_value *object)
{
    return kz_value_is(kz_value_get(object, "items"), KZ_LIST);
}

static bool is_set(struct kz_str text)
{
    return text.len > 0 && !kz_str_is(text, "0");
}

static void metadata(struct conform_names *n, struct kz_value *meta, bool of_list)
{
    struct kz_arena *a = n->arena;
    struct kz_str version = kz_value_path_str(meta, "resourceVersion"), uid = kz_value_path_str(meta, "uid");
    if (is_set(version))
        kz_value_set(a, meta, KZ_STR("resourceVersion"),
                     kz_value_str(a, of_list ? KZ_STR("of the list") : token(n, version, "rv", &n->versions)));
    if (uid.len > 0)
        kz_value_set(a, meta, KZ_STR("uid"), kz_value_str(a, token(n, uid, "uid", &n->uids)));
    static const char *const times[] = {"creationTimestamp", "deletionTimestamp"};
    for (size_t i = 0; i < kz_countof(times); i++)
        if (kz_value_path_str(meta, times[i]).len > 0)
            kz_value_set(a, meta, kz_str(times[i]), kz_value_cstr(a, "a time"));
    if (of_list && kz_value_path_str(meta, "continue").len > 0)
        kz_value_set(a, meta, KZ_STR("continue"), kz_value_cstr(a, "a token"));
    else
        (void)kz_value_del(meta, KZ_STR("continue")); /* that of an expired list too: nobody goes on with it */
}

/* Of conflicts with several managers the order is the server's chance. */
static int by_cause(const void *x, const void *y)
{
    const struct kz_value *a = *(struct kz_value *const *)x, *b = *(struct kz_value *const *)y;
    int c = kz_str_cmp(kz_value_path_str(a, "message"), kz_value_path_str(b, "message"));
    return c != 0 ? c : kz_str_cmp(kz_value_path_str(a, "field"), kz_value_path_str(b, "field"));
}

static void status(struct conform_names *n, struct kz_value *v)
{
    struct kz_arena *a = n->arena;
    struct kz_value *details = kz_value_child(v, KZ_STR("details"));
    struct kz_value *causes = kz_value_is(details, KZ_MAP) ? kz_value_child(details, KZ_STR("causes")) : NULL;
    if (kz_value_is(causes, KZ_LIST))
        qsort(causes->as.list.at, causes->as.list.len, sizeof causes->as.list.at[0], by_cause);
    struct kz_str uid = kz_value_path_str(details, "uid");
    kz_value_set(a, v, KZ_STR("message"), kz_value_str(a, without_go(n, retold(n, kz_value_path_str(v, "message")))));
    if (uid.len > 0)
        kz_value_set(a, details, KZ_STR("uid"), kz_value_str(a, token(n, uid, "uid", &n->uids)));
    for (size_t i = 0; i < kz_value_len(causes); i++)
        kz_value_set(a, causes->as.list.at[i], KZ_STR("message"),
                     kz_value_str(a, without_go(n, retold(n, kz_value_path_str(causes->as.list.at[i], "message")))));
}

static int by_name(const void *x, const void *y)
{
    return kz_str_cmp(kz_value_path_str(*(struct kz_value *const *)x, "name"),
                      kz_value_path_str(*(struct kz_value *const *)y, "name"));
}

/* Where an apply puts its items among those of others is left out too. */
static void sort_env(struct kz_value *v)
{
    const struct kz_value *list = kz_value_path(v, "spec.template.spec.containers");
    for (size_t i = 0; i < kz_value_len(list); i++) {
        struct kz_value *env = kz_value_child(list->as.list.at[i], KZ_STR("env"));
        if (kz_value_is(env, KZ_LIST))
            qsort(env->as.list.at, env->as.list.len, sizeof env->as.list.at[0], by_name);
    }
}

static void object(struct conform_names *n, struct kz_value *v, struct kz_str kind)
{
    sort_env(v);
    struct kz_value *meta = kz_value_child(v, KZ_STR("metadata"));
    for (size_t i = 0; i < kz_countof(left_out); i++)
        if (kz_str_is(kind, left_out[i].kind))
            drop(v, kz_str(left_out[i].path));
    if (kz_value_is(meta, KZ_MAP)) {
        owners(n, meta, kind);
        metadata(n, meta, is_list(v));
    }
}

void conform_normalise(struct conform_names *n, struct kz_value *v)
{
    struct kz_str kind = kz_value_path_str(v, "kind");
    if (!kz_value_is(v, KZ_MAP))
        return;
    if (kz_str_is(kind, "Status") || kz_value_get(v, "message") != NULL) {
        status(n, v);
        object(n, v, KZ_STR(""));
        return;
    }
    object(n, v, kind);
    const struct kz_value *items = kz_value_get(v, "items");
    for (size_t i = 0; kz_value_is(items, KZ_LIST) && i < items->as.list.len; i++)
        object(n, items->as.list.at[i], kz_str_head(kind, kind.len - 4));
}
