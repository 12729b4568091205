/* SPDX-License-Identifier: Apache-2.0 */
#include "source/url.h"

#include <criterion/criterion.h>

Test(url, parse)
{
    static const struct {
        const char *in, *want; /* want NULL: refused */
    } rows[] = {
        {"https://GitHub.com/a/b.git",     "https://github.com/a/b.git"    },
        {"HTTPS://github.com:443/a/b/",    "https://github.com/a/b"        },
        {"https://git.example.com:8443/x", "https://git.example.com:8443/x"},
        {"https://[::1]:8443/x",           "https://[::1]:8443/x"          },
        {"https://[::1]/x",                "https://[::1]/x"               },
        {"ssh://git@host/a",               "ssh://git@host/a"              },
        {"ssh://host:2222/~/a",            "ssh://host:2222/~/a"           },
        {"ssh://git@host:22/a",            "ssh://git@host/a"              },
        {"git@github.com:a/b.git",         "git@github.com:a/b.git"        },
        {"git@[::1]:a/b.git",              "git@[::1]:a/b.git"             },
        {"file:///srv/git/a b.git",        "file:///srv/git/a b.git"       },
        {"/srv/git/a.git/",                "file:///srv/git/a.git"         },
        {"http://host/a",                  NULL                            },
        {"git://host/a",                   NULL                            },
        {"ext::sh -c id",                  NULL                            },
        {"ext::sh",                        NULL                            },
        {"git::https://host/a",            NULL                            },
        {"file://relative",                NULL                            },
        {"relative/path",                  NULL                            },
        {"",                               NULL                            },
        {"-oProxyCommand=id",              NULL                            },
        {"--upload-pack=id",               NULL                            },
        {"ssh://-oProxyCommand=id/a",      NULL                            },
        {"ssh://git@-host/a",              NULL                            },
        {"ssh://-git@host/a",              NULL                            },
        {"-git@host:a",                    NULL                            },
        {"git@host:-a",                    NULL                            },
        {"git@host:",                      NULL                            },
        {"https://host",                   NULL                            },
        {"https://host/",                  NULL                            },
        {"https:///a",                     NULL                            },
        {"https://user:pw@host/a",         NULL                            },
        {"https://token@host/a",           NULL                            },
        {"ssh://git:pw@host/a",            NULL                            },
        {"git:pw@host:a",                  NULL                            },
        {"https://host:0/a",               NULL                            },
        {"https://host:99999/a",           NULL                            },
        {"https://host:x/a",               NULL                            },
        {"https://host/a?x=1",             NULL                            },
        {"https://host/a#x",               NULL                            },
        {"https://host/a/../b",            NULL                            },
        {"https://host/a\nhost=evil",      NULL                            },
        {"https://host/a\rb",              NULL                            },
        {"https://host/a b",               NULL                            },
        {"https://h\xc3\xb6st/a",          NULL                            },
        {"https://host\\@evil/a",          NULL                            },
        {"https://ho$(id)st/a",            NULL                            },
        {"ssh://git@ho`id`st/a",           NULL                            },
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_url u;
        struct kz_err err;
        int rc = kz_url_parse(&u, a, kz_str(rows[i].in), &err);
        if (rows[i].want == NULL) {
            cr_expect_eq(rc, -(int)KZ_E_INVALID, "%s", rows[i].in);
            continue;
        }
        cr_assert_eq(rc, 0, "%s: %s", rows[i].in, err.frame[0]);
        cr_expect(kz_str_is(u.text, rows[i].want), "%s: " KZ_FMT, rows[i].in, KZ_ARG(u.text));
        struct kz_url again;
        cr_assert_eq(kz_url_parse(&again, a, u.text, &err), 0, "%s", rows[i].want);
        cr_expect(kz_str_eq(again.text, u.text), "normalising twice: %s", rows[i].in);
    }
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_url u;
    struct kz_err err;
    cr_expect_lt(kz_url_parse(&u, a, KZ_STR("https://host/a\0b"), &err), 0);
}

/* No part of a refused address that may be a secret is repeated. */
Test(url, secrets_are_not_shown)
{
    static const char *const in[] = {
        "https://canary@host/a",  "https://u:canary@host/a", "ssh://u:canary@host/a",
        "u:canary@host:a",        "ftp://u:canary@host/a",   "https://host/a?sig=canary",
        "http://u:canary@host/a", "https://canary@host/a\n",
    };
    for (size_t i = 0; i < kz_countof(in); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_url u;
        struct kz_err err;
        char line[4096];
        cr_assert_lt(kz_url_parse(&u, a, kz_str(in[i]), &err), 0, "%s", in[i]);
        cr_expect_null(strstr(kz_err_line(line, sizeof line, &err), "canary"), "%s", line);
        cr_expect_null(strstr(err.hint, "canary"), "%s", err.hint);
    }
}

Test(url, under)
{
    static const struct {
        const char *url, *prefix;
        bool want;
    } rows[] = {
        {"https://host/a/b",    "https://host",       true },
        {"https://host/a/b",    "https://host/a",     true },
        {"https://host/a/b",    "https://host/a/",    true },
        {"https://host/ab",     "https://host/a",     false},
        {"https://host:8443/a", "https://host",       false},
        {"https://host.evil/a", "https://host",       false},
        {"https://HOST/a",      "https://host",       true },
        {"ssh://git@host/a",    "https://host",       false},
        {"ssh://git@host/a",    "ssh://host",         true },
        {"ssh://git@host/a",    "ssh://root@host",    false},
        {"git@host:org/a",      "git@host:",          true },
        {"git@host:org/a",      "git@host:org",       true },
        {"git@host:org/a",      "ssh://git@host/org", true },
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_url u, p;
        struct kz_err err;
        cr_assert_eq(kz_url_parse(&u, a, kz_str(rows[i].url), &err), 0);
        cr_assert_eq(kz_url_parse_prefix(&p, a, kz_str(rows[i].prefix), &err), 0, "%s",
                     err.frame[0]);
        cr_expect_eq(kz_url_under(&u, &p), rows[i].want, "%s under %s", rows[i].url,
                     rows[i].prefix);
    }
}

Test(url, ref_check)
{
    static const struct {
        const char *in;
        bool ok;
    } rows[] = {
        {"",                true },
        {"main",            true },
        {"release/1.2",     true },
        {"refs/heads/main", true },
        {"v1.2.3",          true },
        {"a-b_c",           true },
        {"b\xc3\xa9",       true },
        {"-x",              false},
        {"--upload-pack=x", false},
        {"a..b",            false},
        {"a b",             false},
        {"a~1",             false},
        {"a^{commit}",      false},
        {"HEAD:x",          false},
        {"a?",              false},
        {"a*",              false},
        {"a[",              false},
        {"a\\b",            false},
        {"a/",              false},
        {"/a",              false},
        {"a//b",            false},
        {"a.lock",          false},
        {"a.lock/b",        false},
        {".a",              false},
        {"a/.b",            false},
        {"a.",              false},
        {"@",               false},
        {"a@{1}",           false},
        {"a\nb",            false},
        {"a\x7f",           false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_err err;
        cr_expect_eq(kz_ref_check(kz_str(rows[i].in), &err) == 0, rows[i].ok, "'%s'", rows[i].in);
    }
}
