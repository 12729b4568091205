/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/pack.h"
#include "base/clock.h"
#include "value/json.h"

#include <limits.h>
#include <zstd.h>

static const char magic[] = "kzsync-history 1\n";
/* The members of a set that are lists of rows, in the order of a want. */
static const char *const lists[] = {"objects", "hooks"};
enum { MAGIC = sizeof magic - 1, LEVEL = 3, HEX = KZ_SHA256_TEXT - 1 };
static const size_t ARENA = (size_t)1 << 30;

void kz_pack_init(struct kz_pack *p)
{
    p->arena = kz_arena_new(ARENA);
    p->modules = kz_value_map(p->arena);
    kz_map_init(&p->bodies);
}

void kz_pack_done(struct kz_pack *p)
{
    kz_map_done(&p->bodies);
    kz_arena_free(p->arena);
    *p = (struct kz_pack){.arena = NULL};
}

static const struct kz_value *sets_of(const struct kz_pack *p, struct kz_str module)
{
    return kz_value_find(p->modules, module);
}

size_t kz_pack_len(const struct kz_pack *p, struct kz_str module)
{
    return kz_value_len(sets_of(p, module));
}

/* ---- the chain -------------------------------------------------------------------------------- */

/* Of all members but the hash itself. */
static void set_hash(char out[KZ_SHA256_TEXT], const struct kz_value *set)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    kz_autobuf struct kz_buf b = KZ_BUF(KZ_PACK_BYTES);
    struct kz_value *rest = kz_value_map(a);
    for (size_t i = 0; i < kz_value_pairs(set); i++)
        if (!kz_str_is(set->as.map.at[i].key, "hash"))
            (void)kz_value_add(a, rest, set->as.map.at[i].key, set->as.map.at[i].val);
    kz_json_write(&b, rest, KZ_JSON_SORTED);
    kz_sha256_text(out, kz_buf_str(&b));
}

/* The k-th row of all lists; NULL: there are no more. */
static const struct kz_value *row_at(const struct kz_value *set, size_t k)
{
    for (size_t i = 0; i < kz_countof(lists); i++) {
        const struct kz_value *rows = kz_value_get(set, lists[i]);
        if (k < kz_value_len(rows))
            return kz_value_at(rows, k);
        k -= kz_value_len(rows);
    }
    return NULL;
}

/* Of a set that was read or made the body is there. */
static struct kz_str *body_of(const struct kz_pack *p, const struct kz_value *row)
{
    return kz_map_find(&p->bodies, kz_value_as_str(kz_value_at(row, 0)));
}

static struct kz_str body_add(struct kz_pack *p, struct kz_str text)
{
    char hex[KZ_SHA256_TEXT];
    kz_sha256_text(hex, text);
    struct kz_str sum = kz_str_dup(p->arena, kz_str(hex));
    if (kz_map_find(&p->bodies, sum) != NULL)
        return sum;
    struct kz_str *body = kz_new(p->arena, struct kz_str);
    *body = kz_str_dup(p->arena, text);
    (void)kz_map_put(&p->bodies, sum, body);
    return sum;
}

static struct kz_value *row_of(struct kz_pack *p, const struct kz_want_object *o)
{
    struct kz_arena *a = p->arena;
    struct kz_value *row = kz_value_list(a);
    kz_value_push(a, row, kz_value_str(a, body_add(p, o->json)));
    kz_value_push(a, row, kz_value_int(a, o->wave));
    kz_value_push(a, row, kz_value_str(a, kz_str_dup(a, o->origin.file)));
    kz_value_push(a, row, kz_value_int(a, o->origin.line));
    return row;
}

static void put_str(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_str s)
{
    kz_value_set(a, map, kz_str(key), kz_value_str(a, kz_str_dup(a, s)));
}

static void put_hash(struct kz_arena *a, struct kz_value *map, const char *key, struct kz_hash h)
{
    char text[KZ_HASH_TEXT];
    kz_hash_text(text, h);
    put_str(a, map, key, kz_str(text));
}

/* The list of a module for writing; made when missing. */
static struct kz_value *list_of(struct kz_pack *p, struct kz_str module)
{
    for (size_t i = 0; i < p->modules->as.map.len; i++)
        if (kz_str_eq(p->modules->as.map.at[i].key, module))
            return p->modules->as.map.at[i].val;
    struct kz_value *list = kz_value_list(p->arena);
    kz_value_set(p->arena, p->modules, kz_str_dup(p->arena, module), list);
    return list;
}

void kz_pack_add(struct kz_pack *p, struct kz_str platform, struct kz_str module, const struct kz_want *w,
                 int64_t wall)
{
    struct kz_arena *a = p->arena;
    struct kz_value *list = list_of(p, module), *set = kz_value_map(a);
    struct kz_value *rows = kz_value_list(a), *hooks = kz_value_list(a);
    char time[KZ_TIME_TEXT], hash[KZ_SHA256_TEXT];
    kz_time_text(time, wall);
    put_str(a, set, "platform", platform);
    put_str(a, set, "module", module);
    put_str(a, set, "revision", w->revision);
    put_str(a, set, "subject", w->subject);
    put_str(a, set, "time", kz_str(time));
    put_hash(a, set, "key", w->key);
    put_hash(a, set, "content", kz_want_content(w));
    put_str(a, set, "prev", kz_value_path_str(kz_value_at(list, list->as.list.len - 1), "hash"));
    for (size_t i = 0; i < w->n; i++)
        kz_value_push(a, rows, row_of(p, &w->at[i]));
    kz_value_set(a, set, KZ_STR("objects"), rows);
    for (size_t i = 0; i < w->n_hooks; i++)
        kz_value_push(a, hooks, row_of(p, &w->at[w->n + i]));
    if (w->n_hooks > 0)
        kz_value_set(a, set, KZ_STR("hooks"), hooks);
    set_hash(hash, set);
    put_str(a, set, "hash", kz_str(hash));
    kz_value_push(a, list, set);
}

void kz_pack_trim(struct kz_pack *p, struct kz_str module, size_t keep)
{
    size_t n = kz_pack_len(p, module), drop = n > keep ? n - keep : 0;
    if (drop == 0)
        return;
    struct kz_value *list = list_of(p, module);
    for (size_t i = drop; i < n; i++)
        list->as.list.at[i - drop] = list->as.list.at[i];
    list->as.list.len -= drop;
}

void kz_pack_take(struct kz_pack *p, const struct kz_pack *from, struct kz_str module)
{
    const struct kz_value *sets = sets_of(from, module);
    struct kz_value *list = list_of(p, module);
    for (size_t i = 0; i < kz_value_len(sets); i++) {
        const struct kz_value *set = kz_value_at(sets, i), *row;
        for (size_t k = 0; (row = row_at(set, k)) != NULL; k++)
            (void)body_add(p, *body_of(from, row));
        kz_value_push(p->arena, list, kz_value_copy(p->arena, set));
    }
}

/* ---- writing ---------------------------------------------------------------------------------- */

/* The bodies that some set holds, each once, in the order of the sets. */
static void write_bodies(struct kz_buf *raw, struct kz_value *table, struct kz_arena *a, const struct kz_pack *p)
{
    struct kz_map seen;
    kz_map_init(&seen);
    for (size_t m = 0; m < kz_value_pairs(p->modules); m++) {
        const struct kz_value *sets = p->modules->as.map.at[m].val;
        for (size_t i = 0; i < kz_value_len(sets); i++) {
            const struct kz_value *set = kz_value_at(sets, i), *row;
            for (size_t k = 0; (row = row_at(set, k)) != NULL; k++) {
                struct kz_str *body = body_of(p, row), sum = kz_value_as_str(kz_value_at(row, 0));
                if (kz_map_put(&seen, sum, body) != NULL)
                    continue;
                struct kz_value *entry = kz_value_list(a);
                kz_value_push(a, entry, kz_value_str(a, sum));
                kz_value_push(a, entry, kz_value_int(a, (int64_t)body->len));
                kz_value_push(a, table, entry);
                kz_buf_add_str(raw, *body);
            }
        }
    }
    kz_map_done(&seen);
}

static bool compress(struct kz_buf *b, struct kz_str raw)
{
    char *to = kz_buf_reserve(b, ZSTD_compressBound(raw.len));
    size_t n = to == NULL ? 0 : ZSTD_compress(to, ZSTD_compressBound(raw.len), raw.ptr, raw.len, LEVEL);
    if (to == NULL || ZSTD_isError(n) != 0)
        return false;
    b->len += n;
    return true;
}

bool kz_pack_write(struct kz_buf *b, const struct kz_pack *p, struct kz_str platform)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    kz_autobuf struct kz_buf raw = KZ_BUF(KZ_PACK_BYTES), bodies = KZ_BUF(KZ_PACK_BYTES);
    struct kz_value *head = kz_value_map(a), *table = kz_value_list(a);
    write_bodies(&bodies, table, a, p);
    put_str(a, head, "platform", platform);
    kz_value_set(a, head, KZ_STR("bodies"), table);
    kz_value_set(a, head, KZ_STR("modules"), p->modules);
    kz_buf_puts(&raw, magic);
    kz_json_write(&raw, head, KZ_JSON_COMPACT);
    kz_buf_putc(&raw, '\n');
    kz_buf_add_str(&raw, kz_buf_str(&bodies));
    return !kz_buf_bad(&bodies) && !kz_buf_bad(&raw) && compress(b, kz_buf_str(&raw));
}

/* ---- reading ---------------------------------------------------------------------------------- */

static int damaged(struct kz_err *err, const char *what)
{
    return kz_fail(err, KZ_E_PARSE, "the kept sets are damaged: %s", what);
}

static int decompress(struct kz_str *out, struct kz_arena *a, struct kz_str bytes, struct kz_err *err)
{
    unsigned long long len = ZSTD_getFrameContentSize(bytes.ptr, bytes.len);
    if (len == ZSTD_CONTENTSIZE_UNKNOWN || len == ZSTD_CONTENTSIZE_ERROR || len > KZ_PACK_BYTES)
        return damaged(err, "they are not compressed as they were written");
    char *text = kz_arena_bytes(a, (size_t)len + 1);
    size_t n = ZSTD_decompress(text, (size_t)len, bytes.ptr, bytes.len);
    if (ZSTD_isError(n) != 0 || n != len)
        return damaged(err, "they cannot be decompressed");
    text[n] = '\0';
    *out = kz_str_n(text, n);
    return 0;
}

static int read_bodies(struct kz_pack *p, const struct kz_value *table, struct kz_str raw, struct kz_err *err)
{
    for (size_t i = 0; i < kz_value_len(table); i++) {
        const struct kz_value *row = kz_value_at(table, i);
        struct kz_str sum = kz_value_as_str(kz_value_at(row, 0));
        int64_t len = kz_value_as_int(kz_value_at(row, 1), -1);
        char hex[KZ_SHA256_TEXT];
        if (sum.len != HEX || len < 0 || (uint64_t)len > raw.len)
            return damaged(err, "the table of bodies");
        struct kz_str *body = kz_new(p->arena, struct kz_str);
        *body = kz_str_head(raw, (size_t)len);
        raw = kz_str_skip(raw, (size_t)len);
        kz_sha256_text(hex, *body);
        if (!kz_str_is(sum, hex) || kz_map_put(&p->bodies, sum, body) != NULL)
            return damaged(err, "a body is not the one that was written");
    }
    return raw.len == 0 ? 0 : damaged(err, "something stands behind the last body");
}

static bool is_row(const struct kz_pack *p, const struct kz_value *row)
{
    int64_t wave = kz_value_as_int(kz_value_at(row, 1), -1), line = kz_value_as_int(kz_value_at(row, 3), -1);
    return body_of(p, row) != NULL && wave >= 0 && wave < INT_MAX &&
           kz_value_is(kz_value_at(row, 2), KZ_STRING) && line >= 0 && line <= UINT32_MAX;
}

static int check_set(const struct kz_pack *p, struct kz_str platform, struct kz_str module,
                     const struct kz_value *set, const struct kz_value *before, struct kz_err *err)
{
    const struct kz_value *row;
    char hash[KZ_SHA256_TEXT];
    struct kz_hash h;
    if (!kz_value_is(set, KZ_MAP) || !kz_str_eq(kz_value_path_str(set, "module"), module) ||
        !kz_str_eq(kz_value_path_str(set, "platform"), platform))
        return damaged(err, "a set is of another module");
    set_hash(hash, set);
    if (!kz_str_is(kz_value_path_str(set, "hash"), hash))
        return damaged(err, "a set was changed");
    if (before != NULL && !kz_str_eq(kz_value_path_str(set, "prev"), kz_value_path_str(before, "hash")))
        return damaged(err, "a set is missing");
    if (row_at(set, 0) == NULL || !kz_hash_parse(&h, kz_value_path_str(set, "key")) ||
        !kz_hash_parse(&h, kz_value_path_str(set, "content")))
        return damaged(err, "a set does not have the form that was written");
    for (size_t k = 0; (row = row_at(set, k)) != NULL; k++)
        if (!is_row(p, row))
            return damaged(err, "an object does not have the form that was written");
    return 0;
}

static int read_modules(struct kz_pack *p, struct kz_str platform, struct kz_err *err)
{
    for (size_t m = 0; m < kz_value_pairs(p->modules); m++) {
        const struct kz_pair *pair = &p->modules->as.map.at[m];
        size_t n = kz_value_len(pair->val);
        if (!kz_value_is(pair->val, KZ_LIST) || n == 0 || n > KZ_PACK_SETS)
            return damaged(err, "a module has no list of sets");
        for (size_t i = 0; i < n; i++) {
            const struct kz_value *before = i == 0 ? NULL : kz_value_at(pair->val, i - 1);
            int rc = check_set(p, platform, pair->key, kz_value_at(pair->val, i), before, err);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int read_all(struct kz_pack *p, struct kz_str bytes, struct kz_str platform, struct kz_err *err)
{
    struct kz_str raw, line;
    struct kz_value *head;
    int rc = decompress(&raw, p->arena, bytes, err);
    if (rc < 0)
        return rc;
    if (!kz_str_starts(raw, kz_str(magic)))
        return kz_fail(err, KZ_E_PARSE, "the kept sets are of another version of kzsync");
    raw = kz_str_cut(&line, kz_str_skip(raw, MAGIC), '\n');
    if (kz_json_read(&head, p->arena, line, KZ_STR("head"), err) < 0)
        return damaged(err, "their head cannot be read");
    if (!kz_str_eq(kz_value_path_str(head, "platform"), platform))
        return kz_fail(err, KZ_E_PARSE, "the kept sets are of another platform");
    const struct kz_pair *modules = kz_value_pair(head, KZ_STR("modules"));
    if (modules == NULL || !kz_value_is(modules->val, KZ_MAP))
        return damaged(err, "their head names no modules");
    p->modules = modules->val;
    rc = read_bodies(p, kz_value_get(head, "bodies"), raw, err);
    return rc < 0 ? rc : read_modules(p, platform, err);
}

int kz_pack_read(struct kz_pack *out, struct kz_str bytes, struct kz_str platform, struct kz_err *err)
{
    struct kz_pack p;
    kz_pack_init(&p);
    int rc = read_all(&p, bytes, platform, err);
    if (rc < 0)
        kz_pack_done(&p);
    else
        *out = p;
    return rc;
}

/* ---- use -------------------------------------------------------------------------------------- */

struct kz_pack_set kz_pack_at(const struct kz_pack *p, struct kz_str module, size_t i)
{
    const struct kz_value *set = kz_value_at(sets_of(p, module), i);
    struct kz_pack_set out = {.revision = kz_value_path_str(set, "revision"),
                              .subject = kz_value_path_str(set, "subject"),
                              .time = kz_value_path_str(set, "time"), .hash = kz_value_path_str(set, "hash"),
                              .n = kz_value_len(kz_value_get(set, "objects"))};
    bool ok = kz_hash_parse(&out.content, kz_value_path_str(set, "content"));
    kz_assert(ok); /* i is below kz_pack_len, and reading has seen it */
    return out;
}

int kz_pack_want(struct kz_want **out, const struct kz_pack *p, struct kz_str module, size_t i, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    const struct kz_value *set = kz_value_at(sets_of(p, module), i), *row;
    size_t n_objects = kz_value_len(kz_value_get(set, lists[0]));
    size_t n = n_objects + kz_value_len(kz_value_get(set, lists[1]));
    struct kz_want_row *rows = kz_new_n(a, struct kz_want_row, n + 1);
    struct kz_hash key = {0};
    bool ok = kz_hash_parse(&key, kz_value_path_str(set, "key"));
    kz_assert(ok);
    for (size_t k = 0; (row = row_at(set, k)) != NULL; k++)
        rows[k] = (struct kz_want_row){.json = *body_of(p, row), .hook = k >= n_objects,
                                       .wave = (int)kz_value_as_int(kz_value_at(row, 1), 0),
                                       .origin = {.file = kz_value_as_str(kz_value_at(row, 2)),
                                                  .line = (uint32_t)kz_value_as_int(kz_value_at(row, 3), 0)}};
    int rc = kz_want_restore(out, kz_value_path_str(set, "revision"), kz_value_path_str(set, "subject"), key, rows,
                             n, err);
    return rc < 0 ? kz_wrap(err, "last healthy set of module " KZ_FMT, KZ_ARG(module)) : rc;
}
