/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/object.h"

#include <stdlib.h>

#include "base/vec.h"
#include "resource/kinds.h"
#include "resource/normalise.h"
#include "value/json.h"

void kz_set_init(struct kz_set *s, struct kz_arena *a)
{
    *s = (struct kz_set){.arena = a};
    kz_map_init(&s->by_key);
}

void kz_set_done(struct kz_set *s)
{
    free(s->at);
    kz_map_done(&s->by_key);
    *s = (struct kz_set){.arena = s->arena};
    kz_map_init(&s->by_key);
}

enum { KEY_ON_STACK = 1024 };

struct kz_object *kz_set_find(const struct kz_set *s, const struct kz_id *id)
{
    char key[KEY_ON_STACK];
    int n = snprintf(key, sizeof key, KZ_FMT "/" KZ_FMT "/" KZ_FMT "/" KZ_FMT, KZ_ARG(id->group),
                     KZ_ARG(id->kind), KZ_ARG(id->ns), KZ_ARG(id->name));
    if (n < 0 || (size_t)n >= sizeof key)
        return NULL; /* longer than any name that kz_set_add lets in */
    return kz_map_find(&s->by_key, kz_str_n(key, (size_t)n));
}

bool kz_object_is_secret(const struct kz_id *id)
{
    return id->group.len == 0 && kz_str_is(id->kind, "Secret");
}

bool kz_object_is_crd(const struct kz_id *id)
{
    return kz_str_is(id->kind, "CustomResourceDefinition") &&
           kz_str_is(id->group, "apiextensions.k8s.io");
}

/* ---- names ----------------------------------------------------------------------------------- */

static bool lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_label(struct kz_str s)
{
    if (s.len == 0 || s.len > 63 || !lower_or_digit(s.ptr[0]) || !lower_or_digit(s.ptr[s.len - 1]))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!lower_or_digit(s.ptr[i]) && s.ptr[i] != '-')
            return false;
    }
    return true;
}

/* RFC 1123 as Kubernetes reads it: the parts have no limit of their own, the whole has 253. */
static bool is_subdomain(struct kz_str s)
{
    if (s.len == 0 || s.len > 253)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        bool edge = i == 0 || i + 1 == s.len || s.ptr[i - 1] == '.' || s.ptr[i + 1] == '.';
        char c = s.ptr[i];
        if (!lower_or_digit(c) && (edge || (c != '-' && c != '.')))
            return false;
    }
    return true;
}

/* What can stand in a URL path. */
static bool is_path_segment(struct kz_str s)
{
    if (s.len == 0 || s.len > 253 || kz_str_is(s, ".") || kz_str_is(s, ".."))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '/' || s.ptr[i] == '%' || (unsigned char)s.ptr[i] <= ' ' ||
            s.ptr[i] == 0x7f)
            return false;
    }
    return true;
}

static bool is_kind(struct kz_str s)
{
    if (s.len == 0 || s.len > 63)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!lower_or_digit(c) && !(c >= 'A' && c <= 'Z'))
            return false;
    }
    return true;
}

/* RBAC names may hold ':' and capitals ("system:node"); the others that may are generated ones. */
static bool has_loose_name(const struct kz_id *id)
{
    return kz_str_is(id->group, "rbac.authorization.k8s.io") ||
           (kz_str_is(id->kind, "ClusterTrustBundle") &&
            kz_str_is(id->group, "certificates.k8s.io")) ||
           (kz_str_is(id->kind, "IPAddress") && kz_str_is(id->group, "networking.k8s.io"));
}

static int check_name(const struct kz_id *id, struct kz_err *err)
{
    if (has_loose_name(id)) {
        if (is_path_segment(id->name))
            return 0;
        return kz_fail(err, KZ_E_INVALID,
                       KZ_FMT " name '" KZ_FMT "' can't stand in a URL path (no '/', '%%', blanks)",
                       KZ_ARG(id->kind), KZ_ARG(id->name));
    }
    if (id->group.len == 0 && kz_str_is(id->kind, "Namespace") && !is_label(id->name))
        return kz_fail(err, KZ_E_INVALID,
                       "Namespace name '" KZ_FMT "' must be 1 to 63 of a-z, 0-9 and '-', and begin "
                       "and end with a letter or digit",
                       KZ_ARG(id->name));
    if (!is_subdomain(id->name))
        return kz_fail(err, KZ_E_INVALID,
                       KZ_FMT " name '" KZ_FMT "' must be 1 to 253 of a-z, 0-9, '-' and '.', and "
                              "each part begin and end with a letter or digit",
                       KZ_ARG(id->kind), KZ_ARG(id->name));
    return 0;
}

/* ---- scope ----------------------------------------------------------------------------------- */

static int scope_of_crd(const struct kz_set *s, const struct kz_id *id)
{
    for (size_t i = 0; i < s->len; i++) {
        if (!kz_object_is_crd(&s->at[i]->id))
            continue;
        const struct kz_value *body = s->at[i]->body;
        if (kz_str_eq(kz_value_path_str(body, "spec.group"), id->group) &&
            kz_str_eq(kz_value_path_str(body, "spec.names.kind"), id->kind))
            return kz_str_is(kz_value_path_str(body, "spec.scope"), "Namespaced");
    }
    return -1;
}

static int scope_of(const struct kz_set *s, const struct kz_scope *scope, const struct kz_id *id)
{
    int known = scope->namespaced == NULL ? -1 : scope->namespaced(scope->arg, id->group, id->kind);
    if (known >= 0)
        return known;
    known = kz_kind_namespaced(id->group, id->kind);
    if (known >= 0)
        return known;
    return scope_of_crd(s, id);
}

/* ---- adding ---------------------------------------------------------------------------------- */

/* The place of the key, or of the map that lacks it. */
static int fail_at(struct kz_err *err, struct kz_origin origin, const struct kz_value *v)
{
    unsigned line = v != NULL && v->line > 0 ? v->line : origin.line;
    return kz_err_at(err, origin.file, line, v != NULL && v->line > 0 ? v->col : 0);
}

static int want_string(const struct kz_value *map, const char *path, struct kz_err *err)
{
    const struct kz_value *v = kz_value_path(map, path);
    if (v == NULL || v->kind == KZ_NULL || (v->kind == KZ_STRING && v->as.str.len == 0))
        return kz_fail(err, KZ_E_INVALID, "%s is missing", path);
    if (v->kind == KZ_STRING)
        return 0;
    (void)kz_fail(err, KZ_E_INVALID, "%s must be a string, not %s", path, kz_kind_name(v->kind));
    return kz_err_hint(err, "put the value in quotes");
}

static int read_id(struct kz_id *id, struct kz_str *version, const struct kz_value *body,
                   struct kz_err *err)
{
    if (!kz_value_is(body, KZ_MAP)) {
        return kz_fail(err, KZ_E_INVALID, "a Kubernetes object must be a map, not %s",
                       body == NULL ? "nothing" : kz_kind_name(body->kind));
    }
    int rc = want_string(body, "apiVersion", err);
    if (rc == 0)
        rc = want_string(body, "kind", err);
    if (rc < 0)
        return rc;
    struct kz_str kind = kz_value_path_str(body, "kind");
    if (!is_kind(kind))
        return kz_fail(err, KZ_E_INVALID, "kind '" KZ_FMT "' is not a name of letters and digits",
                       KZ_ARG(kind));
    if (kz_value_path(body, "metadata.name") == NULL &&
        kz_value_path(body, "metadata.generateName") != NULL) {
        (void)kz_fail(err, KZ_E_INVALID, KZ_FMT " has generateName but no name", KZ_ARG(kind));
        return kz_err_hint(err, "give it a fixed metadata.name: kzsync applies the same object "
                                "again and again");
    }
    rc = want_string(body, "metadata.name", err);
    if (rc < 0)
        return kz_wrap(err, "read " KZ_FMT, KZ_ARG(kind));
    const struct kz_value *ns = kz_value_path(body, "metadata.namespace");
    if (ns != NULL && ns->kind != KZ_STRING && ns->kind != KZ_NULL)
        return kz_fail(err, KZ_E_INVALID, "metadata.namespace must be a string, not %s",
                       kz_kind_name(ns->kind));
    struct kz_str api_version = kz_value_path_str(body, "apiVersion");
    if (!kz_id_of(id, version, body) || !is_label(*version) ||
        (id->group.len > 0 && !is_subdomain(id->group)))
        return kz_fail(err, KZ_E_INVALID, "apiVersion '" KZ_FMT "' is not VERSION or GROUP/VERSION",
                       KZ_ARG(api_version));
    return check_name(id, err);
}

static int set_namespace(struct kz_id *id, const struct kz_set *s, const struct kz_set_rules *rules,
                         struct kz_err *err)
{
    int namespaced = scope_of(s, &rules->scope, id);
    if (namespaced == 0)
        id->ns = KZ_STR("");
    else if (namespaced == 1 && id->ns.len == 0)
        id->ns = rules->ns;
    if (id->ns.len > 0 && !is_label(id->ns))
        return kz_fail(err, KZ_E_INVALID,
                       "namespace '" KZ_FMT "' of " KZ_FMT " '" KZ_FMT "' must be 1 to 63 of a-z, "
                       "0-9 and '-', and begin and end with a letter or digit",
                       KZ_ARG(id->ns), KZ_ARG(id->kind), KZ_ARG(id->name));
    return 0;
}

static int refuse_duplicate(const struct kz_set *s, const struct kz_object *first,
                            struct kz_err *err)
{
    struct kz_str text = kz_id_text(s->arena, &first->id);
    if (first->origin.file.len == 0)
        return kz_fail(err, KZ_E_INVALID, KZ_FMT " is defined twice", KZ_ARG(text));
    return kz_fail(err, KZ_E_INVALID, KZ_FMT " is defined twice: here and at " KZ_FMT ":%u",
                   KZ_ARG(text), KZ_ARG(first->origin.file), first->origin.line);
}

static int add_object(struct kz_set *s, const struct kz_set_rules *rules,
                      const struct kz_value *body, struct kz_origin origin, struct kz_err *err)
{
    struct kz_id id = {0};
    struct kz_str version = KZ_STR_NONE;
    int rc = read_id(&id, &version, body, err);
    if (rc == 0)
        rc = set_namespace(&id, s, rules, err);
    if (rc < 0)
        return fail_at(err, origin, body);

    struct kz_str key = kz_id_key(s->arena, &id);
    const struct kz_object *first = kz_map_find(&s->by_key, key);
    if (first != NULL) {
        (void)refuse_duplicate(s, first, err);
        return fail_at(err, origin, body);
    }
    struct kz_value *sent = NULL;
    rc = kz_normalise(&sent, s->arena, &id, rules, body, err);
    if (rc < 0) {
        (void)kz_wrap(err, "read " KZ_FMT " '" KZ_FMT "'", KZ_ARG(id.kind), KZ_ARG(id.name));
        return fail_at(err, origin, body);
    }
    struct kz_object *o = kz_new(s->arena, struct kz_object);
    *o = (struct kz_object){.id = id, .version = version, .body = sent, .origin = origin};
    kz_json_hash(&o->hash, sent);
    kz_vec_push(s, o);
    (void)kz_map_put(&s->by_key, key, o);
    return 0;
}

/* "List", or a typed list such as ConfigMapList. */
static bool is_list(const struct kz_value *body)
{
    return kz_str_ends(kz_value_path_str(body, "kind"), KZ_STR("List")) &&
           kz_value_is(kz_value_get(body, "items"), KZ_LIST) &&
           kz_value_path(body, "metadata.name") == NULL;
}

int kz_set_add(struct kz_set *s, const struct kz_set_rules *rules, struct kz_value *body,
               struct kz_origin origin, struct kz_err *err)
{
    if (!is_list(body))
        return add_object(s, rules, body, origin, err);
    const struct kz_value *items = kz_value_get(body, "items");
    for (size_t i = 0; i < items->as.list.len; i++) {
        struct kz_value *item = items->as.list.at[i];
        struct kz_origin at = origin;
        if (item->line > 0)
            at.line = item->line;
        int rc = kz_set_add(s, rules, item, at, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
