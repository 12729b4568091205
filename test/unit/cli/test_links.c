/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/links.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

/* top/{a/chart/sub,b/c,near}; a row puts links into it. */
Test(links, root)
{
    static const struct {
        const char *name, *link[4][2], *want;
    } rows[] = {
        {"no link",              {{0}},                                         "/a/chart"},
        {"inside",               {{"a/chart/l", "sub"}},                        "/a/chart"},
        {"beside",               {{"a/chart/sub/l", "../../x"}},                "/a"      },
        {"far",                  {{"a/chart/l", "../../b/c"}},                  ""        },
        {"dangling",             {{"a/chart/l", "../../b/none"}},               "/a/chart"},
        {"a link in the target", {{"a/chart/l", "../x"}, {"a/x/l", "../../b"}}, ""        },
        {"in a circle",          {{"a/chart/l", ".."}, {"a/x/l", "../chart"}},  "/a"      },
        {"absolute",             {{"a/chart/l", "/etc"}},                       "/a/chart"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        char name[] = "/tmp/kz-links-XXXXXX", top[PATH_MAX];
        cr_assert(mkdtemp(name) != NULL && realpath(name, top) != NULL && chdir(top) == 0);
        static const char *const dirs[] = {"a", "a/chart", "a/chart/sub", "a/x", "b", "b/c"};
        for (size_t d = 0; d < kz_countof(dirs); d++)
            cr_assert(mkdir(dirs[d], 0700) == 0);
        for (size_t l = 0; l < 4 && rows[i].link[l][0] != NULL; l++)
            cr_assert(symlink(rows[i].link[l][1], rows[i].link[l][0]) == 0);
        const struct kz_str got = kz_links_root(a, kz_str_printf(a, "%s/a/chart", top));
        const struct kz_str want = kz_str_printf(a, "%s%s", top, rows[i].want);
        cr_expect(kz_str_eq(got, want), "%s: " KZ_FMT, rows[i].name, KZ_ARG(got));
        cr_assert(chdir("/") == 0 && nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0);
    }
}
