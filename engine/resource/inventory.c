/* SPDX-License-Identifier: Apache-2.0
 *
 * {"v":1,"generation":7,"epoch":3,"by":"1.2.0","shards":12,
 *  "strings":["","shop","web"],                        namespaces and module names
 *  "kinds":[["apps","v1","Deployment"]],
 *  "modules":[[2,"4be91d2...","<render>","<bad>",       name, revision, hashes ("" none)
 *              "<release>",3,1763800000,true,           once healthy: key, number and time of its
 *              "cache,db"]],                            release, whether it has generated values;
 *                                                       what it depends on, left out without
 *  "objects":[[0,1,2,0,"web","<uid>","<desired><owned>"]],  kind, namespace, module, wave, name, ...
 *  "hash":"<XXH3-128 of all bytes before this member>"}     on one line, without blanks */
#include "resource/inventory.h"

#include <inttypes.h>
#include <limits.h>

#include "value/json.h"

/* A ConfigMap holds no more. One module may be larger than a shard should be. */
enum { TEXT_MAX = 1 << 20, SHARDS_MAX = 1024, TAIL = (int)sizeof(",\"hash\":\"") - 1 + KZ_HASH_TEXT - 1 + 2 };

/* ---- writing --------------------------------------------------------------------------------- */

/* Numbers strings in order of first use. */
struct table {
    struct kz_map index; /* string -> its number + 1 */
};

static size_t number_of(struct table *t, struct kz_str s, bool *is_new)
{
    const void *old = kz_map_find(&t->index, s);
    *is_new = old == NULL;
    if (old != NULL)
        return (size_t)(uintptr_t)old - 1;
    size_t n = t->index.len;
    (void)kz_map_put(&t->index, s, (void *)(uintptr_t)(n + 1));
    return n;
}

static void comma(struct kz_buf *b, size_t i)
{
    if (i > 0)
        kz_buf_putc(b, ',');
}

static void add_string(struct kz_buf *b, struct table *t, struct kz_str s)
{
    bool is_new;
    size_t n = number_of(t, s.ptr == NULL ? KZ_STR("") : s, &is_new);
    if (!is_new)
        return;
    comma(b, n);
    kz_json_write_str(b, s);
}

static void write_strings(struct kz_buf *b, struct table *t, const struct kz_shard *s)
{
    kz_buf_puts(b, ",\"strings\":[");
    for (size_t i = 0; i < s->n_modules; i++)
        add_string(b, t, s->modules[i].name);
    for (size_t i = 0; i < s->n_entries; i++) {
        add_string(b, t, s->entries[i].module);
        add_string(b, t, s->entries[i].id.ns);
    }
    kz_buf_putc(b, ']');
}

static struct kz_str kind_key(struct kz_arena *a, const struct kz_entry *e)
{
    return kz_str_printf(a, KZ_FMT "/" KZ_FMT "/" KZ_FMT, KZ_ARG(e->id.group), KZ_ARG(e->version),
                         KZ_ARG(e->id.kind));
}

static void write_kinds(struct kz_buf *b, struct table *t, struct kz_arena *a,
                        const struct kz_shard *s)
{
    kz_buf_puts(b, ",\"kinds\":[");
    for (size_t i = 0; i < s->n_entries; i++) {
        const struct kz_entry *e = &s->entries[i];
        bool is_new;
        size_t n = number_of(t, kind_key(a, e), &is_new);
        if (!is_new)
            continue;
        comma(b, n);
        kz_buf_putc(b, '[');
        kz_json_write_str(b, e->id.group);
        kz_buf_putc(b, ',');
        kz_json_write_str(b, e->version);
        kz_buf_putc(b, ',');
        kz_json_write_str(b, e->id.kind);
        kz_buf_putc(b, ']');
    }
    kz_buf_putc(b, ']');
}

static void write_hash(struct kz_buf *b, struct kz_hash h)
{
    char text[KZ_HASH_TEXT];
    kz_hash_text(text, h);
    kz_buf_puts(b, text);
}

/* "" for none: most modules have no quarantined render. */
static void write_hash_member(struct kz_buf *b, struct kz_hash h)
{
    kz_buf_puts(b, ",\"");
    if (!kz_hash_is_none(h))
        write_hash(b, h);
    kz_buf_putc(b, '"');
}

static void write_modules(struct kz_buf *b, struct table *strings, const struct kz_shard *s)
{
    kz_buf_puts(b, ",\"modules\":[");
    for (size_t i = 0; i < s->n_modules; i++) {
        const struct kz_inventory_module *m = &s->modules[i];
        bool is_new;
        comma(b, i);
        kz_buf_printf(b, "[%zu,", number_of(strings, m->name, &is_new));
        kz_json_write_str(b, m->revision);
        write_hash_member(b, m->render);
        write_hash_member(b, m->bad);
        if (!kz_hash_is_none(m->release.key)) {
            write_hash_member(b, m->release.key);
            kz_buf_printf(b, ",%" PRIu32 ",%" PRId64 ",%s", m->release.number, m->release.time,
                          m->release.seeded ? "true" : "false");
        }
        if (m->after.len > 0 || m->user.len > 0) {
            kz_buf_putc(b, ',');
            kz_json_write_str(b, m->after);
        }
        if (m->user.len > 0) {
            kz_buf_putc(b, ',');
            kz_json_write_str(b, m->user);
            kz_buf_putc(b, ',');
            kz_json_write_str(b, m->tenant);
        }
        kz_buf_putc(b, ']');
    }
    kz_buf_putc(b, ']');
}

static void write_objects(struct kz_buf *b, struct table *strings, struct table *kinds,
                          struct kz_arena *a, const struct kz_shard *s)
{
    kz_buf_puts(b, ",\"objects\":[");
    for (size_t i = 0; i < s->n_entries; i++) {
        const struct kz_entry *e = &s->entries[i];
        struct kz_str ns = e->id.ns.ptr == NULL ? KZ_STR("") : e->id.ns;
        bool is_new;
        comma(b, i);
        kz_buf_printf(b, "[%zu,%zu,", number_of(kinds, kind_key(a, e), &is_new),
                      number_of(strings, ns, &is_new));
        kz_buf_printf(b, "%zu,%d,", number_of(strings, e->module, &is_new), e->wave);
        kz_json_write_str(b, e->id.name);
        kz_buf_putc(b, ',');
        kz_json_write_str(b, e->uid);
        kz_buf_puts(b, ",\"");
        if (!kz_hash_is_none(e->desired) || !kz_hash_is_none(e->owned)) {
            write_hash(b, e->desired);
            write_hash(b, e->owned);
        }
        kz_buf_puts(b, "\"]");
    }
    kz_buf_putc(b, ']');
}

void kz_shard_write(struct kz_buf *b, const struct kz_shard *s)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    struct table strings, kinds;
    kz_map_init(&strings.index);
    kz_map_init(&kinds.index);
    size_t start = b->len;
    kz_buf_printf(b, "{\"v\":1,\"generation\":%" PRIu64 ",\"epoch\":%" PRIu64, s->generation, s->epoch);
    if (s->by.len > 0) {
        kz_buf_puts(b, ",\"by\":");
        kz_json_write_str(b, s->by);
    }
    if (s->n_shards > 0)
        kz_buf_printf(b, ",\"shards\":%" PRIu64, s->n_shards);
    write_strings(b, &strings, s);
    write_kinds(b, &kinds, a, s);
    write_modules(b, &strings, s);
    write_objects(b, &strings, &kinds, a, s);
    struct kz_hash hash = {0};
    if (!kz_buf_bad(b))
        hash = kz_hash(kz_str_skip(kz_buf_str(b), start));
    kz_buf_puts(b, ",\"hash\":\"");
    write_hash(b, hash);
    kz_buf_puts(b, "\"}");
    kz_map_done(&strings.index);
    kz_map_done(&kinds.index);
}

/* ---- reading --------------------------------------------------------------------------------- */

struct reader {
    struct kz_arena *arena;
    const struct kz_value *strings, *kinds;
    struct kz_err *err;
};

static int damaged(struct kz_err *err, const char *what)
{
    return kz_fail(err, KZ_E_PARSE, "the inventory is damaged: %s", what);
}

/* Everything before the hash is what the hash is of. */
static bool has_true_hash(struct kz_str text)
{
    if (text.len <= TAIL)
        return false;
    struct kz_str content = kz_str_head(text, text.len - TAIL);
    struct kz_str tail = kz_str_skip(text, text.len - TAIL);
    struct kz_hash hash;
    if (!kz_str_starts(tail, KZ_STR(",\"hash\":\"")) || !kz_str_ends(tail, KZ_STR("\"}")) ||
        !kz_hash_parse(&hash, kz_str_head(kz_str_skip(tail, TAIL - 34), 32)))
        return false;
    return kz_hash_eq(hash, kz_hash(content));
}

static bool read_string(struct kz_str *out, const struct kz_value *v)
{
    if (!kz_value_is(v, KZ_STRING))
        return false;
    *out = v->as.str;
    return true;
}

/* A member of a row that is a number into a table. */
static const struct kz_value *read_ref(const struct kz_value *row, size_t i,
                                       const struct kz_value *table)
{
    int64_t n = kz_value_as_int(kz_value_at(row, i), -1);
    return n < 0 ? NULL : kz_value_at(table, (size_t)n);
}

static bool read_hash(struct kz_hash *out, const struct kz_value *v)
{
    struct kz_str s;
    *out = (struct kz_hash){0};
    return read_string(&s, v) && (s.len == 0 || kz_hash_parse(out, s));
}

static bool read_hashes(struct kz_entry *e, const struct kz_value *v)
{
    struct kz_str s;
    if (!read_string(&s, v))
        return false;
    return s.len == 0 || (kz_hash_parse(&e->desired, kz_str_head(s, 32)) &&
                          kz_hash_parse(&e->owned, kz_str_skip(s, 32)));
}

static bool read_entry(struct kz_entry *e, const struct reader *r, const struct kz_value *row)
{
    const struct kz_value *kind = read_ref(row, 0, r->kinds);
    int64_t wave = kz_value_as_int(kz_value_at(row, 3), -1);
    if (kz_value_len(row) != 7 || kz_value_len(kind) != 3 || wave < 0 || wave > INT_MAX)
        return false;
    e->wave = (int)wave;
    return read_string(&e->id.group, kz_value_at(kind, 0)) &&
           read_string(&e->version, kz_value_at(kind, 1)) &&
           read_string(&e->id.kind, kz_value_at(kind, 2)) &&
           read_string(&e->id.ns, read_ref(row, 1, r->strings)) &&
           read_string(&e->module, read_ref(row, 2, r->strings)) &&
           read_string(&e->id.name, kz_value_at(row, 4)) &&
           read_string(&e->uid, kz_value_at(row, 5)) && read_hashes(e, kz_value_at(row, 6)) &&
           e->id.kind.len > 0 && e->id.name.len > 0 && e->version.len > 0;
}

/* While an object moves to another module both have an entry for it. */
static struct kz_str entry_key(struct kz_arena *a, const struct kz_entry *e)
{
    struct kz_str key = kz_id_key(a, &e->id);
    return kz_str_printf(a, KZ_FMT "/" KZ_FMT, KZ_ARG(e->module), KZ_ARG(key));
}

static int read_entries(struct kz_shard *s, const struct reader *r, const struct kz_value *rows)
{
    struct kz_map seen;
    int rc = 0;
    s->n_entries = kz_value_len(rows);
    s->entries = kz_new_n(r->arena, struct kz_entry, s->n_entries);
    kz_map_init(&seen);
    for (size_t i = 0; i < s->n_entries && rc == 0; i++) {
        struct kz_entry *e = &s->entries[i];
        if (!read_entry(e, r, kz_value_at(rows, i)))
            rc = damaged(r->err, "an object's entry does not have the form that was written");
        else if (kz_map_put(&seen, entry_key(r->arena, e), e) != NULL)
            rc = damaged(r->err, "an object has two entries of one module");
    }
    kz_map_done(&seen);
    return rc;
}

/* len: members of the row that are there without what it depends on. */
static bool read_release(struct kz_release *out, const struct kz_value *row, size_t len)
{
    if (len == 4)
        return true;
    int64_t number = kz_value_as_int(kz_value_at(row, 5), -1);
    out->number = (uint32_t)number;
    out->time = kz_value_as_int(kz_value_at(row, 6), INT64_MIN);
    out->seeded = kz_value_as_bool(kz_value_at(row, 7), false);
    return len == 8 && kz_value_is(kz_value_at(row, 7), KZ_BOOL) && read_hash(&out->key, kz_value_at(row, 4)) &&
           !kz_hash_is_none(out->key) && number >= 1 && number <= UINT32_MAX &&
           out->time != INT64_MIN;
}

/* Behind that one member, what it depends on, or three: that, user and tenant. */
static bool read_history(struct kz_inventory_module *m, const struct kz_value *row)
{
    const size_t len = kz_value_len(row), more = len % 4, at = len - more;
    if (!read_release(&m->release, row, at) || more == 2)
        return false;
    if (more > 0 && !read_string(&m->after, kz_value_at(row, at)))
        return false;
    if (more == 3)
        return read_string(&m->user, kz_value_at(row, at + 1)) && m->user.len > 0 &&
               read_string(&m->tenant, kz_value_at(row, at + 2));
    return more == 0 || m->after.len > 0;
}

static int read_modules(struct kz_shard *s, const struct reader *r, const struct kz_value *rows)
{
    s->n_modules = kz_value_len(rows);
    s->modules = kz_new_n(r->arena, struct kz_inventory_module, s->n_modules);
    for (size_t i = 0; i < s->n_modules; i++) {
        struct kz_inventory_module *m = &s->modules[i];
        const struct kz_value *row = kz_value_at(rows, i);
        if (!read_string(&m->name, read_ref(row, 0, r->strings)) || !read_history(m, row) ||
            m->name.len == 0 || !read_string(&m->revision, kz_value_at(row, 1)) ||
            !read_hash(&m->render, kz_value_at(row, 2)) || !read_hash(&m->bad, kz_value_at(row, 3)))
            return damaged(r->err, "a module's entry does not have the form that was written");
    }
    return 0;
}

static bool read_count(uint64_t *out, const struct kz_value *v)
{
    int64_t n = kz_value_as_int(v, -1);
    if (n < 0)
        return false;
    *out = (uint64_t)n;
    return true;
}

static int read_shard(struct kz_shard *s, const struct kz_value *doc, struct kz_arena *a,
                      struct kz_err *err)
{
    struct reader r = {
        .arena = a,
        .strings = kz_value_get(doc, "strings"),
        .kinds = kz_value_get(doc, "kinds"),
        .err = err,
    };
    const struct kz_value *modules = kz_value_get(doc, "modules");
    const struct kz_value *objects = kz_value_get(doc, "objects");
    if (kz_value_path_int(doc, "v", 0) != 1)
        return damaged(err, "its version is not 1");
    if (!kz_value_is(r.strings, KZ_LIST) || !kz_value_is(r.kinds, KZ_LIST) ||
        !kz_value_is(modules, KZ_LIST) || !kz_value_is(objects, KZ_LIST))
        return damaged(err, "a table is missing");
    if (!read_count(&s->generation, kz_value_get(doc, "generation")))
        return damaged(err, "it has no generation");
    if (!read_count(&s->epoch, kz_value_get(doc, "epoch")) && kz_value_get(doc, "epoch") != NULL)
        return damaged(err, "its epoch is not a number");
    if (!read_string(&s->by, kz_value_get(doc, "by")) && kz_value_get(doc, "by") != NULL)
        return damaged(err, "the version of its writer is not a text");
    if (!read_count(&s->n_shards, kz_value_get(doc, "shards")) && kz_value_get(doc, "shards") != NULL)
        return damaged(err, "its number of shards is not a number");
    if (s->n_shards > SHARDS_MAX)
        return damaged(err, "it says that there are more shards than there can be");
    int rc = read_modules(s, &r, modules);
    return rc < 0 ? rc : read_entries(s, &r, objects);
}

int kz_shard_read(struct kz_shard *out, struct kz_arena *a, struct kz_str text, struct kz_str name,
                  struct kz_err *err)
{
    struct kz_shard shard = {0};
    struct kz_value *doc = NULL;
    int rc;
    if (text.len > TEXT_MAX)
        rc = damaged(err, "it is larger than 1 MiB");
    else if (!has_true_hash(text))
        rc = damaged(err, "its content does not have the hash that was written with it");
    else {
        rc = kz_json_read(&doc, a, text, name, err);
        if (rc == 0)
            rc = read_shard(&shard, doc, a, err);
    }
    if (rc < 0) {
        err->code = KZ_E_PARSE; /* whatever it was: nothing is known, nothing may be pruned */
        (void)kz_wrap(err, "read inventory '" KZ_FMT "'", KZ_ARG(name));
        return -KZ_E_PARSE;
    }
    *out = shard;
    return 0;
}
