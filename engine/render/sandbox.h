/* SPDX-License-Identifier: Apache-2.0
 *
 * What a worker may do to the machine, in layers, each of which stands alone:
 *
 *     layer      zygote                                child, in addition
 *     rlimits    no core files                         data/address space, CPU, files, file size, processes
 *     caps       all dropped; root keeps "read any     -
 *                file" when landlock bounds it
 *     netns      an empty network namespace            -
 *     landlock   -                                     reads its tree, writes its scratch; may signal
 *                                                      nobody outside
 *     seccomp    no sockets, ptrace, namespaces,       pure job: an allow-list of about 80 calls that can
 *                io_uring, mounts, bpf, keys           neither exec nor fork; job with programs: no new
 *                                                      session or group, so that a kill reaches all
 *
 * A layer that this kernel lacks is left out of the level text and the rest works; a layer that the
 * zygote found and a child cannot enter is an error of the job. */
#ifndef KZ_RENDER_SANDBOX_H
#define KZ_RENDER_SANDBOX_H

#include "base/err.h"

enum { KZ_SANDBOX_LEVEL = 96 };

/* What holds of a zygote's children, for reports and for --sandbox-min (sandbox_level.c). */
enum kz_sandbox_layer {
    KZ_LAYER_NO_NEW_PRIVS = 1 << 0,
    KZ_LAYER_RLIMITS = 1 << 1,
    KZ_LAYER_SECCOMP = 1 << 2,
    KZ_LAYER_LANDLOCK = 1 << 3,
    KZ_LAYER_NAMESPACES = 1 << 4, /* no network */
};
enum { KZ_SANDBOX_LAYERS = 5 };
const char *kz_sandbox_layer_name(unsigned i); /* of bit i: "no_new_privs" */
/* Levels that may be asked for, weakest first; each holds what the ones before it hold. Ends in NULL. */
extern const char *const kz_sandbox_levels[];
/* KZ_E_DENIED when layers are less than level, an index of kz_sandbox_levels: what is missing and what to do. */
KZ_MUST_USE int kz_sandbox_reaches(unsigned layers, unsigned level, struct kz_err *err);

struct kz_sandbox {
    int landlock; /* ABI of the kernel; 0: none */
    bool seccomp, netns, userns;
    bool reads_all;               /* holds CAP_DAC_READ_SEARCH: landlock must bound it */
    unsigned layers;              /* enum kz_sandbox_layer */
    const char *path;             /* PATH for programs; what kzsync was started with */
    char level[KZ_SANDBOX_LEVEL]; /* "seccomp+rlimits+landlock+netns" */
};

/* The zygote's part. Never fails: it reports what it reached. Call with one thread. */
void kz_sandbox_enter_zygote(struct kz_sandbox *s);

struct kz_sandbox_job {
    const char *repo, *folder; /* absolute paths that it may read; "": none */
    const char *scratch;       /* the folder that it may write; NULL: none */
    uint64_t memory;           /* bytes */
    unsigned cpu_seconds;
    bool may_exec;
    bool prints; /* its standard output may be a file, so files may grow */
};
/* The child's part; no way back. */
KZ_MUST_USE int kz_sandbox_enter_child(const struct kz_sandbox *s, const struct kz_sandbox_job *job,
                                       struct kz_err *err);

/* ---- a process that is worker and engine in one ------------------------------------------------ */

/* For a program that reads one folder, prints and ends: the whole way at once, no fork. Afterwards the
 * process can do what a pure child can, and print: its environment is empty, its standard input is
 * /dev/null, other descriptors are closed. There is no empty network namespace, which takes half a
 * millisecond to make: without seccomp and landlock, which leave no way to a socket, this fails with
 * KZ_E_NOTFOUND, and a worker has to do it. The process ends with `exit_code` and one line on standard
 * error when `wall_seconds` are over or by a fault. */
KZ_MUST_USE int kz_sandbox_enter_alone(const struct kz_sandbox_job *job, unsigned wall_seconds,
                                       int exit_code, struct kz_err *err);

/* What zygote and lone process begin with: no core file, no new privilege, no capability. Finds landlock. */
void kz_sandbox_drop(struct kz_sandbox *s);

/* ---- the layer of files (landlock.c) ------------------------------------------------------------ */
int kz_landlock_abi(void); /* 0: the kernel has none */
KZ_MUST_USE int kz_landlock_enter(const struct kz_sandbox *s, const struct kz_sandbox_job *job,
                                  struct kz_err *err);

#endif
