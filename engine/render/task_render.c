/* SPDX-License-Identifier: Apache-2.0
 *
 * The task "render": request in, one plugin call, documents out. Runs in the worker. */
#include "render/render.h"

#include "base/buf.h"
#include "base/hash.h"
#include "render/generated.h"
#include "render/lookup.h"
#include "render/registry.h"
#include "render/values.h"
#include "value/json.h"

enum {
    /* A body stands four levels deep in the reply, which is read back with KZ_VALUE_DEPTH. */
    BODY_DEPTH = KZ_VALUE_DEPTH - 6,
    MAX_OBJECTS = 50000,
    MAX_WARNINGS = 1000,
};
static const size_t max_bodies = (size_t)256 << 20; /* canonical JSON of all objects, bytes */

struct collect {
    struct kz_value *objects, *warnings;
    struct kz_buf bodies; /* canonical JSON, one line each: what sha256 is of */
    struct kz_lookups *lookups;
    const struct kz_value *altered; /* values with other texts where Secrets gave them, NULL: none did */
};

/* ---- what the plugin calls --------------------------------------------------------------------- */
static bool too_deep(const struct kz_value *v, unsigned left)
{
    if (v->kind != KZ_LIST && v->kind != KZ_MAP)
        return false;
    if (left == 0)
        return true;
    for (size_t i = 0; v->kind == KZ_LIST && i < v->as.list.len; i++)
        if (too_deep(v->as.list.at[i], left - 1))
            return true;
    for (size_t i = 0; v->kind == KZ_MAP && i < v->as.map.len; i++)
        if (too_deep(v->as.map.at[i].val, left - 1))
            return true;
    return false;
}

static void add_line(struct kz_buf *b, const struct kz_value *body)
{
    kz_json_write(b, body, KZ_JSON_SORTED);
    kz_buf_putc(b, '\n');
}

static struct kz_value *placed(struct kz_arena *a, struct kz_str file, uint32_t line)
{
    struct kz_value *item = kz_value_map(a);
    kz_value_set(a, item, KZ_STR("file"), kz_value_str(a, kz_str_dup(a, file)));
    kz_value_set(a, item, KZ_STR("line"), kz_value_int(a, line));
    return item;
}

static int emit(struct kz_render *r, struct kz_value *body, struct kz_str file, uint32_t line,
                struct kz_err *err)
{
    struct collect *c = r->impl;
    if (body->kind != KZ_MAP) {
        (void)kz_fail(err, KZ_E_INVALID, "expected an object, found a %s",
                      kz_kind_name(body->kind));
        return kz_err_at(err, file, line, 0);
    }
    if (too_deep(body, BODY_DEPTH)) {
        (void)kz_fail(err, KZ_E_LIMIT, "the object is nested deeper than %d levels", BODY_DEPTH);
        return kz_err_at(err, file, line, 0);
    }
    if (kz_value_len(c->objects) >= MAX_OBJECTS)
        return kz_fail(err, KZ_E_LIMIT, "more than %d objects", MAX_OBJECTS);
    add_line(&c->bodies, body);
    if (kz_buf_bad(&c->bodies))
        return kz_fail(err, KZ_E_LIMIT, "the objects are larger than %zu MiB", max_bodies >> 20);
    struct kz_value *item = placed(r->arena, file, line);
    kz_value_set(r->arena, item, KZ_STR("body"), body);
    kz_value_push(r->arena, c->objects, item);
    return 0;
}

static void warn(struct kz_render *r, struct kz_str file, uint32_t line, struct kz_str text)
{
    struct collect *c = r->impl;
    if (kz_value_len(c->warnings) >= MAX_WARNINGS)
        return;
    struct kz_value *item = placed(r->arena, file, line);
    kz_value_set(r->arena, item, KZ_STR("text"),
                 kz_value_str(r->arena, kz_str_dup(r->arena, kz_str_head(text, 1000))));
    kz_value_push(r->arena, c->warnings, item);
}

/* ---- the request --------------------------------------------------------------------------------- */
static const struct kz_value *map_or_empty(struct kz_arena *a, const struct kz_value *v)
{
    return kz_value_is(v, KZ_MAP) ? v : kz_value_map(a);
}

static int check_option_type(const struct kz_option *o, const struct kz_value *v,
                             struct kz_err *err)
{
    bool ok = true;
    if (strcmp(o->type, "boolean") == 0)
        ok = kz_value_is(v, KZ_BOOL);
    else if (strcmp(o->type, "strings") == 0) {
        ok = kz_value_is(v, KZ_LIST);
        for (size_t i = 0; ok && i < v->as.list.len; i++)
            ok = kz_value_is(v->as.list.at[i], KZ_STRING);
    } else
        ok = kz_value_is(v, KZ_STRING);
    if (!ok)
        return kz_fail(err, KZ_E_INVALID, "option '%s' must be a %s", o->name,
                       strcmp(o->type, "strings") == 0 ? "list of strings" : o->type);
    return 0;
}

static int check_options(const struct kz_renderer *r, const struct kz_value *options,
                         struct kz_err *err)
{
    for (size_t i = 0; i < options->as.map.len; i++) {
        const struct kz_pair *p = &options->as.map.at[i];
        const struct kz_option *o = r->options, *near = NULL;
        unsigned least = 4;
        for (; o != NULL && o->name != NULL && !kz_str_is(p->key, o->name); o++) {
            unsigned d = kz_str_distance(p->key, kz_str(o->name));
            if (d < least) {
                least = d;
                near = o;
            }
        }
        if (o != NULL && o->name != NULL) {
            if (check_option_type(o, p->val, err) < 0)
                return -(int)err->code;
            continue;
        }
        (void)kz_fail(err, KZ_E_INVALID, "renderer '%s' has no option '" KZ_FMT "'", r->name,
                      KZ_ARG(p->key));
        return near != NULL ? kz_err_hint(err, "did you mean '%s'?", near->name) : -(int)err->code;
    }
    return 0;
}

static void read_facts(struct kz_facts *f, const struct kz_value *input)
{
    const struct kz_value *v = kz_value_get(input, "facts");
    *f = (struct kz_facts){
        .kube_version = kz_value_path_str(v, "kubeVersion"),
        .api_versions = kz_value_get(v, "apiVersions"),
        .revision = kz_value_path_int(v, "revision", 1),
        .now = kz_value_path_int(v, "now", 0),
        .clock = kz_value_path_int(input, "clock", 0),
        .stable = kz_value_path_bool(v, "stable", false),
        .seed = kz_value_path_str(v, "seed"),
    };
}

static int lookup(struct kz_render *r, const struct kz_value **out, const struct kz_lookup *what,
                  struct kz_err *err)
{
    struct collect *c = r->impl;
    return kz_lookups_find(c->lookups, out, what, err);
}

/* ---- generated values ----------------------------------------------------------------------------- */

struct compare { /* a second run beside the first */
    struct collect *first;
    size_t next;
};

static int emit_again(struct kz_render *r, struct kz_value *body, struct kz_str file, uint32_t line,
                      struct kz_err *err)
{
    struct compare *c = r->impl;
    const struct kz_value *objects = c->first->objects;
    struct kz_value *item = c->next < kz_value_len(objects) ? objects->as.list.at[c->next] : NULL;
    (void)file;
    (void)line;
    c->next++;
    if (item == NULL)
        return kz_fail(err, KZ_E_INVALID, "more objects than before");
    struct kz_value *paths = kz_generated_paths(r->arena, kz_value_get(item, "body"), body);
    if (paths != NULL)
        kz_value_set(r->arena, item, KZ_STR("generated"), paths);
    return 0;
}

static void warn_nobody(struct kz_render *r, struct kz_str file, uint32_t line, struct kz_str text)
{
    (void)r;
    (void)file;
    (void)line;
    (void)text;
}

static int lookup_again(struct kz_render *r, const struct kz_value **out,
                        const struct kz_lookup *what, struct kz_err *err)
{
    const struct compare *c = r->impl;
    return kz_lookups_find(c->first->lookups, out, what, err);
}

/* Renders once more with another seed, and other texts from Secrets: what differs was generated, or is secret.
 * Where that cannot be told object by object, all of each is taken for generated. */
static void mark_generated(const struct kz_render *first, const struct kz_renderer *renderer)
{
    struct collect *c = first->impl;
    struct compare again = {.first = c};
    struct kz_facts facts = *first->facts;
    struct kz_render r = *first;
    struct kz_err err;
    facts.seed = kz_str_printf(first->arena, KZ_FMT "+", KZ_ARG(facts.seed));
    r.facts = &facts;
    r.values = c->altered != NULL ? c->altered : r.values;
    r.emit = emit_again;
    r.warn = warn_nobody;
    r.lookup = lookup_again;
    r.impl = &again;
    if (renderer->render(&r, &err) >= 0 && again.next == kz_value_len(c->objects))
        return;
    for (size_t i = 0; i < kz_value_len(c->objects); i++) {
        struct kz_value *all = kz_value_list(first->arena);
        kz_value_push(first->arena, all, kz_value_cstr(first->arena, ""));
        kz_value_set(first->arena, c->objects->as.list.at[i], KZ_STR("generated"), all);
    }
}

/* ---- the reply ----------------------------------------------------------------------------------- */
static struct kz_value *set_asked(struct kz_value *reply, struct kz_arena *a, const char *key, bool seed,
                                  const struct kz_value *lookups)
{
    struct kz_value *asked = kz_value_map(a);
    kz_value_set(a, asked, KZ_STR("seed"), kz_value_bool(a, seed));
    kz_value_set(a, asked, KZ_STR("lookups"), kz_value_copy(a, lookups));
    kz_value_set(a, reply, kz_str(key), asked);
    return asked;
}

static void finish(struct kz_value *reply, const struct kz_render *r, const struct collect *c,
                   struct kz_str name)
{
    struct kz_arena *a = r->arena;
    char sum[KZ_SHA256_TEXT];
    kz_sha256_text(sum, kz_buf_str(&c->bodies));
    kz_value_set(a, reply, KZ_STR("renderer"), kz_value_str(a, kz_str_dup(a, name)));
    kz_value_set(a, reply, KZ_STR("objects"), c->objects);
    kz_value_set(a, reply, KZ_STR("warnings"), c->warnings);
    struct kz_value *asked = set_asked(reply, a, "asked", r->used.random, kz_lookups_used(c->lookups));
    if (r->used.once)
        kz_value_set(a, asked, KZ_STR("once"), kz_value_bool(a, true));
    if (r->used.until != 0)
        kz_value_set(a, asked, KZ_STR("until"), kz_value_int(a, r->used.until));
    kz_value_set(a, reply, KZ_STR("count"), kz_value_int(a, (int64_t)kz_value_len(c->objects)));
    kz_value_set(a, reply, KZ_STR("sha256"), kz_value_str(a, kz_str_dup(a, kz_str(sum))));
}

static int choose(const struct kz_renderer **out, struct kz_str *variant, struct kz_str *name,
                  struct kz_tree *tree, struct kz_str path, struct kz_err *err)
{
    *variant = KZ_STR("");
    if (name->len > 0 && !kz_str_is(*name, "auto"))
        return kz_renderer_find(out, variant, *name, err);
    if (kz_renderer_claim(out, tree, path, err) < 0)
        return -(int)err->code;
    *name = kz_str((*out)->name);
    return 0;
}

static bool needs_more(const struct kz_render *r, const struct collect *c)
{
    return (r->used.random && r->facts->seed.len == 0) ||
           kz_value_len(kz_lookups_missing(c->lookups)) > 0;
}

static int render(struct kz_value *reply, struct kz_render *r, const struct kz_renderer *renderer,
                  struct kz_str name, struct kz_err *err)
{
    struct collect *c = r->impl;
    int rc = renderer->render(r, err);
    if (needs_more(r, c)) { /* also after an error: what was missing may have caused it */
        (void)set_asked(reply, r->arena, "needs", r->used.random && r->facts->seed.len == 0,
                        kz_lookups_missing(c->lookups));
        return 0;
    }
    if (rc >= 0 && kz_value_len(c->objects) == 0)
        rc = kz_fail(err, KZ_E_INVALID, "renderer '" KZ_FMT "' gave no objects for '" KZ_FMT "'",
                     KZ_ARG(name), KZ_ARG(r->path));
    if (rc < 0) {
        kz_lookups_mask(c->lookups, err);
        return kz_wrap(err, "render module '" KZ_FMT "'", KZ_ARG(r->module));
    }
    if (r->used.random || (r->used.once && r->facts->stable) || c->altered != NULL)
        mark_generated(r, renderer);
    finish(reply, r, c, name);
    return 0;
}

static int take_values(struct kz_render *r, const struct kz_value *input, struct kz_err *err)
{
    struct collect *c = r->impl;
    bool secret;
    int rc = kz_values_resolve(&r->values, &secret, r->arena, input, c->lookups, false, err);
    if (rc >= 0 && secret)
        rc = kz_values_resolve(&c->altered, &secret, r->arena, input, c->lookups, true, err);
    return rc;
}

static int run(struct kz_value **reply, struct kz_arena *a, struct kz_tree *tree,
               const struct kz_value *input, const char *scratch, struct kz_err *err)
{
    const struct kz_renderer *renderer;
    struct kz_facts facts;
    struct kz_str name = kz_value_path_str(input, "renderer");
    struct collect c = {.objects = kz_value_list(a), .warnings = kz_value_list(a)};
    struct kz_render r = {
        .arena = a,
        .tree = tree,
        .path = kz_value_path_str(input, "path"),
        .module = kz_value_path_str(input, "module"),
        .release = kz_value_path_str(input, "release"),
        .ns = kz_value_path_str(input, "namespace"),
        .facts = &facts,
        .scratch = scratch,
        .emit = emit,
        .warn = warn,
        .lookup = lookup,
        .impl = &c,
        .options = map_or_empty(a, kz_value_get(input, "options")),
    };
    if (tree == NULL)
        return kz_fail(err, KZ_E_BUG, "a render without a source");
    if (choose(&renderer, &r.variant, &name, tree, r.path, err) < 0 ||
        check_options(renderer, r.options, err) < 0 || kz_lookups_open(&c.lookups, a, input, err) < 0 ||
        take_values(&r, input, err) < 0)
        return kz_wrap(err, "module '" KZ_FMT "'", KZ_ARG(r.module));
    read_facts(&facts, input);
    *reply = kz_value_map(a);
    kz_buf_init(&c.bodies, max_bodies);
    const int rc = render(*reply, &r, renderer, name, err);
    kz_buf_done(&c.bodies);
    return rc;
}

const struct kz_task kz_render_task = {.name = "render", .run = run};
