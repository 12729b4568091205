/* SPDX-License-Identifier: Apache-2.0
 *
 * run_cases ROOT AREA: runs all cases of one area, prints each difference, ends with 1 if there is any. */
#include "case.h"

#include <dirent.h>

#include "base/err.h"
#include "value/yaml.h"

enum { FILE_MAX = 4 << 20, WORK_LIMIT = 512 << 20, CASES_MAX = 1000 };

static const struct {
    const char *name;
    case_area *run;
} areas[] = {
    {"diff",   case_diff  },
    {"health", case_health},
    {"look",   case_look  },
    {"order",  case_order },
    {"plan",   case_plan  },
};

static bool read_file(struct kz_buf *b, const char *path)
{
    FILE *f = fopen(path, "re");
    char block[8192];
    size_t n;
    if (f == NULL)
        return false;
    while ((n = fread(block, 1, sizeof block, f)) > 0)
        kz_buf_add(b, block, n);
    bool ok = ferror(f) == 0 && !kz_buf_bad(b);
    (void)fclose(f);
    return ok;
}

static bool write_file(const char *path, struct kz_str text)
{
    FILE *f = fopen(path, "we");
    bool ok = f != NULL && fwrite(text.ptr, 1, text.len, f) == text.len;
    return f != NULL && fclose(f) == 0 && ok;
}

static bool run_case(case_area *run, const char *dir)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK_LIMIT);
    kz_autobuf struct kz_buf text, want, got;
    struct kz_str in_path = kz_str_printf(a, "%s/in.yaml", dir);
    struct kz_str want_path = kz_str_printf(a, "%s/want.txt", dir);
    struct kz_value *docs = NULL;
    struct kz_err err = {0};
    char line[1024];
    kz_buf_init(&text, FILE_MAX);
    kz_buf_init(&want, FILE_MAX);
    kz_buf_init(&got, FILE_MAX);
    if (!read_file(&text, in_path.ptr)) {
        printf("FAIL %s: can't read it\n", in_path.ptr);
        return false;
    }
    if (kz_yaml_read_all(&docs, a, kz_buf_str(&text), KZ_STR("in.yaml"), NULL, &err) < 0) {
        printf("FAIL %s: %s\n", dir, kz_err_line(line, sizeof line, &err));
        return false;
    }
    const struct case_input in = {.arena = a, .dir = dir, .docs = docs};
    run(&in, &got);
    if (getenv("KZ_UPDATE") != NULL)
        return write_file(want_path.ptr, kz_buf_str(&got));
    if (read_file(&want, want_path.ptr) && kz_str_eq(kz_buf_str(&want), kz_buf_str(&got)))
        return true;
    printf("FAIL %s\n--- want\n%s--- got\n%s---\n", dir, want.ptr, got.ptr);
    return false;
}

static int visible(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **cases = NULL;
    char dir[4096];
    int failed = 0;
    case_area *run = NULL;
    for (size_t i = 0; argc == 3 && i < kz_countof(areas); i++)
        run = strcmp(areas[i].name, argv[2]) == 0 ? areas[i].run : run;
    if (run == NULL) {
        (void)fprintf(stderr, "usage: run_cases ROOT diff|health|look|order|plan\n");
        return 2;
    }
    (void)snprintf(dir, sizeof dir, "%s/%s", argv[1], argv[2]);
    int n = scandir(dir, &cases, visible, alphasort);
    for (int i = 0; i < n; i++) {
        (void)snprintf(dir, sizeof dir, "%s/%s/%s", argv[1], argv[2], cases[i]->d_name);
        failed += !run_case(run, dir);
        free(cases[i]);
    }
    free(cases);
    printf("%s: %d cases, %d failed\n", argv[2], n < 0 ? 0 : n, failed);
    return n <= 0 || failed > 0;
}
