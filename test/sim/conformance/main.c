/* SPDX-License-Identifier: Apache-2.0
 *
 * conform [--seeds N] [--start S] [--show SEED] [FILE...]: the same requests to the simulated API server and to the
 * one that KUBECONFIG names; a step that they answer differently is shown with what differs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "generate.h"
#include "script.h"

static const char USAGE[] = "usage: conform [--seeds N] [--start S] [--show SEED] [FILE...]\n";

struct whole {
    struct conform_side *fake, *real;
    struct kz_str run;
    size_t scripts, steps, differ;
};

/* ---- what differs ------------------------------------------------------------------------------------------------- */

enum { LINES = 2000 };

static size_t lines_of(struct kz_str *out, struct kz_str text)
{
    size_t n = 0;
    while (text.len > 0 && n < LINES)
        text = kz_str_cut(&out[n++], text, '\n');
    return n;
}

/* Lines of one that the other has not, in order: '-' simulated, '+' real. */
static void show_difference(struct kz_str fake, struct kz_str real)
{
    static struct kz_str x[LINES], y[LINES];
    static unsigned short same[LINES + 1][LINES + 1]; /* longest common part of x[i..] and y[k..] */
    size_t n = lines_of(x, fake), m = lines_of(y, real), i = 0, k = 0;
    for (size_t a = 0; a <= n; a++)
        same[a][m] = 0;
    for (size_t b = 0; b <= m; b++)
        same[n][b] = 0;
    for (size_t a = n; a-- > 0;)
        for (size_t b = m; b-- > 0;)
            same[a][b] = kz_str_eq(x[a], y[b])               ? (unsigned short)(same[a + 1][b + 1] + 1)
                         : same[a + 1][b] >= same[a][b + 1] ? same[a + 1][b]
                                                            : same[a][b + 1];
    while (i < n || k < m) {
        if (i < n && k < m && kz_str_eq(x[i], y[k]) && same[i][k] == same[i + 1][k + 1] + 1) {
            i++;
            k++;
        } else if (i < n && (k == m || same[i + 1][k] >= same[i][k + 1])) {
            printf("    - " KZ_FMT "\n", KZ_ARG(x[i]));
            i++;
        } else {
            printf("    + " KZ_FMT "\n", KZ_ARG(y[k]));
            k++;
        }
    }
}

/* ---- scripts ------------------------------------------------------------------------------------------------------- */

static void run_script(struct whole *w, struct kz_str name, struct kz_str text)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct conform_script s;
    struct conform_record fake, real;
    bool first = true;
    conform_script_read(&s, name, text);
    conform_script_run(&fake, a, &s, w->fake, w->run);
    conform_script_run(&real, a, &s, w->real, w->run);
    for (size_t i = 0; i < s.steps.len; i++) {
        if (kz_str_eq(fake.said.at[i], real.said.at[i]))
            continue;
        if (first)
            printf("FAIL " KZ_FMT ": -simulated, +real\n", KZ_ARG(name));
        first = false;
        printf("  line %u: " KZ_FMT "\n", s.steps.at[i].line, KZ_ARG(s.steps.at[i].text));
        show_difference(fake.said.at[i], real.said.at[i]);
        break; /* behind it both stand elsewhere */
    }
    w->scripts++;
    w->steps += s.steps.len;
    w->differ += !first;
    conform_record_done(&fake);
    conform_record_done(&real);
    conform_script_done(&s);
}

static void run_file(struct whole *w, const char *path)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    const char *slash = strrchr(path, '/');
    struct kz_str name = kz_str(slash == NULL ? path : slash + 1), base;
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        perror(path);
        exit(2);
    }
    for (size_t n = 1; n > 0;) {
        char *at = kz_buf_reserve(&b, 4096);
        if (at == NULL)
            break;
        n = fread(at, 1, 4096, f);
        b.len += n;
        b.ptr[b.len] = '\0';
    }
    (void)fclose(f);
    (void)kz_str_cut(&base, name, '.');
    run_script(w, base, kz_buf_str(&b));
}

static void run_seed(struct whole *w, uint64_t seed)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
    char name[32];
    (void)snprintf(name, sizeof name, "seed%llu", (unsigned long long)seed);
    conform_generate(&b, seed);
    run_script(w, kz_str(name), kz_buf_str(&b));
}

int main(int argc, char **argv)
{
    struct whole w = {.scripts = 0};
    uint64_t seeds = 0, start = 1;
    char run[32];
    int i = 1;
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        uint64_t n = 0;
        if (!kz_str_u64(&n, kz_str(argv[i + 1])))
            break;
        if (strcmp(argv[i], "--seeds") == 0) {
            seeds = n;
        } else if (strcmp(argv[i], "--start") == 0) {
            start = n;
        } else if (strcmp(argv[i], "--show") == 0) {
            kz_autobuf struct kz_buf b = KZ_BUF(1 << 20);
            conform_generate(&b, n);
            (void)fputs(b.ptr, stdout);
            return 0;
        } else {
            break;
        }
    }
    if (i < argc && strncmp(argv[i], "--", 2) == 0) {
        (void)fputs(USAGE, stderr);
        return 2;
    }
    (void)snprintf(run, sizeof run, "c%d", (int)getpid());
    w.run = kz_str(run);
    w.fake = conform_side_fake();
    w.real = conform_side_real();
    for (; i < argc; i++)
        run_file(&w, argv[i]);
    for (uint64_t n = 0; n < seeds; n++)
        run_seed(&w, start + n);
    printf("%zu scripts of %zu steps\n%zu passed, %zu failed\n", w.scripts, w.steps, w.scripts - w.differ, w.differ);
    conform_side_free(w.fake);
    conform_side_free(w.real);
    return w.differ > 0;
}
