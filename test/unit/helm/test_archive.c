/* SPDX-License-Identifier: Apache-2.0
 *
 * Packed charts: what is read, and reliability.md tgz-slip and tgz-bomb. */
#include "base/buf.h"
#include "helm/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <criterion/criterion.h>
#include <string.h>

struct entry {
    const char *name, *data;
    unsigned type; /* 0: a file */
    const char *link;
    size_t size; /* of zeros, instead of data */
    unsigned times;
};

static struct kz_str pack(struct kz_arena *a, const struct entry *e, size_t n)
{
    static char zeros[1 << 20];
    const size_t room = (size_t)64 << 20;
    char *out = kz_arena_bytes(a, room);
    size_t used = 0;
    struct archive *ar = archive_write_new();
    (void)archive_write_add_filter_gzip(ar);
    (void)archive_write_set_format_pax_restricted(ar);
    (void)archive_write_open_memory(ar, out, room, &used);
    for (size_t i = 0; i < n; i++) {
        for (unsigned k = 0; k < (e[i].times == 0 ? 1 : e[i].times); k++) {
            struct archive_entry *h = archive_entry_new();
            const size_t size = e[i].data != NULL ? strlen(e[i].data) : e[i].size;
            if (e[i].times > 0) {
                char name[64];
                (void)snprintf(name, sizeof name, "c/%u", k);
                archive_entry_set_pathname(h, name);
            } else {
                archive_entry_set_pathname(h, e[i].name);
            }
            archive_entry_set_filetype(h, e[i].type == 0 ? AE_IFREG : e[i].type);
            archive_entry_set_perm(h, 0644);
            archive_entry_set_size(h, (int64_t)size);
            if (e[i].link != NULL && e[i].type == AE_IFLNK)
                archive_entry_set_symlink(h, e[i].link);
            else if (e[i].link != NULL)
                archive_entry_set_hardlink(h, e[i].link);
            (void)archive_write_header(ar, h);
            for (size_t left = size; left > 0;) {
                const size_t part = left < sizeof zeros ? left : sizeof zeros;
                (void)archive_write_data(ar, e[i].data != NULL ? e[i].data : zeros, part);
                left -= part;
            }
            archive_entry_free(h);
        }
    }
    (void)archive_write_close(ar);
    (void)archive_write_free(ar);
    return kz_str_n(out, used);
}

static const struct {
    struct entry entries[3];
    const char *want; /* NULL: fine */
} cases[] = {
    {{{.name = "c/Chart.yaml", .data = "\xEF\xBB\xBFname: c"},
      {.name = "c/templates/x", .data = "y"}},
     NULL                                                                                                                     },
    {{{.name = "c", .type = AE_IFDIR}, {.name = "c/a\\b", .data = "x"}}, NULL                                                 },
    {{{.name = "c/../../etc/x", .data = "x"}},                           "chart illegally references parent directory"        },
    {{{.name = "c//etc/x", .data = "x"}},                                "chart illegally contains absolute paths"            },
    {{{.name = "Chart.yaml", .data = "x"}},
     "chart illegally contains content outside the base directory: \"Chart.yaml\""                                            },
    {{{.name = "c/C:/x", .data = "x"}},                                  "chart contains illegally named files"               },
    {{{.name = "c/l", .type = AE_IFLNK, .link = "/etc/passwd"}},
     "the archive holds 'l', which is a link or no file"                                                                      },
    {{{.name = "c/a", .data = "x"}, {.name = "c/l", .link = "c/a"}},
     "the archive holds 'l', which is a link or no file"                                                                      },
    {{{.name = "c/d", .type = AE_IFCHR}},                                "the archive holds 'd', which is a link or no file"  },
    {{{.name = "c/f", .type = AE_IFIFO}},                                "the archive holds 'f', which is a link or no file"  },
    {{{.name = "c/a", .data = "x"}, {.name = "c/./a", .data = "y"}},     "the archive holds 'a' twice"                        },
    {{{.name = "c", .type = AE_IFDIR}},                                  "no files in chart archive"                          },
    {{{.name = "c/z", .size = 50 << 20}},                                "the archive unpacks to more than 200 times its size"},
    {{{.name = "c/z", .size = 101 << 20}},                               "the archive unpacks to more than 100 MiB"           },
    {{{.name = "c/n", .times = 20001, .data = ""}},                      "the archive has more than 20000 entries"            },
};

Test(archive, table)
{
    for (size_t i = 0; i < kz_countof(cases); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
        struct kz_chart_files files = {0};
        struct kz_err err = {0};
        size_t n = 0;
        while (n < 3 && cases[i].entries[n].name != NULL)
            n++;
        const int rc = kz_archive_read(&files, a, pack(a, cases[i].entries, n), &err);
        cr_expect_eq(rc < 0, cases[i].want != NULL, "case %zu", i);
        if (cases[i].want != NULL)
            cr_expect_str_eq(err.frame[0], cases[i].want, "case %zu: %s", i, err.frame[0]);
    }
}

Test(archive, content)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_chart_files files = {0};
    struct kz_err err;
    cr_assert_eq(kz_archive_read(&files, a, pack(a, cases[0].entries, 2), &err), 0);
    cr_assert_eq(files.n, 2);
    cr_expect(kz_str_is(files.at[0].name, "Chart.yaml") && kz_str_is(files.at[0].data, "name: c"));
    cr_expect(kz_str_is(files.at[1].name, "templates/x") && kz_str_is(files.at[1].data, "y"));
}

Test(archive, damage)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    struct kz_str good = pack(a, cases[0].entries, 2);
    struct kz_err err;
    for (size_t n = 0; n + 20 < good.len; n += 3) { /* cut short anywhere */
        struct kz_chart_files files = {0};
        if (kz_archive_read(&files, a, kz_str_head(good, n), &err) >= 0)
            cr_expect_leq(files.n, 2);
    }
}
