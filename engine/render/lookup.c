/* SPDX-License-Identifier: Apache-2.0 */
#include "render/lookup.h"

#include "base/base64.h"
#include "value/yaml.h"

#include <string.h>

struct kz_lookups {
    struct kz_arena *arena;
    const struct kz_value *answers;  /* NULL: not live */
    const struct kz_value *snapshot; /* list of objects, or NULL */
    struct kz_value *used, *missing;
    struct kz_value *hidden;         /* texts for kz_lookups_mask */
};

/* ---- one question ------------------------------------------------------------------------------- */

struct kz_value *kz_lookup_value(struct kz_arena *a, const struct kz_lookup *what)
{
    const struct {
        const char *key;
        struct kz_str val;
    } fields[] = {{"apiVersion", what->api_version},
                  {"kind", what->kind},
                  {"namespace", what->ns},
                  {"name", what->name}};
    struct kz_value *v = kz_value_map(a);
    for (size_t i = 0; i < kz_countof(fields); i++)
        kz_value_set(a, v, kz_str(fields[i].key), kz_value_str(a, kz_str_dup(a, fields[i].val)));
    return v;
}

static bool read_part(struct kz_str *out, const struct kz_value *v, const char *key)
{
    const struct kz_value *part = kz_value_get(v, key);
    *out = kz_value_as_str(part);
    return kz_value_is(part, KZ_STRING) && out->len <= KZ_LOOKUP_TEXT;
}

bool kz_lookup_read(struct kz_lookup *out, const struct kz_value *v)
{
    return read_part(&out->api_version, v, "apiVersion") && read_part(&out->kind, v, "kind") &&
           read_part(&out->ns, v, "namespace") && read_part(&out->name, v, "name");
}

bool kz_lookup_eq(const struct kz_lookup *a, const struct kz_lookup *b)
{
    return kz_str_eq(a->api_version, b->api_version) && kz_str_eq(a->kind, b->kind) &&
           kz_str_eq(a->ns, b->ns) && kz_str_eq(a->name, b->name);
}

struct kz_str kz_lookup_text(struct kz_arena *a, const struct kz_lookup *what)
{
    if (what->name.len == 0)
        return kz_str_printf(a, "all " KZ_FMT "%s" KZ_FMT, KZ_ARG(what->kind),
                             what->ns.len > 0 ? " in " : "", KZ_ARG(what->ns));
    return kz_str_printf(a, KZ_FMT " " KZ_FMT "%s" KZ_FMT, KZ_ARG(what->kind), KZ_ARG(what->ns),
                         what->ns.len > 0 ? "/" : "", KZ_ARG(what->name));
}

/* ---- a snapshot ---------------------------------------------------------------------------------- */

static int add_objects(struct kz_value *all, struct kz_arena *a, const struct kz_value *v,
                       struct kz_err *err)
{
    const struct kz_value *items = v->kind == KZ_LIST ? v : kz_value_get(v, "items");
    if (v->kind == KZ_NULL)
        return 0;
    if (v->kind != KZ_LIST && v->kind != KZ_MAP) {
        (void)kz_fail(err, KZ_E_INVALID, "expected an object or a list of objects, found: %s",
                      kz_kind_name(v->kind));
        return kz_err_at(err, KZ_STR("the snapshot"), v->line, 0);
    }
    if (!kz_value_is(items, KZ_LIST)) {
        kz_value_push(a, all, kz_value_copy(a, v));
        return 0;
    }
    for (size_t i = 0; i < items->as.list.len; i++) {
        const struct kz_value *item = items->as.list.at[i];
        if (item->kind != KZ_MAP) {
            (void)kz_fail(err, KZ_E_INVALID, "expected an object, found: %s", kz_kind_name(item->kind));
            return kz_err_at(err, KZ_STR("the snapshot"), item->line, 0);
        }
        kz_value_push(a, all, kz_value_copy(a, item));
    }
    return 0;
}

static int read_snapshot(struct kz_lookups *l, struct kz_str text, struct kz_err *err)
{
    struct kz_value *docs, *all = kz_value_list(l->arena);
    const struct kz_yaml_limits limits = {.document = (size_t)100 << 20};
    if (kz_yaml_read_all(&docs, l->arena, text, KZ_STR("the snapshot"), &limits, err) < 0)
        return -(int)err->code;
    for (size_t i = 0; i < docs->as.list.len; i++)
        if (add_objects(all, l->arena, docs->as.list.at[i], err) < 0)
            return -(int)err->code;
    l->snapshot = all;
    return 0;
}

/* An object of a cluster-wide kind has no namespace, whatever the template says. */
static bool is_asked(const struct kz_lookup *what, const struct kz_value *object)
{
    const struct kz_str ns = kz_value_path_str(object, "metadata.namespace");
    return kz_str_eq(kz_value_path_str(object, "apiVersion"), what->api_version) &&
           kz_str_eq(kz_value_path_str(object, "kind"), what->kind) &&
           (ns.len == 0 || kz_str_eq(ns, what->ns) || (what->ns.len == 0 && what->name.len == 0)) &&
           (what->name.len == 0 ||
            kz_str_eq(kz_value_path_str(object, "metadata.name"), what->name));
}

static const struct kz_value *in_snapshot(const struct kz_lookups *l, const struct kz_lookup *what)
{
    struct kz_value *list = kz_value_map(l->arena), *items = kz_value_list(l->arena);
    for (size_t i = 0; i < l->snapshot->as.list.len; i++) {
        struct kz_value *object = l->snapshot->as.list.at[i];
        if (!is_asked(what, object))
            continue;
        if (what->name.len > 0)
            return object;
        kz_value_push(l->arena, items, object);
    }
    if (what->name.len > 0)
        return NULL;
    kz_value_set(l->arena, list, KZ_STR("apiVersion"), kz_value_str(l->arena, what->api_version));
    kz_value_set(l->arena, list, KZ_STR("kind"),
                 kz_value_str(l->arena, kz_str_printf(l->arena, KZ_FMT "List", KZ_ARG(what->kind))));
    kz_value_set(l->arena, list, KZ_STR("metadata"), kz_value_map(l->arena));
    kz_value_set(l->arena, list, KZ_STR("items"), items);
    return list;
}

/* ---- answers --------------------------------------------------------------------------------------- */

int kz_lookups_open(struct kz_lookups **out, struct kz_arena *a, const struct kz_value *input,
                    struct kz_err *err)
{
    struct kz_lookups *l = kz_new(a, struct kz_lookups);
    const struct kz_value *snapshot = kz_value_get(input, "snapshot");
    *l = (struct kz_lookups){.arena = a,
                             .answers = kz_value_get(input, "lookups"),
                             .used = kz_value_list(a),
                             .missing = kz_value_list(a),
                             .hidden = kz_value_list(a)};
    if (kz_value_is(snapshot, KZ_STRING) && read_snapshot(l, snapshot->as.str, err) < 0)
        return -(int)err->code;
    *out = l;
    return 0;
}

static bool is_noted(const struct kz_value *list, const struct kz_lookup *what)
{
    struct kz_lookup other;
    for (size_t i = 0; i < kz_value_len(list); i++)
        if (kz_lookup_read(&other, kz_value_at(list, i)) && kz_lookup_eq(&other, what))
            return true;
    return false;
}

static void note(struct kz_lookups *l, struct kz_value *list, const struct kz_lookup *what)
{
    if (!is_noted(list, what))
        kz_value_push(l->arena, list, kz_lookup_value(l->arena, what));
}

int kz_lookups_find(struct kz_lookups *l, const struct kz_value **out, const struct kz_lookup *what,
                    struct kz_err *err)
{
    const struct kz_str parts[] = {what->api_version, what->kind, what->ns, what->name};
    struct kz_lookup other;
    *out = NULL;
    if (l->snapshot != NULL) {
        *out = in_snapshot(l, what);
        return 0;
    }
    if (l->answers == NULL)
        return 0;
    for (size_t i = 0; i < kz_countof(parts); i++)
        if (parts[i].len > KZ_LOOKUP_TEXT)
            return kz_fail(err, KZ_E_LIMIT, "a lookup asks by a string of more than %d bytes",
                           KZ_LOOKUP_TEXT);
    for (size_t i = 0; i < kz_value_len(l->answers); i++) {
        const struct kz_value *answer = kz_value_at(l->answers, i);
        if (!kz_lookup_read(&other, answer) || !kz_lookup_eq(&other, what))
            continue;
        const struct kz_str why = kz_value_path_str(answer, "error");
        note(l, l->used, what);
        if (why.len > 0)
            return kz_fail(err, KZ_E_DENIED, KZ_FMT, KZ_ARG(why));
        *out = kz_value_get(answer, "object");
        return 0;
    }
    if (kz_value_len(l->missing) + kz_value_len(l->used) >= KZ_LOOKUPS)
        return kz_fail(err, KZ_E_LIMIT, "more than %d lookups", KZ_LOOKUPS);
    note(l, l->missing, what);
    return 0;
}

bool kz_lookups_knows(const struct kz_lookups *l, const struct kz_lookup *what)
{
    return l->snapshot != NULL || is_noted(l->used, what);
}

void kz_lookups_hide(struct kz_lookups *l, struct kz_str secret)
{
    kz_value_push(l->arena, l->hidden, kz_value_str(l->arena, secret));
}

const struct kz_value *kz_lookups_used(const struct kz_lookups *l)
{
    return l->used;
}

const struct kz_value *kz_lookups_missing(const struct kz_lookups *l)
{
    return l->missing;
}

/* ---- masking ----------------------------------------------------------------------------------------- */

enum {
    MASK_FROM = 4,  /* shorter values stand in too many words */
    MASK_PIECE = 8, /* of a longer one: a message may hold a line of it, or be cut in its middle */
};

/* How many bytes at `at` are a piece of the secret; 0: too few to tell. */
static size_t piece_of(struct kz_str secret, const char *at)
{
    const size_t left = strlen(at);
    size_t n = secret.len < MASK_PIECE ? secret.len : MASK_PIECE;
    if (n < MASK_FROM || left < n || memmem(secret.ptr, secret.len, at, n) == NULL)
        return 0;
    while (n < left && memmem(secret.ptr, secret.len, at, n + 1) != NULL)
        n++;
    return n;
}

/* Overwrites each occurrence; never makes the text longer. */
static void mask_text(char *text, struct kz_str secret)
{
    for (char *at = text; *at != '\0'; at++) {
        const size_t n = piece_of(secret, at);
        if (n == 0)
            continue;
        memcpy(at, "***", 3);
        memmove(at + 3, at + n, strlen(at + n) + 1);
        at += 2;
    }
}

static void mask_all(struct kz_err *err, struct kz_str secret)
{
    for (unsigned i = 0; i < err->depth; i++)
        mask_text(err->frame[i], secret);
    mask_text(err->hint, secret);
    mask_text(err->detail, secret);
}

static void mask_value(const struct kz_lookups *l, struct kz_err *err, struct kz_str text)
{
    struct kz_str plain;
    mask_all(err, text);
    if (kz_base64_decode(&plain, l->arena, text))
        mask_all(err, plain);
}

static void mask_secret(const struct kz_lookups *l, struct kz_err *err, const struct kz_value *object)
{
    const struct kz_value *items = kz_value_get(object, "items");
    const struct kz_value *data = kz_value_get(object, "data");
    for (size_t i = 0; i < kz_value_len(items); i++)
        mask_secret(l, err, kz_value_at(items, i));
    for (size_t i = 0; i < kz_value_pairs(data); i++)
        mask_value(l, err, kz_value_as_str(data->as.map.at[i].val));
}

void kz_lookups_mask(const struct kz_lookups *l, struct kz_err *err)
{
    for (size_t i = 0; i < kz_value_len(l->answers); i++) {
        const struct kz_value *answer = kz_value_at(l->answers, i);
        if (kz_str_is(kz_value_path_str(answer, "kind"), "Secret"))
            mask_secret(l, err, kz_value_get(answer, "object"));
    }
    for (size_t i = 0; i < kz_value_len(l->hidden); i++)
        mask_value(l, err, kz_value_as_str(kz_value_at(l->hidden, i)));
    for (size_t i = 0; i < kz_value_len(l->snapshot); i++)
        if (kz_str_is(kz_value_path_str(kz_value_at(l->snapshot, i), "kind"), "Secret"))
            mask_secret(l, err, kz_value_at(l->snapshot, i));
}
