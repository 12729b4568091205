/* SPDX-License-Identifier: Apache-2.0 */
#include "template/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "base/base64.h"

enum { EXPONENT = 65537 };

static void free_ctx(BN_CTX **c)
{
    BN_CTX_end(*c);
    BN_CTX_free(*c);
}
#define autoctx KZ_CLEANUP(free_ctx)

/* Numbers live in a context that ends with the function; running out of memory is the only way to
 * fail. */
static BN_CTX *context(void)
{
    BN_CTX *c = BN_CTX_secure_new();
    kz_assert(c != NULL);
    BN_CTX_start(c);
    return c;
}

static BIGNUM *number(BN_CTX *c)
{
    BIGNUM *n = BN_CTX_get(c);
    kz_assert(n != NULL);
    return n;
}

static void must(int ok)
{
    kz_assert(ok == 1);
}

static void random_bits(BIGNUM *out, struct kz_stream *s, int bits)
{
    unsigned char bytes[512];
    const size_t len = (size_t)bits / 8;
    kz_assert(bits % 8 == 0 && len <= sizeof bytes);
    kz_stream_read(s, bytes, len);
    kz_assert(BN_bin2bn(bytes, (int)len, out) != NULL);
}

/* 1 <= out < order; 64 bits more than needed keep the bias out of sight. */
static void random_below(BIGNUM *out, struct kz_stream *s, const BIGNUM *order, BN_CTX *c)
{
    BN_CTX_start(c);
    BIGNUM *top = number(c);
    must(BN_copy(top, order) != NULL && BN_sub_word(top, 1));
    random_bits(out, s, BN_num_bytes(order) * 8 + 64);
    must(BN_mod(out, out, top, c));
    must(BN_add_word(out, 1));
    BN_CTX_end(c);
}

/* ---- primes ------------------------------------------------------------------------------------ */

static void free_mont(BN_MONT_CTX **m)
{
    BN_MONT_CTX_free(*m);
}

/* Miller and Rabin's test, for a number that was chosen at random: FIPS 186-5, table B.1, asks for five
 * rounds from 1024 bits on. BN_check_prime does 64, which numbers of an adversary need. */
static bool is_prime(const BIGNUM *p, BN_CTX *c)
{
    if (BN_num_bits(p) < 1024)
        return BN_check_prime(p, c, NULL) == 1;
    KZ_CLEANUP(free_mont) BN_MONT_CTX *mont = BN_MONT_CTX_new();
    kz_assert(mont != NULL);
    BN_CTX_start(c);
    BIGNUM *top = number(c), *odd = number(c), *base = number(c), *z = number(c);
    int twos = 0;
    bool passes = true;
    must(BN_MONT_CTX_set(mont, p, c));
    must(BN_copy(top, p) != NULL && BN_sub_word(top, 1));
    while (!BN_is_bit_set(top, twos))
        twos++;
    must(BN_rshift(odd, top, twos));
    for (int round = 0; passes && round < 5; round++) {
        do
            must(BN_priv_rand_range(base, top));
        while (BN_is_zero(base) || BN_is_one(base));
        must(BN_mod_exp_mont_consttime(z, base, odd, p, c, mont));
        passes = BN_is_one(z) || BN_cmp(z, top) == 0;
        for (int i = 1; i < twos && !passes; i++) {
            must(BN_mod_sqr(z, z, p, c));
            passes = BN_cmp(z, top) == 0;
        }
    }
    BN_CTX_end(c);
    return passes;
}

enum { SMALL = 1 << 13, WINDOW = 1 << 12 };

/* Which of p, p + 2, p + 4, ... have a small factor. */
static void sieve(bool has_factor[WINDOW], const BIGNUM *p)
{
    bool composite[SMALL] = {false};
    memset(has_factor, 0, WINDOW * sizeof *has_factor);
    for (size_t f = 3; f < SMALL; f += 2) {
        if (composite[f])
            continue;
        for (size_t i = f * f; i < SMALL; i += 2 * f)
            composite[i] = true;
        const size_t to_zero = (f - (size_t)BN_mod_word(p, f)) % f;
        for (size_t i = (to_zero % 2 == 0 ? to_zero : to_zero + f) / 2; i < WINDOW; i += f)
            has_factor[i] = true;
    }
}

/* The first prime at or behind a random number whose two highest bits are set (the product of two has
 * then all its bits). */
static void random_prime(BIGNUM *p, struct kz_stream *s, int bits, BN_CTX *c)
{
    bool has_factor[WINDOW];
    random_bits(p, s, bits);
    must(BN_set_bit(p, bits - 1));
    must(BN_set_bit(p, bits - 2));
    must(BN_set_bit(p, 0));
    for (;;) {
        sieve(has_factor, p);
        for (size_t i = 0; i < WINDOW; i++, must(BN_add_word(p, 2)))
            if (!has_factor[i] && BN_mod_word(p, EXPONENT) != 1 && is_prime(p, c))
                return;
    }
}

struct part {
    const char *name;
    const BIGNUM *n;
};

static EVP_PKEY *build(const char *kind, const struct part *parts, size_t n, const char *group,
                       const unsigned char *pub, size_t pub_len)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    kz_assert(b != NULL && c != NULL);
    for (size_t i = 0; i < n; i++)
        must(OSSL_PARAM_BLD_push_BN(b, parts[i].name, parts[i].n));
    if (group != NULL) {
        must(OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, group, 0));
        must(OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, pub, pub_len));
    }
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    kz_assert(params != NULL);
    if (EVP_PKEY_fromdata_init(c) != 1 || EVP_PKEY_fromdata(c, &key, EVP_PKEY_KEYPAIR, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(b);
    EVP_PKEY_CTX_free(c);
    return key;
}

EVP_PKEY *kz_key_rsa(struct kz_stream *s, int bits)
{
    autoctx BN_CTX *c = context();
    BIGNUM *p = number(c), *q = number(c), *n = number(c), *e = number(c), *d = number(c);
    BIGNUM *p1 = number(c), *q1 = number(c), *phi = number(c), *dp = number(c), *dq = number(c),
           *qi = number(c);
    random_prime(p, s, bits / 2, c);
    do
        random_prime(q, s, bits / 2, c);
    while (BN_cmp(p, q) == 0);
    must(BN_set_word(e, EXPONENT));
    must(BN_mul(n, p, q, c));
    must(BN_sub(p1, p, BN_value_one()));
    must(BN_sub(q1, q, BN_value_one()));
    must(BN_mul(phi, p1, q1, c));
    BN_set_flags(phi, BN_FLG_CONSTTIME);
    kz_assert(BN_mod_inverse(d, e, phi, c) != NULL);
    must(BN_mod(dp, d, p1, c));
    must(BN_mod(dq, d, q1, c));
    kz_assert(BN_mod_inverse(qi, q, p, c) != NULL);
    const struct part parts[] = {
        {OSSL_PKEY_PARAM_RSA_N,            n },
        {OSSL_PKEY_PARAM_RSA_E,            e },
        {OSSL_PKEY_PARAM_RSA_D,            d },
        {OSSL_PKEY_PARAM_RSA_FACTOR1,      p },
        {OSSL_PKEY_PARAM_RSA_FACTOR2,      q },
        {OSSL_PKEY_PARAM_RSA_EXPONENT1,    dp},
        {OSSL_PKEY_PARAM_RSA_EXPONENT2,    dq},
        {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, qi},
    };
    return build("RSA", parts, kz_countof(parts), NULL, NULL, 0);
}

static void free_group(EC_GROUP **g)
{
    EC_GROUP_free(*g);
}
static void free_point(EC_POINT **p)
{
    EC_POINT_free(*p);
}

EVP_PKEY *kz_key_p256(struct kz_stream *s)
{
    autoctx BN_CTX *c = context();
    KZ_CLEANUP(free_group) EC_GROUP *g = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    kz_assert(g != NULL);
    KZ_CLEANUP(free_point) EC_POINT *at = EC_POINT_new(g);
    BIGNUM *d = number(c);
    unsigned char pub[65];
    random_below(d, s, EC_GROUP_get0_order(g), c);
    must(at != NULL && EC_POINT_mul(g, at, d, NULL, NULL, c));
    kz_assert(EC_POINT_point2oct(g, at, POINT_CONVERSION_UNCOMPRESSED, pub, sizeof pub, c) ==
              sizeof pub);
    const struct part parts[] = {
        {OSSL_PKEY_PARAM_PRIV_KEY, d}
    };
    return build("EC", parts, 1, "prime256v1", pub, sizeof pub);
}

EVP_PKEY *kz_key_ed25519(struct kz_stream *s)
{
    unsigned char seed[32];
    kz_stream_read(s, seed, sizeof seed);
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof seed);
}

/* FIPS 186-4 A.1.1.2 in outline: q, then a p with q | p - 1, then a g of order q. */
EVP_PKEY *kz_key_dsa(struct kz_stream *s)
{
    enum { P_BITS = 2048, Q_BITS = 256 };
    autoctx BN_CTX *c = context();
    BIGNUM *p = number(c), *q = number(c), *g = number(c), *x = number(c), *y = number(c);
    BIGNUM *rest = number(c), *twice = number(c), *h = number(c);
    random_prime(q, s, Q_BITS, c);
    must(BN_lshift1(twice, q));
    do {
        random_bits(p, s, P_BITS);
        must(BN_set_bit(p, P_BITS - 1));
        must(BN_mod(rest, p, twice, c));
        must(BN_sub(p, p, rest));
        must(BN_add_word(p, 1));
    } while (BN_num_bits(p) != P_BITS || BN_check_prime(p, c, NULL) != 1);
    must(BN_sub(rest, p, BN_value_one()));
    must(BN_div(rest, NULL, rest, q, c));
    must(BN_set_word(h, 2));
    for (;; must(BN_add_word(h, 1))) {
        must(BN_mod_exp(g, h, rest, p, c));
        if (!BN_is_one(g))
            break;
    }
    random_below(x, s, q, c);
    must(BN_mod_exp(y, g, x, p, c));
    const struct part parts[] = {
        {OSSL_PKEY_PARAM_FFC_P,    p},
        {OSSL_PKEY_PARAM_FFC_Q,    q},
        {OSSL_PKEY_PARAM_FFC_G,    g},
        {OSSL_PKEY_PARAM_PUB_KEY,  y},
        {OSSL_PKEY_PARAM_PRIV_KEY, x},
    };
    return build("DSA", parts, kz_countof(parts), NULL, NULL, 0);
}

/* ---- PEM --------------------------------------------------------------------------------------- */

struct kz_str kz_pem(struct kz_arena *a, const char *type, struct kz_str der)
{
    const struct kz_str text = kz_base64_encode(a, der);
    kz_autobuf struct kz_buf b = KZ_BUF(1 << 24);
    kz_buf_printf(&b, "-----BEGIN %s-----\n", type);
    for (size_t at = 0; at < text.len; at += 64) {
        kz_buf_add_str(&b, kz_str_head(kz_str_skip(text, at), 64));
        kz_buf_putc(&b, '\n');
    }
    kz_buf_printf(&b, "-----END %s-----\n", type);
    return kz_str_dup(a, kz_buf_str(&b));
}

static struct kz_str line_of(struct kz_str *rest)
{
    struct kz_str line;
    *rest = kz_str_cut(&line, *rest, '\n');
    while (line.len > 0 && (line.ptr[line.len - 1] == '\r' || line.ptr[line.len - 1] == ' ' ||
                            line.ptr[line.len - 1] == '\t'))
        line.len--;
    return line;
}

bool kz_pem_first(struct kz_str *der, struct kz_str *type, struct kz_arena *a, struct kz_str text)
{
    const struct kz_str begin = KZ_STR("-----BEGIN "), end = KZ_STR("-----END "),
                        dashes = KZ_STR("-----");
    while (text.len > 0) {
        struct kz_str line = line_of(&text);
        if (!kz_str_starts(line, begin) || !kz_str_ends(line, dashes) ||
            line.len < begin.len + dashes.len)
            continue;
        const struct kz_str name =
            kz_str_n(line.ptr + begin.len, line.len - begin.len - dashes.len);
        char *body = kz_arena_bytes(a, text.len);
        size_t n = 0;
        struct kz_str rest = text;
        bool closed = false;
        while (rest.len > 0 && !closed) {
            line = line_of(&rest);
            closed = kz_str_starts(line, end);
            if (closed || kz_str_index(line, ':') < line.len) /* a header line */
                continue;
            for (size_t i = 0; i < line.len; i++)
                if (line.ptr[i] != ' ' && line.ptr[i] != '\t')
                    body[n++] = line.ptr[i];
        }
        const bool same = closed && line.len == end.len + name.len + dashes.len &&
                          kz_str_eq(kz_str_n(line.ptr + end.len, name.len), name);
        if (same && kz_base64_decode(der, a, kz_str_n(body, n))) {
            *type = name;
            return true;
        }
    }
    return false;
}

struct kz_str kz_key_pem(struct kz_arena *a, EVP_PKEY *key)
{
    unsigned char *der = NULL;
    const int len = i2d_PrivateKey(key, &der);
    kz_assert(len > 0);
    const char *type = EVP_PKEY_is_a(key, "RSA")   ? "RSA PRIVATE KEY"
                       : EVP_PKEY_is_a(key, "EC")  ? "EC PRIVATE KEY"
                       : EVP_PKEY_is_a(key, "DSA") ? "DSA PRIVATE KEY"
                                                   : "PRIVATE KEY";
    const struct kz_str pem = kz_pem(a, type, kz_str_n((const char *)der, (size_t)len));
    OPENSSL_clear_free(der, (size_t)len);
    return pem;
}

EVP_PKEY *kz_key_read(struct kz_str *why, struct kz_arena *a, struct kz_str pem)
{
    static const struct {
        const char *type, *says;
        int kind;
    } forms[] = {
        {"PRIVATE KEY",     "decoding PEM as PKCS#8",           EVP_PKEY_NONE},
        {"RSA PRIVATE KEY", "parsing RSA private key from PEM", EVP_PKEY_RSA },
        {"EC PRIVATE KEY",  "parsing EC private key from PEM",  EVP_PKEY_EC  },
        {"DSA PRIVATE KEY", "parsing DSA private key from PEM", EVP_PKEY_DSA },
    };
    struct kz_str der, type;
    if (!kz_pem_first(&der, &type, a, pem)) {
        *why = KZ_STR("no PEM data in input");
        return NULL;
    }
    for (size_t i = 0; i < kz_countof(forms); i++) {
        if (!kz_str_is(type, forms[i].type))
            continue;
        const unsigned char *at = (const unsigned char *)der.ptr;
        EVP_PKEY *key = forms[i].kind == EVP_PKEY_NONE
                            ? d2i_AutoPrivateKey(NULL, &at, (long)der.len)
                            : d2i_PrivateKey(forms[i].kind, NULL, &at, (long)der.len);
        ERR_clear_error();
        if (key == NULL)
            *why = kz_str_printf(a, "%s: asn1: structure error", forms[i].says);
        return key;
    }
    if (kz_str_ends(type, KZ_STR(" PRIVATE KEY")))
        *why = kz_str_printf(a, "invalid private key type " KZ_FMT,
                             KZ_ARG(kz_str_head(type, type.len - 12)));
    else
        *why = kz_str_printf(a, "no private key data in PEM block of type " KZ_FMT, KZ_ARG(type));
    return NULL;
}

/* ---- signatures -------------------------------------------------------------------------------- */

struct scheme {
    const EVP_MD *md; /* NULL: the key hashes itself */
    const char *der;
    size_t len;
};
#define DER(lit) (lit), sizeof(lit) - 1

static int curve_of(EVP_PKEY *key)
{
    char name[64];
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, NULL) !=
        1)
        return NID_undef;
    const int nid = OBJ_txt2nid(name);
    return nid != NID_undef ? nid : EC_curve_nist2nid(name);
}

static bool scheme_of(struct scheme *out, EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "RSA")) {
        *out = (struct scheme){EVP_sha256(),
                               DER("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00")};
        return true;
    }
    if (EVP_PKEY_is_a(key, "ED25519")) {
        *out = (struct scheme){NULL, DER("\x30\x05\x06\x03\x2b\x65\x70")};
        return true;
    }
    if (!EVP_PKEY_is_a(key, "EC"))
        return false;
    switch (curve_of(key)) {
    case NID_secp224r1:
    case NID_X9_62_prime256v1:
        *out =
            (struct scheme){EVP_sha256(), DER("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02")};
        return true;
    case NID_secp384r1:
        *out =
            (struct scheme){EVP_sha384(), DER("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03")};
        return true;
    case NID_secp521r1:
        *out =
            (struct scheme){EVP_sha512(), DER("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04")};
        return true;
    default:
        return false;
    }
}

bool kz_key_algorithm(struct kz_str *algorithm, struct kz_arena *a, EVP_PKEY *key)
{
    struct scheme s;
    if (!scheme_of(&s, key))
        return false;
    *algorithm = kz_str_dup(a, kz_str_n(s.der, s.len));
    return true;
}

/* The nonce: hashed from the private key and the message's hash, longer than the order by far. */
static void nonce_of(BIGNUM *k, const BIGNUM *d, const uint8_t *digest, unsigned len,
                     const BIGNUM *order, uint8_t round, BN_CTX *c)
{
    uint8_t in[1 + 66 + EVP_MAX_MD_SIZE + 1], out[2 * 64];
    const size_t n = 1 + 66 + (size_t)len + 1;
    in[n - 1] = round;
    kz_assert(BN_bn2binpad(d, in + 1, 66) == 66);
    for (unsigned i = 0; i < len; i++)
        in[67 + i] = digest[i];
    for (uint8_t half = 0; half < 2; half++) {
        in[0] = half;
        must(EVP_Digest(in, n, out + 64 * half, NULL, EVP_sha512(), NULL));
    }
    BN_CTX_start(c);
    BIGNUM *top = number(c);
    kz_assert(BN_bin2bn(out, sizeof out, k) != NULL);
    must(BN_copy(top, order) != NULL && BN_sub_word(top, 1));
    must(BN_mod(k, k, top, c));
    must(BN_add_word(k, 1));
    BN_CTX_end(c);
    OPENSSL_cleanse(in, sizeof in);
    OPENSSL_cleanse(out, sizeof out);
}

/* OpenSSL 3.0 signs with random nonces only; r and s by the book (SEC 1 4.1.3). */
static bool sign_ec(struct kz_str *signature, struct kz_arena *a, EVP_PKEY *key, const EVP_MD *md,
                    struct kz_str message)
{
    autoctx BN_CTX *c = context();
    KZ_CLEANUP(free_group) EC_GROUP *g = EC_GROUP_new_by_curve_name(curve_of(key));
    kz_assert(g != NULL);
    KZ_CLEANUP(free_point) EC_POINT *at = EC_POINT_new(g);
    const BIGNUM *order = EC_GROUP_get0_order(g);
    BIGNUM *d = NULL, *k = number(c), *e = number(c), *x = number(c), *r = BN_new(), *s = BN_new();
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    kz_assert(at != NULL && r != NULL && s != NULL);
    must(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &d));
    must(EVP_Digest(message.ptr, message.len, digest, &len, md, NULL));
    kz_assert(BN_bin2bn(digest, (int)len, e) != NULL);
    if ((int)len * 8 > BN_num_bits(order))
        must(BN_rshift(e, e, (int)len * 8 - BN_num_bits(order)));
    for (uint8_t round = 0; BN_is_zero(r) || BN_is_zero(s); round++) {
        nonce_of(k, d, digest, len, order, round, c);
        must(EC_POINT_mul(g, at, k, NULL, NULL, c));
        must(EC_POINT_get_affine_coordinates(g, at, x, NULL, c));
        must(BN_nnmod(r, x, order, c));
        must(BN_mod_mul(s, r, d, order, c));
        must(BN_mod_add(s, s, e, order, c));
        BN_set_flags(k, BN_FLG_CONSTTIME);
        kz_assert(BN_mod_inverse(k, k, order, c) != NULL);
        must(BN_mod_mul(s, s, k, order, c));
    }
    BN_clear_free(d);
    ECDSA_SIG *sig = ECDSA_SIG_new();
    unsigned char *der = NULL;
    must(sig != NULL && ECDSA_SIG_set0(sig, r, s));
    const int n = i2d_ECDSA_SIG(sig, &der);
    kz_assert(n > 0);
    *signature = kz_str_dup(a, kz_str_n((const char *)der, (size_t)n));
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
    return true;
}

bool kz_key_sign(struct kz_str *signature, struct kz_arena *a, EVP_PKEY *key, struct kz_str message)
{
    struct scheme scheme;
    if (!scheme_of(&scheme, key))
        return false;
    if (EVP_PKEY_is_a(key, "EC"))
        return sign_ec(signature, a, key, scheme.md, message);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    kz_assert(c != NULL);
    size_t len = (size_t)EVP_PKEY_get_size(key);
    char *out = kz_arena_bytes(a, len);
    const bool good = EVP_DigestSignInit(c, NULL, scheme.md, NULL, key) == 1 &&
                      EVP_DigestSign(c, (unsigned char *)out, &len,
                                     (const unsigned char *)message.ptr, message.len) == 1;
    EVP_MD_CTX_free(c);
    *signature = kz_str_n(out, len);
    ERR_clear_error();
    return good;
}
