/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder on disk as a tree. Every access starts at the folder's descriptor and is one openat2 that
 * the kernel keeps beneath it and that follows no link at all (tree.c follows them by their text), so
 * swapping a folder for a link between check and use gains nothing. */
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

struct disk {
    struct kz_tree base;
    int root;
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
    /* O_NONBLOCK: a pipe must not hang us. */
    autofd int fd = open_beneath(impl(t)->root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
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
static bool told(struct kz_node *out, const struct dirent *e)
{
    static const enum kz_node_kind kinds[] = {
        [DT_REG] = KZ_NODE_FILE, [DT_DIR] = KZ_NODE_DIR, [DT_LNK] = KZ_NODE_LINK};
    if (e->d_type >= kz_countof(kinds) || kinds[e->d_type] == KZ_NODE_NONE)
        return false;
    *out = (struct kz_node){.kind = kinds[e->d_type]};
    return true;
}

static int list(struct kz_node **out, size_t *n, struct kz_arena *a, struct kz_tree *t,
                const char *path, bool sizes, struct kz_err *err)
{
    KZ_VEC(struct kz_node) nodes = {0};
    const struct dirent *e;
    struct stat st;
    int rc = 0;

    int fd = open_beneath(impl(t)->root, path, O_RDONLY | O_DIRECTORY);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        rc = kz_fail_errno(err, errno, "'%s'", path);
        close_fd(&fd);
        return rc;
    }
    while (rc == 0 && (errno = 0, e = readdir(dir)) != NULL) {
        if (is_hidden(e->d_name))
            continue;
        struct kz_node node;
        if (sizes || !told(&node, e)) {
            if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
                if (errno != ENOENT) /* gone meanwhile: as if it had never been there */
                    rc = kz_fail_errno(err, errno, "'%s/%s'", path, e->d_name);
                continue;
            }
            node = node_of(&st);
        }
        if (nodes.len == KZ_TREE_ENTRIES_MAX) {
            rc = kz_fail(err, KZ_E_LIMIT, "more than %d entries", (int)KZ_TREE_ENTRIES_MAX);
            continue;
        }
        node.name = kz_str_dup(a, kz_str(e->d_name));
        kz_vec_push(&nodes, node);
    }
    if (rc == 0 && errno != 0)
        rc = kz_fail_errno(err, errno, "'%s'", path);
    (void)closedir(dir);
    if (rc == 0) {
        *out = kz_new_n(a, struct kz_node, nodes.len);
        if (nodes.len > 0)
            memcpy(*out, nodes.at, nodes.len * sizeof *nodes.at);
        *n = nodes.len;
    }
    kz_vec_done(&nodes);
    return rc;
}

static void close_disk(struct kz_tree *t)
{
    struct disk *d = impl(t);
    close_fd(&d->root);
    free(d);
}

static const struct kz_tree_ops disk_ops = {
    .look = look, .read_plain = read_plain, .read = read_node, .list = list, .close = close_disk};

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
    *out = &d->base;
    return 0;
}
