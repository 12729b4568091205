/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder on disk as a tree. Every access starts at the folder's descriptor and is one openat2 that
 * the kernel keeps beneath it and that follows no link at all (tree.c follows them by their text), so
 * swapping a folder for a link between check and use gains nothing. The folders that were listed last stay open:
 * who lists a folder reads its files next, and from there that is one name, without a walk (0.85 us less of 2.3). */
#include "source/tree_impl.h"

#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KEPT = 4, KEPT_PATH = 256, LIST_BYTES = 8 << 10 };

struct kept {
    char path[KEPT_PATH];
    int fd; /* -1: none */
};

struct disk {
    struct kz_tree base;
    int root;
    struct kept kept[KEPT];
    unsigned oldest;
};

static struct disk *impl(struct kz_tree *t)
{
    return kz_container_of(t, struct disk, base);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}
#define autofd KZ_CLEANUP(close_fd)

static int open_beneath(int root, const char *path, int flags)
{
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC | O_NOFOLLOW),
                           .resolve =
                               RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS};
    return (int)syscall(SYS_openat2, root, path[0] == '\0' ? "." : path, &how, sizeof how);
}

/* Keeps an open folder instead of the oldest one. */
static void keep(struct disk *d, const char *path, int *fd)
{
    const size_t len = strlen(path);
    struct kept *k = &d->kept[d->oldest];
    if (len >= KEPT_PATH)
        return;
    close_fd(&k->fd);
    memcpy(k->path, path, len + 1);
    k->fd = *fd;
    *fd = -1;
    d->oldest = (d->oldest + 1) % KEPT;
}

/* A file to read: from its folder, if that is still open, else from the root. O_NONBLOCK: a pipe must not hang us. */
static int open_file(const struct disk *d, const char *path)
{
    static const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    const size_t len = slash == NULL ? 0 : (size_t)(slash - path);
    for (size_t i = 0; i < KEPT && name[0] != '\0'; i++) {
        const struct kept *k = &d->kept[i];
        if (k->fd >= 0 && strncmp(k->path, path, len) == 0 && k->path[len] == '\0')
            return openat(k->fd, name, flags | O_CLOEXEC | O_NOFOLLOW);
    }
    return open_beneath(d->root, path, flags);
}

static enum kz_node_kind kind_of(mode_t mode)
{
    if (S_ISREG(mode))
        return (mode & 0111) != 0 ? KZ_NODE_EXEC : KZ_NODE_FILE;
    if (S_ISDIR(mode))
        return KZ_NODE_DIR;
    return S_ISLNK(mode) ? KZ_NODE_LINK : KZ_NODE_OTHER;
}

static struct kz_node node_of(const struct stat *st)
{
    return (struct kz_node){.kind = kind_of(st->st_mode),
                            .size = S_ISDIR(st->st_mode) ? 0 : (uint64_t)st->st_size};
}

/* ELOOP: a component on the way is a link; ENOTDIR: a file. Then the whole path is no entry. */
static bool means_none(int errnum)
{
    return errnum == ENOENT || errnum == ENOTDIR || errnum == ELOOP || errnum == ENAMETOOLONG;
}

/* The kernel stops at the first component that is missing, a file or a link, and says which. */
static struct kz_node none(int errnum)
{
    return (struct kz_node){.kind = KZ_NODE_NONE, .no_link = errnum == ENOENT || errnum == ENOTDIR};
}

static int look(struct kz_node *out, struct kz_tree *t, const char *path, struct kz_err *err)
{
    struct stat st;
    autofd int fd = open_beneath(impl(t)->root, path, O_PATH);
    if (fd < 0 && means_none(errno)) {
        *out = none(errno);
        return 0;
    }
    if (fd < 0 || fstat(fd, &st) < 0)
        return kz_fail_errno(err, errno, "'%s'", path);
    *out = node_of(&st);
    return 0;
}

static int read_link(struct kz_str *out, struct kz_arena *a, int fd, const char *path,
                     struct kz_err *err)
{
    char text[KZ_TREE_LINK_MAX];
    ssize_t n = readlinkat(fd, "", text, sizeof text);
    if (n < 0)
        return kz_fail_errno(err, errno, "'%s'", path);
    if ((size_t)n == sizeof text)
        return kz_fail(err, KZ_E_LIMIT, "'%s': a link of %zu bytes or more", path, sizeof text);
    *out = kz_str_dup(a, kz_str_n(text, (size_t)n));
    return 0;
}

/* Reads size bytes and not one more: a file that grows meanwhile is read as it was, one that shrinks
 * is an error. */
static int read_all(struct kz_str *out, struct kz_arena *a, int fd, size_t size, struct kz_err *err)
{
    char *buf = kz_arena_bytes(a, size + 1);
    size_t len = 0;
    while (len < size) {
        ssize_t n = read(fd, buf + len, size - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kz_fail_errno(err, errno, "read");
        if (n == 0)
            return kz_fail(err, KZ_E_CONFLICT, "the file changed while it was read");
        len += (size_t)n;
    }
    buf[len] = '\0';
    *out = kz_str_n(buf, len);
    return 0;
}

static int read_plain(struct kz_str *out, struct kz_arena *a, struct kz_tree *t, const char *path,
                      size_t max, struct kz_err *err)
{
    struct stat st;
    autofd int fd = open_file(impl(t), path);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size > max)
        return 0;
    const int rc = read_all(out, a, fd, (size_t)st.st_size, err);
    return rc < 0 ? kz_wrap(err, "read '%s'", path) : 1;
}

static int read_node(struct kz_str *out, struct kz_arena *a, struct kz_tree *t, const char *path,
                     size_t max, struct kz_err *err)
{
    struct stat st;
    autofd int at = open_beneath(impl(t)->root, path, O_PATH);
    if (at < 0 || fstat(at, &st) < 0)
        return kz_fail_errno(err, errno, "'%s'", path);
    if (S_ISLNK(st.st_mode))
        return read_link(out, a, at, path, err);
    /* O_NONBLOCK: a pipe put there since the look must not hang us. */
    autofd int fd = open_beneath(impl(t)->root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) < 0)
        return kz_fail_errno(err, errno, "'%s'", path);
    if (!S_ISREG(st.st_mode))
        return kz_fail(err, KZ_E_INVALID, "'%s' is not a regular file", path);
    if ((uint64_t)st.st_size > max)
        return kz_fail(err, KZ_E_LIMIT, "'%s' is larger than %zu KiB", path, (max + 1023) >> 10);
    return read_all(out, a, fd, (size_t)st.st_size, err);
}

/* The repository's own folder (or file, in linked working copies) is not content. */
static bool is_hidden(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcasecmp(name, ".git") == 0;
}

/* What a listing tells without a look at the entry; false: it does not. */
static bool told(struct kz_node *out, const struct dirent64 *e)
{
    static const enum kz_node_kind kinds[] = {
        [DT_REG] = KZ_NODE_FILE, [DT_DIR] = KZ_NODE_DIR, [DT_LNK] = KZ_NODE_LINK};
    if (e->d_type >= kz_countof(kinds) || kinds[e->d_type] == KZ_NODE_NONE)
        return false;
    *out = (struct kz_node){.kind = kinds[e->d_type]};
    return true;
}

struct nodes {
    struct kz_node *at;
    size_t len, cap;
};

static int add_entry(struct nodes *nodes, struct kz_arena *a, int fd, const struct dirent64 *e, const char *path,
                     bool sizes, struct kz_err *err)
{
    struct kz_node node;
    struct stat st;
    if (is_hidden(e->d_name))
        return 0;
    if (sizes || !told(&node, e)) {
        if (fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) /* gone meanwhile: as if it had never been there */
            return errno == ENOENT ? 0 : kz_fail_errno(err, errno, "'%s/%s'", path, e->d_name);
        node = node_of(&st);
    }
    if (nodes->len == KZ_TREE_ENTRIES_MAX)
        return kz_fail(err, KZ_E_LIMIT, "more than %d entries", (int)KZ_TREE_ENTRIES_MAX);
    node.name = kz_str_dup(a, kz_str(e->d_name));
    kz_vec_push(nodes, node);
    return 0;
}

/* getdents64 itself: opendir would ask three things more and take 32 KiB for each folder. */
static int add_entries(struct nodes *nodes, struct kz_arena *a, int fd, const char *path, bool sizes,
                       struct kz_err *err)
{
    _Alignas(struct dirent64) char room[LIST_BYTES];
    for (;;) {
        const ssize_t got = getdents64(fd, room, sizeof room);
        if (got <= 0)
            return got < 0 ? kz_fail_errno(err, errno, "'%s'", path) : 0;
        for (ssize_t at = 0; at < got;) {
            const struct dirent64 *e = (const void *)(room + at);
            if (add_entry(nodes, a, fd, e, path, sizes, err) < 0)
                return -(int)err->code;
            at += e->d_reclen;
        }
    }
}

static int list_open(struct kz_node **out, size_t *n, struct kz_arena *a, int fd, const char *path, bool sizes,
                     struct kz_err *err)
{
    struct nodes nodes = {0};
    const int rc = add_entries(&nodes, a, fd, path, sizes, err);
    if (rc >= 0) {
        *out = kz_new_n(a, struct kz_node, nodes.len);
        if (nodes.len > 0)
            memcpy(*out, nodes.at, nodes.len * sizeof *nodes.at);
        *n = nodes.len;
    }
    kz_vec_done(&nodes);
    return rc;
}

static int list(struct kz_node **out, size_t *n, struct kz_arena *a, struct kz_tree *t,
                const char *path, bool sizes, struct kz_err *err)
{
    autofd int fd = open_beneath(impl(t)->root, path, O_RDONLY | O_DIRECTORY);
    return fd < 0 ? kz_fail_errno(err, errno, "'%s'", path) : list_open(out, n, a, fd, path, sizes, err);
}

static int list_plain(struct kz_node **out, size_t *n, struct kz_arena *a, struct kz_tree *t, const char *path,
                      struct kz_err *err)
{
    autofd int fd = open_beneath(impl(t)->root, path, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return 0;
    if (list_open(out, n, a, fd, path, false, err) < 0)
        return -(int)err->code;
    keep(impl(t), path, &fd);
    return 1;
}

static void close_disk(struct kz_tree *t)
{
    struct disk *d = impl(t);
    close_fd(&d->root);
    for (size_t i = 0; i < KEPT; i++)
        close_fd(&d->kept[i].fd);
    free(d);
}

static const struct kz_tree_ops disk_ops = {
    .look = look, .read_plain = read_plain, .read = read_node, .list = list, .list_plain = list_plain, .close = close_disk};

int kz_tree_folder(struct kz_tree **out, struct kz_str folder, struct kz_err *err)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new((size_t)1 << 16);
    if (folder.len > 4096)
        return kz_fail(err, KZ_E_INVALID, "a path has more than 4096 bytes");
    const char *path = kz_cstr(tmp, folder);
    if (path[0] != '/')
        return kz_fail(err, KZ_E_INVALID, "folder '%s' is not an absolute path", path);
    int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return kz_fail_errno(err, errno, "open folder '%s'", path);

    struct disk *d = calloc(1, sizeof *d);
    kz_assert(d != NULL);
    d->base.ops = &disk_ops;
    d->root = root;
    for (size_t i = 0; i < KEPT; i++)
        d->kept[i].fd = -1;
    *out = &d->base;
    return 0;
}
