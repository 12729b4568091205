/* SPDX-License-Identifier: Apache-2.0
 *
 * Which system calls a worker can make, and the program that turns these rules into the kernel's
 * instructions while kzsync is built: kzsync holds the finished filters (seccomp.h) and enters one with
 * a single system call. libseccomp takes about a millisecond to compile one.
 *
 * Refusal is EPERM and not death: which harmless calls a C library tries differs from release to
 * release, and a refused call is as safe as a dead process. */
#include "render/seccomp.h"

#include <errno.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* For all of them, the zygote too: nothing that leaves the process, changes its view of the machine or
 * has a long history of kernel bugs. No socket of any family exists but what was handed over. */
static const char *const denied_to_all[] = {
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "accept4",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "process_madvise",
    "kcmp",
    "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal",
    "io_uring_setup",
    "io_uring_enter",
    "io_uring_register",
    "io_setup",
    "io_submit",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "fanotify_init",
    "lookup_dcookie",
    "keyctl",
    "add_key",
    "request_key",
    "mount",
    "umount",
    "umount2",
    "pivot_root",
    "chroot",
    "unshare",
    "setns",
    "fsopen",
    "fsconfig",
    "fsmount",
    "fspick",
    "move_mount",
    "open_tree",
    "mount_setattr",
    "swapon",
    "swapoff",
    "quotactl",
    "quotactl_fd",
    "open_by_handle_at",
    "name_to_handle_at",
    "mknod",
    "mknodat",
    "acct",
    "init_module",
    "finit_module",
    "delete_module",
    "kexec_load",
    "kexec_file_load",
    "reboot",
    "iopl",
    "ioperm",
    "modify_ldt",
    "vm86",
    "vm86old",
    "syslog",
    "sethostname",
    "setdomainname",
    "settimeofday",
    "clock_settime",
    "clock_adjtime",
    "adjtimex",
    "vhangup",
    "nfsservctl",
    "migrate_pages",
    "move_pages",
    "personality",
    "memfd_secret",
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "setfsuid",
    "setfsgid",
    "capset",
};

/* A pure job: files to read, memory, time, and the socket that it was born with. */
static const char *const allowed_to_pure[] = {
    "read",
    "readv",
    "pread64",
    "preadv",
    "write",
    "writev",
    "close",
    "lseek",
    "_llseek",
    "open",
    "openat",
    "openat2",
    "stat",
    "lstat",
    "fstat",
    "stat64",
    "lstat64",
    "fstat64",
    "fstatat64",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getdents",
    "getdents64",
    "getcwd",
    "fadvise64",
    "fadvise64_64",
    "fcntl",
    "fcntl64",
    "dup",
    "dup2",
    "dup3",
    "pipe",
    "pipe2",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "munmap",
    "mremap",
    "madvise",
    "brk",
    "msync",
    "mincore",
    "mlock",
    "munlock",
    "getpid",
    "gettid",
    "getppid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getgroups",
    "getpgrp",
    "uname",
    "sysinfo",
    "umask",
    "getrusage",
    "getrlimit",
    "ugetrlimit",
    "times",
    "sched_yield",
    "sched_getaffinity",
    "getcpu",
    "membarrier",
    "clock_gettime",
    "clock_gettime64",
    "clock_getres",
    "gettimeofday",
    "time",
    "nanosleep",
    "clock_nanosleep",
    "getrandom",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigreturn",
    "sigaltstack",
    "restart_syscall",
    "futex",
    "futex_time64",
    "set_robust_list",
    "get_robust_list",
    "set_tid_address",
    "rseq",
    "arch_prctl",
    "exit",
    "exit_group",
    "recvfrom",
    "sendto",
    "recvmsg",
    "shutdown",
};

/* Programs: a kill of the process group must reach all of them, so nobody leaves the group. */
static const char *const denied_to_exec[] = {
    "setsid", "setpgid", "sched_setscheduler", "sched_setattr", "setpriority",
};
/* Where landlock does not keep signals inside the job. */
static const char *const denied_signals[] = {"rt_sigqueueinfo", "rt_tgsigqueueinfo", "tkill"};

static bool add_all(scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int nr = seccomp_syscall_resolve_name(names[i]);
        if (nr < 0)
            continue; /* not on this architecture, or newer than the library */
        if (seccomp_rule_add(ctx, action, nr, 0) != 0)
            return false;
    }
    return true;
}

/* prlimit on another process would be a way to choke the engine. */
static bool deny_common(scmp_filter_ctx ctx)
{
    const uint32_t eperm = SCMP_ACT_ERRNO(EPERM);
    const scmp_datum_t namespaces = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID |
                                    CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    for (scmp_datum_t bit = 1; bit <= namespaces; bit <<= 1)
        if ((namespaces & bit) != 0 && seccomp_rule_add(ctx, eperm, SCMP_SYS(clone), 1,
                                                        SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit)) != 0)
            return false;
    /* The flags of clone3 lie in memory where a filter can't look; ENOSYS makes libraries use clone. */
    return seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           seccomp_rule_add(ctx, eperm, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_NE, 0)) == 0;
}

static bool rules_zygote(scmp_filter_ctx ctx)
{
    return add_all(ctx, SCMP_ACT_ERRNO(EPERM), denied_to_all, kz_countof(denied_to_all)) &&
           deny_common(ctx);
}

static bool rules_pure(scmp_filter_ctx ctx)
{
    const uint32_t yes = SCMP_ACT_ALLOW;
    return add_all(ctx, yes, allowed_to_pure, kz_countof(allowed_to_pure)) &&
           /* no new code in the process */
           seccomp_rule_add(ctx, yes, SCMP_SYS(mmap), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
           seccomp_rule_add(ctx, yes, SCMP_SYS(mprotect), 1,
                            SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0 &&
           seccomp_rule_add(ctx, yes, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_EQ, 0)) == 0 &&
           /* abort() signals itself */
           seccomp_rule_add(ctx, yes, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, KZ_SECCOMP_SELF)) == 0 &&
           seccomp_rule_add(ctx, yes, SCMP_SYS(kill), 1, SCMP_A0(SCMP_CMP_EQ, KZ_SECCOMP_SELF)) == 0;
}

static bool rules_exec_bounded(scmp_filter_ctx ctx)
{
    return add_all(ctx, SCMP_ACT_ERRNO(EPERM), denied_to_exec, kz_countof(denied_to_exec));
}

static bool rules_exec(scmp_filter_ctx ctx)
{
    const uint32_t eperm = SCMP_ACT_ERRNO(EPERM);
    /* Go programs wake their own threads by SIGURG, which elsewhere does nothing. */
    return rules_exec_bounded(ctx) &&
           add_all(ctx, eperm, denied_signals, kz_countof(denied_signals)) &&
           seccomp_rule_add(ctx, eperm, SCMP_SYS(kill), 1, SCMP_A1(SCMP_CMP_NE, 0)) == 0 &&
           seccomp_rule_add(ctx, eperm, SCMP_SYS(tgkill), 1, SCMP_A2(SCMP_CMP_NE, SIGURG)) == 0;
}

static const struct {
    uint32_t otherwise; /* what no rule names */
    bool (*rules)(scmp_filter_ctx ctx);
} filters[KZ_FILTER_COUNT_] = {
    [KZ_FILTER_ZYGOTE] = {SCMP_ACT_ALLOW, rules_zygote},
    [KZ_FILTER_PURE] = {SCMP_ACT_ERRNO(EPERM), rules_pure},
    [KZ_FILTER_EXEC] = {SCMP_ACT_ALLOW, rules_exec},
    [KZ_FILTER_EXEC_BOUNDED] = {SCMP_ACT_ALLOW, rules_exec_bounded},
};

/* The kernel's instructions come out of the library by way of a file in memory. */
static bool print_filter(unsigned which)
{
    scmp_filter_ctx ctx = seccomp_init(filters[which].otherwise);
    int fd = memfd_create("kz-filter", MFD_CLOEXEC);
    struct sock_filter at;
    bool ok = ctx != NULL && fd >= 0 && filters[which].rules(ctx) &&
              seccomp_export_bpf(ctx, fd) == 0 && lseek(fd, 0, SEEK_SET) == 0;
    (void)printf("static const struct sock_filter filter_%u[] = {\n", which);
    while (ok && read(fd, &at, sizeof at) == (ssize_t)sizeof at)
        (void)printf("    {%u, %u, %u, %uu},\n", at.code, at.jt, at.jf, at.k);
    (void)printf("};\n");
    if (fd >= 0)
        (void)close(fd);
    if (ctx != NULL)
        seccomp_release(ctx);
    return ok;
}

int main(void)
{
    (void)printf("/* Made by seccomp_pack.c. */\n#include \"render/seccomp.h\"\n\n");
    for (unsigned i = 0; i < KZ_FILTER_COUNT_; i++)
        if (!print_filter(i))
            return EXIT_FAILURE;
    (void)printf("const struct kz_seccomp_code kz_seccomp_code[KZ_FILTER_COUNT_] = {\n");
    for (unsigned i = 0; i < KZ_FILTER_COUNT_; i++)
        (void)printf("    {filter_%u, sizeof filter_%u / sizeof *filter_%u},\n", i, i, i);
    (void)printf("};\n");
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
