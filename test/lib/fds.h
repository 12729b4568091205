/* SPDX-License-Identifier: Apache-2.0
 *
 * How many descriptors are open: a test that begins and ends with the same number has closed all. */
#ifndef KZ_TEST_FDS_H
#define KZ_TEST_FDS_H

#include <dirent.h>
#include <stddef.h>

static inline int count_fds(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (readdir(d) != NULL)
        n++;
    closedir(d);
    return n;
}

#endif
