/* SPDX-License-Identifier: Apache-2.0 */
#include "render/cache.h"

#include "base/map.h"
#include "base/vec.h"
#include "render/render.h"
#include "value/json.h"
#include "kz_version.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* "kzsync-render 1 <hash of the rest>\n<json>". The number is the format's: what else decides about a
 * reply's meaning is in the key. */
static const char head[] = "kzsync-render 1 ";
static const char prefix[] = "render-";
enum { HEAD = sizeof head - 1, HEAD_ALL = HEAD + KZ_HASH_TEXT, KEY = KZ_HASH_TEXT };
static const size_t max_entry = (size_t)256 << 20;

struct entry { /* in memory; a ring in order of use, newest first */
    struct entry *newer, *older;
    char key[KEY];
    size_t len;
    char text[];
};

struct file { /* on disk */
    char key[KEY];
    uint64_t size;
    uint64_t used; /* counter of uses; files of an earlier run by their time */
};

struct kz_render_cache {
    int dir; /* -1: none */
    uint64_t max_disk;
    size_t max_memory;
    uint64_t clock; /* orders uses */
    struct kz_map by_key;
    struct entry *newest, *oldest;
    KZ_VEC(struct file) files;
    struct kz_render_cache_stats stats;
};

struct kz_hash kz_render_key(struct kz_str tree_id, const struct kz_value *input)
{
    struct kz_hash in;
    char text[KZ_HASH_TEXT];
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 10);
    struct kz_hasher *h = kz_hasher_new(a);
    kz_json_hash(&in, input);
    kz_hash_text(text, in);
    kz_hasher_add(h, kz_str(KZ_VERSION));
    kz_hasher_add(h, tree_id);
    kz_hasher_add(h, kz_str(text));
    return kz_hasher_end(h);
}

/* ---- memory ------------------------------------------------------------------------------------ */
static void unlink_entry(struct kz_render_cache *c, struct entry *e)
{
    *(e->newer != NULL ? &e->newer->older : &c->newest) = e->older;
    *(e->older != NULL ? &e->older->newer : &c->oldest) = e->newer;
}

static void push_newest(struct kz_render_cache *c, struct entry *e)
{
    e->newer = NULL;
    e->older = c->newest;
    *(c->newest != NULL ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

/* Secrets may be in it: the bytes are overwritten. */
static void drop_entry(struct kz_render_cache *c, struct entry *e)
{
    (void)kz_map_del(&c->by_key, kz_str(e->key));
    unlink_entry(c, e);
    c->stats.bytes_memory -= e->len;
    explicit_bzero(e->text, e->len);
    free(e);
}

static void put_memory(struct kz_render_cache *c, const char *key, struct kz_str text)
{
    struct entry *old = kz_map_find(&c->by_key, kz_str(key));
    if (old != NULL)
        drop_entry(c, old);
    if (text.len > c->max_memory / 2)
        return;
    struct entry *e = malloc(sizeof *e + text.len);
    if (e == NULL)
        return;
    memcpy(e->key, key, KEY);
    memcpy(e->text, text.ptr, text.len);
    e->len = text.len;
    push_newest(c, e);
    (void)kz_map_put(&c->by_key, kz_str(e->key), e);
    c->stats.bytes_memory += e->len;
    while (c->stats.bytes_memory > c->max_memory)
        drop_entry(c, c->oldest);
}

/* ---- disk -------------------------------------------------------------------------------------- */
static void file_name(char out[sizeof prefix + KEY], const char *key)
{
    (void)snprintf(out, sizeof prefix + KEY, "%s%s", prefix, key);
}

static struct file *find_file(struct kz_render_cache *c, const char *key)
{
    for (size_t i = 0; i < c->files.len; i++)
        if (memcmp(c->files.at[i].key, key, KEY) == 0)
            return &c->files.at[i];
    return NULL;
}

static void drop_file(struct kz_render_cache *c, struct file *f)
{
    char name[sizeof prefix + KEY];
    file_name(name, f->key);
    (void)unlinkat(c->dir, name, 0);
    c->stats.bytes_disk -= f->size;
    kz_vec_swap_out(&c->files, (size_t)(f - c->files.at));
}

static void make_room(struct kz_render_cache *c, uint64_t need)
{
    while (c->files.len > 0 && c->stats.bytes_disk + need > c->max_disk) {
        struct file *oldest = &c->files.at[0];
        for (size_t i = 1; i < c->files.len; i++)
            if (c->files.at[i].used < oldest->used)
                oldest = &c->files.at[i];
        drop_file(c, oldest);
    }
}

static bool write_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

static void put_disk(struct kz_render_cache *c, const char *key, struct kz_str text)
{
    char name[sizeof prefix + KEY], temp[sizeof prefix + KEY + 4], sum[KZ_HASH_TEXT];
    char first[HEAD_ALL + 1];
    uint64_t size = text.len + HEAD_ALL;
    struct file *old = find_file(c, key);
    if (old != NULL)
        drop_file(c, old);
    if (size > c->max_disk / 2)
        return;
    make_room(c, size);
    file_name(name, key);
    (void)snprintf(temp, sizeof temp, "%s.new", name);
    kz_hash_text(sum, kz_hash(text));
    (void)snprintf(first, sizeof first, "%s%s\n", head, sum);

    int fd = openat(c->dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    /* No fsync: after a crash of the machine a torn file fails its hash, which is a miss. */
    bool ok = write_all(fd, first, HEAD_ALL) && write_all(fd, text.ptr, text.len);
    ok = close(fd) == 0 && ok;
    if (!ok || renameat(c->dir, temp, c->dir, name) != 0) {
        (void)unlinkat(c->dir, temp, 0);
        return;
    }
    struct file f = {.size = size, .used = ++c->clock};
    memcpy(f.key, key, KEY);
    kz_vec_push(&c->files, f);
    c->stats.bytes_disk += size;
}

/* The text of a file, hash-checked, in *b; false: damaged or gone. */
static bool read_disk(struct kz_str *text, struct kz_buf *b, const struct kz_render_cache *c,
                      const struct file *f)
{
    char name[sizeof prefix + KEY];
    struct kz_hash want;
    file_name(name, f->key);
    int fd = openat(c->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    char *at = kz_buf_reserve(b, f->size);
    while (at != NULL && b->len < f->size) {
        ssize_t n = read(fd, at, f->size - b->len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        b->len += (size_t)n;
        at += n;
    }
    (void)close(fd);
    struct kz_str all = kz_buf_str(b);
    if (all.len != f->size || all.len < HEAD_ALL || !kz_str_starts(all, kz_str(head)) ||
        all.ptr[HEAD_ALL - 1] != '\n' ||
        !kz_hash_parse(&want, kz_str_n(all.ptr + HEAD, KZ_HASH_TEXT - 1)))
        return false;
    *text = kz_str_skip(all, HEAD_ALL);
    return kz_hash_eq(kz_hash(*text), want);
}

/* ---- opening ------------------------------------------------------------------------------------ */
static void scan_file(struct kz_render_cache *c, const char *name)
{
    struct stat st;
    struct kz_hash key;
    struct file f = {0};
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return;
    const char *hex = name + sizeof prefix - 1;
    if (strlen(hex) != KEY - 1 || !kz_hash_parse(&key, kz_str(hex))) {
        (void)unlinkat(c->dir, name, 0); /* a write that was cut off */
        return;
    }
    if (fstatat(c->dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) ||
        st.st_size < HEAD_ALL || (uint64_t)st.st_size > max_entry)
        return;
    memcpy(f.key, hex, KEY);
    f.size = (uint64_t)st.st_size;
    f.used = (uint64_t)st.st_mtim.tv_sec;
    if (f.used > c->clock)
        c->clock = f.used;
    c->stats.bytes_disk += f.size;
    kz_vec_push(&c->files, f);
}

static int scan(struct kz_render_cache *c, const char *dir, struct kz_err *err)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return kz_fail_errno(err, errno, "make the render cache '%s'", dir);
    c->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->dir < 0)
        return kz_fail_errno(err, errno, "open the render cache '%s'", dir);
    int fd = dup(c->dir);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (d == NULL)
        return kz_fail_errno(err, errno, "read the render cache '%s'", dir);
    const struct dirent *e;
    while ((e = readdir(d)) != NULL)
        scan_file(c, e->d_name);
    (void)closedir(d);
    make_room(c, 0);
    return 0;
}

int kz_render_cache_open(struct kz_render_cache **out, const char *dir, uint64_t max_disk,
                         size_t max_memory, struct kz_err *err)
{
    struct kz_render_cache *c = calloc(1, sizeof *c);
    kz_assert(c != NULL);
    c->dir = -1;
    c->max_disk = max_disk;
    c->max_memory = max_memory;
    kz_map_init(&c->by_key);
    if (dir != NULL && scan(c, dir, err) < 0) {
        kz_render_cache_close(c);
        return -(int)err->code;
    }
    *out = c;
    return 0;
}

void kz_render_cache_close(struct kz_render_cache *c)
{
    if (c == NULL)
        return;
    while (c->oldest != NULL)
        drop_entry(c, c->oldest);
    kz_map_done(&c->by_key);
    kz_vec_done(&c->files);
    if (c->dir >= 0)
        (void)close(c->dir);
    free(c);
}

/* ---- use ----------------------------------------------------------------------------------------- */
void kz_render_cache_put(struct kz_render_cache *c, struct kz_hash key,
                         const struct kz_value *reply)
{
    char hex[KEY];
    struct kz_buf b;
    if (kz_render_asked(reply).once)
        return;
    kz_buf_init(&b, max_entry - HEAD_ALL);
    kz_json_write(&b, reply, KZ_JSON_COMPACT);
    kz_hash_text(hex, key);
    if (!kz_buf_bad(&b)) {
        if (c->dir >= 0 && !kz_render_is_secret(reply))
            put_disk(c, hex, kz_buf_str(&b));
        else
            put_memory(c, hex, kz_buf_str(&b));
    }
    if (b.cap > 0)
        explicit_bzero(b.ptr, b.len);
    kz_buf_done(&b);
}

static const struct kz_value *parse(struct kz_arena *a, struct kz_str text)
{
    struct kz_err err;
    struct kz_value *reply;
    if (kz_json_read(&reply, a, text, KZ_STR("render cache"), &err) < 0 ||
        kz_render_check(reply, &err) < 0)
        return NULL;
    return reply;
}

static const struct kz_value *find_disk(struct kz_render_cache *c, struct kz_arena *a,
                                        struct file *f)
{
    struct kz_buf b;
    struct kz_str text;
    char key[KEY];
    memcpy(key, f->key, KEY);
    kz_buf_init(&b, max_entry);
    const struct kz_value *reply = read_disk(&text, &b, c, f) ? parse(a, text) : NULL;
    if (reply == NULL) {
        c->stats.damaged++;
        drop_file(c, f);
    } else {
        char name[sizeof prefix + KEY];
        file_name(name, key);
        f->used = ++c->clock;
        (void)utimensat(c->dir, name, NULL, AT_SYMLINK_NOFOLLOW); /* the order outlives us */
        c->stats.hits_disk++;
    }
    kz_buf_done(&b);
    return reply;
}

const struct kz_value *kz_render_cache_find(struct kz_render_cache *c, struct kz_arena *a,
                                            struct kz_hash key)
{
    char hex[KEY];
    const struct kz_value *reply = NULL;
    kz_hash_text(hex, key);
    struct entry *e = kz_map_find(&c->by_key, kz_str(hex));
    if (e != NULL) {
        unlink_entry(c, e);
        push_newest(c, e);
        reply = parse(a, kz_str_n(e->text, e->len));
        c->stats.hits_memory += reply != NULL;
    }
    struct file *f = reply == NULL ? find_file(c, hex) : NULL;
    if (f != NULL)
        reply = find_disk(c, a, f);
    c->stats.misses += reply == NULL;
    return reply;
}

void kz_render_cache_stats(struct kz_render_cache_stats *out, const struct kz_render_cache *c)
{
    *out = c->stats;
}
