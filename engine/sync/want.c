/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/want.h"
#include "resource/order.h"
#include "value/json.h"
#include "value/json_patch.h"
#include "value/merge.h"
#include "resource/yield.h"

enum { WANT_BYTES = 256 << 20, OBJECT_BYTES = 3 << 20 };

static bool glob_field(struct kz_str want, struct kz_str have)
{
    return want.len == 0 || kz_str_eq(want, have);
}

static bool matches(struct kz_str group, struct kz_str kind, struct kz_str ns, struct kz_str name,
                    const struct kz_id *id)
{
    return glob_field(group, id->group) && glob_field(kind, id->kind) && glob_field(ns, id->ns) &&
           glob_field(name, id->name);
}

static int apply_patch(struct kz_value **body, struct kz_arena *a, const struct kz_patch *p,
                       struct kz_err *err)
{
    if (p->merge != NULL)
        *body = kz_merge(a, *body, p->merge);
    if (p->json_patch != NULL)
        return kz_json_patch(body, a, *body, p->json_patch, err);
    return 0;
}

/* A patch that matches nothing is a mistake in the definition, so matches are counted. */
static int patch_all(struct kz_value **body, struct kz_arena *a, const struct kz_module *spec,
                     size_t *hits, struct kz_err *err)
{
    struct kz_id id;
    struct kz_str version;
    if (!kz_id_of(&id, &version, *body))
        return 0; /* kz_set_add says what is wrong with it */
    for (size_t i = 0; i < spec->n_patches; i++) {
        const struct kz_patch *p = &spec->patches[i];
        if (!matches(p->group, p->kind, p->ns, p->name, &id))
            continue;
        hits[i]++;
        if (apply_patch(body, a, p, err) < 0)
            return kz_wrap(err, "patch %zu of module " KZ_FMT " on " KZ_FMT, i + 1,
                           KZ_ARG(spec->name), KZ_ARG(kz_id_text(a, &id)));
    }
    return 0;
}

/* Fields left to others are not sent at all. Returns the paths. */
static struct kz_value *take_yields(struct kz_object *o, struct kz_arena *a, const struct kz_module *spec)
{
    struct kz_value *taken = kz_value_list(a);
    for (size_t i = 0; i < spec->n_ignores; i++) {
        const struct kz_ignore *g = &spec->ignores[i];
        if (!matches(g->group, g->kind, g->ns, g->name, &o->id))
            continue;
        for (size_t p = 0; p < g->n_paths; p++)
            if (kz_yield_take(o->body, a, g->paths[p]))
                kz_value_push(a, taken, kz_value_str(a, g->paths[p]));
    }
    kz_yield_builtin(o->body, a, &o->id, taken);
    return taken;
}

/* What is known of an object beside its body while a want is built. */
struct notes {
    const struct kz_value *yields;
    int64_t birth_replicas;
};

static void yield_all(struct kz_set *set, struct kz_map *notes, struct kz_arena *a, const struct kz_module *spec)
{
    for (size_t i = 0; i < set->len; i++) {
        struct kz_object *o = set->at[i];
        struct kz_value *yields = take_yields(o, a, spec);
        struct notes *n = kz_new(a, struct notes);
        *n = (struct notes){.yields = yields, .birth_replicas = -1};
        if (kz_yield_scaled(&n->birth_replicas, o, set)) {
            (void)kz_yield_take(o->body, a, KZ_STR("/spec/replicas"));
            kz_value_push(a, yields, kz_value_cstr(a, "/spec/replicas"));
        }
        if (kz_value_len(yields) == 0)
            continue;
        kz_json_hash(&o->hash, o->body);
        (void)kz_map_put(notes, kz_id_key(a, &o->id), n);
    }
}

static void take_notes(struct kz_want_object *o, struct kz_arena *a, const struct notes *n)
{
    if (n == NULL)
        return;
    struct kz_str *to = kz_new_n(a, struct kz_str, kz_value_len(n->yields));
    for (size_t i = 0; i < kz_value_len(n->yields); i++)
        to[i] = kz_str_dup(a, kz_value_as_str(kz_value_at(n->yields, i)));
    o->yields = to;
    o->n_yields = kz_value_len(n->yields);
    o->birth_replicas = n->birth_replicas;
}

static bool runs_pods(const struct kz_id *id, const struct kz_value *body)
{
    static const char *const kinds[] = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod"};
    for (size_t i = 0; i < kz_countof(kinds); i++)
        if (kz_str_is(id->kind, kinds[i]))
            return kz_value_path_int(body, "spec.replicas", 1) != 0;
    return false;
}

/* Normalising has made stringData into data. */
static struct kz_str generated_path(struct kz_arena *a, struct kz_str path)
{
    const struct kz_str head = KZ_STR("/stringData");
    struct kz_str rest = kz_str_skip(path, head.len);
    if (!kz_str_starts(path, head) || (rest.len > 0 && rest.ptr[0] != '/'))
        return kz_str_dup(a, path);
    return kz_str_printf(a, "/data" KZ_FMT, KZ_ARG(rest));
}

static void take_generated(struct kz_want_object *o, struct kz_arena *a, const struct kz_value *paths)
{
    struct kz_str *to = kz_new_n(a, struct kz_str, kz_value_len(paths) + 1);
    for (size_t i = 0; i < kz_value_len(paths); i++)
        to[i] = generated_path(a, kz_value_as_str(kz_value_at(paths, i)));
    o->generated = to;
    o->n_generated = kz_value_len(paths);
}

/* What a hook does is the same in whatever module it stands. body is not needed any more. */
static struct kz_hash hook_hash(struct kz_value *body)
{
    struct kz_hash hash;
    struct kz_value *meta = kz_value_child(body, KZ_STR("metadata"));
    (void)kz_value_del(kz_value_child(meta, KZ_STR("labels")), KZ_STR(KZ_LABEL_MODULE));
    kz_json_hash(&hash, body);
    return hash;
}

/* A rendered object on its way into the want. */
struct piece {
    struct kz_object *o;
    struct kz_hook hook; /* of a hook */
};

/* What the object says of its own syncing, over what its module says. */
static int take_options(struct kz_want *w, struct kz_want_object *to, const struct kz_object *o, struct kz_err *err)
{
    struct kz_str odd;
    int rc = kz_options_read(&to->opt, &odd, kz_value_get(o->body, "metadata"), err);
    if (rc < 0) {
        (void)kz_wrap(err, KZ_FMT, KZ_ARG(kz_id_text(w->arena, &o->id)));
        return kz_err_at(err, o->origin.file, o->origin.line, 0);
    }
    if (odd.len > 0 && w->warnings != NULL)
        w->warnings[w->n_warnings++] = kz_str_printf(
            w->arena, KZ_FMT ":%u: " KZ_FMT " " KZ_FMT ": '" KZ_FMT "' is no sync option that Argo CD or kzsync knows",
            KZ_ARG(o->origin.file), o->origin.line, KZ_ARG(o->id.kind), KZ_ARG(o->id.name), KZ_ARG(odd));
    return 0;
}

/* Behind what is there; a hook's body is not needed afterwards. false: its identity is there already. */
static bool put(struct kz_want *w, const struct piece *from, bool is_hook, struct kz_str json)
{
    const struct kz_object *o = from->o;
    struct kz_want_object *to = &w->at[w->n + w->n_hooks];
    *to = (struct kz_want_object){
        .id = kz_id_dup(w->arena, &o->id),
        .key = kz_id_key(w->arena, &o->id),
        .version = kz_str_dup(w->arena, o->version),
        .json = kz_str_dup(w->arena, json),
        .hash = o->hash,
        .origin = {.file = kz_str_dup(w->arena, o->origin.file), .line = o->origin.line},
        .wave = o->wave,
        .tier = kz_order_tier(&o->id),
        .crd = kz_object_is_crd(&o->id),
        .runs_pods = runs_pods(&o->id, o->body),
        .birth_replicas = -1,
    };
    if (is_hook) {
        struct kz_hook *hook = kz_new(w->arena, struct kz_hook);
        *hook = from->hook;
        to->hook = hook;
        to->hash = hook_hash(o->body);
    }
    *(is_hook ? &w->n_hooks : &w->n) += 1;
    w->has_crds |= to->crd && !is_hook;
    return kz_map_put(&w->by_key, to->key, to) == NULL;
}

/* By key of an object. */
struct beside {
    struct kz_map generated; /* -> list of pointers */
    struct kz_map notes;     /* -> struct notes */
};

/* Copies the pieces into the want's own arena, bodies as text, behind what is there. */
static int pack(struct kz_want *w, const struct piece *at, size_t n, bool hooks, const struct beside *beside,
                struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(OBJECT_BYTES);
    for (size_t i = 0; i < n; i++) {
        const struct kz_object *o = at[i].o;
        struct kz_want_object *to = &w->at[w->n + w->n_hooks];
        kz_buf_clear(&b);
        kz_json_write(&b, o->body, KZ_JSON_COMPACT);
        if (kz_buf_bad(&b)) {
            (void)kz_fail(err, KZ_E_LIMIT, KZ_FMT " is larger than 3 MiB, which the API server refuses",
                          KZ_ARG(kz_id_text(w->arena, &o->id)));
            return kz_err_at(err, o->origin.file, o->origin.line, 0);
        }
        if (take_options(w, to, o, err) < 0)
            return -(int)err->code;
        const struct kz_options opt = to->opt;
        (void)put(w, &at[i], hooks, kz_buf_str(&b)); /* the set has none twice */
        to->opt = opt;
        take_generated(to, w->arena, kz_map_find(&beside->generated, to->key));
        take_notes(to, w->arena, kz_map_find(&beside->notes, to->key));
    }
    return 0;
}

static struct kz_want *want_new(struct kz_str revision, struct kz_hash key)
{
    struct kz_arena *arena = kz_arena_new(WANT_BYTES);
    struct kz_want *w = kz_new(arena, struct kz_want);
    *w = (struct kz_want){.refs = 1, .arena = arena, .key = key};
    w->revision = kz_str_dup(arena, revision);
    w->subject = KZ_STR("");
    kz_map_init(&w->by_key);
    return w;
}

/* ---- hooks -------------------------------------------------------------------------------------- */

static int by_turn(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->hook.weight != y->hook.weight)
        return x->hook.weight < y->hook.weight ? -1 : 1;
    int tier = kz_order_tier(&x->o->id) - kz_order_tier(&y->o->id);
    return tier != 0 ? tier : kz_id_cmp(&x->o->id, &y->o->id);
}

/* Takes the hooks out of the set. *out has room for all of it. */
static int take_hooks(struct piece *out, size_t *n, struct kz_set *set, struct kz_err *err)
{
    size_t kept = 0;
    *n = 0;
    for (size_t i = 0; i < set->len; i++) {
        struct kz_object *o = set->at[i];
        struct kz_hook hook;
        int is = kz_hook_of(&hook, o->body, o->origin.file, err);
        if (is < 0) {
            (void)kz_wrap(err, "read " KZ_FMT " '" KZ_FMT "'", KZ_ARG(o->id.kind), KZ_ARG(o->id.name));
            return kz_err_at(err, o->origin.file, o->origin.line, 0);
        }
        if (is == 0)
            set->at[kept++] = o;
        else if (hook.phases != 0)
            out[(*n)++] = (struct piece){.o = o, .hook = hook};
    }
    set->len = kept;
    qsort(out, *n, sizeof *out, by_turn);
    return 0;
}

/* A hook of phase Sync runs with the last wave whose annotation is not above its weight. */
static int place_hooks(struct piece *hooks, size_t n, const struct kz_set *set, struct kz_err *err)
{
    for (size_t i = 0; i < n; i++) {
        struct kz_object *o = hooks[i].o;
        int64_t stage;
        o->wave = 0;
        for (size_t k = 0; k < set->len; k++) {
            int rc = kz_order_stage(&stage, set->at[k], err);
            if (rc < 0)
                return rc;
            if (stage <= hooks[i].hook.weight && set->at[k]->wave > o->wave)
                o->wave = set->at[k]->wave;
        }
    }
    return 0;
}

static void hash_set(struct kz_want *w)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    struct kz_hasher *h = kz_hasher_new(a), *content = kz_hasher_new(a);
    for (size_t i = 0; i < w->n; i++)
        kz_hasher_add(h, kz_str_n((const char *)&w->at[i].hash, sizeof w->at[i].hash));
    w->set = kz_hasher_end(h);
    for (size_t i = 0; i < w->n + w->n_hooks; i++) {
        const struct kz_want_object *o = &w->at[i];
        kz_hasher_add(content, kz_str_n((const char *)&o->wave, sizeof o->wave));
        kz_hasher_add(content, o->json); /* whether it is a hook stands in it */
    }
    w->content = kz_hasher_end(content);
}

/* Renderers name files relative to the module, people read them relative to the repository. A module that
 * is one file names itself. */
static struct kz_str whole_path(struct kz_arena *a, const struct kz_module *spec, struct kz_str file)
{
    if (file.len == 0 || spec->path.len == 0)
        return file;
    if (kz_str_eq(spec->path, file) || kz_str_ends(spec->path, kz_str_printf(a, "/" KZ_FMT, KZ_ARG(file))))
        return spec->path;
    return kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(spec->path), KZ_ARG(file));
}

/* The objects of one item; of a list they are below /items/N. */
static void note_generated(struct kz_map *generated, struct kz_arena *a, const struct kz_set *set,
                           size_t from, const struct kz_value *item)
{
    const struct kz_value *paths = kz_value_get(item, "generated");
    const bool list = kz_value_is(kz_value_path(item, "body.items"), KZ_LIST);
    for (size_t k = from; k < set->len && kz_value_len(paths) > 0; k++) {
        const struct kz_str head =
            list ? kz_str_printf(a, "/items/%zu/", k - from) : KZ_STR("");
        struct kz_value *mine = kz_value_list(a);
        for (size_t i = 0; i < kz_value_len(paths); i++) {
            const struct kz_str path = kz_value_as_str(kz_value_at(paths, i));
            if (kz_str_starts(path, head))
                kz_value_push(a, mine, kz_value_str(a, list ? kz_str_skip(path, head.len - 1) : path));
        }
        (void)kz_map_put(generated, kz_id_key(a, &set->at[k]->id), mine);
    }
}

static int fill_set(struct kz_set *set, struct kz_map *generated, struct kz_arena *a,
                    const struct kz_module *spec, const struct kz_set_rules *rules,
                    const struct kz_value *reply, struct kz_err *err)
{
    size_t *hits = kz_new_n(a, size_t, spec->n_patches + 1);
    const struct kz_value *objects = kz_value_get(reply, "objects");
    for (size_t i = 0; i < kz_value_len(objects); i++) {
        const struct kz_value *item = kz_value_at(objects, i);
        struct kz_origin origin = {.file = whole_path(a, spec, kz_value_path_str(item, "file")),
                                   .line = (uint32_t)kz_value_path_int(item, "line", 0)};
        struct kz_value *body = kz_value_copy(a, kz_value_get(item, "body"));
        const size_t from = set->len;
        struct kz_hook hook;
        int is = kz_hook_of(&hook, body, origin.file, err);
        if (is < 0)
            return is;
        if (is == 1)
            kz_hook_name(body, a);
        if (patch_all(&body, a, spec, hits, err) < 0 || kz_set_add(set, rules, body, origin, err) < 0)
            return kz_err_at(err, origin.file, origin.line, 0);
        note_generated(generated, a, set, from, item);
    }
    for (size_t i = 0; i < spec->n_patches; i++)
        if (hits[i] == 0) {
            (void)kz_fail(err, KZ_E_INVALID, "patch %zu of module " KZ_FMT " matches no object", i + 1,
                          KZ_ARG(spec->name));
            return kz_err_at(err, spec->file, spec->line, 1);
        }
    return 0;
}

/* more: room for that many further ones. */
static void take_warnings(struct kz_want *w, const struct kz_module *spec, const struct kz_value *reply, size_t more)
{
    const struct kz_value *list = kz_value_get(reply, "warnings");
    w->warnings = kz_new_n(w->arena, struct kz_str, kz_value_len(list) + more + 1);
    for (size_t i = 0; i < kz_value_len(list); i++) {
        const struct kz_value *item = kz_value_at(list, i);
        const struct kz_str file = whole_path(w->arena, spec, kz_value_path_str(item, "file"));
        w->warnings[w->n_warnings++] =
            kz_str_printf(w->arena, KZ_FMT ":%lld: " KZ_FMT, KZ_ARG(file),
                          (long long)kz_value_path_int(item, "line", 0),
                          KZ_ARG(kz_value_path_str(item, "text")));
    }
}

/* ---- what the definition adds ---------------------------------------------------------------------- */

/* The module's namespace as one of its objects. It may hold what is not ours, so it is never pruned. */
static int add_namespace(struct kz_set *set, struct kz_arena *a, const struct kz_module *spec,
                         const struct kz_set_rules *rules, struct kz_err *err)
{
    const struct kz_id id = {.group = KZ_STR(""), .kind = KZ_STR("Namespace"), .ns = KZ_STR(""), .name = spec->ns};
    if (spec->ns_labels == NULL)
        return 0;
    if (kz_set_find(set, &id) != NULL) {
        (void)kz_fail(err, KZ_E_INVALID, "Namespace '" KZ_FMT "' is among the module's objects and has namespaceMetadata,"
                      " too", KZ_ARG(spec->ns));
        (void)kz_err_hint(err, "say labels and annotations in one of the two places");
        return kz_err_at(err, spec->file, spec->line, 1);
    }
    struct kz_value *body = kz_value_map(a), *meta = kz_value_map(a), *notes = kz_value_copy(a, spec->ns_annotations);
    kz_value_set(a, notes, KZ_STR(KZ_ANNOT_PRUNE), kz_value_cstr(a, kz_prune_word(KZ_PRUNE_NEVER)));
    kz_value_set(a, meta, KZ_STR("name"), kz_value_str(a, spec->ns));
    kz_value_set(a, meta, KZ_STR("labels"), kz_value_copy(a, spec->ns_labels));
    kz_value_set(a, meta, KZ_STR("annotations"), notes);
    kz_value_set(a, body, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, body, KZ_STR("kind"), kz_value_str(a, id.kind));
    kz_value_set(a, body, KZ_STR("metadata"), meta);
    const struct kz_origin origin = {.file = spec->file, .line = spec->line};
    return kz_set_add(set, rules, body, origin, err);
}

/* What becomes of an object when its module goes is read from the live one: the definition is gone by then. */
static void stamp_on_delete(struct kz_object *o, struct kz_arena *a, const struct kz_module *spec)
{
    const enum kz_on_delete word = spec->retain ? KZ_ON_DELETE_ORPHAN : spec->on_delete;
    struct kz_value *meta = kz_value_child(o->body, KZ_STR("metadata"));
    if (word == KZ_ON_DELETE_DELETE || kz_options_live(meta).on_delete != KZ_ON_DELETE_DELETE)
        return;
    struct kz_value *notes = kz_value_child(meta, KZ_STR("annotations"));
    if (notes == NULL) {
        notes = kz_value_map(a);
        kz_value_set(a, meta, KZ_STR("annotations"), notes);
    }
    if (kz_value_get(notes, KZ_ANNOT_ON_DELETE) != NULL)
        return;
    kz_value_set(a, notes, KZ_STR(KZ_ANNOT_ON_DELETE), kz_value_cstr(a, kz_on_delete_word(word)));
    kz_json_hash(&o->hash, o->body);
}

int kz_want_build(struct kz_want **out, const struct kz_module *spec, struct kz_str platform,
                  struct kz_str revision, struct kz_hash key, struct kz_scope scope,
                  const struct kz_value *reply, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(WANT_BYTES);
    struct kz_set_rules rules = {
        .platform = platform, .module = spec->name, .ns = spec->ns, .scope = scope};
    struct kz_set set;
    struct beside beside;
    kz_set_init(&set, a);
    kz_map_init(&beside.generated);
    kz_map_init(&beside.notes);
    int rc = fill_set(&set, &beside.generated, a, spec, &rules, reply, err);
    if (rc >= 0)
        rc = add_namespace(&set, a, spec, &rules, err);
    if (rc >= 0)
        yield_all(&set, &beside.notes, a, spec);
    for (size_t i = 0; rc >= 0 && i < set.len; i++)
        stamp_on_delete(set.at[i], a, spec);
    int n_waves = 0;
    size_t n_hooks = 0;
    struct piece *hooks = kz_new_n(a, struct piece, set.len + 1);
    if (rc >= 0)
        rc = take_hooks(hooks, &n_hooks, &set, err);
    if (rc >= 0)
        rc = kz_order_waves(&set, &n_waves, err);
    if (rc >= 0)
        rc = place_hooks(hooks, n_hooks, &set, err);
    if (rc >= 0) {
        struct kz_want *w = want_new(revision, key);
        w->n_waves = n_waves;
        take_warnings(w, spec, reply, set.len + n_hooks);
        w->at = kz_new_n(w->arena, struct kz_want_object, set.len + n_hooks + 1);
        struct piece *objects = kz_new_n(a, struct piece, set.len + 1);
        for (size_t i = 0; i < set.len; i++)
            objects[i].o = set.at[i];
        rc = pack(w, objects, set.len, false, &beside, err);
        if (rc >= 0)
            rc = pack(w, hooks, n_hooks, true, &beside, err);
        hash_set(w);
        if (rc < 0)
            kz_want_unref(w);
        else
            *out = w;
    }
    kz_map_done(&beside.generated);
    kz_map_done(&beside.notes);
    kz_set_done(&set);
    return rc;
}

struct kz_want *kz_want_empty(struct kz_str revision, const struct kz_want *last)
{
    struct kz_want *w = want_new(revision, kz_hash(KZ_STR("empty")));
    w->removal = true;
    w->at = kz_new_n(w->arena, struct kz_want_object, last == NULL ? 1 : last->n_hooks + 1);
    for (size_t i = 0; last != NULL && i < last->n_hooks; i++) {
        const struct kz_want_object *from = &last->at[last->n + i];
        if ((from->hook->phases & (KZ_PHASE_PRE_DELETE | KZ_PHASE_POST_DELETE)) == 0)
            continue;
        struct kz_want_object *to = &w->at[w->n_hooks++];
        struct kz_hook *hook = kz_new(w->arena, struct kz_hook);
        *hook = *from->hook;
        *to = *from;
        to->generated = to->yields = NULL;
        to->n_generated = to->n_yields = 0;
        to->hook = hook;
        to->id = kz_id_dup(w->arena, &from->id);
        to->key = kz_str_dup(w->arena, from->key);
        to->version = kz_str_dup(w->arena, from->version);
        to->json = kz_str_dup(w->arena, from->json);
        to->origin.file = kz_str_dup(w->arena, from->origin.file);
        (void)kz_map_put(&w->by_key, to->key, to);
    }
    hash_set(w);
    return w;
}

static int restore_row(struct kz_want *w, size_t i, const struct kz_want_row *row, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(WANT_BYTES);
    struct kz_object o = {.origin = row->origin, .wave = row->wave};
    struct piece piece = {.o = &o};
    bool falls = !row->hook && i > 0 && row->wave < w->at[i - 1].wave;
    if (row->json.len > OBJECT_BYTES || row->wave < 0 || falls || (w->n_hooks > 0 && !row->hook) ||
        kz_json_read(&o.body, a, row->json, KZ_STR("kept object"), err) < 0 || !kz_id_of(&o.id, &o.version, o.body))
        return kz_fail(err, KZ_E_PARSE, "object %zu of the kept set is not one", i + 1);
    if (row->hook && (kz_hook_of(&piece.hook, o.body, o.origin.file, err) != 1 || piece.hook.phases == 0))
        return kz_fail(err, KZ_E_PARSE, KZ_FMT " of the kept set is no hook", KZ_ARG(kz_id_text(a, &o.id)));
    kz_json_hash(&o.hash, o.body);
    if (!put(w, &piece, row->hook, row->json))
        return kz_fail(err, KZ_E_PARSE, KZ_FMT " stands twice in the kept set", KZ_ARG(kz_id_text(a, &o.id)));
    w->at[i].opt = kz_options_live(kz_value_get(o.body, "metadata"));
    if (!row->hook)
        w->n_waves = row->wave + 1;
    return 0;
}

int kz_want_restore(struct kz_want **out, struct kz_str revision, struct kz_str subject, struct kz_hash key,
                    const struct kz_want_row *rows, size_t n, struct kz_err *err)
{
    struct kz_want *w = want_new(revision, key);
    int rc = 0;
    w->subject = kz_str_dup(w->arena, subject);
    w->at = kz_new_n(w->arena, struct kz_want_object, n + 1);
    for (size_t i = 0; rc >= 0 && i < n; i++)
        rc = restore_row(w, i, &rows[i], err);
    hash_set(w);
    if (rc < 0)
        kz_want_unref(w);
    else
        *out = w;
    return rc;
}

struct kz_hash kz_want_content(const struct kz_want *w)
{
    return w->content;
}

struct kz_want *kz_want_ref(struct kz_want *w)
{
    if (w != NULL)
        w->refs++;
    return w;
}

void kz_want_unref(struct kz_want *w)
{
    if (w == NULL || --w->refs > 0)
        return;
    kz_map_done(&w->by_key);
    kz_arena_free(w->arena); /* w itself lies in it */
}

struct kz_want_object *kz_want_find(const struct kz_want *w, struct kz_str key)
{
    return w == NULL ? NULL : kz_map_find(&w->by_key, key);
}

struct kz_generated kz_want_generated(const struct kz_want_object *o, const struct kz_value *body)
{
    return (struct kz_generated){.wanted = body, .paths = o->generated, .n = o->n_generated};
}

struct kz_value *kz_want_body(struct kz_arena *a, const struct kz_want_object *o)
{
    struct kz_value *body = NULL;
    struct kz_err err;
    int rc = kz_json_read(&body, a, o->json, KZ_STR("desired object"), &err);
    kz_assert(rc >= 0); /* we wrote it */
    return body;
}

int kz_want_blame(struct kz_err *err, const struct kz_want_object *o)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    (void)kz_wrap(err, KZ_FMT, KZ_ARG(kz_id_text(a, &o->id)));
    return kz_err_at(err, o->origin.file, o->origin.line, 0);
}
