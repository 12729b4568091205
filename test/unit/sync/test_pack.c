/* SPDX-License-Identifier: Apache-2.0
 *
 * The container of kept sets: what comes back is what was put in, and whatever was changed is refused. */
#include "sync/pack.h"

#include "base/clock.h"
#include "value/json.h"

#include <criterion/criterion.h>
#include <zstd.h>

static const int64_t WALL = INT64_C(1795380769) * KZ_NS_PER_SEC; /* 2026-11-22 */

static struct kz_want *want(const char *revision, const char *data)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_want_row rows[] = {
        {.json = KZ_STR("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\"}}"),
         .origin = {.file = KZ_STR("modules/web/ns.yaml"), .line = 1}},
        {.json = kz_str_printf(a, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\","
                                  "\"namespace\":\"shop\"},\"data\":{\"k\":\"%s\"}}", data),
         .origin = {.file = KZ_STR("modules/web/c.yaml"), .line = 7}},
        {.json = KZ_STR("{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\",\"namespace\":\"shop\"},"
                        "\"spec\":{\"replicas\":2,\"weight\":1.5,\"big\":9007199254740993}}"),
         .wave = 2},
        {.json = KZ_STR("{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"metadata\":{\"name\":\"j\",\"namespace\":\"shop\","
                        "\"labels\":{\"kubezero.com/module\":\"web\"},"
                        "\"annotations\":{\"kubezero.com/hook\":\"PreSync\",\"kubezero.com/wave\":\"-3\"}}}"),
         .origin = {.file = KZ_STR("modules/web/j.yaml"), .line = 2}, .hook = true},
    };
    struct kz_want *w;
    struct kz_err err;
    int rc = kz_want_restore(&w, kz_str(revision), KZ_STR("a subject: \"quoted\" ☃"), kz_hash(kz_str(revision)), rows,
                             kz_countof(rows), &err);
    cr_assert_eq(rc, 0, "%s", err.frame[0]);
    return w;
}

static void add(struct kz_pack *p, const char *module, const char *revision, const char *data)
{
    struct kz_want *w = want(revision, data);
    kz_pack_add(p, KZ_STR("prod"), kz_str(module), w, WALL);
    kz_want_unref(w);
}

static void write(struct kz_buf *b, const struct kz_pack *p)
{
    cr_assert(kz_pack_write(b, p, KZ_STR("prod")));
}

static int reads(struct kz_pack *p, struct kz_str bytes, struct kz_err *err)
{
    return kz_pack_read(p, bytes, KZ_STR("prod"), err);
}

Test(pack, comes_back_as_it_was)
{
    struct kz_pack p, q;
    struct kz_err err;
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    kz_pack_init(&p);
    add(&p, "web", "aaa", "1");
    add(&p, "web", "bbb", "2");
    add(&p, "db", "bbb", "1");
    write(&b, &p);
    kz_pack_done(&p);
    cr_assert_eq(reads(&q, kz_buf_str(&b), &err), 0, "%s", err.frame[0]);
    cr_expect_eq(kz_pack_len(&q, KZ_STR("web")), 2);
    cr_expect_eq(kz_pack_len(&q, KZ_STR("db")), 1);
    cr_expect_eq(kz_pack_len(&q, KZ_STR("no")), 0);
    cr_expect_eq(q.bodies.len, 5, "equal bodies are kept once, also across modules");
    struct kz_pack_set s = kz_pack_at(&q, KZ_STR("web"), 1);
    cr_expect(kz_str_is(s.revision, "bbb"));
    cr_expect(kz_str_is(s.subject, "a subject: \"quoted\" ☃"));
    cr_expect(kz_str_is(s.time, "2026-11-22T20:52:49Z"), KZ_FMT, KZ_ARG(s.time));
    cr_expect_eq(s.n, 3);
    struct kz_want *w, *before = want("bbb", "2");
    cr_assert_eq(kz_pack_want(&w, &q, KZ_STR("web"), 1, &err), 0);
    cr_expect(kz_hash_eq(s.content, kz_want_content(w)));
    cr_expect(kz_hash_eq(kz_want_content(before), kz_want_content(w)));
    cr_expect(kz_hash_eq(before->key, w->key));
    cr_expect_eq(w->n_waves, 3);
    cr_assert_eq(w->n, 3);
    cr_assert_eq(w->n_hooks, 1);
    cr_expect_eq(w->at[3].hook->phases, KZ_PHASE_PRE_SYNC);
    cr_expect_eq(w->at[3].hook->weight, -3);
    cr_expect(kz_hash_eq(w->set, before->set));
    for (size_t i = 0; i < w->n + w->n_hooks; i++) {
        const struct kz_want_object *x = &before->at[i], *y = &w->at[i];
        cr_expect(kz_str_eq(x->json, y->json));
        cr_expect(kz_str_eq(x->key, y->key));
        cr_expect(kz_hash_eq(x->hash, y->hash));
        cr_expect(kz_str_eq(x->origin.file, y->origin.file));
        cr_expect_eq(x->origin.line, y->origin.line);
        cr_expect_eq(x->wave, y->wave);
        cr_expect_eq(x->tier, y->tier);
        cr_expect_eq(x->runs_pods, y->runs_pods);
        cr_expect_eq(kz_want_find(w, y->key), y);
    }
    kz_want_unref(w);
    kz_want_unref(before);
    kz_pack_done(&q);
}

/* Packs are rewritten again and again; the chain of a module stays the same. */
Test(pack, the_chain_survives_taking_and_trimming)
{
    struct kz_pack p, q;
    struct kz_err err;
    char newest[KZ_SHA256_TEXT];
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    kz_pack_init(&p);
    add(&p, "web", "aaa", "1");
    add(&p, "web", "bbb", "2");
    add(&p, "web", "ccc", "3");
    add(&p, "db", "ccc", "3");
    (void)snprintf(newest, sizeof newest, KZ_FMT, KZ_ARG(kz_pack_at(&p, KZ_STR("web"), 2).hash));
    kz_pack_init(&q);
    kz_pack_take(&q, &p, KZ_STR("web"));
    kz_pack_done(&p);
    add(&q, "web", "ddd", "1");
    kz_pack_trim(&q, KZ_STR("web"), 2);
    kz_pack_trim(&q, KZ_STR("db"), 2);
    write(&b, &q);
    kz_pack_done(&q);
    cr_assert_eq(reads(&p, kz_buf_str(&b), &err), 0, "%s", err.frame[0]);
    cr_assert_eq(kz_pack_len(&p, KZ_STR("web")), 2);
    cr_expect_eq(kz_pack_len(&p, KZ_STR("db")), 0);
    cr_expect(kz_str_is(kz_pack_at(&p, KZ_STR("web"), 0).hash, newest));
    cr_expect(kz_str_is(kz_pack_at(&p, KZ_STR("web"), 1).revision, "ddd"));
    cr_expect_eq(p.bodies.len, 5, "a body that no set holds any more is not written");
    kz_pack_done(&p);
}

/* ---- what is refused ---------------------------------------------------------------------------- */

static void unpacked(struct kz_buf *raw, const struct kz_buf *b)
{
    size_t n = (size_t)ZSTD_getFrameContentSize(b->ptr, b->len);
    char *to = kz_buf_reserve(raw, n);
    cr_assert_eq(ZSTD_decompress(to, n, b->ptr, b->len), n);
    raw->len += n;
}

static void packed(struct kz_buf *b, struct kz_str raw)
{
    char *to = kz_buf_reserve(b, ZSTD_compressBound(raw.len));
    size_t n = ZSTD_compress(to, ZSTD_compressBound(raw.len), raw.ptr, raw.len, 1);
    cr_assert_not(ZSTD_isError(n));
    b->len += n;
}

static void replace(struct kz_buf *out, struct kz_str text, const char *from, const char *to)
{
    struct kz_str f = kz_str(from);
    size_t i = 0;
    while (i < text.len && !kz_str_starts(kz_str_skip(text, i), f))
        i++;
    cr_assert_lt(i, text.len, "'%s' does not stand in it", from);
    kz_buf_add_str(out, kz_str_head(text, i));
    kz_buf_puts(out, to);
    kz_buf_add_str(out, kz_str_skip(text, i + f.len));
}

static void two_sets(struct kz_buf *b)
{
    struct kz_pack p;
    kz_pack_init(&p);
    add(&p, "web", "aaa", "1");
    add(&p, "web", "bbb", "2");
    write(b, &p);
    kz_pack_done(&p);
}

Test(pack, refuses_what_was_changed)
{
    static const struct {
        const char *name, *from, *to, *want;
    } rows[] = {
        {"another version", "kzsync-history 1", "kzsync-history 2", "another version"},
        {"another platform", "{\"platform\":\"prod\",\"bodies\"", "{\"platform\":\"test\",\"bodies\"", "another platform"},
        {"a body", "\"k\":\"1\"", "\"k\":\"7\"", "a body is not"},
        {"a longer body", "\"k\":\"2\"", "\"k\":\"22\"", "a body is not"},
        {"a revision", "\"revision\":\"aaa\"", "\"revision\":\"aab\"", "a set was changed"},
        {"a wave", ",2,\"\",0]", ",1,\"\",0]", "a set was changed"},
        {"a new member", "\"revision\":\"bbb\"", "\"revision\":\"bbb\",\"x\":1", "a set was changed"},
        {"another module", "\"modules\":{\"web\"", "\"modules\":{\"wab\"", "another module"},
        {"no sets", "\"modules\":{\"web\":[", "\"modules\":{\"db\":[],\"web\":[", "no list of sets"},
        {"no list", "\"modules\":{\"web\":[", "\"modules\":{\"db\":7,\"web\":[", "no list of sets"},
        {"no modules", "\"modules\":{\"web\"", "\"modZles\":{\"web\"", "names no modules"},
        {"no JSON", "\"modules\":{", "\"modules\":", "head cannot be read"},
        {"no body", "\"bodies\":[[", "\"bodies\":[[],[", "table of bodies"},
    };
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20), raw = KZ_BUF(1 << 20);
    two_sets(&b);
    unpacked(&raw, &b);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autobuf struct kz_buf changed = KZ_BUF(1 << 20), again = KZ_BUF(1 << 20);
        struct kz_pack p = {.arena = NULL};
        struct kz_err err;
        replace(&changed, kz_buf_str(&raw), rows[i].from, rows[i].to);
        packed(&again, kz_buf_str(&changed));
        cr_expect_eq(reads(&p, kz_buf_str(&again), &err), -KZ_E_PARSE, "%s", rows[i].name);
        cr_expect(kz_str_has(kz_str(err.frame[0]), kz_str(rows[i].want)), "%s: %s", rows[i].name, err.frame[0]);
        cr_expect_null(p.arena);
    }
}

/* A set that is taken out whole, with true hashes of all others. */
Test(pack, refuses_a_gap_in_the_chain)
{
    struct kz_pack p, q;
    struct kz_err err;
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    kz_pack_init(&p);
    add(&p, "web", "aaa", "1");
    add(&p, "web", "bbb", "2");
    add(&p, "web", "ccc", "3");
    struct kz_value *list = p.modules->as.map.at[0].val;
    list->as.list.at[1] = list->as.list.at[2];
    list->as.list.len = 2;
    write(&b, &p);
    kz_pack_done(&p);
    cr_expect_eq(reads(&q, kz_buf_str(&b), &err), -KZ_E_PARSE);
    cr_expect(kz_str_has(kz_str(err.frame[0]), KZ_STR("a set is missing")), "%s", err.frame[0]);
}

/* Whatever bit flips: it is refused, or it was one that means nothing to the decompressor. */
Test(pack, refuses_any_damage)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20), raw = KZ_BUF(1 << 20);
    struct kz_pack p;
    struct kz_err err;
    two_sets(&b);
    unpacked(&raw, &b);
    for (size_t i = 0; i < b.len; i++) {
        struct kz_pack q;
        b.ptr[i] = (char)(b.ptr[i] ^ 0x10);
        if (reads(&q, kz_buf_str(&b), &err) == 0) {
            kz_autobuf struct kz_buf same = KZ_BUF(1 << 20);
            unpacked(&same, &b);
            cr_expect(kz_str_eq(kz_buf_str(&same), kz_buf_str(&raw)), "byte %zu was changed", i);
            kz_pack_done(&q);
        }
        b.ptr[i] = (char)(b.ptr[i] ^ 0x10);
        cr_expect_lt(reads(&q, kz_str_head(kz_buf_str(&b), i), &err), 0, "cut at %zu", i);
    }
    cr_assert_eq(reads(&p, kz_buf_str(&b), &err), 0);
    kz_pack_done(&p);
    kz_buf_putc(&b, 'x');
    cr_expect_lt(reads(&p, kz_buf_str(&b), &err), 0);
    static const char zeros[64] = {0};
    cr_expect_lt(reads(&p, kz_str_n(zeros, sizeof zeros), &err), 0);
    cr_expect_lt(reads(&p, KZ_STR(""), &err), 0);
}

/* Few bytes that would become many. */
Test(pack, refuses_a_bomb)
{
    kz_autobuf struct kz_buf raw = KZ_BUF((size_t)KZ_PACK_BYTES + 64), b = KZ_BUF(64 << 20);
    struct kz_pack p;
    struct kz_err err;
    kz_buf_fill(&raw, ' ', (size_t)KZ_PACK_BYTES + 1);
    packed(&b, kz_buf_str(&raw));
    cr_expect_lt(b.len, 1 << 20);
    cr_expect_eq(reads(&p, kz_buf_str(&b), &err), -KZ_E_PARSE);
    cr_expect(kz_str_has(kz_str(err.frame[0]), KZ_STR("not compressed as they were written")), "%s", err.frame[0]);
}

/* Members that a later version adds to a set are under its hash and travel along. */
Test(pack, keeps_what_it_does_not_know)
{
    struct kz_pack p, q;
    struct kz_err err;
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20), c = KZ_BUF(1 << 20);
    kz_pack_init(&p);
    struct kz_want *w = want("aaa", "1");
    kz_pack_add(&p, KZ_STR("prod"), KZ_STR("web"), w, WALL);
    kz_want_unref(w);
    struct kz_value *set = p.modules->as.map.at[0].val->as.list.at[0], *rest = kz_value_map(p.arena);
    kz_value_set(p.arena, set, KZ_STR("later"), kz_value_cstr(p.arena, "unknown"));
    for (size_t i = 0; i < set->as.map.len; i++)
        if (!kz_str_is(set->as.map.at[i].key, "hash"))
            kz_value_set(p.arena, rest, set->as.map.at[i].key, set->as.map.at[i].val);
    kz_json_write(&c, rest, KZ_JSON_SORTED);
    char hash[KZ_SHA256_TEXT];
    kz_sha256_text(hash, kz_buf_str(&c));
    kz_value_set(p.arena, set, KZ_STR("hash"), kz_value_cstr(p.arena, hash));
    kz_pack_init(&q);
    kz_pack_take(&q, &p, KZ_STR("web"));
    kz_pack_done(&p);
    write(&b, &q);
    kz_pack_done(&q);
    cr_assert_eq(reads(&p, kz_buf_str(&b), &err), 0, "%s", err.frame[0]);
    cr_expect(kz_str_is(kz_value_path_str(kz_value_at(p.modules->as.map.at[0].val, 0), "later"), "unknown"));
    kz_pack_done(&p);
}

Test(pack, refuses_sets_that_are_none)
{
    static const struct {
        const char *name;
        struct kz_want_row rows[2];
        size_t n;
    } cases[] = {
        {"no JSON", {{.json = KZ_STR_INIT("{")}}, 1},
        {"no object", {{.json = KZ_STR_INIT("{\"kind\":\"X\"}")}}, 1},
        {"twice", {{.json = KZ_STR_INIT("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"}}")},
                   {.json = KZ_STR_INIT("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"}}")}}, 2},
        {"no hook", {{.json = KZ_STR_INIT("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"}}"), .hook = true}}, 1},
        {"waves fall", {{.json = KZ_STR_INIT("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\"}}"), .wave = 1},
                        {.json = KZ_STR_INIT("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"b\"}}")}}, 2},
    };
    for (size_t i = 0; i < kz_countof(cases); i++) {
        struct kz_want *w;
        struct kz_err err;
        cr_expect_eq(kz_want_restore(&w, KZ_STR("r"), KZ_STR(""), kz_hash(KZ_STR("k")), cases[i].rows, cases[i].n, &err),
                     -KZ_E_PARSE, "%s", cases[i].name);
    }
}
