/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/links.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_DEPTH = 32, MAX_ENTRIES = 100000 };

struct search {
    struct kz_arena *a;
    struct kz_str root;
    unsigned entries;
};

static bool is_below(struct kz_str path, struct kz_str folder)
{
    return kz_str_starts(path, folder) && (path.len == folder.len || path.ptr[folder.len] == '/');
}

static struct kz_str parent(struct kz_str path)
{
    return kz_str_head(path, kz_str_rindex(path, '/'));
}

static void look_in(struct search *s, const char *folder, unsigned depth);

/* Makes the root hold what the link points to, and goes on there when it is a folder. */
static void follow(struct search *s, const char *link, unsigned depth)
{
    char real[PATH_MAX];
    struct stat st;
    if (realpath(link, real) == NULL || stat(real, &st) != 0)
        return;
    struct kz_str root = s->root, target = kz_str(real);
    if (is_below(target, root))
        return;
    while (root.len > 0 && !is_below(target, root))
        root = parent(root);
    if (root.len == 0)
        return;
    s->root = root;
    if (S_ISDIR(st.st_mode))
        look_in(s, kz_cstr(s->a, target), depth + 1);
}

/* What kind of entry it is, asked only where the listing does not tell. */
static unsigned char kind_of(int dir, const struct dirent *e)
{
    struct stat st;
    if (e->d_type != DT_UNKNOWN || fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return e->d_type;
    return (unsigned char)IFTODT(st.st_mode);
}

static void look_in(struct search *s, const char *folder, unsigned depth)
{
    DIR *dir = depth < MAX_DEPTH ? opendir(folder) : NULL;
    const struct dirent *e;
    if (dir == NULL)
        return;
    while (s->entries < MAX_ENTRIES && (e = readdir(dir)) != NULL) {
        s->entries++;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        const unsigned char kind = kind_of(dirfd(dir), e);
        if (kind != DT_DIR && kind != DT_LNK)
            continue;
        const char *path = kz_str_printf(s->a, "%s/%s", folder, e->d_name).ptr;
        if (kind == DT_DIR)
            look_in(s, path, depth + 1);
        else
            follow(s, path, depth);
    }
    (void)closedir(dir);
}

struct kz_str kz_links_root(struct kz_arena *a, struct kz_str folder)
{
    struct search s = {.a = a, .root = kz_str_dup(a, folder)};
    look_in(&s, kz_cstr(a, folder), 0);
    return s.root;
}
