/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void kz_fd_close(int *fd)
{
    int keep = errno; /* cleanup must not hide the reason for leaving the scope */
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
    errno = keep;
}

int kz_write_all(int fd, struct kz_str data, const char *what, struct kz_err *err)
{
    while (data.len > 0) {
        ssize_t n = write(fd, data.ptr, data.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kz_fail_errno(err, errno, "write %s", what);
        data = kz_str_skip(data, (size_t)n);
    }
    return 0;
}

int kz_read_all(int fd, void *buf, size_t len, const char *what, struct kz_err *err)
{
    char *at = buf;
    while (len > 0) {
        ssize_t n = read(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return kz_fail_errno(err, errno, "read %s", what);
        if (n == 0)
            return kz_fail(err, KZ_E_REMOTE, "read %s: it ended %zu bytes too early", what, len);
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

bool kz_fd_nonblock(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}
