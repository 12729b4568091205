/* SPDX-License-Identifier: Apache-2.0 */
#include "render/seccomp.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { INSTRUCTIONS = 1024 };

int kz_seccomp_enter(enum kz_filter which, struct kz_err *err)
{
    struct sock_filter at[INSTRUCTIONS];
    const struct kz_seccomp_code *code = &kz_seccomp_code[which];
    const uint32_t self = (uint32_t)getpid();
    const struct sock_fprog prog = {.filter = at, .len = code->len};
    kz_assert(code->len <= kz_countof(at));
    memcpy(at, code->at, code->len * sizeof *at);
    for (unsigned i = 0; i < prog.len; i++)
        if (at[i].k == KZ_SECCOMP_SELF && BPF_CLASS(at[i].code) == BPF_JMP)
            at[i].k = self;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) != 0)
        return kz_fail_errno(err, errno, "enter the system call filter");
    return 0;
}
