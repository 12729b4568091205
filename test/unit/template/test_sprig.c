/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig's functions that need the run's facts: dates, patterns, versions, URLs, keys. Wants were made
 * by sprig v3.3.0, apart from what is random. */
#include "template/funcs.h"
#include "template/gotime.h"
#include "template/key.h"
#include "template/sprig.h"
#include "template/template.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <criterion/criterion.h>

static struct kz_val list(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_list *l = kz_list_new(kz_eval_arena(ev), argc);
    for (size_t i = 0; i < argc; i++)
        kz_list_push(kz_eval_arena(ev), l, argv[i]);
    return kz_val_list(l);
}

static const struct kz_func helpers[] = {
    {"list", "a+", list, NULL},
    {0 }
};
static const struct kz_func *const tables[] = {
    kz_funcs_cert,   kz_funcs_crypto, kz_funcs_date,   kz_funcs_encode, kz_funcs_path,
    kz_funcs_random, kz_funcs_regex,  kz_funcs_semver, kz_funcs_url,    helpers,
};

static const struct kz_sprig facts = {.now = INT64_C(1700000000123456789),
                                      .seed = KZ_STR_INIT("0123456789abcdef"),
                                      .module = KZ_STR_INIT("demo")};

/* Output, or the text of the error behind "error calling NAME: ". */
static const char *render(struct kz_arena *a, struct kz_sprig s, const char *file, const char *text)
{
    struct kz_err err;
    const struct kz_template *t;
    kz_autobuf struct kz_buf out = KZ_BUF(1 << 20);
    struct kz_tset *set =
        kz_tset_new(a, KZ_STR("t"), tables, kz_countof(tables), KZ_MISSING_DEFAULT);
    if (kz_tset_parse(&t, set, kz_str(file), kz_str(text), &err) < 0)
        return kz_cstr(a, kz_tset_error(set));
    kz_sprig_begin(&s, kz_str(file));
    struct kz_eval *ev = kz_eval_new(a, NULL, &s);
    struct kz_str result = KZ_STR("");
    if (kz_eval_run(&out, ev, set, t, KZ_NIL, NULL, &err) == 0) {
        result = kz_buf_str(&out);
    } else {
        const struct kz_str mark = KZ_STR("error calling "), all = kz_eval_error(ev);
        for (result = all; result.len > 0 && !kz_str_starts(result, mark);)
            result = kz_str_skip(result, 1);
        result = kz_str_skip(result, mark.len);
        result = result.len == 0 ? all : kz_str_skip(result, kz_str_index(result, ':') + 2);
    }
    const char *copy = kz_cstr(a, result);
    kz_eval_free(ev);
    kz_sprig_done(&s);
    return copy;
}

struct row {
    const char *text, *want;
};

static void check(const struct row *rows, size_t n)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
    for (size_t i = 0; i < n; i++)
        cr_expect_str_eq(render(a, facts, "f", rows[i].text), rows[i].want, "%s", rows[i].text);
}
#define CHECK(...)                                                                                 \
    do {                                                                                           \
        static const struct row rows[] = {__VA_ARGS__};                                            \
        check(rows, kz_countof(rows));                                                             \
    } while (0)

Test(sprig, dates)
{
    CHECK(
        {"{{ now }}", "2023-11-14 22:13:20.123456789 +0000 UTC"},
        {"{{ date \"2006-01-02\" (toDate \"2006-01-02\" \"2020-05-06\") }}", "2020-05-06"},
        {"{{ dateInZone \"Mon _2 Jan 2006 3:04PM MST -07:00\" 0 \"America/New_York\" }}",
         "Wed 31 Dec 1969 7:00PM EST -05:00"},
        {"{{ dateInZone \"2006 MST\" 4102444800 \"Europe/Berlin\" }}", "2100 CET"},
        {"{{ dateInZone \"15:04 MST\" 0 \"no/where\" }}", "00:00 UTC"},
        {"{{ dateInZone \"15:04 MST\" 0 \"../etc/passwd\" }}", "00:00 UTC"},
        {"{{ htmlDate 86400 }}|{{ htmlDateInZone 0 \"Asia/Tokyo\" }}", "1970-01-02|1970-01-01"},
        {"{{ toDate \"2006-01-02\" \"x\" }}", "0001-01-01 00:00:00 +0000 UTC"},
        {"{{ mustToDate \"2006-01-02\" \"2021-02-29\" }}",
         "parsing time \"2021-02-29\": day out of range"},
        {"{{ mustToDate \"2006-01-02\" \"x\" }}",
         "parsing time \"x\" as \"2006-01-02\": cannot parse \"x\" as \"2006\""},
        {"{{ toDate \"2006-01-02T15:04:05Z07:00\" \"2020-05-06T07:08:09+02:00\" }}",
         "2020-05-06 07:08:09 +0200 +0200"},
        {"{{ unixEpoch (dateModify \"-1.5h\" (toDate \"2006\" \"1970\")) }}", "-5400"},
        {"{{ mustDateModify \"1x\" now }}", "time: unknown unit \"x\" in duration \"1x\""},
        {"{{ ago (toDate \"2006-01-02\" \"2023-11-13\") }}", "46h13m20s"},
        {"{{ duration \"3661\" }}|{{ duration 3661 }}", "1h1m1s|0s"},
        {"{{ durationRound \"2h10m\" }}|{{ durationRound \"400h\" }}|{{ durationRound \"x\" }}",
         "2h|16d|0s"},
        {"{{ now.Year }} {{ now.Month }} {{ now.Weekday }} {{ now.Unix }} {{ printf \"%T\" now }}",
         "2023 November Tuesday 1700000000 time.Time"},
        {"{{ (now.AddDate 0 3 0).Format \"Jan 2\" }} {{ (now.Sub (now.Add 5000000000)).Seconds }}",
         "Feb 14 -5"});
}

Test(sprig, patterns)
{
    CHECK({"{{ regexMatch \"^a+$\" \"aaa\" }}{{ regexMatch \"(\" \"\" }}", "truefalse"},
          {"{{ regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"${1}W\" }}", "-W-xxW-"},
          {"{{ regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"$1W\" }}", "---"},
          {"{{ regexReplaceAllLiteral \"a(x*)b\" \"-ab-\" \"${1}\" }}", "-${1}-"},
          {"{{ regexReplaceAll \"\" \"ab\" \"-\" }}", "-a-b-"},
          {"{{ regexReplaceAll \"a.\" \"-a\\xff-\" \"x\" }}", "-x-"},
          {"{{ regexReplaceAll \"(?<k>a)\" \"ab\" \"[$k]\" }}", "[a]b"},
          {"{{ regexFindAll \"[2,4,6,8]\" \"123456789\" -1 }}{{ regexFindAll \"x\" \"\" 1 }}",
           "[2 4 6 8][]"},
          {"{{ regexSplit \"z+\" \"pizza\" -1 }}", "[pi a]"},
          {"{{ regexFind \"[a-z]\\\\d\" \"xa1\" }}{{ regexQuoteMeta \"a.b\" }}", "a1a\\.b"},
          {"{{ regexFind \"(\" \"\" }}",
           "regexp: Compile(`(`): error parsing regexp: missing closing ): `(`"},
          {"{{ mustRegexFind \"[a\" \"\" }}", "error parsing regexp: missing closing ]: `[a`"});
}

Test(sprig, versions)
{
    CHECK(
        {"{{ semver \"v1.2-rc1+b\" }} {{ (semver \"v1.2\").Original }}", "1.2.0-rc1+b v1.2"},
        {"{{ (semver \"1.2.3-rc1\").IncPatch }} {{ ((semver \"v1.2.3\").IncMajor).Minor }}",
         "1.2.3 0"},
        {"{{ (semver \"1.10.0\").Compare (semver \"1.9\") }}", "1"},
        {"{{ semver \"x\" }}", "Invalid Semantic Version"},
        {"{{ semver \"1.0.0-01\" }}", "Version segment starts with 0"},
        {"{{ semverCompare \"^1.2\" \"v1.5.0-beta\" }} {{ semverCompare \">=1.19-0\" \"v1.32.0\" }}",
         "false true"},
        {"{{ semverCompare \"1 - 3 || ~5\" \"5.9\" }}", "true"},
        {"{{ semverCompare \"abc\" \"1\" }}", "improper constraint: abc"},
        {"{{ semverCompare \"1 - 2 x y\" \"1\" }}", "improper constraint: >= 1, <= 2 x y"});
}

Test(sprig, urls_paths_encodings)
{
    CHECK(
        {"{{ urlParse \"https://u:p@[::1]:80/p%20q?q=1#f\" }}",
         "map[fragment:f host:[::1]:80 hostname:::1 opaque: path:/p q query:q=1 scheme:https userinfo:u:p]"},
        {"{{ urlParse \"http://h/%zz\" }}",
         "unable to parse url: parse \"http://h/%zz\": invalid URL escape \"%zz\""},
        {"{{ urlJoin (urlParse \"https://u:p@h:80/p q?q=1#f\") }}", "https://u:p@h:80/p%20q?q=1#f"},
        {"{{ getHostByName \"localhost\" }}", ""},
        {"{{ base \"/a/b.c\" }} {{ dir \"/a/b.c\" }} {{ ext \"x.yaml\" }} {{ clean \"/a/../b\" }} {{ isAbs \"a\" }}",
         "b.c /a .yaml /b false"},
        {"{{ b64dec \"!!\" }}|{{ b64dec \"YQ=\" }}|{{ b64dec (b64enc \"a\") }}",
         "illegal base64 data at input byte 0|illegal base64 data at input byte 3|a"},
        {"{{ b32enc \"a\" }}|{{ b32dec \"ME======\" }}|{{ b32dec \"M\" }}",
         "ME======|a|illegal base32 data at input byte 0"},
        {"{{ adler32sum \"abc\" }} {{ sha1sum \"a\" }}",
         "38600999 86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"});
}

Test(sprig, secrets)
{
    CHECK(
        {"{{ derivePassword 1 \"long\" \"password\" \"user\" \"example.com\" }}", "ZedaFaxcZaso9*"},
        {"{{ derivePassword 1 \"x\" \"\" \"\" \"\" }}", "cannot find password template x"},
        {"{{ decryptAES \"secretkey\" \"30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=\" }}",
         "plaintext"},
        {"{{ encryptAES \"k\" \"text\" | decryptAES \"k\" }}", "text"},
        {"{{ decryptAES \"k\" \"AAAA\" }}",
         "runtime error: slice bounds out of range [:16] with capacity 3"},
        {"{{ htpasswd \"a:b\" \"\" }}", "invalid username: a:b"},
        {"{{ len (bcrypt \"x\") }} {{ len (randAlphaNum 12) }} {{ len (randBytes 3) }} {{ len uuidv4 }}",
         "60 12 4 36"},
        {"{{ genPrivateKey \"x\" }}", "Unknown type x"},
        {"{{ genSelfSignedCert \"x\" (list \"1.2.3\") nil 1 }}", "error parsing ip: 1.2.3"});
}

/* Stable: the same call gives the same, whatever else the file asks for. */
Test(sprig, stable)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
    struct kz_sprig other = facts, fresh = facts;
    const char *one = render(a, facts, "f", "{{ randAlphaNum 20 }}");
    cr_expect_str_eq(render(a, facts, "f", "{{ $x := uuidv4 }}{{ randAlphaNum 20 }}"), one);
    cr_expect_str_neq(render(a, facts, "g", "{{ randAlphaNum 20 }}"), one);
    cr_expect_str_neq(render(a, facts, "f", "{{ $x := randAlphaNum 20 }}{{ randAlphaNum 20 }}"),
                      one);
    other.module = KZ_STR("other");
    cr_expect_str_neq(render(a, other, "f", "{{ randAlphaNum 20 }}"), one);
    fresh.random = KZ_RANDOM_FRESH;
    cr_expect_str_neq(render(a, fresh, "f", "{{ randAlphaNum 20 }}"),
                      render(a, fresh, "f", "{{ randAlphaNum 20 }}"));
}

/* Keys that were handed out stay the same under every later version, or all certificates change at once. */
Test(sprig, keys_for_ever)
{
    static const struct row rows[] = {
        {"{{ genPrivateKey \"ed25519\" | sha256sum }}",
         "d09b1001e7787e15c2573914ff6fcca46bb8c7fc04a235a5b0c252145419f4e3"},
        {"{{ genPrivateKey \"ecdsa\" | sha256sum }}",
         "66438c8fcbff801b756736e63b797e450cc04d49677d2b01eca1e09f6cc95309"},
        {"{{ (genCA \"x\" 365).Key | sha256sum }}",
         "5996fccbf85abd370db18daf7980f3578dad480ebe211b7349bd699792f9ae28"},
        {"{{ (genCA \"x\" 365).Cert | sha256sum }}",
         "96990efc74b253b12227c92f4249efa63734f67c5ee34d0ef59a4e2c3b75dee2"},
        {"{{ randAlphaNum 16 }} {{ uuidv4 }} {{ randInt 0 1000 }}",
         "osV28RDbdQCADOPw bfaaae50-dd0b-40a7-842a-8cd26ffd4cb3 201"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_expect_str_eq(render(a, facts, "t", rows[i].text), rows[i].want, "%s", rows[i].text);
}

/* The templates that a call stands in tell it from others: what one helper asks for does not move what
 * another gets. The same helper asked twice in a file gives two values, and the same two each time. */
Test(sprig, stable_in_helpers)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
#define HELPERS "{{ define \"a\" }}{{ randAlpha 9 }} {{ end }}{{ define \"b\" }}{{ randAlpha 9 }} {{ end }}"
    const char *ab = render(a, facts, "f", HELPERS "{{ template \"a\" }}{{ template \"b\" }}");
    const char *b = render(a, facts, "f", HELPERS "{{ template \"b\" }}");
    const char *bab = render(a, facts, "f", HELPERS "{{ template \"b\" }}{{ template \"a\" }}{{ template \"b\" }}");
    cr_expect_str_eq(ab + 10, b);
    cr_expect_eq(strncmp(bab, b, 10), 0);
    cr_expect_eq(strncmp(bab + 10, ab, 10), 0);
    cr_expect_neq(strncmp(bab + 20, b, 10), 0);
    cr_expect_str_eq(render(a, facts, "f", "{{ range list 1 2 }}{{ randAlpha 9 }} {{ end }}"),
                     render(a, facts, "f", "{{ range list 3 4 }}{{ randAlpha 9 }} {{ end }}"));
}

/* A certificate stays until two thirds of its life are over, then it is another with another key, and
 * the run says when. */
Test(sprig, renewal)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
    const int64_t day = INT64_C(86400000000000), step = 365 * day / 3 * 2;
    struct kz_sprig_used used = {0};
    struct kz_sprig at = facts;
    const char *text = "{{ $c := genSelfSignedCert \"x\" nil nil 365 }}{{ $c.Key }}{{ $c.Cert }}";
    at.used = &used;
    const char *first = render(a, at, "f", text);
    const int64_t until = used.until;
    cr_expect(used.random && !used.now);
    cr_expect(until > facts.now && until <= facts.now + step);
    at.clock = until - 1;
    cr_expect_str_eq(render(a, at, "f", text), first, "the time of templates does not matter");
    at.clock = until - step;
    cr_expect_str_eq(render(a, at, "f", text), first);
    at.clock = until;
    used = (struct kz_sprig_used){0};
    cr_expect_str_neq(render(a, at, "f", text), first);
    cr_expect_eq(used.until, until + step);
    at.clock = until - step - 1;
    cr_expect_str_neq(render(a, at, "f", text), first);
}

/* The earliest of several counts; what is not generated says nothing. */
Test(sprig, what_was_used)
{
    static const struct {
        const char *text;
        bool random, now, until;
    } rows[] = {
        {"{{ sha256sum \"x\" }}", false, false, false},
        {"{{ randAlphaNum 3 }}", true, false, false},
        {"{{ now | unixEpoch }}", false, true, false},
        {"{{ date \"2006\" 0 }}", false, false, false},
        {"{{ bcrypt \"x\" }}", true, false, false},
        {"{{ (genCA \"x\" 9).Cert }}", true, false, true},
        {"{{ derivePassword 1 \"long\" \"p\" \"u\" \"s\" }}", false, false, false},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_sprig_used used = {0};
        struct kz_sprig s = facts;
        s.used = &used;
        (void)render(a, s, "f", rows[i].text);
        cr_expect_eq(used.random, rows[i].random, "%s", rows[i].text);
        cr_expect_eq(used.now, rows[i].now, "%s", rows[i].text);
        cr_expect_eq(used.until != 0, rows[i].until, "%s", rows[i].text);
    }
}

static X509 *read_cert(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return x;
}

Test(sprig, certificates_verify)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 28);
    static const char *const kinds[] = {"rsa", "ecdsa", "ed25519"};
    for (size_t i = 0; i < kz_countof(kinds); i++) {
        const char *make = kz_cstr(
            a,
            kz_str_printf(
                a,
                "{{ $ca := genCAWithKey \"my ca\" 365 (genPrivateKey \"%s\") }}"
                "{{ $c := genSignedCertWithKey \"me*\" (list \"1.2.3.4\" \"::1\") (list \"a.b\") 30 $ca (genPrivateKey \"ecdsa\") }}",
                kinds[i]));
        X509 *ca = read_cert(
            render(a, facts, "f", kz_cstr(a, kz_str_printf(a, "%s{{ $ca.Cert }}", make))));
        X509 *leaf =
            read_cert(render(a, facts, "f", kz_cstr(a, kz_str_printf(a, "%s{{ $c.Cert }}", make))));
        cr_assert(ca != NULL && leaf != NULL, "%s", kinds[i]);
        cr_expect_eq(X509_verify(leaf, X509_get0_pubkey(ca)), 1, "%s", kinds[i]);
        cr_expect_eq(X509_verify(ca, X509_get0_pubkey(ca)), 1);
        cr_expect_eq(X509_check_issued(ca, leaf), X509_V_OK);
        cr_expect_eq(X509_check_ca(ca), 1);
        cr_expect_eq(X509_check_ca(leaf), 0);
        cr_expect_eq(X509_check_host(leaf, "a.b", 0, 0, NULL), 1);
        cr_expect_eq(X509_check_ip_asc(leaf, "::1", 0), 1);
        X509_free(ca);
        X509_free(leaf);
    }
}

Test(sprig, time_as_json)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 20);
    const struct kz_time t = {.sec = 1, .nsec = 500000000, .zone = kz_zone_fixed(a, KZ_STR(""), 3600)};
    struct kz_time copy = t;
    struct kz_value *v;
    struct kz_err err;
    cr_assert_eq(kz_val_to_value(&v, a, kz_val_obj(&kz_type_time, &copy), &err), 0);
    cr_expect(kz_str_is(kz_value_as_str(v), "1970-01-01T01:00:01.5+01:00"));
}
