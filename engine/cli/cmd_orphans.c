/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync orphans: what kzsync made and nothing wants. Two sorts: objects that carry its label and its fields and are
 * in no inventory, so nobody will ever remove them; and entries of the inventory that the module does not want any
 * more, whose removal is held. Deletes nothing. */
#include "cli/look_live.h"
#include "cli/object_name.h"
#include "cli/table.h"
#include "resource/fields.h"
#include "resource/hook.h"
#include "resource/ownership.h"

enum { OUT_TABLE, OUT_JSON, OUT_YAML, OUT_NAME };
enum { KINDS_NAMED = 6 };

struct found {
    struct kz_id id;
    struct kz_str version, module;
    const char *sort; /* orphan, hook, label, unwanted */
    struct kz_str why, next;
};

struct search {
    struct kz_look *l;
    struct found *at;
    size_t n, cap;
    struct kz_value *unread; /* texts: what could not be looked at */
    size_t busy;             /* modules whose removals cannot be told now */
};

static void add(struct search *s, struct found f)
{
    if (s->n == s->cap) {
        struct found *old = s->at;
        s->cap = s->cap == 0 ? 64 : s->cap * 2;
        s->at = kz_new_n(s->l->arena, struct found, s->cap);
        if (s->n > 0)
            memcpy(s->at, old, s->n * sizeof *old);
    }
    s->at[s->n++] = f;
}

static void not_read(struct search *s, struct kz_str text)
{
    kz_value_push(s->l->arena, s->unread, kz_value_str(s->l->arena, text));
}

/* ---- in no inventory ------------------------------------------------------------------------------------- */

static bool has_our_fields(const struct kz_value *object)
{
    const struct kz_value *entries = kz_value_path(object, "metadata.managedFields");
    for (size_t i = 0; i < kz_value_len(entries); i++)
        if (kz_field_entry_is(kz_value_at(entries, i), KZ_STR(KZ_FIELD_MANAGER), "Apply"))
            return true;
    return false;
}

/* Controllers copy labels to what they make: that has an owner. */
static bool has_owner(const struct kz_value *object, const struct kz_id *id)
{
    return kz_value_len(kz_value_path(object, "metadata.ownerReferences")) > 0 ||
           (id->group.len == 0 && kz_str_is(id->kind, "Endpoints"));
}

static bool is_labelled(const struct kz_look *l, const struct kz_value *meta)
{
    return kz_str_eq(kz_value_as_str(kz_value_get(kz_value_get(meta, "labels"), KZ_LABEL_PLATFORM)),
                     kz_look_platform(l));
}

/* Of another platform, or one of kzsync's own records, which are no module's. */
static bool is_elsewhere(const struct kz_look *l, const struct kz_value *meta, const struct kz_id *id)
{
    struct kz_str platform = kz_value_as_str(kz_value_get(kz_value_get(meta, "labels"), KZ_LABEL_PLATFORM));
    return (platform.len > 0 && !is_labelled(l, meta)) ||
           (kz_str_eq(id->ns, l->ns) && kz_str_starts(id->name, KZ_STR("kzsync-")) && platform.len == 0);
}

/* Metadata alone does not say of what kind it is. */
static void look_at(struct search *s, const struct kz_id *kind, const struct kz_value *object)
{
    struct kz_arena *a = s->l->arena;
    const struct kz_value *meta = kz_value_get(object, "metadata");
    const struct kz_store_module *owner;
    const struct kz_entry *entry;
    const struct kz_api *api = kz_kube_api(kz_app_kube(s->l->app), kind->group, KZ_STR(""), kind->kind);
    struct found f = {.sort = "orphan",
                      .version = api->version,
                      .id = {.group = kind->group,
                             .kind = kind->kind,
                             .ns = kz_value_path_str(meta, "namespace"),
                             .name = kz_value_path_str(meta, "name")}};
    if (f.id.name.len == 0 || kz_look_entry(&owner, &entry, s->l, &f.id))
        return;
    if (is_elsewhere(s->l, meta, &f.id))
        return;
    const bool ours = has_our_fields(object);
    f.module = kz_value_as_str(kz_value_get(kz_value_get(meta, "labels"), KZ_LABEL_MODULE));
    struct kz_str word = kz_object_word(a, &f.id);
    if (!ours && (!is_labelled(s->l, meta) || has_owner(object, &f.id)))
        return;
    if (!ours) {
        f.sort = "label";
        f.why = KZ_STR("carries the label, but kzsync has set nothing in it");
        f.next = kz_str_printf(
            a, "kubectl label %s" KZ_FMT "%s" KZ_FMT " " KZ_FMT " " KZ_LABEL_PLATFORM "- " KZ_LABEL_MODULE "-",
            f.id.ns.len > 0 ? "-n " : "", KZ_ARG(f.id.ns), f.id.ns.len > 0 ? " " : "", KZ_ARG(f.id.kind),
            KZ_ARG(f.id.name));
    } else if (kz_value_get(kz_value_get(meta, "annotations"), KZ_ANNOT_HOOK) != NULL) {
        f.sort = "hook";
        f.why = KZ_STR("of a hook that has run; the next run of it replaces it");
        f.next = kz_str_printf(a, "kzsync why " KZ_FMT, KZ_ARG(word));
    } else {
        f.why = KZ_STR("in no inventory: kzsync will neither change nor remove it");
        f.next = kz_str_printf(a, "kubectl delete %s" KZ_FMT "%s" KZ_FMT " " KZ_FMT, f.id.ns.len > 0 ? "-n " : "",
                               KZ_ARG(f.id.ns), f.id.ns.len > 0 ? " " : "", KZ_ARG(f.id.kind), KZ_ARG(f.id.name));
    }
    add(s, f);
}

/* One of each kind that can be listed, whatever its versions. */
static size_t all_kinds(struct kz_query **out, struct search *s)
{
    struct kz_arena *a = s->l->arena;
    struct kz_kube *kube = kz_app_kube(s->l->app);
    struct kz_value *names = kz_value_list(a);
    struct kz_map seen;
    size_t n = 0;
    kz_map_init(&seen);
    kz_kube_api_versions(kube, a, names);
    struct kz_query *queries = kz_new_n(a, struct kz_query, kz_value_len(names) + 1);
    struct kz_str selector = kz_args_flag(s->l->args, "every-object")
                                 ? KZ_STR("")
                                 : kz_str_printf(a, KZ_LABEL_PLATFORM "=" KZ_FMT, KZ_ARG(kz_look_platform(s->l)));
    for (size_t i = 0; i < kz_value_len(names); i++) {
        struct kz_str name = kz_value_as_str(kz_value_at(names, i)), version;
        const size_t slash = kz_str_rindex(name, '/');
        struct kz_id id = {.kind = kz_str_skip(name, slash + 1)};
        kz_api_version_split(&id.group, &version, kz_str_head(name, slash));
        const struct kz_api *api = id.kind.len == 0 ? NULL : kz_kube_api(kube, id.group, KZ_STR(""), id.kind);
        struct kz_str key = kz_id_key(a, &id);
        if (api == NULL || !api->can_watch || kz_map_find(&seen, key) != NULL)
            continue;
        (void)kz_map_put(&seen, key, s);
        queries[n++] = (struct kz_query){.verb = KZ_QUERY_METADATA, .id = id, .selector = selector};
    }
    kz_map_done(&seen);
    *out = queries;
    return n;
}

/* Kinds that may not be listed share one text: there may be many. */
static void note_unread(struct search *s, const struct kz_query *q, size_t n)
{
    struct kz_arena *a = s->l->arena;
    struct kz_str kinds = KZ_STR("");
    size_t denied = 0;
    for (size_t i = 0; i < n; i++) {
        if (q[i].err.code == KZ_OK)
            continue;
        if (q[i].err.code != KZ_E_DENIED)
            not_read(s, kz_str_printf(a, "kind " KZ_FMT ": %s", KZ_ARG(q[i].id.kind), q[i].err.frame[0]));
        else if (denied++ < KINDS_NAMED)
            kinds = kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(kinds), kinds.len > 0 ? ", " : "", KZ_ARG(q[i].id.kind));
    }
    if (denied > KINDS_NAMED)
        kinds = kz_str_printf(a, KZ_FMT " and %zu more", KZ_ARG(kinds), denied - KINDS_NAMED);
    if (denied > 0)
        not_read(s, kz_str_printf(a, "kinds that you may not list: " KZ_FMT, KZ_ARG(kinds)));
}

static int search_cluster(struct search *s, struct kz_err *err)
{
    struct kz_query *queries;
    size_t read = 0;
    const size_t n = all_kinds(&queries, s);
    const int rc = kz_query_all(s->l->app, s->l->arena, queries, n, 0, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < kz_value_len(queries[i].body); k++)
            look_at(s, &queries[i].id, kz_value_at(queries[i].body, k));
        read += queries[i].err.code == KZ_OK;
    }
    note_unread(s, queries, n);
    if (read > 0 || n == 0)
        return 0;
    *err = queries[0].err;
    return -(int)err->code;
}

/* ---- not wanted any more --------------------------------------------------------------------------------- */

/* Nothing is to go of it, or it goes without anybody's help. */
static bool is_clean(const struct kz_value *m)
{
    static const char *const words[] = {"ok", "drift", "paused", "unknown"};
    for (size_t i = 0; i < kz_countof(words); i++)
        if (kz_str_is(kz_value_path_str(m, "state"), words[i]))
            return true;
    return false;
}

static void compare(struct search *s, struct kz_str module, const struct kz_value *m, const struct kz_want *want)
{
    struct kz_arena *a = s->l->arena;
    size_t n;
    const struct kz_entry **entries = kz_look_entries(&n, s->l, module);
    struct kz_str note = m == NULL ? KZ_STR("no module of that name is defined any more")
                                   : kz_module_note(a, m, kz_env_wall(kz_app_env(s->l->app)));
    for (size_t i = 0; i < n; i++) {
        struct found f = {.id = entries[i]->id, .version = entries[i]->version, .module = module, .sort = "unwanted"};
        if (want != NULL && kz_want_find(want, kz_id_key(a, &f.id)) != NULL)
            continue;
        f.why = note.len > 0 ? note : KZ_STR("the module does not want it any more");
        f.next = kz_str_printf(a, "kzsync plan -m " KZ_FMT ", then kzsync approve " KZ_FMT, KZ_ARG(module),
                               KZ_ARG(module));
        add(s, f);
    }
}

static int search_module(struct search *s, struct kz_str module, struct kz_err *err)
{
    struct kz_want *want = NULL;
    const struct kz_value *m = kz_look_find(s->l, module);
    if (m != NULL && is_clean(m))
        return 0;
    if (m != NULL && !kz_str_is(kz_value_path_str(m, "state"), "held")) { /* its kept set is not what it wants */
        s->busy++;
        return 0;
    }
    const int rc = m == NULL ? 0 : kz_look_set(&want, s->l, module, KZ_STR(""), err);
    if (rc < 0)
        return rc;
    if (m == NULL || want != NULL)
        compare(s, module, m, want);
    else
        s->busy++;
    kz_want_unref(want);
    return 0;
}

static int search_inventory(struct search *s, struct kz_err *err)
{
    const struct kz_store_module *m;
    int rc = 0;
    for (size_t i = 0; rc >= 0 && (m = kz_store_next(s->l->store, &i)) != NULL;)
        if (m->entries.len > 0)
            rc = search_module(s, kz_str(m->name), err);
    if (rc == -KZ_E_DENIED) {
        not_read(s, kz_str_printf(s->l->arena, "the kept sets: %s", err->frame[0]));
        rc = 0;
    }
    if (!kz_store_trusted(s->l->store))
        not_read(s, kz_str_printf(s->l->arena, "a part of the inventory: %s", kz_store_distrust(s->l->store)));
    return rc;
}

/* ---- printing -------------------------------------------------------------------------------------------- */

static int by_sort(const void *x, const void *y)
{
    const struct found *a = x, *b = y;
    const int order = strcmp(a->sort, b->sort);
    return order != 0 ? order : kz_id_cmp(&a->id, &b->id);
}

static void add_line(struct kz_buf *b, const char *label, struct kz_str text)
{
    kz_buf_puts(b, label);
    kz_text_add(b, text);
    kz_buf_putc(b, '\n');
}

static void add_table(struct kz_buf *b, const struct search *s, const struct kz_page *page)
{
    static const struct kz_column columns[] = {{"", KZ_COL_KEEP},
                                               {"OBJECT", KZ_COL_KEEP | KZ_COL_NAME},
                                               {"MODULE", KZ_COL_NAME},
                                               {"WHY", KZ_COL_KEEP | KZ_COL_TAIL}};
    struct kz_table t;
    kz_table_init(&t, s->l->arena, columns, kz_countof(columns));
    for (size_t i = 0; i < s->n; i++)
        kz_table_row(&t, (const struct kz_cell[]){{kz_str(s->at[i].sort), KZ_TONE_WAIT},
                                                  {kz_object_word(s->l->arena, &s->at[i].id), KZ_TONE_PLAIN},
                                                  {s->at[i].module, KZ_TONE_PLAIN},
                                                  {s->at[i].why, KZ_TONE_PLAIN}});
    if (s->n > 0)
        kz_table_print(
            b, &t,
            &(struct kz_table_style){.width = page->width, .indent = 2, .color = page->color, .utf8 = page->utf8});
    kz_buf_printf(b, "%sOrphans: %zu object%s that nothing wants.\n", s->n > 0 ? "\n" : "", s->n,
                  s->n == 1 ? "" : "s");
    for (size_t i = 0; i < kz_value_len(s->unread); i++)
        add_line(b, "not looked at: ", kz_value_as_str(kz_value_at(s->unread, i)));
    if (s->busy > 0)
        kz_buf_printf(b, "%zu module%s not at rest: what %s will remove is not told.\n", s->busy,
                      s->busy == 1 ? " is" : "s are", s->busy == 1 ? "it" : "they");
    const char *last = "";
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(last, s->at[i].sort) == 0)
            continue;
        add_line(b, last[0] == '\0' ? "Next: " : "      ", s->at[i].next);
        last = s->at[i].sort;
    }
}

static struct kz_value *doc_of(const struct search *s)
{
    struct kz_arena *a = s->l->arena;
    struct kz_value *doc = kz_look_doc(s->l, "Orphans"), *list = kz_value_list(a);
    for (size_t i = 0; i < s->n; i++) {
        const struct found *f = &s->at[i];
        struct kz_value *v = kz_value_map(a);
        kz_doc_put(a, v, "sort", kz_str(f->sort));
        kz_doc_put(a, v, "apiVersion", kz_api_version_join(a, f->id.group, f->version));
        kz_doc_put(a, v, "kind", f->id.kind);
        kz_doc_put(a, v, "namespace", f->id.ns);
        kz_doc_put(a, v, "name", f->id.name);
        kz_doc_put(a, v, "module", f->module);
        kz_doc_put(a, v, "why", f->why);
        kz_doc_put(a, v, "next", f->next);
        kz_value_push(a, list, v);
    }
    kz_value_set(a, doc, KZ_STR("objects"), list);
    kz_value_set(a, doc, KZ_STR("notLookedAt"), s->unread);
    kz_value_set(a, doc, KZ_STR("modulesAtWork"), kz_value_int(a, (int64_t)s->busy));
    return doc;
}

static int print(struct search *s, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 20);
    const struct kz_page page = kz_look_page(s->l);
    if (s->n > 1)
        qsort(s->at, s->n, sizeof *s->at, by_sort);
    if (kz_look_wants_doc(s->l))
        (void)kz_look_add_doc(&b, s->l, doc_of(s));
    else if (kz_args_word(s->l->args, "output") != OUT_NAME)
        add_table(&b, s, &page);
    else
        for (size_t i = 0; i < s->n; i++)
            kz_buf_printf(&b, KZ_FMT "\n", KZ_ARG(kz_object_word(s->l->arena, &s->at[i].id)));
    const int rc = kz_cli_out(&b, err);
    return rc < 0 ? rc : s->n > 0 && kz_args_flag(s->l->args, "exit-code") ? KZ_EXIT_DIFFERENT : KZ_EXIT_OK;
}

/* ---- the command ----------------------------------------------------------------------------------------- */

static int run(const struct kz_args *args, struct kz_err *err)
{
    struct kz_look l;
    struct search s = {.l = &l};
    int rc = kz_look_open(&l, args, 0, err);
    if (rc >= 0)
        rc = kz_look_ready(&l, err);
    if (rc >= 0) {
        s.unread = kz_value_list(l.arena);
        rc = search_cluster(&s, err);
    }
    if (rc >= 0)
        rc = search_inventory(&s, err);
    if (rc >= 0)
        rc = print(&s, err);
    return kz_look_end(&l, rc);
}

static const char *const outputs[] = {"table", "json", "yaml", "name", NULL};
static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPT_PLATFORM,
    {"every-object", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL,
     "look at all objects of the cluster, also those without kzsync's label; slow where there are many"},
    {"exit-code", 0, KZ_OPT_FLAG, NULL, NULL, 0, 0, NULL, "exit with 10 when there are some"},
    {"output", 'o', KZ_OPT_WORD, "FORMAT", outputs, 0, 0, "table", "table, json, yaml or name"},
    {0},
};
static const struct kz_example examples[] = {
    {"kzsync orphans", "what was left behind, and what to do about it"},
    {0},
};
const struct kz_command kz_cmd_orphans = {
    .name = "orphans",
    .summary = "show what kzsync made and nothing wants any more",
    .details = "Objects with kzsync's label and fields that are in no inventory, and objects of the inventory whose "
               "removal is held. Nothing is deleted.",
    .options = options,
    .examples = examples,
    .run = run,
};
