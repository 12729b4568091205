/* SPDX-License-Identifier: Apache-2.0 */
#include "source/credential.h"

#include "../../lib/fixture.h"

static const struct kz_credential *find(const struct kz_credentials *c, struct kz_arena *a,
                                        const char *url)
{
    struct kz_url u;
    struct kz_err err;
    cr_assert_eq(kz_url_parse(&u, a, kz_str(url), &err), 0);
    return kz_credentials_find(c, &u);
}

#define V(n, v)                                                                                    \
    {                                                                                              \
        KZ_STR_INIT(n), KZ_STR_INIT(v)                                                             \
    }

Test(credential, longest_prefix_of_the_same_server)
{
    static const struct kz_named_value host[] = {V("url", "https://host"), V("token", "t1\n")};
    static const struct kz_named_value org[] = {V("url", "https://host/org/"), V("token", "t2")};
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    struct kz_credentials *c = kz_credentials_new();
    struct kz_err err;
    cr_assert_eq(kz_credentials_put(c, KZ_STR("host"), host, 2, &err), 0);
    cr_assert_eq(kz_credentials_put(c, KZ_STR("org"), org, 2, &err), 0);
    cr_expect(kz_str_is(find(c, a, "https://host/x")->password, "t1"));
    cr_expect(kz_str_is(find(c, a, "https://host/x")->username, "x-access-token"));
    cr_expect(kz_str_is(find(c, a, "https://host/org/x")->password, "t2"));
    cr_expect(kz_str_is(find(c, a, "https://host/organ/x")->password, "t1"));
    cr_expect_null(find(c, a, "https://host:8443/org/x"));
    cr_expect_null(find(c, a, "https://host.evil/org/x"));
    cr_expect_null(find(c, a, "ssh://host/org/x"));
    uint64_t version = find(c, a, "https://host/x")->version;
    cr_assert_eq(kz_credentials_put(c, KZ_STR("host"), host, 2, &err), 0);
    cr_expect_eq(find(c, a, "https://host/x")->version, version);
    kz_credentials_drop(c, KZ_STR("org"));
    cr_expect(kz_str_is(find(c, a, "https://host/org/x")->password, "t1"));
    kz_credentials_free(c);
}

Test(credential, refused)
{
    static const struct {
        const char *name;
        struct kz_named_value v[4];
        size_t n;
    } rows[] = {
        {"no url",                  {V("token", "canary")},                                                       1},
        {"bad url",                 {V("url", "ftp://host"), V("token", "canary")},                               2},
        {"user in url",             {V("url", "https://canary@host"), V("token", "canary")},                      2},
        {"line break",              {V("url", "https://host"), V("token", "canary\r\nX: y")},                     2},
        {"nul",                     {V("url", "https://host"), V("password", "canary\0x"), V("username", "u")},   3},
        {"both",                    {V("url", "https://host"), V("token", "canary"), V("bearerToken", "canary")}, 3},
        {"user alone",              {V("url", "https://host"), V("username", "canary")},                          2},
        {"colon",                   {V("url", "https://host"), V("username", "a:b"), V("password", "canary")},    3},
        {"key without known_hosts", {V("url", "ssh://host"), V("identity", "canary")},                            2},
        {"key for https",           {V("url", "https://host"), V("identity", "canary")},                          2},
        {"token for ssh",           {V("url", "ssh://host"), V("token", "canary")},                               2},
        {"file",                    {V("url", "file:///x"), V("token", "canary")},                                2},
    };
    struct kz_credentials *c = kz_credentials_new();
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_err err;
        char line[4096];
        cr_expect_eq(kz_credentials_put(c, KZ_STR("x"), rows[i].v, rows[i].n, &err),
                     -(int)KZ_E_INVALID, "%s", rows[i].name);
        cr_expect_null(strstr(kz_err_line(line, sizeof line, &err), "canary"), "%s: %s",
                       rows[i].name, line);
    }
    kz_credentials_free(c);
}

/* Laid out as the kubelet mounts a Secret, and rotated as it does. */
Test(credential, folder_is_read_again)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    const char *dir = scratch(a);
    struct kz_credentials *c = kz_credentials_new();
    struct kz_err err;
    sh(dir, "cd \"$1\"; mkdir -p git/..v1 broken; printf 'https://host\\n' > git/..v1/url;"
            "echo one > git/..v1/token; ln -s ..v1 git/..data; ln -s ..data/url git/url;"
            "ln -s ..data/token git/token; echo ftp://x > broken/url");
    cr_expect_eq(kz_credentials_load(c, kz_str(dir), &err), -(int)KZ_E_INVALID); /* broken, but: */
    cr_assert_not_null(find(c, a, "https://host/a"));
    cr_expect(kz_str_is(find(c, a, "https://host/a")->password, "one"));
    uint64_t version = find(c, a, "https://host/a")->version;
    sh(dir,
       "cd \"$1\"; rm -r broken; mkdir git/..v2; cp git/..v1/url git/..v2/; echo two > git/..v2/token;"
       "ln -sfn ..v2 git/..data");
    cr_assert_eq(kz_credentials_refresh(c, &err), 0, "%s", err.frame[0]);
    cr_expect(kz_str_is(find(c, a, "https://host/a")->password, "two"));
    cr_expect_neq(find(c, a, "https://host/a")->version, version);
    sh(dir, "rm -r \"$1/git\"");
    cr_assert_eq(kz_credentials_refresh(c, &err), 0);
    cr_expect_null(find(c, a, "https://host/a"));
    cr_expect_eq(kz_credentials_load(c, KZ_STR("/nonexistent"), &err), -(int)KZ_E_NOTFOUND);
    kz_credentials_free(c);
    scrap(dir);
}
