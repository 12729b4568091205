/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: keys and certificates, laid out as Go's crypto/x509 does it, field by field. */
#include "template/encode.h"
#include "template/funcs.h"
#include "template/gotime.h"
#include "template/key.h"
#include "template/print.h"
#include "template/sprig.h"

#include <stdarg.h>
#include <string.h>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/utf8.h"

struct pair { /* sprig's struct certificate */
    struct kz_str cert, key;
};
extern const struct kz_type kz_type_certificate;

/* ---- DER --------------------------------------------------------------------------------------- */

static struct kz_str join(struct kz_arena *a, size_t n, ...)
{
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 24);
    va_list ap;
    va_start(ap, n);
    for (size_t i = 0; i < n; i++)
        kz_buf_add_str(&b, va_arg(ap, struct kz_str));
    va_end(ap);
    return kz_str_dup(a, kz_buf_str(&b));
}

static struct kz_str der(struct kz_arena *a, unsigned char tag, struct kz_str content)
{
    unsigned char head[6] = {tag};
    size_t n = 1;
    if (content.len < 128) {
        head[n++] = (unsigned char)content.len;
    } else {
        const size_t bytes = content.len < 256 ? 1 : content.len < 65536 ? 2 : 3;
        head[n++] = (unsigned char)(0x80 | bytes);
        for (size_t i = bytes; i > 0; i--)
            head[n++] = (unsigned char)(content.len >> (8 * (i - 1)));
    }
    return join(a, 2, kz_str_n((const char *)head, n), content);
}

enum { SEQUENCE = 0x30, SET = 0x31, BIT_STRING = 0x03, OCTET_STRING = 0x04, INTEGER = 0x02 };

static struct kz_str bits(struct kz_arena *a, unsigned char unused, struct kz_str bytes)
{
    return der(a, BIT_STRING, join(a, 2, kz_str_n((const char *)&unused, 1), bytes));
}

/* id: the last byte of 2.5.29.id. */
static struct kz_str extension(struct kz_arena *a, unsigned char id, bool critical,
                               struct kz_str value)
{
    const char oid[] = {0x06, 0x03, 0x55, 0x1d, (char)id};
    return der(a, SEQUENCE,
               join(a, 3, kz_str_n(oid, sizeof oid), critical ? KZ_STR("\x01\x01\xff") : KZ_STR(""),
                    der(a, OCTET_STRING, value)));
}

static bool printable(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i], low = (char)(c | 0x20);
        if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') &&
            (c == 0 || strchr("'()+,-./ :=?", c) == NULL))
            return false;
    }
    return true;
}

static struct kz_str name_of(struct kz_arena *a, struct kz_str cn)
{
    if (cn.len == 0)
        return der(a, SEQUENCE, KZ_STR(""));
    const struct kz_str text = der(a, printable(cn) ? 0x13 : 0x0c, cn);
    return der(a, SEQUENCE,
               der(a, SET, der(a, SEQUENCE, join(a, 2, KZ_STR("\x06\x03\x55\x04\x03"), text))));
}

static struct kz_str time_der(struct kz_arena *a, struct kz_time t)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64);
    const int64_t year = kz_time_civil(t).year;
    const bool utc = year >= 1950 && year < 2050;
    kz_time_format(&b, t, utc ? KZ_STR("060102150405Z") : KZ_STR("20060102150405Z"));
    return der(a, utc ? 0x17 : 0x18, kz_buf_str(&b));
}

/* ---- what is asked for --------------------------------------------------------------------------- */

struct call { /* of a template */
    const char *func;
    const struct kz_val *argv;
    size_t argc;
};

struct request {
    struct kz_str cn;
    struct kz_str sans; /* GeneralNames without their head */
    int64_t days;
    bool ca;
    struct kz_time from, to;
};

static bool take_ips(struct kz_str *out, struct kz_eval *ev, struct kz_val list)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_str all = KZ_STR("");
    for (size_t i = 0; i < kz_val_len(list); i++) {
        const struct kz_val v = kz_val_at(list, i);
        unsigned char addr[16];
        if (v.type != &kz_type_string) {
            (void)kz_eval_fail(ev, "error parsing ip: " KZ_FMT " is not a string",
                               KZ_ARG(kz_val_text(a, v)));
            return false;
        }
        const char *text = kz_cstr(a, v.as.str);
        const bool v4 = strlen(text) == v.as.str.len && inet_pton(AF_INET, text, addr) == 1;
        if (!v4 && (strlen(text) != v.as.str.len || inet_pton(AF_INET6, text, addr) != 1)) {
            (void)kz_eval_fail(ev, "error parsing ip: " KZ_FMT, KZ_ARG(v.as.str));
            return false;
        }
        static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
        struct kz_str bytes = kz_str_n((const char *)addr, v4 ? 4 : 16);
        if (!v4 && memcmp(addr, mapped, sizeof mapped) == 0)
            bytes = kz_str_skip(bytes, 12);
        all = join(a, 2, all, der(a, 0x87, bytes));
    }
    *out = all;
    return true;
}

/* *bad: a name that is no ASCII, which Go notices only when the certificate is made. */
static bool take_names(struct kz_str *out, struct kz_str *bad, struct kz_eval *ev,
                       struct kz_val list)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_str all = KZ_STR("");
    for (size_t i = 0; i < kz_val_len(list); i++) {
        const struct kz_val v = kz_val_at(list, i);
        if (v.type != &kz_type_string) {
            (void)kz_eval_fail(ev,
                               "error processing alternate dns name: " KZ_FMT " is not a string",
                               KZ_ARG(kz_val_text(a, v)));
            return false;
        }
        for (size_t k = 0; k < v.as.str.len; k++)
            if ((unsigned char)v.as.str.ptr[k] >= 0x80 && bad->ptr == NULL)
                *bad = v.as.str;
        all = join(a, 2, all, der(a, 0x82, v.as.str));
    }
    *out = all;
    return true;
}

/* The period that now lies in: periods follow one another, and each but its last third is used, so that
 * a certificate has a third of its life left when it is made anew. */
static int64_t begin_of_period(struct kz_sprig *s, int64_t now, int64_t length,
                               struct kz_stream *of_phase)
{
    const int64_t step = length / 3 * 2;
    const int64_t shift =
        (int64_t)kz_stream_below(of_phase, (uint64_t)(step / KZ_NS_PER_SEC)) * KZ_NS_PER_SEC;
    const int64_t from = kz_floor_div(now - shift, step) * step + shift;
    if (s->used != NULL && (s->used->until == 0 || from + step < s->used->until))
        s->used->until = from + step;
    return from;
}

static void set_period(struct request *r, struct kz_eval *ev, const struct call *call)
{
    struct kz_sprig *s = kz_sprig_of(ev);
    const int64_t length =
        (int64_t)((uint64_t)r->days * UINT64_C(86400000000000)); /* wraps as Go's */
    int64_t from = s->clock != 0 ? s->clock : s->now;
    if (s->random == KZ_RANDOM_STABLE && length > 0) {
        struct kz_stream of_phase;
        kz_stream_open(&of_phase, ev, call->func, call->argv, call->argc);
        from = begin_of_period(s, from, length, &of_phase);
    }
    r->from = kz_time_add((struct kz_time){0}, from);
    r->to = kz_time_add(r->from, length);
}

static bool take_request(struct request *r, struct kz_eval *ev, const struct call *call,
                         struct kz_str cn, struct kz_val ips, struct kz_val names, int64_t days)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_str dns, ip, bad = KZ_STR_NONE;
    *r = (struct request){.cn = cn, .days = days};
    if (!take_ips(&ip, ev, ips) || !take_names(&dns, &bad, ev, names))
        return false;
    if (bad.ptr != NULL) {
        struct kz_buf *b = kz_eval_buf(ev);
        kz_buf_puts(b, "error creating certificate: x509: ");
        kz_print_quoted(b, bad, KZ_QUOTE_PLAIN);
        kz_buf_puts(b, " cannot be encoded as an IA5String");
        (void)kz_eval_fail_str(ev, kz_eval_text(ev, b));
        return false;
    }
    if (!kz_utf8_valid(cn)) {
        (void)kz_eval_fail(ev, "error creating certificate: asn1: string not valid UTF-8");
        return false;
    }
    r->sans = join(a, 2, dns, ip);
    set_period(r, ev, call);
    return true;
}

/* The period of validity is part of what is asked: a renewed certificate has a new key. */
static void open_stream(struct kz_stream *s, struct kz_eval *ev, const struct call *call,
                        const struct request *r)
{
    struct kz_val *all = kz_new_n(kz_eval_arena(ev), struct kz_val, call->argc + 1);
    memcpy(all, call->argv, call->argc * sizeof *all);
    all[call->argc] = kz_val_int64(r->from.sec);
    kz_stream_open(s, ev, call->func, all, call->argc + 1);
}

/* ---- making one ---------------------------------------------------------------------------------- */

struct issuer {
    EVP_PKEY *key;
    struct kz_str name, key_id;
};

static struct kz_str serial(struct kz_arena *a, struct kz_stream *s)
{
    unsigned char bytes[17] = {0};
    size_t from = 0;
    kz_stream_read(s, bytes + 1, 16);
    while (from < 16 && bytes[from] == 0 && bytes[from + 1] < 0x80)
        from++;
    return der(a, INTEGER, kz_str_n((const char *)bytes + from, sizeof bytes - from));
}

/* SHA-1 of the bare public key: the bytes of the BIT STRING at the end of *spki. */
static struct kz_str key_id(struct kz_arena *a, EVP_PKEY *key)
{
    unsigned char md[20];
    const unsigned char *bytes;
    int len;
    X509_PUBKEY *pub = NULL;
    kz_assert(X509_PUBKEY_set(&pub, key) == 1 &&
              X509_PUBKEY_get0_param(NULL, &bytes, &len, NULL, pub) == 1);
    kz_assert(EVP_Digest(bytes, (size_t)len, md, NULL, EVP_sha1(), NULL) == 1);
    X509_PUBKEY_free(pub);
    return kz_str_dup(a, kz_str_n((const char *)md, sizeof md));
}

static struct kz_str extensions(struct kz_arena *a, const struct request *r, EVP_PKEY *key,
                                const struct issuer *by, struct kz_str subject)
{
    const struct kz_str usage = r->ca ? bits(a, 2, KZ_STR("\xa4")) : bits(a, 5, KZ_STR("\xa0"));
    const struct kz_str servers_clients = KZ_STR("\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01"
                                                 "\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02");
    const bool foreign = !kz_str_eq(by->name, subject) && by->key_id.len > 0;
    return der(
        a, 0xa3,
        der(a, SEQUENCE,
            join(a, 6, extension(a, 15, true, usage),
                 extension(a, 37, false, der(a, SEQUENCE, servers_clients)),
                 extension(a, 19, true,
                           der(a, SEQUENCE, r->ca ? KZ_STR("\x01\x01\xff") : KZ_STR(""))),
                 r->ca ? extension(a, 14, false, der(a, OCTET_STRING, key_id(a, key))) : KZ_STR(""),
                 foreign ? extension(a, 35, false, der(a, SEQUENCE, der(a, 0x80, by->key_id)))
                         : KZ_STR(""),
                 r->sans.len > 0 ? extension(a, 17, r->cn.len == 0, der(a, SEQUENCE, r->sans))
                                 : KZ_STR(""))));
}

static struct kz_val certify(struct kz_eval *ev, const struct request *r, EVP_PKEY *key,
                             const struct issuer *issuer, struct kz_stream *s)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct issuer by = *issuer;
    struct kz_str algorithm, signature;
    unsigned char *spki = NULL;
    const struct kz_str subject = name_of(a, r->cn);
    if (by.name.ptr == NULL)
        by.name = subject;
    if (!kz_key_algorithm(&algorithm, a, by.key))
        return kz_eval_fail(ev, "error creating certificate: x509: %s",
                            EVP_PKEY_is_a(by.key, "DSA")
                                ? "certificate private key does not implement crypto.Signer"
                                : "unsupported elliptic curve");
    if (EVP_PKEY_is_a(key, "DSA"))
        return kz_eval_fail(
            ev, "error creating certificate: x509: unsupported public key type: *dsa.PublicKey");
    const int len = i2d_PUBKEY(key, &spki);
    kz_assert(len > 0);
    const struct kz_str public_key = kz_str_dup(a, kz_str_n((const char *)spki, (size_t)len));
    OPENSSL_free(spki);
    const struct kz_str validity =
        der(a, SEQUENCE, join(a, 2, time_der(a, r->from), time_der(a, r->to)));
    const struct kz_str body =
        der(a, SEQUENCE,
            join(a, 8, KZ_STR("\xa0\x03\x02\x01\x02"), serial(a, s), algorithm, by.name, validity,
                 subject, public_key, extensions(a, r, key, &by, subject)));
    if (!kz_key_sign(&signature, a, by.key, body))
        return kz_eval_fail(ev, "error creating certificate: the key cannot sign");
    struct pair *p = kz_new(a, struct pair);
    p->cert = kz_pem(a, "CERTIFICATE",
                     der(a, SEQUENCE, join(a, 3, body, algorithm, bits(a, 0, signature))));
    p->key = kz_key_pem(a, key);
    return kz_val_obj(&kz_type_certificate, p);
}

/* pem: the caller's key, or "" for a new one. NULL: the evaluation has failed. */
static EVP_PKEY *subject_key(struct kz_eval *ev, const struct kz_str *pem, struct kz_stream *s)
{
    struct kz_str why;
    EVP_PKEY *key;
    if (pem == NULL) {
        key = kz_key_rsa(s, 2048);
        kz_assert(key != NULL);
        return key;
    }
    key = kz_key_read(&why, kz_eval_arena(ev), *pem);
    if (key == NULL)
        (void)kz_eval_fail(ev, "parsing private key: " KZ_FMT, KZ_ARG(why));
    return key;
}

static struct kz_val make_own(struct kz_eval *ev, const struct call *call,
                              const struct request *r, const struct kz_str *pem)
{
    struct kz_stream s;
    open_stream(&s, ev, call, r);
    kz_autopkey EVP_PKEY *key = subject_key(ev, pem, &s);
    if (key == NULL)
        return KZ_NIL;
    return certify(ev, r, key, &(struct issuer){.key = key}, &s);
}

static struct kz_val gen_ca(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct call call = {argc == 3 ? "genCAWithKey" : "genCA", argv, argc};
    struct request r;
    if (!take_request(&r, ev, &call, argv[0].as.str, KZ_NIL, KZ_NIL, argv[1].as.num))
        return KZ_NIL;
    r.ca = true;
    return make_own(ev, &call, &r, argc == 3 ? &argv[2].as.str : NULL);
}

static struct kz_val gen_self_signed(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct call call = {argc == 5 ? "genSelfSignedCertWithKey" : "genSelfSignedCert", argv,
                              argc};
    struct request r;
    if (!take_request(&r, ev, &call, argv[0].as.str, argv[1], argv[2], argv[3].as.num))
        return KZ_NIL;
    return make_own(ev, &call, &r, argc == 5 ? &argv[4].as.str : NULL);
}

static void free_x509(X509 **x)
{
    X509_free(*x);
}

static X509 *parse_cert(struct kz_str der_text)
{
    const unsigned char *at = (const unsigned char *)der_text.ptr;
    X509 *x = d2i_X509(NULL, &at, (long)der_text.len);
    ERR_clear_error();
    return x;
}

/* Name and key id of the certificate that signs, and whether its key is the one that is given. */
static bool take_issuer(struct issuer *by, struct kz_eval *ev, X509 *x, EVP_PKEY *key)
{
    struct kz_arena *a = kz_eval_arena(ev);
    unsigned char *name = NULL;
    const int len = i2d_X509_NAME(X509_get_subject_name(x), &name);
    kz_assert(len > 0);
    const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(x);
    by->key = key;
    by->name = kz_str_dup(a, kz_str_n((const char *)name, (size_t)len));
    OPENSSL_free(name);
    if (id != NULL)
        by->key_id = kz_str_dup(
            a, kz_str_n((const char *)ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id)));
    if (!EVP_PKEY_is_a(key, "DSA") && EVP_PKEY_eq(X509_get0_pubkey(x), key) != 1) {
        ERR_clear_error();
        (void)kz_eval_fail(
            ev,
            "error creating certificate: x509: provided PrivateKey doesn't match parent's PublicKey");
        return false;
    }
    return true;
}

static struct kz_val gen_signed(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const struct pair *ca = argv[4].as.obj;
    const struct call call = {argc == 6 ? "genSignedCertWithKey" : "genSignedCert", argv, argc};
    struct kz_str der_text, type, why;
    struct request r;
    struct issuer by = {0};
    struct kz_stream s;
    kz_autopkey EVP_PKEY *given = NULL;
    if (argc == 6 && (given = subject_key(ev, &argv[5].as.str, NULL)) == NULL)
        return KZ_NIL;
    if (!kz_pem_first(&der_text, &type, a, ca->cert))
        return kz_eval_fail(ev, "unable to decode certificate");
    KZ_CLEANUP(free_x509) X509 *x = parse_cert(der_text);
    if (x == NULL)
        return kz_eval_fail(
            ev, "error parsing certificate: decodedSignerCert.Bytes: x509: malformed certificate");
    kz_autopkey EVP_PKEY *ca_key = kz_key_read(&why, a, ca->key);
    if (ca_key == NULL)
        return kz_eval_fail(ev, "error parsing private key: " KZ_FMT, KZ_ARG(why));
    if (!take_request(&r, ev, &call, argv[0].as.str, argv[1], argv[2], argv[3].as.num) ||
        !take_issuer(&by, ev, x, ca_key))
        return KZ_NIL;
    open_stream(&s, ev, &call, &r);
    if (given == NULL && (given = subject_key(ev, NULL, &s)) == NULL)
        return KZ_NIL;
    return certify(ev, &r, given, &by, &s);
}

static struct kz_val build_custom(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_str cert, key, der_text, type, why;
    size_t bad;
    (void)argc;
    if (!kz_go_base64(&cert, &bad, a, argv[0].as.str))
        return kz_eval_fail(ev, "unable to decode base64 certificate");
    if (!kz_go_base64(&key, &bad, a, argv[1].as.str))
        return kz_eval_fail(ev, "unable to decode base64 private key");
    if (!kz_pem_first(&der_text, &type, a, cert))
        return kz_eval_fail(ev, "unable to decode certificate");
    KZ_CLEANUP(free_x509) X509 *x = parse_cert(der_text);
    if (x == NULL)
        return kz_eval_fail(
            ev, "error parsing certificate: decodedCert.Bytes: x509: malformed certificate");
    kz_autopkey EVP_PKEY *k = kz_key_read(&why, a, key);
    if (k == NULL)
        return kz_eval_fail(ev, "error parsing private key: " KZ_FMT, KZ_ARG(why));
    struct pair *p = kz_new(a, struct pair);
    *p = (struct pair){.cert = cert, .key = key};
    return kz_val_obj(&kz_type_certificate, p);
}

static struct kz_val gen_private_key(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_str kind = argv[0].as.str;
    const bool rsa = kind.len == 0 || kz_str_is(kind, "rsa");
    const bool ec = kz_str_is(kind, "ecdsa"), ed = kz_str_is(kind, "ed25519");
    struct kz_stream s;
    if (!rsa && !ec && !ed && !kz_str_is(kind, "dsa"))
        return kz_val_str(kz_str_printf(a, "Unknown type " KZ_FMT, KZ_ARG(kind)));
    kz_stream_open(&s, ev, "genPrivateKey", argv, argc);
    kz_autopkey EVP_PKEY *key = rsa  ? kz_key_rsa(&s, 4096)
                                : ec ? kz_key_p256(&s)
                                : ed ? kz_key_ed25519(&s)
                                     : kz_key_dsa(&s);
    kz_assert(key != NULL);
    return kz_val_str(kz_key_pem(a, key));
}

/* ---- the type ------------------------------------------------------------------------------------ */

static struct kz_val get_cert(struct kz_arena *a, const struct kz_val *self)
{
    (void)a;
    return kz_val_str(((const struct pair *)self->as.obj)->cert);
}

static struct kz_val get_key(struct kz_arena *a, const struct kz_val *self)
{
    (void)a;
    return kz_val_str(((const struct pair *)self->as.obj)->key);
}

static const struct kz_field fields[] = {
    {"Cert", get_cert, NULL},
    {"Key",  get_key,  NULL}
};
static const struct kz_shape shape = {.fields = fields, .n_fields = kz_countof(fields)};
const struct kz_type kz_type_certificate = {
    .kind = KZ_GO_STRUCT, .name = "sprig.certificate", .kind_name = "struct", .shape = &shape};
static const struct kz_type *const one_pair[] = {&kz_type_certificate};

const struct kz_func kz_funcs_cert[] = {
    {"genPrivateKey",  "s", gen_private_key, NULL},
    {"genCA", "si", gen_ca, NULL},
    {"genCAWithKey",                "sis", gen_ca, NULL},
    {"genSelfSignedCert",            "sLLi", gen_self_signed, NULL},
    {"genSelfSignedCertWithKey",            "sLLis", gen_self_signed, NULL},
    {"genSignedCert",   "sLLix", gen_signed, one_pair},
    {"genSignedCertWithKey",          "sLLixs", gen_signed, one_pair},
    {"buildCustomCert",                "ss", build_custom, NULL},
    {0},
};
