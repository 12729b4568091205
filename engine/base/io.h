/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptors: closing them with the scope, and reading or writing all of something. */
#ifndef KZ_BASE_IO_H
#define KZ_BASE_IO_H

#include "base/err.h"

/* kz_autofd int fd = open(...): closed when the scope ends; negative is fine. */
void kz_fd_close(int *fd); /* also sets *fd to -1 */
#define kz_autofd KZ_CLEANUP(kz_fd_close)

/* Takes the descriptor out of a kz_autofd. */
static inline int kz_fd_take(int *fd)
{
    int out = *fd;
    *fd = -1;
    return out;
}

/* For blocking descriptors; EINTR is retried. what names the object in the error. */
KZ_MUST_USE int kz_write_all(int fd, struct kz_str data, const char *what, struct kz_err *err);
/* Exactly len bytes; an earlier end of file is KZ_E_REMOTE. */
KZ_MUST_USE int kz_read_all(int fd, void *buf, size_t len, const char *what, struct kz_err *err);

KZ_MUST_USE bool kz_fd_nonblock(int fd);

#endif
