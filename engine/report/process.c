/* SPDX-License-Identifier: Apache-2.0 */
#include "report/process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/resource.h>
#include <unistd.h>

static int64_t ns_of(struct timeval t)
{
    return t.tv_sec * KZ_NS_PER_SEC + t.tv_usec * INT64_C(1000);
}

static int64_t cpu(void)
{
    struct rusage own;
    return getrusage(RUSAGE_SELF, &own) == 0 ? ns_of(own.ru_utime) + ns_of(own.ru_stime) : 0;
}

static int64_t count_fds(void)
{
    int64_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    if (d == NULL)
        return 0;
    for (const struct dirent *e; (e = readdir(d)) != NULL;) /* NOLINT(concurrency-mt-unsafe): one thread, own DIR */
        n += e->d_name[0] != '.';
    (void)closedir(d);
    return n - 1; /* but for the one that counts */
}

/* The whole of a small file under /proc; "" when it cannot be read. */
static void slurp(char *out, size_t size, const char *path)
{
    FILE *f = fopen(path, "re");
    size_t n = f == NULL ? 0 : fread(out, 1, size - 1, f);
    out[n] = '\0';
    if (f != NULL)
        (void)fclose(f);
}

/* Field 22 of stat: ticks between the boot and our start. The name, in parentheses, may hold anything. */
static int64_t started(void)
{
    char text[4096];
    slurp(text, sizeof text, "/proc/self/stat");
    const char *at = strrchr(text, ')');
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    const int64_t ticks = at == NULL ? 0 : strtoll(at, NULL, 10), hz = sysconf(_SC_CLK_TCK);
    struct timespec now, up;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0 || clock_gettime(CLOCK_BOOTTIME, &up) != 0 || hz <= 0)
        return 0;
    return (now.tv_sec - up.tv_sec) * KZ_NS_PER_SEC + (now.tv_nsec - up.tv_nsec) + ticks * (KZ_NS_PER_SEC / hz);
}

void kz_process_read(struct kz_process *out)
{
    char text[256];
    int64_t pages[2] = {0};
    const int64_t page = sysconf(_SC_PAGESIZE);
    struct rlimit fds = {0};
    slurp(text, sizeof text, "/proc/self/statm");
    if (sscanf(text, "%" SCNd64 " %" SCNd64, &pages[0], &pages[1]) != 2) /* NOLINT(cert-err34-c): the kernel's own */
        pages[0] = pages[1] = 0;
    (void)getrlimit(RLIMIT_NOFILE, &fds);
    *out = (struct kz_process){.cpu = cpu(), .virtual_size = pages[0] * page, .resident = pages[1] * page,
                               .open_fds = count_fds(), .max_fds = (int64_t)fds.rlim_cur, .started = started()};
}
