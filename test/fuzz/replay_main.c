/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target once for every file of the folders (or the files) on the command line, without
 * libFuzzer: so every build replays the corpora. */
#include "fuzz.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

static int replay_file(const char *path)
{
    struct kz_buf b;
    FILE *f = fopen(path, "rbe");
    if (f == NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    kz_buf_init(&b, (size_t)1 << 30);
    for (size_t n = 1; n > 0;) {
        char *at = kz_buf_reserve(&b, 1 << 16);
        if (at == NULL)
            break;
        n = fread(at, 1, 1 << 16, f);
        b.len += n;
    }
    (void)fclose(f);
    /* a block of its own size, so that ASan sees each read beyond it */
    uint8_t *data = malloc(b.len > 0 ? b.len : 1);
    kz_assert(data != NULL);
    memcpy(data, b.ptr, b.len);
    (void)LLVMFuzzerTestOneInput(data, b.len);
    free(data);
    kz_buf_done(&b);
    return 0;
}

static int replay_folder(const char *path)
{
    DIR *d = opendir(path);
    int bad = 0, files = 0;
    if (d == NULL) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return 1;
    }
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        char file[PATH_MAX];
        if (e->d_name[0] == '.')
            continue;
        (void)snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        bad += replay_file(file);
        files++;
    }
    (void)closedir(d);
    (void)printf("%s: %d files\n", path, files);
    return files == 0 ? 1 : bad;
}

int main(int argc, char **argv)
{
    int bad = 0;
    for (int i = 1; i < argc; i++) {
        struct stat st;
        bool folder = stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode);
        bad += folder ? replay_folder(argv[i]) : replay_file(argv[i]);
    }
    return bad > 0;
}
