/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/ownership.h"

#include <stdlib.h>

#include "base/buf.h"
#include "resource/diff.h"
#include "resource/fields.h"
#include "value/json.h"

/* Objects are at most 3 MiB at the API server; the walk writes each owned value once. */
enum { WALK_LIMIT = 64 << 20, PATH_LIMIT = 4 << 10 };

static const struct kz_value *managed_fields(const struct kz_value *live)
{
    return kz_value_path(live, "metadata.managedFields");
}

/* ---- hash ------------------------------------------------------------------------------------ */

struct walk {
    struct kz_arena *arena;
    struct kz_buf out;
    const struct kz_value *entries; /* of all managers */
    const struct kz_value *ours;    /* entry that is being walked */
    struct kz_str path[KZ_VALUE_DEPTH_JSON];
    size_t depth;
};

/* Does another manager own something below the path of the walk? Then the field is no atomic one:
 * we own it only because we sent it empty, and what is in it is none of ours. */
static bool is_shared_below(const struct walk *w)
{
    for (size_t i = 0; i < kz_value_len(w->entries); i++) {
        const struct kz_value *entry = kz_value_at(w->entries, i);
        const struct kz_value *f = kz_value_get(entry, "fieldsV1");
        for (size_t d = 0; d < w->depth && f != NULL; d++)
            f = kz_value_find(f, w->path[d]);
        if (entry != w->ours && !kz_field_is_leaf(f))
            return true;
    }
    return false;
}

static int by_member(const void *a, const void *b)
{
    const struct kz_pair *const *pa = a, *const *pb = b;
    return kz_str_cmp((*pa)->key, (*pb)->key);
}

/* Members in byte order: equal sets give equal bytes, whatever order the server writes them in. */
static const struct kz_pair **sorted_members(struct kz_arena *a, const struct kz_value *fields)
{
    size_t n = fields->as.map.len;
    const struct kz_pair **at = kz_new_n(a, const struct kz_pair *, n);
    for (size_t i = 0; i < n; i++)
        at[i] = &fields->as.map.at[i];
    qsort(at, n, sizeof(const struct kz_pair *), by_member);
    return at;
}

static void write_leaf(struct walk *w, const struct kz_value *live, bool presence_only)
{
    if (live == NULL)
        kz_buf_puts(&w->out, "!gone");
    else if (presence_only || (kz_value_len(live) > 0 && is_shared_below(w)))
        kz_buf_puts(&w->out, "!there");
    else
        kz_json_write(&w->out, live, KZ_JSON_COMPACT | KZ_JSON_SORTED);
}

static void walk_fields(struct walk *w, const struct kz_value *fields, const struct kz_value *live)
{
    if (!kz_value_is(fields, KZ_MAP) || w->depth == kz_countof(w->path))
        return;
    const struct kz_pair **member = sorted_members(w->arena, fields);
    for (size_t i = 0; i < fields->as.map.len; i++) {
        struct kz_field_step step = kz_field_step(w->arena, member[i]->key);
        const struct kz_value *part = kz_field_go(live, &step, false);
        const struct kz_value *below = member[i]->val;
        kz_json_write_str(&w->out, member[i]->key);
        w->path[w->depth++] = member[i]->key;
        if (step.kind == KZ_FIELD_SELF || step.kind == KZ_FIELD_BAD) {
            write_leaf(w, part, true);
        } else if (kz_field_is_leaf(below)) {
            write_leaf(w, part, kz_value_len(below) > 0);
        } else {
            kz_buf_putc(&w->out, '{');
            walk_fields(w, below, part);
            kz_buf_putc(&w->out, '}');
        }
        w->depth--;
    }
}

struct kz_hash kz_ownership_hash(const struct kz_value *live, struct kz_str manager)
{
    struct kz_hash hash = {0};
    struct walk w = {.entries = managed_fields(live)};
    kz_buf_init(&w.out, WALK_LIMIT);
    for (size_t i = 0; i < kz_value_len(w.entries); i++) {
        w.ours = kz_value_at(w.entries, i);
        if (!kz_field_entry_is(w.ours, manager, "Apply"))
            continue;
        if (w.arena == NULL)
            w.arena = kz_arena_new(WALK_LIMIT);
        walk_fields(&w, kz_value_get(w.ours, "fieldsV1"), live);
    }
    if (w.out.len > 0)
        hash = kz_hash(kz_buf_str(&w.out));
    kz_arena_free(w.arena);
    kz_buf_done(&w.out);
    return hash;
}

/* ---- who took it ----------------------------------------------------------------------------- */

static bool differs(const struct kz_value *want, const struct kz_value *have)
{
    if (want == NULL || want->kind == KZ_NULL || have == NULL)
        return false;
    if (want->kind == KZ_STRING && have->kind == KZ_STRING)
        return !kz_diff_same_quantity(want->as.str, have->as.str);
    return !kz_value_eq(want, have);
}

/* The path of the first field under `fields` that `want` sets to something else than `have`. */
static bool find_taken(struct kz_buf *path, struct kz_arena *a, const struct kz_value *fields,
                       const struct kz_value *want, const struct kz_value *have)
{
    for (size_t i = 0; i < kz_value_pairs(fields); i++) {
        const struct kz_pair *member = &fields->as.map.at[i];
        struct kz_field_step step = kz_field_step(a, member->key);
        if (step.kind == KZ_FIELD_SELF || step.kind == KZ_FIELD_BAD)
            continue;
        const struct kz_value *w = kz_field_go(want, &step, true);
        const struct kz_value *h = kz_field_go(have, &step, false);
        if (w == NULL)
            continue;
        size_t mark = path->len;
        kz_field_text(path, &step);
        if (kz_field_is_leaf(member->val) ? differs(w, h) : find_taken(path, a, member->val, w, h))
            return true;
        path->len = mark;
    }
    return false;
}

bool kz_ownership_thief(struct kz_str *manager, struct kz_str *path, struct kz_arena *a,
                        const struct kz_value *desired, const struct kz_value *live,
                        struct kz_str our_manager)
{
    kz_autobuf struct kz_buf text = KZ_BUF(PATH_LIMIT);
    const struct kz_value *entries = managed_fields(live);
    for (size_t i = 0; i < kz_value_len(entries); i++) {
        const struct kz_value *entry = kz_value_at(entries, i);
        struct kz_str who = kz_value_path_str(entry, "manager");
        if (kz_str_eq(who, our_manager))
            continue;
        kz_buf_clear(&text);
        if (!find_taken(&text, a, kz_value_get(entry, "fieldsV1"), desired, live))
            continue;
        *manager = kz_str_dup(a, who);
        *path = kz_str_dup(a, kz_buf_str(&text));
        return true;
    }
    return false;
}

/* ---- taking over ----------------------------------------------------------------------------- */

static bool owns_last_applied(const struct kz_value *entry)
{
    const struct kz_value *f = kz_value_get(entry, "fieldsV1");
    f = kz_value_get(kz_value_get(f, "f:metadata"), "f:annotations");
    return kz_value_get(f, "f:kubectl.kubernetes.io/last-applied-configuration") != NULL;
}

/* Tools that applied whole objects before us. kubectl-rollout only stamps the pod template
 * (restartedAt): taking that over would remove it and restart every pod. before-first-apply owns all
 * that was there before ownership was recorded, also the work of controllers: it is a tool's only
 * where kubectl's annotation proves it. */
static bool is_tool(const struct kz_value *entry)
{
    static const char *const tools[] = {
        "helm",
        "Helm",
        "helm-controller",
        "kustomize-controller",
        "argocd-controller",
        "argocd-application-controller",
    };
    struct kz_str who = kz_value_path_str(entry, "manager");
    if (!kz_field_entry_is(entry, KZ_STR(""), NULL) || kz_str_is(who, "kubectl-rollout"))
        return false;
    if (kz_str_is(who, "kubectl") || kz_str_starts(who, KZ_STR("kubectl-")))
        return true;
    if (kz_str_is(who, "before-first-apply"))
        return owns_last_applied(entry);
    for (size_t i = 0; i < kz_countof(tools); i++) {
        if (kz_str_is(who, tools[i]))
            return true;
    }
    return false;
}

/* Never taken over: what we own and don't send is removed by the next apply, and these are not for
 * us to remove (finalizers, owners) or can't be (allocated by the server, immutable). */
static bool is_never_taken(struct kz_str parent, struct kz_str member)
{
    static const char *const never[][2] = {
        {"",           "f:status"             },
        {"f:metadata", "f:finalizers"         },
        {"f:metadata", "f:ownerReferences"    },
        {"f:spec",     "f:clusterIP"          },
        {"f:spec",     "f:clusterIPs"         },
        {"f:spec",     "f:healthCheckNodePort"},
        {"f:spec",     "f:volumeName"         },
    };
    for (size_t i = 0; i < kz_countof(never); i++) {
        if (kz_str_is(parent, never[i][0]) && kz_str_is(member, never[i][1]))
            return true;
    }
    return false;
}

/* Adds the paths of `from` to `to`; depth 0 is the object, 1 its sections. */
static void merge_fields(struct kz_arena *a, struct kz_value *to, const struct kz_value *from,
                         struct kz_str parent, int depth)
{
    for (size_t i = 0; i < kz_value_pairs(from); i++) {
        const struct kz_pair *member = &from->as.map.at[i];
        if (depth < 2 && is_never_taken(parent, member->key))
            continue;
        struct kz_value *below = kz_value_map(a);
        const struct kz_value *old = kz_value_find(to, member->key);
        for (size_t k = 0; k < kz_value_pairs(old); k++)
            kz_value_set(a, below, old->as.map.at[k].key, old->as.map.at[k].val);
        merge_fields(a, below, member->val, member->key, depth + 1);
        kz_value_set(a, to, member->key, below);
    }
}

static const struct kz_value *our_entry(const struct kz_value *entries, struct kz_str manager)
{
    for (size_t i = 0; i < kz_value_len(entries); i++) {
        const struct kz_value *entry = kz_value_at(entries, i);
        if (kz_field_entry_is(entry, manager, "Apply"))
            return entry;
    }
    return NULL;
}

/* The version that our entry has or will have. Paths of another version may not exist in it, and the
 * server then refuses the next apply: such entries stay with their managers. */
static struct kz_str target_version(const struct kz_value *live, const struct kz_value *ours)
{
    struct kz_str version = kz_value_path_str(live, "apiVersion");
    if (ours != NULL)
        return kz_value_path_str(ours, "apiVersion");
    const struct kz_value *entries = managed_fields(live);
    struct kz_str first = KZ_STR_NONE;
    for (size_t i = 0; i < kz_value_len(entries); i++) {
        const struct kz_value *entry = kz_value_at(entries, i);
        if (!is_tool(entry))
            continue;
        if (kz_str_eq(kz_value_path_str(entry, "apiVersion"), version))
            return version;
        if (first.len == 0)
            first = kz_value_path_str(entry, "apiVersion");
    }
    return first;
}

static void set_str(struct kz_arena *a, struct kz_value *map, struct kz_str key, struct kz_str s)
{
    if (s.len > 0)
        kz_value_set(a, map, key, kz_value_str(a, kz_str_dup(a, s)));
}

struct kz_value *kz_ownership_migrate(struct kz_arena *a, const struct kz_value *live,
                                      struct kz_str manager)
{
    const struct kz_value *entries = managed_fields(live);
    const struct kz_value *ours = our_entry(entries, manager);
    struct kz_str version = target_version(live, ours);
    struct kz_value *merged = kz_value_map(a), *others = kz_value_list(a);
    struct kz_str time = KZ_STR_NONE;
    bool any = false;

    for (size_t i = 0; i < kz_value_len(entries); i++) {
        const struct kz_value *entry = kz_value_at(entries, i);
        bool take = is_tool(entry) && kz_str_eq(kz_value_path_str(entry, "apiVersion"), version);
        if (entry != ours && !take) {
            kz_value_push(a, others, kz_value_copy(a, entry));
            continue;
        }
        const struct kz_value *given = kz_value_get(entry, "fieldsV1");
        const struct kz_value *fields = given == NULL ? NULL : kz_value_copy(a, given);
        /* Depth 2 skips the list of what is never taken: what we own already stays ours. */
        merge_fields(a, merged, fields, KZ_STR(""), entry == ours ? 2 : 0);
        any = any || take;
        struct kz_str t = kz_value_path_str(entry, "time");
        if (kz_str_cmp(t, time) > 0)
            time = t;
    }
    if (!any)
        return NULL;

    struct kz_value *entry = kz_value_map(a), *out = kz_value_list(a);
    set_str(a, entry, KZ_STR("manager"), manager);
    kz_value_set(a, entry, KZ_STR("operation"), kz_value_cstr(a, "Apply"));
    set_str(a, entry, KZ_STR("apiVersion"), version);
    set_str(a, entry, KZ_STR("time"), time);
    kz_value_set(a, entry, KZ_STR("fieldsType"), kz_value_cstr(a, "FieldsV1"));
    kz_value_set(a, entry, KZ_STR("fieldsV1"), merged);
    kz_value_push(a, out, entry);
    for (size_t i = 0; i < others->as.list.len; i++)
        kz_value_push(a, out, others->as.list.at[i]);
    return out;
}
