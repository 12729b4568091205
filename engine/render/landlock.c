/* SPDX-License-Identifier: Apache-2.0
 *
 * Landlock by system call: the C library has no wrappers, and the kernel headers of the build machine
 * may be older than the kernel that runs, so the numbers of the interface stand here
 * (Documentation/userspace-api/landlock.rst of the kernel). */
#include "render/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __NR_landlock_create_ruleset
#define __NR_landlock_create_ruleset 444
#define __NR_landlock_add_rule       445
#define __NR_landlock_restrict_self  446
#endif

enum {
    FS_EXECUTE = 1 << 0,
    FS_WRITE_FILE = 1 << 1,
    FS_READ_FILE = 1 << 2,
    FS_READ_DIR = 1 << 3,
    FS_ALL_V1 = (1 << 13) - 1,
    FS_REFER = 1 << 13,     /* ABI 2 */
    FS_TRUNCATE = 1 << 14,  /* ABI 3 */
    FS_IOCTL_DEV = 1 << 15, /* ABI 5 */
    NET_TCP = 3,            /* ABI 4: bind, connect */
    SCOPE_ALL = 3,          /* ABI 6: abstract sockets, signals */
    RULE_PATH_BENEATH = 1,
    CREATE_VERSION = 1,
    FS_READ = FS_READ_FILE | FS_READ_DIR,
    FS_FILE_ONLY = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
};

struct ruleset_attr {
    uint64_t fs, net, scoped;
};
struct __attribute__((packed)) path_attr {
    uint64_t allowed;
    int32_t parent_fd;
};

int kz_landlock_abi(void)
{
    long abi = syscall(__NR_landlock_create_ruleset, NULL, (size_t)0, CREATE_VERSION);
    return abi < 0 ? 0 : (int)abi;
}

/* A path that is not there needs no rule. */
static int allow(int ruleset, const char *path, uint64_t rights, struct kz_err *err)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return 0;
    struct stat st;
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode))
        rights &= FS_FILE_ONLY;
    struct path_attr attr = {.allowed = rights, .parent_fd = fd};
    long rc = syscall(__NR_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &attr, 0);
    int saved = errno;
    (void)close(fd);
    return rc == 0 ? 0 : kz_fail_errno(err, saved, "let the sandbox see '%s'", path);
}

/* What programs need to start: themselves, their libraries, the trust store, and nothing of /proc,
 * where other processes' environments would be. */
static int allow_programs(int ruleset, const char *path, struct kz_err *err)
{
    static const char *const roots[] = {"/usr",   "/bin",   "/sbin", "/lib",
                                        "/lib64", "/lib32", "/opt"};
    static const char *const files[] = {"/etc/ld.so.cache",  "/etc/ld.so.conf", "/etc/ssl/certs",
                                        "/etc/alternatives", "/dev/urandom",    "/dev/zero"};
    for (size_t i = 0; i < kz_countof(roots); i++)
        if (allow(ruleset, roots[i], FS_READ | FS_EXECUTE, err) < 0)
            return -(int)err->code;
    for (size_t i = 0; i < kz_countof(files); i++)
        if (allow(ruleset, files[i], FS_READ, err) < 0)
            return -(int)err->code;
    if (allow(ruleset, "/dev/null", FS_READ_FILE | FS_WRITE_FILE, err) < 0)
        return -(int)err->code;
    struct kz_str rest = kz_str(path);
    while (rest.len > 0) {
        struct kz_str dir;
        char name[1024];
        rest = kz_str_cut(&dir, rest, ':');
        if (dir.len < 2 || dir.ptr[0] != '/' || dir.len >= sizeof name)
            continue;
        memcpy(name, dir.ptr, dir.len);
        name[dir.len] = '\0';
        if (allow(ruleset, name, FS_READ | FS_EXECUTE, err) < 0)
            return -(int)err->code;
    }
    return 0;
}

/* The first line of a small file that git writes, as a path relative to base; false: there is none. */
static bool read_link_file(char *out, size_t size, const char *base, const char *file)
{
    char name[4400], line[2048];
    (void)snprintf(name, sizeof name, "%s/%s", base, file);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, line, sizeof line - 1);
    (void)close(fd);
    if (n <= 0)
        return false;
    line[n] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    int len =
        line[0] == '/' ? snprintf(out, size, "%s", line) : snprintf(out, size, "%s/%s", base, line);
    return line[0] != '\0' && len > 0 && (size_t)len < size;
}

/* A local clone made with --shared keeps objects in the repository that it was cloned from. */
static int allow_repo(int ruleset, const char *repo, struct kz_err *err)
{
    char objects[4200], other[4400];
    if (allow(ruleset, repo, FS_READ, err) < 0)
        return -(int)err->code;
    (void)snprintf(objects, sizeof objects, "%s/objects", repo);
    if (read_link_file(other, sizeof other, objects, "info/alternates") &&
        allow(ruleset, other, FS_READ, err) < 0)
        return -(int)err->code;
    return 0;
}

static int add_rules(int ruleset, uint64_t handled, const struct kz_sandbox *s,
                     const struct kz_sandbox_job *job, struct kz_err *err)
{
    if (job->repo[0] != '\0' && allow_repo(ruleset, job->repo, err) < 0)
        return -(int)err->code;
    if (job->folder[0] != '\0' && allow(ruleset, job->folder, FS_READ, err) < 0)
        return -(int)err->code;
    if (job->scratch != NULL && allow(ruleset, job->scratch, handled, err) < 0)
        return -(int)err->code;
    if (job->may_exec && allow_programs(ruleset, s->path, err) < 0)
        return -(int)err->code;
#ifdef KZ_ARENA_DEBUG
    /* A sanitizer reads its own map to write its report. */
    if (allow(ruleset, "/proc/self/", FS_READ, err) < 0)
        return -(int)err->code;
#endif
    return 0;
}

int kz_landlock_enter(const struct kz_sandbox *s, const struct kz_sandbox_job *job,
                      struct kz_err *err)
{
    struct ruleset_attr attr = {.fs = FS_ALL_V1};
    size_t size = sizeof attr.fs; /* an old kernel knows only the beginning of the struct */
    if (s->landlock >= 2)
        attr.fs |= FS_REFER;
    if (s->landlock >= 3)
        attr.fs |= FS_TRUNCATE;
    if (s->landlock >= 4) {
        attr.net = NET_TCP;
        size = offsetof(struct ruleset_attr, scoped);
    }
    if (s->landlock >= 5)
        attr.fs |= FS_IOCTL_DEV;
    if (s->landlock >= 6) {
        attr.scoped = SCOPE_ALL;
        size = sizeof attr;
    }
    int ruleset = (int)syscall(__NR_landlock_create_ruleset, &attr, size, 0);
    if (ruleset < 0)
        return kz_fail_errno(err, errno, "make the sandbox's view of files");
    int rc = add_rules(ruleset, attr.fs, s, job, err);
    if (rc == 0 && syscall(__NR_landlock_restrict_self, ruleset, 0) != 0)
        rc = kz_fail_errno(err, errno, "enter the sandbox's view of files");
    (void)close(ruleset);
    return rc;
}
