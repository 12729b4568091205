/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/shelf.h"
#include "base/base64.h"
#include "base/log.h"
#include "sync/history.h"
#include "value/json.h"

#define INDEX "kubezero.com/history-index"
#define DATA  "sets"

enum { PART_BYTES = 900 << 10, PARTS = KZ_SHELF_PACK_MAX / PART_BYTES, ARENA = 64 << 20 };

struct kz_shelf {
    struct kz_kube *kube;
    char *ns, *platform;
    KZ_VEC(struct kz_shelf_pack *) packs; /* by number */
    uint64_t last;            /* highest number seen, also of what is not ours */
    uint64_t call;            /* under way */
    struct kz_shelf_pack *at; /* read, written or removed just now */
    unsigned part;            /* of it */
    struct kz_arena *arena;   /* of the operation */
    struct kz_buf bytes;
    struct kz_str index;      /* write: text of the annotation */
    struct kz_pack open;      /* arena NULL: none */
    const struct kz_shelf_pack *open_of;
    union {
        void (*plain)(void *arg, const struct kz_err *err);
        void (*read)(void *arg, const struct kz_pack *pack, const struct kz_err *err);
        void (*write)(void *arg, struct kz_shelf_pack *p, const struct kz_err *err);
    } done;
    void *arg;
};

struct kz_shelf *kz_shelf_new(struct kz_kube *kube, struct kz_str ns, struct kz_str platform)
{
    struct kz_shelf *s = calloc(1, sizeof *s);
    kz_assert(s != NULL);
    s->kube = kube;
    s->ns = strndup(ns.ptr, ns.len);
    s->platform = strndup(platform.ptr, platform.len);
    kz_buf_init(&s->bytes, KZ_SHELF_PACK_MAX);
    return s;
}

static void pack_free(struct kz_shelf_pack *p)
{
    for (size_t i = 0; i < p->part.len; i++) {
        free(p->part.at[i].uid);
        free(p->part.at[i].version);
    }
    kz_vec_done(&p->part);
    free(p);
}

static void clear(struct kz_shelf *s)
{
    for (size_t i = 0; i < s->packs.len; i++)
        pack_free(s->packs.at[i]);
    s->packs.len = 0;
}

void kz_shelf_shut(struct kz_shelf *s)
{
    if (s->open.arena != NULL)
        kz_pack_done(&s->open);
    s->open_of = NULL;
}

/* The operation's memory goes; what is bound for the caller was taken out. */
static void end(struct kz_shelf *s)
{
    s->call = 0;
    s->at = NULL;
    s->index = KZ_STR("");
    kz_arena_free(s->arena);
    s->arena = NULL;
    kz_buf_done(&s->bytes);
}

void kz_shelf_free(struct kz_shelf *s)
{
    if (s == NULL)
        return;
    kz_kube_cancel(s->kube, s->call);
    kz_shelf_shut(s);
    if (s->index.len > 0) /* one that is being written belongs to nobody yet */
        pack_free(s->at);
    end(s);
    clear(s);
    kz_vec_done(&s->packs);
    free(s->ns);
    free(s->platform);
    free(s);
}

size_t kz_shelf_len(const struct kz_shelf *s)
{
    return s->packs.len;
}

struct kz_shelf_pack *kz_shelf_at(const struct kz_shelf *s, size_t i)
{
    return s->packs.at[i];
}

static void begin(struct kz_shelf *s)
{
    kz_assert(s->arena == NULL);
    s->arena = kz_arena_new(ARENA);
}

static struct kz_id secret_id(struct kz_shelf *s, struct kz_arena *a, uint64_t number, unsigned k)
{
    unsigned long long n = number;
    return (struct kz_id){.group = KZ_STR(""), .kind = KZ_STR("Secret"), .ns = kz_str(s->ns),
                          .name = k == 0 ? kz_str_printf(a, "kzsync-history-%s-%llu", s->platform, n)
                                         : kz_str_printf(a, "kzsync-history-%s-%llu.%u", s->platform, n, k)};
}

/* ---- list ------------------------------------------------------------------------------------- */

static void spoil(const struct kz_shelf *s, struct kz_shelf_pack *p, const char *why)
{
    char n[24];
    if (p->bad)
        return;
    p->bad = true;
    (void)snprintf(n, sizeof n, "%llu", (unsigned long long)p->number);
    kz_log(NULL, KZ_WARN, "history-ignored", KZ_FS("platform", s->platform), KZ_FS("number", n), KZ_FS("reason", why));
}

static struct kz_shelf_pack *pack_of(struct kz_shelf *s, uint64_t number)
{
    size_t i = s->packs.len;
    while (i > 0 && s->packs.at[i - 1]->number > number)
        i--;
    if (i > 0 && s->packs.at[i - 1]->number == number)
        return s->packs.at[i - 1];
    struct kz_shelf_pack *p = calloc(1, sizeof *p);
    kz_assert(p != NULL);
    p->number = number;
    kz_vec_push(&s->packs, p);
    for (size_t k = s->packs.len - 1; k > i; k--)
        s->packs.at[k] = s->packs.at[k - 1];
    s->packs.at[i] = p;
    if (number > s->last)
        s->last = number;
    return p;
}

static void add_part(struct kz_shelf_pack *p, unsigned k, const struct kz_value *secret)
{
    struct kz_str uid = kz_value_path_str(secret, "metadata.uid");
    struct kz_str version = kz_value_path_str(secret, "metadata.resourceVersion");
    kz_vec_push(&p->part, ((struct kz_shelf_part){.k = k, .uid = strndup(uid.ptr, uid.len),
                                                  .version = strndup(version.ptr, version.len)}));
}

/* {"v":1,"parts":1,"sum":"<SHA-256>","modules":[["web","<content>"],...]} */
static bool read_index(struct kz_shelf_pack *p, struct kz_arena *a, struct kz_str text)
{
    struct kz_value *doc;
    struct kz_err err;
    if (kz_json_read(&doc, a, text, KZ_STR("index"), &err) < 0 || kz_value_path_int(doc, "v", 0) != 1)
        return false;
    int64_t parts = kz_value_path_int(doc, "parts", 0);
    struct kz_str sum = kz_value_path_str(doc, "sum");
    const struct kz_value *modules = kz_value_get(doc, "modules");
    size_t n = kz_value_len(modules);
    struct kz_shelf_entry *index = kz_new_n(a, struct kz_shelf_entry, n + 1);
    for (size_t i = 0; i < n; i++) {
        const struct kz_value *row = kz_value_at(modules, i);
        index[i].module = kz_value_as_str(kz_value_at(row, 0));
        if (index[i].module.len == 0 || !kz_hash_parse(&index[i].content, kz_value_as_str(kz_value_at(row, 1))))
            return false;
    }
    if (parts < 1 || parts > PARTS || sum.len != sizeof p->sum - 1 || !kz_value_is(modules, KZ_LIST))
        return false;
    p->parts = (unsigned)parts;
    memcpy(p->sum, sum.ptr, sum.len);
    p->index = index;
    p->n = n;
    return true;
}

/* "kzsync-history-PLATFORM-12.3" -> 12, 3 */
static bool read_name(uint64_t *number, uint64_t *k, struct kz_shelf *s, struct kz_str name)
{
    struct kz_str n, part = kz_str_cut(&n, kz_str_skip(name, kz_str_rindex(name, '-') + 1), '.');
    *k = 0;
    return kz_str_u64(number, n) && *number < UINT32_MAX && (part.len == 0 || kz_str_u64(k, part)) && *k < PARTS &&
           kz_str_eq(name, secret_id(s, s->arena, *number, (unsigned)*k).name);
}

static void take_secret(struct kz_shelf *s, const struct kz_value *secret)
{
    uint64_t number, k;
    const struct kz_value *notes = kz_value_path(secret, "metadata.annotations");
    if (!read_name(&number, &k, s, kz_value_path_str(secret, "metadata.name"))) {
        kz_log(NULL, KZ_WARN, "history-ignored", KZ_FS("platform", s->platform),
               KZ_F("secret", kz_value_path_str(secret, "metadata.name")), KZ_FS("reason", "it is not ours"));
        return;
    }
    struct kz_shelf_pack *p = pack_of(s, number);
    add_part(p, (unsigned)k, secret);
    if (k == 0 && !read_index(p, s->arena, kz_value_as_str(kz_value_get(notes, INDEX))))
        spoil(s, p, "its index is damaged");
}

static void on_listed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_shelf *s = arg;
    const struct kz_err *err = res->err != NULL && res->outcome != KZ_NO_OBJECT ? res->err : NULL;
    (void)id;
    s->call = 0;
    kz_shelf_shut(s);
    clear(s);
    for (size_t i = 0; i < kz_value_len(res->body) && err == NULL; i++)
        take_secret(s, kz_value_at(res->body, i));
    for (size_t i = 0; i < s->packs.len; i++)
        if (s->packs.at[i]->parts > 0 && s->packs.at[i]->part.len != s->packs.at[i]->parts)
            spoil(s, s->packs.at[i], "a part of it is missing");
    s->done.plain(s->arg, err);
    for (size_t i = 0; i < s->packs.len; i++)
        s->packs.at[i]->index = NULL;
    end(s);
}

void kz_shelf_list(struct kz_shelf *s, void (*done)(void *arg, const struct kz_err *err), void *arg)
{
    begin(s);
    struct kz_str selector = kz_str_printf(s->arena, KZ_HISTORY_LABEL "=%s", s->platform);
    s->done.plain = done;
    s->arg = arg;
    s->call = kz_kube_list_metadata(s->kube, KZ_STR(""), KZ_STR("Secret"), kz_str(s->ns), selector, on_listed, s);
}

/* ---- read ------------------------------------------------------------------------------------- */

static void read_part(struct kz_shelf *s);

static void read_ended(struct kz_shelf *s, const struct kz_err *err)
{
    void (*done)(void *arg, const struct kz_pack *pack, const struct kz_err *e) = s->done.read;
    struct kz_shelf_pack *p = s->at;
    char sum[KZ_SHA256_TEXT];
    struct kz_err why;
    if (err == NULL && !p->bad) {
        kz_sha256_text(sum, kz_buf_str(&s->bytes));
        if (memcmp(sum, p->sum, sizeof sum) != 0)
            spoil(s, p, "its content is not what its index says");
        else if (kz_pack_read(&s->open, kz_buf_str(&s->bytes), kz_str(s->platform), &why) < 0)
            spoil(s, p, why.frame[0]);
        else
            s->open_of = p;
    }
    end(s);
    done(s->arg, s->open_of == NULL ? NULL : &s->open, err);
}

static void on_got(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_shelf *s = arg;
    struct kz_str bytes;
    (void)id;
    s->call = 0;
    if (res->err != NULL && res->outcome != KZ_NO_OBJECT) {
        read_ended(s, res->err);
        return;
    }
    const struct kz_value *data = res->err != NULL ? NULL : kz_value_get(res->body, "data");
    if (kz_value_get(data, DATA) == NULL)
        spoil(s, s->at, "it was removed");
    else if (!kz_base64_decode(&bytes, res->arena, kz_value_as_str(kz_value_get(data, DATA))))
        spoil(s, s->at, "its content is damaged");
    else
        kz_buf_add_str(&s->bytes, bytes);
    if (s->at->bad || ++s->part == s->at->parts)
        read_ended(s, NULL);
    else
        read_part(s);
}

static void read_part(struct kz_shelf *s)
{
    struct kz_id id = secret_id(s, s->arena, s->at->number, s->part);
    s->call = kz_kube_get(s->kube, &id, on_got, s);
}

void kz_shelf_read(struct kz_shelf *s, struct kz_shelf_pack *p,
                   void (*done)(void *arg, const struct kz_pack *pack, const struct kz_err *err), void *arg)
{
    if (s->open_of == p) {
        done(arg, &s->open, NULL);
        return;
    }
    kz_shelf_shut(s);
    begin(s);
    s->done.read = done;
    s->arg = arg;
    s->at = p;
    s->part = 0;
    read_part(s);
}

/* ---- write ------------------------------------------------------------------------------------ */

static void write_part(struct kz_shelf *s);

static void write_ended(struct kz_shelf *s, const struct kz_err *err)
{
    void (*done)(void *arg, struct kz_shelf_pack *p, const struct kz_err *e) = s->done.write;
    struct kz_shelf_pack *p = s->at;
    if (err != NULL) { /* what was written of it is found by the next list */
        pack_free(p);
        p = NULL;
    } else {
        kz_vec_push(&s->packs, p);
    }
    end(s);
    done(s->arg, p, err);
}

static void on_created(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_shelf *s = arg;
    (void)id;
    s->call = 0;
    if (res->err != NULL) {
        struct kz_err err = *res->err;
        (void)kz_wrap(&err, "keep healthy sets in namespace %s", s->ns);
        write_ended(s, &err);
        return;
    }
    add_part(s->at, s->part, res->body);
    if (s->part-- == 0)
        write_ended(s, NULL);
    else
        write_part(s);
}

static void write_part(struct kz_shelf *s)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    struct kz_id id = secret_id(s, a, s->at->number, s->part);
    struct kz_value *secret = kz_value_map(a), *meta = kz_value_map(a), *labels = kz_value_map(a);
    struct kz_value *data = kz_value_map(a), *notes = kz_value_map(a);
    struct kz_str bytes = kz_str_head(kz_str_skip(kz_buf_str(&s->bytes), (size_t)s->part * PART_BYTES), PART_BYTES);
    kz_value_set(a, labels, KZ_STR(KZ_HISTORY_LABEL), kz_value_cstr(a, s->platform));
    kz_value_set(a, meta, KZ_STR("name"), kz_value_str(a, id.name));
    kz_value_set(a, meta, KZ_STR("namespace"), kz_value_str(a, id.ns));
    kz_value_set(a, meta, KZ_STR("labels"), labels);
    if (s->part == 0) {
        kz_value_set(a, notes, KZ_STR(INDEX), kz_value_str(a, s->index));
        kz_value_set(a, meta, KZ_STR("annotations"), notes);
    }
    kz_value_set(a, data, KZ_STR(DATA), kz_value_str(a, kz_base64_encode(a, bytes)));
    kz_value_set(a, secret, KZ_STR("apiVersion"), kz_value_cstr(a, "v1"));
    kz_value_set(a, secret, KZ_STR("kind"), kz_value_cstr(a, "Secret"));
    kz_value_set(a, secret, KZ_STR("metadata"), meta);
    kz_value_set(a, secret, KZ_STR("type"), kz_value_cstr(a, KZ_HISTORY_LABEL));
    kz_value_set(a, secret, KZ_STR("immutable"), kz_value_bool(a, true));
    kz_value_set(a, secret, KZ_STR("data"), data);
    s->call = kz_kube_create(s->kube, &id, KZ_STR("v1"), secret, on_created, s);
}

static struct kz_str index_text(struct kz_arena *a, const struct kz_shelf_pack *p, const struct kz_shelf_entry *index)
{
    kz_autobuf struct kz_buf b = KZ_BUF(ARENA);
    char content[KZ_HASH_TEXT];
    kz_buf_printf(&b, "{\"v\":1,\"parts\":%u,\"sum\":\"%s\",\"modules\":[", p->parts, p->sum);
    for (size_t i = 0; i < p->n; i++) {
        kz_hash_text(content, index[i].content);
        kz_buf_puts(&b, i == 0 ? "[" : ",[");
        kz_json_write_str(&b, index[i].module);
        kz_buf_printf(&b, ",\"%s\"]", content);
    }
    kz_buf_puts(&b, "]}");
    return kz_str_dup(a, kz_buf_str(&b));
}

void kz_shelf_write(struct kz_shelf *s, struct kz_str bytes, const struct kz_shelf_entry *index, size_t n,
                    void (*done)(void *arg, struct kz_shelf_pack *p, const struct kz_err *err), void *arg)
{
    kz_shelf_shut(s);
    begin(s);
    s->done.write = done;
    s->arg = arg;
    kz_buf_add_str(&s->bytes, bytes);
    s->at = calloc(1, sizeof *s->at);
    kz_assert(s->at != NULL && !kz_buf_bad(&s->bytes) && bytes.len > 0);
    s->at->number = ++s->last;
    s->at->parts = (unsigned)((bytes.len + PART_BYTES - 1) / PART_BYTES);
    s->at->n = n;
    kz_sha256_text(s->at->sum, bytes);
    s->index = index_text(s->arena, s->at, index);
    s->part = s->at->parts - 1;
    write_part(s);
}

/* ---- remove ----------------------------------------------------------------------------------- */

static void remove_part(struct kz_shelf *s);

static void remove_ended(struct kz_shelf *s, const struct kz_err *err)
{
    struct kz_shelf_pack *p = s->at;
    if (err != NULL) {
        p->stuck = true;
    } else {
        size_t i = 0;
        while (s->packs.at[i] != p)
            i++;
        for (; i + 1 < s->packs.len; i++)
            s->packs.at[i] = s->packs.at[i + 1];
        s->packs.len--;
        pack_free(p);
    }
    end(s);
    s->done.plain(s->arg, err);
}

static void on_removed(void *arg, uint64_t id, const struct kz_result *res)
{
    struct kz_shelf *s = arg;
    (void)id;
    s->call = 0;
    if (res->err != NULL && res->outcome != KZ_NO_OBJECT)
        remove_ended(s, res->err);
    else if (++s->part == s->at->part.len)
        remove_ended(s, NULL);
    else
        remove_part(s);
}

static void remove_part(struct kz_shelf *s)
{
    const struct kz_shelf_part *part = &s->at->part.at[s->part];
    struct kz_id id = secret_id(s, s->arena, s->at->number, part->k);
    s->call = kz_kube_delete(s->kube, &id, kz_str(part->uid), kz_str(part->version), false, on_removed, s);
}

static int by_k(const void *a, const void *b)
{
    unsigned x = ((const struct kz_shelf_part *)a)->k, y = ((const struct kz_shelf_part *)b)->k;
    return x < y ? -1 : x > y;
}

void kz_shelf_remove(struct kz_shelf *s, struct kz_shelf_pack *p, void (*done)(void *arg, const struct kz_err *err),
                     void *arg)
{
    if (s->open_of == p)
        kz_shelf_shut(s);
    begin(s);
    qsort(p->part.at, p->part.len, sizeof *p->part.at, by_k); /* the first one first: see shelf.h */
    s->done.plain = done;
    s->arg = arg;
    s->at = p;
    s->part = 0;
    remove_part(s);
}
