/* SPDX-License-Identifier: Apache-2.0
 *
 * One object to the API server, with the ownership policy: never a blind force. A conflict names the
 * other manager and the field, and then
 *   - a field listed under `ignore` (by path or by manager), or scaled by an autoscaler, is yielded:
 *     it is left out and the rest is sent again;
 *   - policy `fail` fails, `yield` yields everything in conflict;
 *   - policy `take` (the default: git decides) takes the fields and says from whom.
 * What is left to others by definition is never sent. Where we own it from before, ownership is given up first
 * (resource/yield.h); a dry-run, which can't do that, is asked with the value that is there.
 * The first apply of an object that a tool had applied takes it over from the tool (adopt.h). */
#include "sync/adopt.h"
#include "resource/yield.h"
#include "sync/internal.h"
#include "sync/preflight.h"

static bool autoscaled(const struct kz_conflict *c)
{
    return kz_str_is(c->subresource, "scale") && !kz_str_starts(c->manager, KZ_STR("kubectl"));
}

static bool manager_ignored(const struct kz_module *spec, const struct kz_id *id,
                            const struct kz_conflict *c)
{
    for (size_t i = 0; i < spec->n_ignores; i++) {
        const struct kz_ignore *g = &spec->ignores[i];
        if ((g->kind.len > 0 && !kz_str_eq(g->kind, id->kind)) ||
            (g->name.len > 0 && !kz_str_eq(g->name, id->name)) ||
            (g->ns.len > 0 && !kz_str_eq(g->ns, id->ns)))
            continue;
        for (size_t k = 0; k < g->n_managers; k++)
            if (kz_str_eq(g->managers[k], c->manager))
                return true;
    }
    return false;
}

struct sending {
    struct kz_send pub;
    bool dry_run, made_namespace, adopted;
    bool born; /* sent with the replicas of its birth, which are given up at once */
    unsigned rounds, looks;
    struct kz_arena *arena;
    struct kz_value *body;
};

static void finish(struct sending *s, const struct kz_result *res)
{
    s->pub.done(&s->pub, res);
    kz_arena_free(s->arena);
    free(s);
}

static void fire(struct sending *s);

/* ---- what is left to others ------------------------------------------------------------------------- */

static void look_first(struct sending *s);

static void on_released(void *arg, uint64_t id, const struct kz_result *res)
{
    struct sending *s = arg;
    (void)id;
    if (res->outcome == KZ_MOVED_ON && s->looks < 3 && s->pub.epoch == s->pub.m->epoch)
        look_first(s); /* somebody was faster */
    else if (res->err != NULL || s->born || s->pub.epoch != s->pub.m->epoch)
        finish(s, res);
    else
        fire(s);
}

/* false: nothing of what is left to others is ours. */
static bool release(struct sending *s, const struct kz_value *live)
{
    const struct kz_want_object *o = s->pub.o;
    struct kz_value *fields = kz_yield_release(s->arena, live, KZ_STR(KZ_FIELD_MANAGER), o->yields, o->n_yields);
    if (fields == NULL)
        return false;
    struct kz_value *ops = kz_value_list(s->arena);
    kz_adopt_op(s->arena, ops, "/metadata/resourceVersion",
                kz_value_str(s->arena, kz_str_dup(s->arena, kz_value_path_str(live, "metadata.resourceVersion"))));
    kz_adopt_op(s->arena, ops, "/metadata/managedFields", fields);
    (void)kz_kube_patch(kz_mod_kube(s->pub.m), &o->id, ops, on_released, s);
    return true;
}

/* The replicas of an object that an autoscaler will scale: said once, when it is created. */
static void give_birth(struct sending *s)
{
    struct kz_value *spec = kz_value_child(s->body, KZ_STR("spec"));
    if (s->pub.o->birth_replicas < 0 || s->dry_run || !kz_value_is(spec, KZ_MAP))
        return;
    kz_value_set(s->arena, spec, KZ_STR("replicas"), kz_value_int(s->arena, s->pub.o->birth_replicas));
    s->born = true;
}

static void on_seen(void *arg, uint64_t id, const struct kz_result *res)
{
    struct sending *s = arg;
    const struct kz_want_object *o = s->pub.o;
    (void)id;
    bool is_new = res->outcome == KZ_NO_OBJECT || res->outcome == KZ_NO_KIND;
    if (s->pub.epoch != s->pub.m->epoch || (res->err != NULL && (!is_new || s->born))) {
        finish(s, res);
        return;
    }
    if (is_new)
        give_birth(s);
    for (size_t i = 0; s->dry_run && !is_new && i < o->n_yields; i++)
        kz_yield_keep(s->body, s->arena, res->body, o->yields[i]);
    if (!is_new && !s->dry_run && release(s, res->body))
        return;
    if (s->born && !is_new)
        finish(s, res);
    else
        fire(s);
}

static void look_first(struct sending *s)
{
    s->looks++;
    (void)kz_kube_get(kz_mod_kube(s->pub.m), &s->pub.o->id, on_seen, s);
}

static void begin(struct sending *s)
{
    s->looks = 0;
    if (s->pub.o->n_yields > 0)
        look_first(s);
    else
        fire(s);
}

static void on_namespace(void *arg, uint64_t id, const struct kz_result *res)
{
    struct sending *s = arg;
    (void)id;
    bool there = res->err == NULL || res->outcome == KZ_MOVED_ON; /* "exists already" is fine */
    if (!there || s->pub.epoch != s->pub.m->epoch) {
        finish(s, res);
        return;
    }
    fire(s);
}

/* The module's own namespace is created when it is missing: without labels and not in the inventory, since
 * what else will live in it is not known. So it is never pruned. */
static bool make_namespace(struct sending *s, const struct kz_want_object *o)
{
    struct kz_mod *m = s->pub.m;
    if (s->dry_run || s->made_namespace || o->id.ns.len == 0 || !kz_str_eq(o->id.ns, m->spec->ns))
        return false;
    s->made_namespace = true;
    struct kz_id id = {.group = KZ_STR(""), .kind = KZ_STR("Namespace"), .ns = KZ_STR(""), .name = o->id.ns};
    struct kz_value *body = kz_value_map(s->arena), *meta = kz_value_map(s->arena);
    kz_value_set(s->arena, meta, KZ_STR("name"), kz_value_str(s->arena, o->id.ns));
    kz_value_set(s->arena, body, KZ_STR("apiVersion"), kz_value_cstr(s->arena, "v1"));
    kz_value_set(s->arena, body, KZ_STR("kind"), kz_value_cstr(s->arena, "Namespace"));
    kz_value_set(s->arena, body, KZ_STR("metadata"), meta);
    (void)kz_kube_create(kz_mod_kube(m), &id, KZ_STR("v1"), body, on_namespace, s);
    return true;
}

static void on_adopted(void *arg, bool ok)
{
    struct sending *s = arg;
    (void)ok; /* applied again in any case: the reply that we had is not there any more */
    if (s->pub.epoch == s->pub.m->epoch) {
        begin(s); /* what was taken over may hold what is left to others */
        return;
    }
    kz_arena_free(s->arena); /* nobody waits for it */
    free(s);
}

static bool adopt(struct sending *s, const struct kz_result *res)
{
    struct kz_mod *m = s->pub.m;
    if (res->err != NULL || s->dry_run || s->adopted || s->pub.epoch != m->epoch ||
        !kz_adopt_needed(m, s->pub.o, res->body))
        return false;
    s->adopted = true; /* once */
    kz_adopt(m, s->pub.o, res->body, on_adopted, s);
    return true;
}

static void on_applied(void *arg, uint64_t id, const struct kz_result *res)
{
    struct sending *s = arg;
    struct kz_mod *m = s->pub.m;
    (void)id;
    if (res->outcome == KZ_NO_OBJECT && s->pub.epoch == m->epoch &&
        make_namespace(s, s->pub.o))
        return;
    if (adopt(s, res))
        return;
    if (s->born && res->err == NULL && s->pub.epoch == m->epoch && release(s, res->body))
        return;
    if (res->outcome != KZ_TAKEN || s->rounds++ >= 3 || s->pub.epoch != m->epoch) {
        finish(s, res);
        return;
    }
    const struct kz_want_object *o = s->pub.o;
    bool again = false, take = false;
    for (size_t i = 0; i < res->n_conflicts; i++) {
        const struct kz_conflict *c = &res->conflicts[i];
        bool yield = autoscaled(c) || manager_ignored(m->spec, &o->id, c) ||
                     m->spec->on_conflict == KZ_CONFLICT_YIELD;
        if (yield && kz_conflict_remove(s->body, c->path)) {
            again = true;
            continue;
        }
        if (m->spec->on_conflict == KZ_CONFLICT_TAKE) {
            take = true;
            if (!s->dry_run)
                kz_log(&m->log, KZ_WARN, "take", KZ_F("object", o->key), KZ_F("field", c->path),
                       KZ_F("from", c->manager));
        }
    }
    if (!again && !take) {
        finish(s, res);
        return;
    }
    s->pub.forced = take;
    fire(s);
}

static void fire(struct sending *s)
{
    const struct kz_want_object *o = s->pub.o;
    const bool lenient = kz_validate_of(s->pub.m, o) != KZ_VALIDATE_STRICT;
    unsigned flags = (s->dry_run ? KZ_APPLY_DRY_RUN : 0U) | (s->pub.forced ? KZ_APPLY_FORCE : 0U) |
                     (lenient ? KZ_APPLY_LENIENT : 0U);
    if (o->opt.apply == KZ_APPLY_WORD_IF_ABSENT && !s->dry_run) { /* never touches what somebody else has made */
        (void)kz_kube_create(kz_mod_kube(s->pub.m), &o->id, o->version, s->body, on_applied, s);
        return;
    }
    (void)kz_kube_apply(kz_mod_kube(s->pub.m), &o->id, o->version, s->body, flags, on_applied, s);
}

static struct sending *sending_new(struct kz_mod *m, const struct kz_want_object *o,
                                   void (*done)(struct kz_send *s, const struct kz_result *res))
{
    struct sending *s = calloc(1, sizeof *s);
    kz_assert(s != NULL);
    s->pub = (struct kz_send){.m = m, .epoch = m->epoch, .step = SIZE_MAX, .o = o, .done = done};
    s->arena = kz_arena_new(64 << 20);
    s->body = kz_want_body(s->arena, o);
    return s;
}

void kz_mod_send(struct kz_mod *m, size_t step, bool dry_run,
                 void (*done)(struct kz_send *s, const struct kz_result *res))
{
    struct sending *s = sending_new(m, m->steps[step].o, done);
    s->pub.step = step;
    s->dry_run = dry_run;
    begin(s);
}

void kz_mod_send_hook(struct kz_mod *m, const struct kz_want_object *o, const char *annotation, struct kz_str text,
                      void (*done)(struct kz_send *s, const struct kz_result *res))
{
    struct sending *s = sending_new(m, o, done);
    struct kz_value *meta = kz_value_child(s->body, KZ_STR("metadata"));
    struct kz_value *annotations = kz_value_child(meta, KZ_STR("annotations")); /* else it were no hook */
    kz_value_set(s->arena, annotations, kz_str(annotation), kz_value_str(s->arena, kz_str_dup(s->arena, text)));
    fire(s);
}

/* ---- paths as conflicts name them ------------------------------------------------------------- */

/* [name="c"] or [containerPort=80,protocol="TCP"]: does the item match all pairs? */
static bool item_matches(const struct kz_value *item, struct kz_str keys)
{
    while (keys.len > 0) {
        struct kz_str pair, name;
        keys = kz_str_cut(&pair, keys, ',');
        struct kz_str value = kz_str_cut(&name, pair, '=');
        const struct kz_value *have = kz_value_find(item, name);
        int64_t num;
        if (value.len >= 2 && value.ptr[0] == '"') {
            if (!kz_str_eq(kz_value_as_str(have), kz_str_n(value.ptr + 1, value.len - 2)))
                return false;
        } else if (!kz_str_i64(&num, value) || kz_value_as_int(have, num + 1) != num) {
            return false;
        }
    }
    return true;
}

static struct kz_value *find_item(struct kz_value *list, struct kz_str keys, size_t *at)
{
    for (size_t i = 0; kz_value_is(list, KZ_LIST) && i < list->as.list.len; i++)
        if (item_matches(list->as.list.at[i], keys)) {
            *at = i;
            return list->as.list.at[i];
        }
    return NULL;
}

/* Length of the field name at the start: up to '.' or '['. Names with dots in them (label keys) are
 * tried as a whole first by the caller. */
static size_t field_len(struct kz_str s)
{
    size_t i = 0;
    while (i < s.len && s.ptr[i] != '.' && s.ptr[i] != '[')
        i++;
    return i;
}

bool kz_conflict_remove(struct kz_value *body, struct kz_str path)
{
    struct kz_value *at = body;
    while (path.len > 0 && at != NULL) {
        if (path.ptr[0] == '.') {
            path = kz_str_skip(path, 1);
            if (kz_value_is(at, KZ_MAP) && kz_value_find(at, path) != NULL)
                return kz_value_del(at, path); /* the rest is one key, dots and all */
            size_t n = field_len(path);
            struct kz_str key = kz_str_head(path, n);
            path = kz_str_skip(path, n);
            if (path.len == 0)
                return kz_value_is(at, KZ_MAP) && kz_value_del(at, key);
            at = kz_value_child(at, key);
            continue;
        }
        size_t end = kz_str_index(path, ']'), i = 0;
        if (path.ptr[0] != '[' || end == path.len || end < 2) /* without keys every item would match */
            return false;
        struct kz_value *item = find_item(at, kz_str_n(path.ptr + 1, end - 1), &i);
        path = kz_str_skip(path, end + 1);
        if (path.len == 0 && item != NULL) {
            memmove(&at->as.list.at[i], &at->as.list.at[i + 1],
                    (at->as.list.len - i - 1) * sizeof(struct kz_value *));
            at->as.list.len--;
            return true;
        }
        at = item;
    }
    return false;
}
