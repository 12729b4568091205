/* SPDX-License-Identifier: Apache-2.0
 *
 * What the engine and the zygote say to each other, one message a datagram on a SOCK_SEQPACKET pair.
 * Both ends are one program and trust each other; the zygote reads nothing that a repository chose. */
#ifndef KZ_RENDER_CONTROL_H
#define KZ_RENDER_CONTROL_H

#include "render/sandbox.h"
#include "render/zygote.h"

enum kz_control_kind { KZ_CONTROL_FORK = 1, KZ_CONTROL_KILL, KZ_CONTROL_LEVEL, KZ_CONTROL_EXIT };

/* Engine to zygote. A fork comes with the child's end of the job's socketpair (SCM_RIGHTS) and, in
 * text, four strings that end in NUL: task, repo, commit, folder. */
enum { KZ_CONTROL_TEXT = 9000 };
struct kz_control_ask {
    uint32_t kind;
    uint32_t may_exec;
    uint64_t id;
    uint64_t memory;
    uint32_t cpu_seconds;
    uint32_t text_len;
    char text[KZ_CONTROL_TEXT]; /* only text_len bytes travel */
};

/* Zygote to engine. */
struct kz_control_tell {
    uint32_t kind;
    int32_t status; /* exit: as of waitpid */
    uint64_t id;
    uint64_t maxrss;    /* exit: bytes */
    int32_t fork_errno; /* exit: the child was never made; 0: it was */
    uint32_t layers;    /* level: enum kz_sandbox_layer */
    char level[KZ_SANDBOX_LEVEL];
};

struct kz_zygote {
    int fd; /* the engine's end of the control pair */
    pid_t pid;
    bool has_pool; /* a zygote serves one pool */
    unsigned layers;
    char level[KZ_SANDBOX_LEVEL];
};

/* zygote_main.c: the zygote's life; does not return. */
KZ_NORETURN void kz_zygote_main(int control, const struct kz_task *const *tasks);

/* worker.c: a child's life. fd is its end of the job's pair. */
KZ_NORETURN void kz_worker_main(int fd, const struct kz_sandbox *sandbox,
                                const struct kz_control_ask *ask, const char *scratch,
                                const struct kz_task *const *tasks);

/* scratch.c: a private folder for one job below dir; false with errno. */
bool kz_scratch_make(char *out, size_t size, const char *dir);
/* Removes a folder and all below without following a link. */
void kz_scratch_remove(const char *path);

#endif
