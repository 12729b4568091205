/* SPDX-License-Identifier: Apache-2.0 */
#include "source/tree.h"

#include "../../lib/fixture.h"

static const char MAKE_TREE[] =
    "cd \"$1\"; mkdir -p w/charts/app/templates w/loops w/many; cd w; git init -q -b main .\n"
    "echo 'name: app' > charts/app/Chart.yaml; echo x > charts/app/templates/a.yaml\n"
    "echo top > top.yaml; printf '#!/bin/sh\\n' > run.sh; chmod 755 run.sh\n"
    "ln -s top.yaml link; ln -s charts/app dirlink; ln -s link link2; ln -s ../../top.yaml charts/app/up\n"
    "ln -s /etc/passwd abs; ln -s ../../etc/passwd out; ln -s ../w/top.yaml back\n"
    "ln -s /proc/self/environ proc; ln -s self self; ln -s b loops/a; ln -s a loops/b\n"
    "ln -s .git/config gitconf; ln -s nowhere dangling\n"
    "ln -s ../top.yaml many/l0; i=0; while [ $i -lt 41 ]; do ln -s l$i many/l$((i+1)); i=$((i+1)); done\n"
    "printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:00\\nsize 9\\n' > lfs.bin\n"
    "git add -A; git commit -qm one\n";

struct tree_case {
    const char *name;
    struct kz_tree_at at;
};

/* The same content as a commit and as a folder. */
static void both(struct kz_arena *a, const char *dir, struct tree_case out[2])
{
    sh(dir, MAKE_TREE);
    out[0] = (struct tree_case){
        "commit",
        {.repo = kz_str_printf(a, "%s/w/.git", dir),
          .commit = sh_out(a, dir, "git -C \"$1/w\" rev-parse HEAD")}
    };
    out[1] = (struct tree_case){"folder", {.folder = kz_str_printf(a, "%s/w", dir)}};
}

Test(tree, join)
{
    static const struct {
        const char *base, *rel, *want; /* want NULL: refused */
    } rows[] = {
        {"",    "a/b",         "a/b"       },
        {"a",   "b",           "a/b"       },
        {"a/b", "../c",        "a/c"       },
        {"a",   "..",          ""          },
        {"a",   "./b//c/.",    "a/b/c"     },
        {"",    "",            ""          },
        {"a/b", "../..",       ""          },
        {"a",   "../../x",     NULL        },
        {"",    "..",          NULL        },
        {"a",   "/etc/passwd", NULL        },
        {"",    "a/../../x",   NULL        },
        {"",    ".git/config", NULL        },
        {"",    "a/.GIT",      NULL        },
        {"",    "a\\b",        NULL        },
        {"",    "a\nb",        NULL        },
        {"",    "%2e%2e/x",    "%2e%2e/x"  },
        {"",    "file:///etc", "file:/etc" },
        {"",    ".gitignore",  ".gitignore"},
        {"",    "...",         "..."       },
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_err err;
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_str got;
        int rc = kz_tree_join(&got, a, kz_str(rows[i].base), kz_str(rows[i].rel), &err);
        if (rows[i].want == NULL)
            cr_expect_eq(rc, -(int)KZ_E_INVALID, "%s + %s", rows[i].base, rows[i].rel);
        else
            cr_expect(rc == 0 && kz_str_is(got, rows[i].want), "%s + %s", rows[i].base,
                      rows[i].rel);
    }
    struct kz_str got;
    cr_expect_lt(kz_tree_join(&got, a, KZ_STR(""), KZ_STR("a\0b"), &err), 0);
}

Test(tree, read)
{
    static const struct {
        const char *path;
        int rc;
        const char *want; /* content, or part of the error and hint */
    } rows[] = {
        {"top.yaml",              0,              "top\n"                               },
        {"charts/app/Chart.yaml", 0,              "name: app\n"                         },
        {"charts/../top.yaml",    0,              "top\n"                               },
        {"link",                  0,              "top\n"                               },
        {"link2",                 0,              "top\n"                               },
        {"dirlink/Chart.yaml",    0,              "name: app\n"                         },
        {"dirlink/up",            0,              "top\n"                               },
        {"many/l38",              0,              "top\n"                               },
        {"many/l41",              -KZ_E_LIMIT,    "symbolic links"                      },
        {"self",                  -KZ_E_LIMIT,    "symbolic links"                      },
        {"loops/a",               -KZ_E_LIMIT,    "symbolic links"                      },
        {"abs",                   -KZ_E_DENIED,   "leaves the tree"                     },
        {"proc",                  -KZ_E_DENIED,   "leaves the tree"                     },
        {"out",                   -KZ_E_INVALID,  "leaves the tree"                     },
        {"back",                  -KZ_E_INVALID,  "leaves the tree"                     },
        {"gitconf",               -KZ_E_INVALID,  ".git"                                },
        {"dangling",              -KZ_E_NOTFOUND, "dangling"                            },
        {".git/config",           -KZ_E_INVALID,  ".git"                                },
        {"/etc/passwd",           -KZ_E_INVALID,  "absolute"                            },
        {"../x",                  -KZ_E_INVALID,  "leaves the tree"                     },
        {"charts",                -KZ_E_INVALID,  "not a file"                          },
        {"charts/ap/Chart.yaml",  -KZ_E_NOTFOUND, "did you mean 'charts/app'"           },
        {"charts/app/chart.yaml", -KZ_E_NOTFOUND, "did you mean 'charts/app/Chart.yaml'"},
        {"top.yaml/x",            -KZ_E_NOTFOUND, "not a folder"                        },
        {"lfs.bin",               -KZ_E_INVALID,  "LFS"                                 },
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const char *dir = scratch(a);
    struct tree_case cases[2];
    both(a, dir, cases);
    for (size_t c = 0; c < 2; c++) {
        struct kz_err err;
        struct kz_tree *t;
        cr_assert_eq(kz_tree_open(&t, &cases[c].at, &err), 0, "%s", err.frame[0]);
        for (size_t i = 0; i < kz_countof(rows); i++) {
            struct kz_str got = KZ_STR_NONE;
            char line[4096] = "";
            int rc = kz_tree_read(&got, a, t, kz_str(rows[i].path), 0, &err);
            cr_expect_eq(rc, rows[i].rc, "%s: %s: %d %s", cases[c].name, rows[i].path, rc,
                         rc < 0 ? kz_err_line(line, sizeof line, &err) : "");
            if (rc == 0)
                cr_expect(kz_str_is(got, rows[i].want), "%s: %s", cases[c].name, rows[i].path);
            else
                cr_expect(strstr(kz_err_line(line, sizeof line, &err), rows[i].want) != NULL ||
                              strstr(err.hint, rows[i].want) != NULL,
                          "%s: %s: %s (%s)", cases[c].name, rows[i].path, line, err.hint);
        }
        struct kz_str got;
        cr_expect_eq(kz_tree_read(&got, a, t, KZ_STR("top.yaml"), 3, &err), -(int)KZ_E_LIMIT);
        kz_tree_close(t);
    }
    scrap(dir);
}

Test(tree, list_and_kind)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const char *dir = scratch(a);
    struct tree_case cases[2];
    both(a, dir, cases);
    for (size_t c = 0; c < 2; c++) {
        struct kz_err err;
        struct kz_tree *t;
        struct kz_tree_entry *e;
        size_t n;
        cr_assert_eq(kz_tree_open(&t, &cases[c].at, &err), 0);
        cr_assert_eq(kz_tree_list(&e, &n, a, t, KZ_STR("dirlink"), &err), 0);
        cr_assert_eq(n, 3u, "%s", cases[c].name);
        cr_expect(kz_str_is(e[0].name, "Chart.yaml") && !e[0].is_dir);
        cr_expect(kz_str_is(e[1].name, "templates") && e[1].is_dir);
        cr_expect(kz_str_is(e[2].name, "up") && !e[2].is_dir);
        cr_assert_eq(kz_tree_list(&e, &n, a, t, KZ_STR(""), &err), 0);
        for (size_t i = 0; i < n; i++)
            cr_expect(!kz_str_is(e[i].name, ".git"));
        cr_expect_eq(kz_tree_list(&e, &n, a, t, KZ_STR("nope"), &err), -(int)KZ_E_NOTFOUND);
        cr_expect_eq(kz_tree_kind(t, KZ_STR("link")), KZ_TREE_FILE);
        cr_expect_eq(kz_tree_kind(t, KZ_STR("")), KZ_TREE_DIR);
        cr_expect_eq(kz_tree_kind(t, KZ_STR("dirlink/templates")), KZ_TREE_DIR);
        cr_expect_eq(kz_tree_kind(t, KZ_STR("abs")), KZ_TREE_NONE);
        kz_tree_close(t);
    }
    scrap(dir);
}

Test(tree, id_follows_content)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const char *dir = scratch(a);
    struct tree_case cases[2];
    both(a, dir, cases);
    struct kz_err err;
    struct kz_tree *t;
    struct kz_str before[2], after[2], tree;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t c = 0; c < 2; c++) {
            cr_assert_eq(kz_tree_open(&t, &cases[c].at, &err), 0);
            cr_assert_eq(
                kz_tree_id(pass == 0 ? &before[c] : &after[c], a, t, KZ_STR("charts/app/templates"), &err),
                0);
            kz_tree_close(t);
        }
        if (pass == 0) {
            tree = sh_out(a, dir, "git -C \"$1/w\" rev-parse HEAD:charts/app/templates");
            cr_expect(kz_str_eq(before[0], tree));
            sh(dir, "cd \"$1/w\"; echo y >> top.yaml; echo y >> charts/app/templates/a.yaml;"
                    "git commit -qam two");
            cases[0].at.commit = sh_out(a, dir, "git -C \"$1/w\" rev-parse HEAD");
        }
    }
    cr_expect(!kz_str_eq(before[0], after[0]));
    cr_expect(!kz_str_eq(before[1], after[1]));
    scrap(dir);
}

/* A change behind a link out of the folder, also behind a second one, changes the id; a circle ends. */
Test(tree, id_follows_links_out)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const char *dir = scratch(a);
    struct kz_str seen[2][3];
    for (int step = 0; step < 3; step++) {
        static const char *const scripts[] = {
            "mkdir -p \"$1/w/m\" \"$1/w/shared\" \"$1/w/far\"; cd \"$1/w\"; git init -q .;"
            "ln -s ../shared m/s; ln -s ../far/f shared/f; ln -s ../m far/back; echo 1 > shared/x;"
            "echo 1 > far/f; ln -s ../m shared/m; git add -A; git commit -qm 0",
            "cd \"$1/w\"; echo 2 > shared/x; git commit -qam 1",
            "cd \"$1/w\"; echo 2 > far/f; git commit -qam 2"};
        sh(dir, scripts[step]);
        struct kz_tree_at at[2] = {
            {.repo = kz_str_printf(a, "%s/w/.git",    dir),
             .commit = sh_out(a, dir, "git -C \"$1/w\" rev-parse HEAD")},
            {.folder = kz_str_printf(a,                    "%s/w", dir)    }
        };
        for (int c = 0; c < 2; c++) {
            struct kz_err err;
            struct kz_tree *t;
            cr_assert_eq(kz_tree_open(&t, &at[c], &err), 0);
            cr_assert_eq(kz_tree_id(&seen[c][step], a, t, KZ_STR("m"), &err), 0);
            kz_tree_close(t);
            for (int before = 0; before < step; before++)
                cr_expect(!kz_str_eq(seen[c][before], seen[c][step]), "%d: %d %d", c, before, step);
        }
    }
    scrap(dir);
}

Test(tree, export)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const char *dir = scratch(a);
    struct tree_case cases[2];
    both(a, dir, cases);
    for (size_t c = 0; c < 2; c++) {
        struct kz_err err;
        struct kz_tree *t;
        cr_assert_eq(kz_tree_open(&t, &cases[c].at, &err), 0);
        const char *dest = kz_str_printf(a, "%s/out%zu", dir, c).ptr;
        sh(dest, "mkdir \"$1\" \"$1.2\" \"$1.3\"");
        cr_expect_eq(kz_tree_export(t, KZ_STR("charts/app"), dest, 1 << 20, &err),
                     -(int)KZ_E_DENIED); /* charts/app/up leads out of charts/app */
        const char *dest2 = kz_str_printf(a, "%s.2", dest).ptr;
        cr_expect_eq(kz_tree_export(t, KZ_STR("charts/app/templates"), dest2, 1 << 20, &err), 0);
        sh(dest2, "cd \"$1\"; [ \"$(cat a.yaml)\" = x ] && [ \"$(stat -c %a a.yaml)\" = 644 ]");
        const char *dest3 = kz_str_printf(a, "%s.3", dest).ptr;
        cr_expect_eq(kz_tree_export(t, KZ_STR("charts/app/templates"), dest3, 1, &err),
                     -(int)KZ_E_LIMIT);
        kz_tree_close(t);
    }
    scrap(dir);
}

Test(tree, submodule_is_loud)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const char *dir = scratch(a);
    sh(dir,
       "cd \"$1\"; git init -q -b main w; cd w; echo a > a; git add a;"
       "git update-index --add --cacheinfo 160000,1111111111111111111111111111111111111111,mod;"
       "git commit -qm one");
    struct kz_tree_at at = {.repo = kz_str_printf(a, "%s/w/.git", dir),
                            .commit = sh_out(a, dir, "git -C \"$1/w\" rev-parse HEAD")};
    struct kz_err err;
    struct kz_tree *t;
    struct kz_str body;
    struct kz_tree_entry *e;
    size_t n;
    cr_assert_eq(kz_tree_open(&t, &at, &err), 0);
    cr_assert_eq(kz_tree_list(&e, &n, a, t, KZ_STR(""), &err), 0);
    cr_expect(n == 2 && e[1].is_dir);
    cr_expect_eq(kz_tree_list(&e, &n, a, t, KZ_STR("mod"), &err), -(int)KZ_E_INVALID);
    cr_expect(strstr(err.frame[0], "submodule") != NULL);
    cr_expect_eq(kz_tree_read(&body, a, t, KZ_STR("mod/x.yaml"), 0, &err), -(int)KZ_E_INVALID);
    cr_expect(strstr(err.frame[0], "submodule") != NULL);
    kz_tree_close(t);
    scrap(dir);
}

/* Trees that no well-behaved git writes, made as raw objects. */
Test(tree, evil_entries)
{
    static const char *const names[] = {"..", ".git", ".GIT", "a\\b"};
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    const char *dir = scratch(a);
    sh(dir, "git init -q --bare \"$1/m\"");
    for (size_t i = 0; i < kz_countof(names); i++) {
        const char *script =
            kz_str_printf(a,
                          "cd %s/m; b=$(echo x | git hash-object -w --stdin);"
                          "t=$({ printf '100644 %%s\\0' \"$1\"; echo $b | xxd -r -p; } |"
                          " git hash-object -w -t tree --literally --stdin);"
                          "git commit-tree -m x $t",
                          dir)
                .ptr;
        struct kz_tree_at at = {.repo = kz_str_printf(a, "%s/m", dir),
                                .commit = sh_out(a, names[i], script)};
        struct kz_err err;
        struct kz_tree *t;
        struct kz_tree_entry *e;
        size_t n;
        if (kz_tree_open(&t, &at, &err) < 0)
            continue;
        cr_expect_lt(kz_tree_list(&e, &n, a, t, KZ_STR(""), &err), 0, "%s", names[i]);
        kz_tree_close(t);
    }
    scrap(dir);
}

Test(tree, open_errors)
{
    static const struct {
        const char *repo, *commit, *folder;
        int rc;
    } rows[] = {
        {"/nonexistent", "1111111111111111111111111111111111111111", "",             -KZ_E_NOTFOUND},
        {"/nonexistent", "main",                                     "",             -KZ_E_INVALID },
        {"/nonexistent", "",                                         "",             -KZ_E_INVALID },
        {"",             "",                                         "/nonexistent", -KZ_E_NOTFOUND},
        {"",             "",                                         "relative",     -KZ_E_INVALID },
        {"",             "",                                         "/etc/passwd",  -KZ_E_NOTFOUND},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_err err;
        struct kz_tree *t;
        struct kz_tree_at at = {.repo = kz_str(rows[i].repo),
                                .commit = kz_str(rows[i].commit),
                                .folder = kz_str(rows[i].folder)};
        cr_expect_eq(kz_tree_open(&t, &at, &err), rows[i].rc, "row %zu", i);
    }
}
