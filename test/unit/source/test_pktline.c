/* SPDX-License-Identifier: Apache-2.0 */
#include "source/pktline.h"
#include "kz_version.h"

#include <criterion/criterion.h>

#define ID1   "1111111111111111111111111111111111111111"
#define ID2   "2222222222222222222222222222222222222222"
#define ID256 ID1 "222222222222222222222222"

Test(pktline, caps)
{
    static const struct {
        const char *name, *in;
        int rc;
        bool v2, sha256;
    } rows[] = {
        {"git",
         "001e# service=git-upload-pack\n0000000eversion 2\n0013ls-refs=unborn\n0017object-format=sha1\n0000",
         0,                                                                                                                 true,  false},
        {"no service line", "000eversion 2\n000cls-refs\n0000",                                                0,           true,  false},
        {"sha256",          "000eversion 2\n000cls-refs\n0019object-format=sha256\n0000",                      0,           true,  true },
        {"no ls-refs",      "000eversion 2\n000afetch\n0000",                                                  0,           false, false},
        {"version 0",       "001e# service=git-upload-pack\n0000003d" ID1 " refs/heads/main\n0000",            0,
         false,                                                                                                                    false},
        {"html",            "<html></html>",                                                                   -KZ_E_PARSE, false, false},
        {"empty",           "",                                                                                -KZ_E_PARSE, false, false},
        {"cut",             "000eversion 2\n000cls-r",                                                         -KZ_E_PARSE, false, false},
        {"no flush",        "000eversion 2\n000cls-refs\n",                                                    -KZ_E_PARSE, false, false},
        {"bad length",      "00zzversion 2\n",                                                                 -KZ_E_PARSE, false, false},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_pkt_caps caps = {0};
        struct kz_err err;
        cr_expect_eq(kz_pkt_caps(&caps, kz_str(rows[i].in), &err), rows[i].rc, "%s", rows[i].name);
        cr_expect_eq(caps.v2, rows[i].v2, "%s", rows[i].name);
        cr_expect_eq(caps.sha256, rows[i].sha256, "%s", rows[i].name);
    }
}

Test(pktline, refs)
{
    static const struct {
        const char *name, *ref, *in, *want;
        int rc;
    } rows[] = {
        {"branch",                     "main",        "003d" ID1 " refs/heads/main\n0000",                       ID1,  0             },
        {"other branches are ignored", "main",
         "003e" ID2 " refs/heads/main2\n003d" ID1 " refs/heads/main\n0000",                                      ID1,  0             },
        {"head",                       "",            "0032" ID2 " HEAD\n0000",                                  ID2,  0             },
        {"head with symref",           "HEAD",        "0050" ID2 " HEAD symref-target:refs/heads/a\n0000",       NULL,
         -KZ_E_PARSE                                                                                                                 },
        {"annotated tag",              "v1",          "006a" ID1 " refs/tags/v1 peeled:" ID2 "\n0000",           ID2,  0             },
        {"branch and tag agree",       "x",           "003a" ID1 " refs/heads/x\n0039" ID1 " refs/tags/x\n0000",
         ID1,                                                                                                          0             },
        {"branch and tag differ",      "x",           "003a" ID1 " refs/heads/x\n0039" ID2 " refs/tags/x\n0000",
         NULL,                                                                                                         -KZ_E_INVALID },
        {"full name",                  "refs/tags/x", "0039" ID2 " refs/tags/x\n0000",                           ID2,  0             },
        {"deleted",                    "main",        "0000",                                                    NULL, -KZ_E_NOTFOUND},
        {"empty repository",           "",            "0000",                                                    NULL, -KZ_E_NOTFOUND},
        {"cut short",                  "main",        "003d" ID1 " refs/heads/main\n",                           NULL, -KZ_E_PARSE   },
        {"cut in a line",              "main",        "003d" ID1 " refs/he",                                     NULL, -KZ_E_PARSE   },
        {"error",                      "main",        "000cERR no\n0000",                                        NULL, -KZ_E_REMOTE  },
        {"id is not hex",              "main",        "0019zzzz refs/heads/main\n0000",                          NULL, -KZ_E_NOTFOUND},
        {"no name",                    "main",        "002d" ID1 "\n0000",                                       NULL, -KZ_E_PARSE   },
        {"delimiter",                  "main",        "0001",                                                    NULL, -KZ_E_PARSE   },
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
        struct kz_ref_pick pick;
        struct kz_err err;
        char id[KZ_OID_TEXT] = "";
        kz_ref_pick_init(&pick, a, kz_str(rows[i].ref));
        int rc = kz_pkt_refs(&pick, kz_str(rows[i].in), &err);
        if (rc == 0)
            rc = kz_ref_pick_end(id, &pick, kz_str(rows[i].ref), &err);
        cr_expect_eq(rc, rows[i].rc, "%s: %d", rows[i].name, rc);
        if (rows[i].want != NULL)
            cr_expect_str_eq(id, rows[i].want, "%s", rows[i].name);
    }
}

Test(pktline, request)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_ref_names names = kz_ref_names(a, KZ_STR("main"));
    struct kz_buf b;
    struct kz_str rest, line;
    kz_buf_init(&b, 4096);
    kz_pkt_ls_refs(&b, &names);
    rest = kz_buf_str(&b);
    static const char *const want[] = {"command=ls-refs",
                                       "agent=kzsync/" KZ_VERSION,
                                       "object-format=sha1",
                                       NULL,
                                       "peel",
                                       "ref-prefix refs/heads/main",
                                       "ref-prefix refs/tags/main"};
    for (size_t i = 0; i < kz_countof(want); i++) {
        cr_assert_eq(kz_pkt_next(&line, &rest), want[i] == NULL ? KZ_PKT_DELIM : KZ_PKT_DATA);
        cr_expect(want[i] == NULL || kz_str_is(line, want[i]), "%zu", i);
    }
    cr_expect_eq(kz_pkt_next(&line, &rest), KZ_PKT_FLUSH);
    cr_expect_eq(kz_pkt_next(&line, &rest), KZ_PKT_END);
    kz_buf_done(&b);
}

Test(refs, ls_remote_lines)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_ref_pick pick;
    struct kz_err err;
    char id[KZ_OID_TEXT];
    kz_ref_pick_init(&pick, a, KZ_STR("v1"));
    cr_assert_eq(
        kz_ref_pick_lines(&pick, KZ_STR(ID1 "\trefs/tags/v1\n" ID2 "\trefs/tags/v1^{}\n"), &err),
        0);
    cr_assert_eq(kz_ref_pick_end(id, &pick, KZ_STR("v1"), &err), 0);
    cr_expect_str_eq(id, ID2);
    cr_expect_eq(kz_ref_pick_lines(&pick, KZ_STR("warning: x\n"), &err), -(int)KZ_E_PARSE);
    kz_ref_pick_init(&pick, a, KZ_STR(""));
    cr_assert_eq(kz_ref_pick_lines(&pick, KZ_STR(ID256 "\tHEAD\n"), &err), 0);
    cr_expect_eq(kz_ref_pick_end(id, &pick, KZ_STR(""), &err), -(int)KZ_E_INVALID);
    kz_ref_pick_init(&pick, a, KZ_STR("abc1234"));
    cr_expect_eq(kz_ref_pick_end(id, &pick, KZ_STR("abc1234"), &err), -(int)KZ_E_NOTFOUND);
    cr_expect(strstr(err.hint, "40 digits") != NULL);
}
