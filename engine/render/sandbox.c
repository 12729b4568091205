/* SPDX-License-Identifier: Apache-2.0 */
#include "render/sandbox.h"

#include "render/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FILES_PURE = 256,
    FILES_EXEC = 1024,
    PROCESSES_EXEC = 512,   /* threads count too */
    ADDRESS_SLACK_EXEC = 3, /* Go reserves address space that it never touches */
};
static const uint64_t file_size_exec = UINT64_C(256) << 20;

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t len = strlen(text);
    bool ok = write(fd, text, len) == (ssize_t)len;
    (void)close(fd);
    return ok;
}

/* An empty network namespace. Root makes it directly, and so keeps its rights on files of others;
 * everybody else needs a user namespace around it, in which it stays the user that it is. */
static void leave_network(struct kz_sandbox *s)
{
    char line[64];
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(CLONE_NEWNET) == 0) {
        s->netns = true;
        return;
    }
    /* Without a way to map itself a process in a new user namespace could not make files. */
    if (uid == 0 || access("/proc/self/uid_map", W_OK) != 0 ||
        unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return;
    s->netns = s->userns = true;
    (void)write_file("/proc/self/setgroups", "deny");
    (void)snprintf(line, sizeof line, "%u %u 1", uid, uid);
    (void)write_file("/proc/self/uid_map", line);
    (void)snprintf(line, sizeof line, "%u %u 1", gid, gid);
    (void)write_file("/proc/self/gid_map", line);
}

/* Drops every capability. A root that renders a folder of another user must read it: it keeps that one
 * right where landlock bounds what it can be used on. */
static void drop_capabilities(struct kz_sandbox *s)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}, {0}};
    struct __user_cap_data_struct now[2] = {{0}, {0}};
    const uint32_t read_all = UINT32_C(1) << CAP_DAC_READ_SEARCH;
    if (s->landlock > 0 && !s->userns && syscall(SYS_capget, &head, now) == 0) {
        data[0].permitted = data[0].effective = now[0].permitted & read_all;
        s->reads_all = data[0].permitted != 0;
    }
    head.pid = 0;
    (void)syscall(SYS_capset, &head, data);
}

static void describe(struct kz_sandbox *s)
{
    struct rlimit core;
    s->layers = (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? KZ_LAYER_NO_NEW_PRIVS : 0) |
                (getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? KZ_LAYER_RLIMITS : 0) |
                (s->seccomp ? KZ_LAYER_SECCOMP : 0) | (s->landlock > 0 ? KZ_LAYER_LANDLOCK : 0) |
                (s->netns ? KZ_LAYER_NAMESPACES : 0);
    (void)snprintf(s->level, sizeof s->level, "%srlimits%s%s", s->seccomp ? "seccomp+" : "",
                   s->landlock > 0 ? "+landlock" : "", s->netns ? "+netns" : "");
}

void kz_sandbox_drop(struct kz_sandbox *s)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    s->landlock = kz_landlock_abi();
    drop_capabilities(s);
}

void kz_sandbox_enter_zygote(struct kz_sandbox *s)
{
    struct kz_err ignored; /* the level tells */
    leave_network(s);
    kz_sandbox_drop(s);
    /* After the id maps: a process that can't be dumped doesn't own its files in /proc. */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    s->seccomp = kz_seccomp_enter(KZ_FILTER_ZYGOTE, &ignored) >= 0;
    describe(s);
}

static int limit(int what, uint64_t value, const char *name, struct kz_err *err)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)what, &now) == 0 && now.rlim_max < value)
        value = now.rlim_max;
    const struct rlimit want = {value, value};
    if (setrlimit((__rlimit_resource_t)what, &want) != 0)
        return kz_fail_errno(err, errno, "limit the worker's %s", name);
    return 0;
}

/* Templates recurse on this stack, as deep as the chart says, and the evaluator stops in time by what the
 * soft limit grants it. The kernel keeps as much room below a stack as the limit said when the program
 * started; whether there is more, asking for it tells. */
static void raise_stack(void)
{
    const size_t want = (size_t)128 << 20;
    struct rlimit now;
    const uintptr_t here = (uintptr_t)__builtin_frame_address(0) & ~(uintptr_t)0xffff;
    if (getrlimit(RLIMIT_STACK, &now) != 0 || now.rlim_cur >= want || now.rlim_max < want)
        return;
    void *const low = (void *)(here - want); /* NOLINT(performance-no-int-to-ptr) */
    void *const got = mmap(low, want - now.rlim_cur, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (got != MAP_FAILED)
        (void)munmap(got, want - now.rlim_cur);
    if (got != low)
        return;
    now.rlim_cur = want;
    (void)setrlimit(RLIMIT_STACK, &now);
}

static int set_limits(const struct kz_sandbox *s, const struct kz_sandbox_job *job,
                      struct kz_err *err)
{
    const bool ex = job->may_exec;
    raise_stack();
#ifndef KZ_ARENA_DEBUG /* a sanitizer's shadow alone is terabytes of address space */
    uint64_t address = ex ? job->memory * ADDRESS_SLACK_EXEC : job->memory;
    if (limit(RLIMIT_AS, address, "address space", err) < 0 ||
        limit(RLIMIT_DATA, job->memory, "memory", err) < 0)
        return -(int)err->code;
#endif
    if (limit(RLIMIT_CPU, job->cpu_seconds, "processor time", err) < 0 ||
        limit(RLIMIT_NOFILE, ex ? FILES_EXEC : FILES_PURE, "open files", err) < 0 ||
        (!job->prints && limit(RLIMIT_FSIZE, ex ? file_size_exec : 0, "file size", err) < 0))
        return -(int)err->code;
    /* Counted per user: only in a user namespace of our own does it count the worker's alone. */
    if (s->userns && limit(RLIMIT_NPROC, PROCESSES_EXEC, "processes", err) < 0)
        return -(int)err->code;
    return 0;
}

int kz_sandbox_enter_child(const struct kz_sandbox *s, const struct kz_sandbox_job *job,
                           struct kz_err *err)
{
    /* If memory ends, the kernel shall take workers first. */
    (void)write_file("/proc/self/oom_score_adj", "1000");
    if (set_limits(s, job, err) < 0)
        return kz_wrap(err, "sandbox");
    if (s->landlock > 0 && kz_landlock_enter(s, job, err) < 0)
        return kz_wrap(err, "sandbox");
    const enum kz_filter filter = !job->may_exec      ? KZ_FILTER_PURE
                                  : s->landlock >= 6 ? KZ_FILTER_EXEC_BOUNDED
                                                     : KZ_FILTER_EXEC;
    if (s->seccomp && kz_seccomp_enter(filter, err) < 0)
        return kz_wrap(err, "sandbox");
    return 0;
}
