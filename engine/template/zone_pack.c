/* SPDX-License-Identifier: Apache-2.0
 *
 * Build tool: packs a tz database (a tree of TZif files) into one C array.
 *
 *     zone_pack DIR NAMES > zone_data.c
 *
 * NAMES lists the zones, a path below DIR a line, sorted. A file that equals one packed before becomes
 * a reference of 8 bytes: offset and length of the first one's bytes. Of each file only the 64-bit
 * part is kept behind an empty 32-bit one. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ZONES = 4096, MAX_FILE = 1 << 16, MAX_DATA = 4 << 20, HEAD = 44 };

static unsigned char data[MAX_DATA];
static size_t len;
static struct {
    size_t at, len;
} packed[MAX_ZONES];
static size_t n_packed;

static size_t big(const unsigned char *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

static void put_big(size_t n)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        data[len++] = (unsigned char)(n >> shift);
}

static void die(const char *what, const char *name)
{
    (void)fprintf(stderr, "zone_pack: %s: %s\n", what, name);
    exit(1);
}

/* Length of the 32-bit part with its head. */
static size_t old_part(const unsigned char *f)
{
    return HEAD + big(f + 32) * 5 + big(f + 36) * 6 + big(f + 40) + big(f + 28) * 8 + big(f + 24) +
           big(f + 20);
}

static void pack(const char *dir, const char *name)
{
    static unsigned char file[MAX_FILE];
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        die("cannot open", path);
    const size_t n = fread(file, 1, sizeof file, in);
    (void)fclose(in);
    if (n < 2 * HEAD || n == sizeof file || memcmp(file, "TZif", 4) != 0 || file[4] < '2' ||
        old_part(file) + HEAD > n)
        die("no TZif file of version 2 or later", path);
    const size_t skip = old_part(file);
    static unsigned char slim[MAX_FILE + HEAD];
    memset(slim, 0, HEAD);
    memcpy(slim, "TZif2", 5);
    slim[39] = 1; /* one period of 6 bytes and one character, as the format wants at least */
    slim[43] = 1;
    memset(slim + HEAD, 0, 7);
    memcpy(slim + HEAD + 7, file + skip, n - skip);
    const size_t slim_len = HEAD + 7 + n - skip;

    if (len + strlen(name) + slim_len + 16 > sizeof data || n_packed == MAX_ZONES)
        die("too much", path);
    memcpy(data + len, name, strlen(name) + 1);
    len += strlen(name) + 1;
    for (size_t i = 0; i < n_packed; i++) {
        if (packed[i].len != slim_len || memcmp(data + packed[i].at, slim, slim_len) != 0)
            continue;
        put_big(8);
        put_big(packed[i].at);
        put_big(packed[i].len);
        return;
    }
    put_big(slim_len);
    packed[n_packed].at = len;
    packed[n_packed++].len = slim_len;
    memcpy(data + len, slim, slim_len);
    len += slim_len;
}

int main(int argc, char **argv)
{
    char line[512];
    FILE *names = argc == 3 ? fopen(argv[2], "r") : NULL;
    if (names == NULL)
        die("usage", "zone_pack DIR NAMES");
    while (fgets(line, sizeof line, names) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] != '\0')
            pack(argv[1], line);
    }
    (void)fclose(names);
    (void)printf("/* Made by zone_pack. */\n#include \"template/zone.h\"\n\n"
                 "const size_t kz_zone_data_len = %zu;\nconst unsigned char kz_zone_data[] = {",
                 len);
    for (size_t i = 0; i < len; i++)
        (void)printf("%s%u,", i % 24 == 0 ? "\n" : "", data[i]);
    (void)printf("\n};\n");
    return fflush(stdout) == 0 ? 0 : 1;
}
