/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: password hashes, derived passwords, AES. */
#include "template/encode.h"
#include "template/funcs.h"
#include "template/sprig.h"

#include <crypt.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"

/* ---- bcrypt ------------------------------------------------------------------------------------ */

enum { COST = 10, SALT = 16, MAX_PASSWORD = 72 };

/* Its own base64 without padding, on 16 bytes. */
static void put_salt(char out[22], const uint8_t salt[SALT])
{
    static const char alphabet[] =
        "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    unsigned bits = 0, have = 0;
    size_t n = 0;
    for (size_t i = 0; i < SALT; i++) {
        bits = bits << 8 | salt[i];
        for (have += 8; have >= 6; have -= 6)
            out[n++] = alphabet[bits >> (have - 6) & 63];
    }
    out[n] = alphabet[bits << (6 - have) & 63];
}

/* false: the evaluation has failed. */
static bool hash_password(struct kz_str *out, struct kz_eval *ev, const char *func,
                          const struct kz_val *argv, size_t argc, struct kz_str password)
{
    struct kz_arena *a = kz_eval_arena(ev);
    if (password.len > MAX_PASSWORD) {
        *out = KZ_STR(
            "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes");
        return true;
    }
    if (kz_str_index(password, '\0') < password.len) {
        (void)kz_eval_fail(ev, "%s: the password holds a NUL byte", func);
        return false;
    }
    struct kz_stream s;
    uint8_t salt[SALT];
    char setting[7 + 22 + 1] = "$2b$10$";
    kz_stream_open(&s, ev, func, argv, argc);
    kz_stream_read(&s, salt, sizeof salt);
    put_salt(setting + 7, salt);
    setting[29] = '\0';
    struct crypt_data *data = kz_new(a, struct crypt_data);
    const char *hash = crypt_r(kz_cstr(a, password), setting, data);
    if (hash == NULL || strlen(hash) != 60) {
        (void)kz_eval_fail(ev, "%s: the system's crypt has no bcrypt", func);
        return false;
    }
    char *text = kz_arena_bytes(a, 60);
    memcpy(text, hash, 60);
    text[2] = 'a'; /* Go writes $2a$; the hash is the same */
    *out = kz_str_n(text, 60);
    return true;
}

static struct kz_val bcrypt(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_str hash;
    return hash_password(&hash, ev, "bcrypt", argv, argc, argv[0].as.str) ? kz_val_str(hash)
                                                                          : KZ_NIL;
}

static struct kz_val htpasswd(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_str user = argv[0].as.str;
    struct kz_str hash;
    if (kz_str_index(user, ':') < user.len)
        return kz_val_str(kz_str_printf(a, "invalid username: " KZ_FMT, KZ_ARG(user)));
    if (!hash_password(&hash, ev, "htpasswd", argv, argc, argv[1].as.str))
        return KZ_NIL;
    return kz_val_str(kz_str_printf(a, KZ_FMT ":" KZ_FMT, KZ_ARG(user), KZ_ARG(hash)));
}

/* ---- derivePassword (the "master password" scheme) ----------------------------------------------- */

static const struct {
    const char *type;
    const char *forms[22]; /* ends in NULL */
} templates[] = {
    {"maximum", {"anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"}},
    {"long",
     {"CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv",
      "CvccCvcvCvcvno", "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc",
      "CvcvCvcvnoCvcc", "CvcvCvcvCvccno", "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno",
      "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno", "CvccnoCvcvCvcc", "CvccCvcvnoCvcc",
      "CvccCvcvCvccno"}                                         },
    {"medium",  {"CvcnoCvc", "CvcCvcno"}                        },
    {"short",   {"Cvcn"}                                        },
    {"basic",   {"aaanaaan", "aannaaan", "aaannaaa"}            },
    {"pin",     {"nnnn"}                                        },
};

#define UPPER_C "BCDFGHJKLMNPQRSTVWXYZ"
#define LOWER_C "bcdfghjklmnpqrstvwxyz"

static const char *letters_of(char class)
{
    switch (class) {
    case 'V':
        return "AEIOU";
    case 'C':
        return UPPER_C;
    case 'v':
        return "aeiou";
    case 'c':
        return LOWER_C;
    case 'a':
        return "AEIOUaeiou" UPPER_C LOWER_C;
    case 'n':
        return "0123456789";
    case 'o':
        return "@&%?,=[]_:-+*$#!'^~;()/.";
    default:
        return "AEIOUaeiou" UPPER_C LOWER_C "0123456789!@#$%^&*()";
    }
}

static void add_framed(struct kz_buf *b, struct kz_str s)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        kz_buf_putc(b, (char)(s.len >> shift & 255));
    kz_buf_add_str(b, s);
}

static struct kz_val derive_password(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const uint32_t counter = (uint32_t)argv[0].as.unum;
    const struct kz_str password = argv[2].as.str;
    const char *const *forms = NULL;
    size_t n_forms = 0;
    uint8_t key[64], seed[32];
    (void)argc;
    for (size_t i = 0; i < kz_countof(templates); i++)
        if (kz_str_is(argv[1].as.str, templates[i].type))
            forms = templates[i].forms;
    if (forms == NULL)
        return kz_val_str(
            kz_str_printf(a, "cannot find password template " KZ_FMT, KZ_ARG(argv[1].as.str)));
    while (n_forms < 22 && forms[n_forms] != NULL)
        n_forms++;

    const struct kz_str scope = KZ_STR("com.lyndir.masterpassword");
    struct kz_buf *b = kz_eval_buf(ev);
    kz_buf_add_str(b, scope);
    add_framed(b, argv[3].as.str);
    const struct kz_str salt = kz_eval_text(ev, b);
    kz_assert(EVP_PBE_scrypt(password.len == 0 ? "" : password.ptr, password.len,
                             (const unsigned char *)salt.ptr, salt.len, 32768, 8, 2,
                             UINT64_C(64) << 20, key, sizeof key) == 1);
    b = kz_eval_buf(ev);
    kz_buf_add_str(b, scope);
    add_framed(b, argv[4].as.str);
    for (int shift = 24; shift >= 0; shift -= 8)
        kz_buf_putc(b, (char)(counter >> shift & 255));
    const struct kz_str message = kz_eval_text(ev, b);
    kz_assert(HMAC(EVP_sha256(), key, sizeof key, (const unsigned char *)message.ptr, message.len,
                   seed, NULL) != NULL);

    const char *form = forms[seed[0] % n_forms];
    const size_t len = strlen(form);
    char *out = kz_arena_bytes(a, len);
    for (size_t i = 0; i < len; i++) {
        const char *letters = letters_of(form[i]);
        out[i] = letters[seed[i + 1] % strlen(letters)];
    }
    return kz_val_str(kz_str_n(out, len));
}

/* ---- AES-256-CBC, the password cut or filled up with zeros ----------------------------------------- */

enum { BLOCK = 16 };

/* len is a multiple of BLOCK. */
static void cbc(char *out, struct kz_str password, const uint8_t iv[BLOCK], const char *in,
                size_t len, int encrypt)
{
    uint8_t key[32] = {0};
    int n = 0, tail = 0;
    if (password.len > 0)
        memcpy(key, password.ptr, password.len < sizeof key ? password.len : sizeof key);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    kz_assert(c != NULL && EVP_CipherInit_ex(c, EVP_aes_256_cbc(), NULL, key, iv, encrypt) == 1);
    kz_assert(EVP_CIPHER_CTX_set_padding(c, 0) == 1);
    kz_assert(EVP_CipherUpdate(c, (unsigned char *)out, &n, (const unsigned char *)in, (int)len) ==
              1);
    kz_assert(EVP_CipherFinal_ex(c, (unsigned char *)out + n, &tail) == 1);
    EVP_CIPHER_CTX_free(c);
}

static struct kz_val encrypt_aes(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    const struct kz_str plain = argv[1].as.str;
    if (plain.len == 0)
        return kz_val_str(KZ_STR(""));
    const size_t pad = BLOCK - plain.len % BLOCK, len = plain.len + pad;
    char *padded = kz_arena_bytes(a, len), *out = kz_arena_bytes(a, BLOCK + len);
    struct kz_stream s;
    uint8_t iv[BLOCK];
    kz_stream_open(&s, ev, "encryptAES", argv, argc);
    kz_stream_read(&s, iv, sizeof iv);
    memcpy(padded, plain.ptr, plain.len);
    memset(padded + plain.len, (int)pad, pad);
    memcpy(out, iv, BLOCK);
    cbc(out + BLOCK, argv[0].as.str, iv, padded, len, 1);
    return kz_val_str(kz_base64_encode(a, kz_str_n(out, BLOCK + len)));
}

/* Go slices without looking first: its panics are the errors. */
static struct kz_val decrypt_aes(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_arena *a = kz_eval_arena(ev);
    struct kz_str data;
    size_t bad;
    (void)argc;
    if (argv[1].as.str.len == 0)
        return kz_val_str(KZ_STR(""));
    if (!kz_go_base64(&data, &bad, a, argv[1].as.str))
        return kz_eval_fail(ev, "illegal base64 data at input byte %zu", bad);
    if (data.len < BLOCK)
        return kz_eval_fail(ev, "runtime error: slice bounds out of range [:16] with capacity %zu",
                            data.len);
    const size_t len = data.len - BLOCK;
    if (len % BLOCK != 0)
        return kz_eval_fail(ev, "crypto/cipher: input not full blocks");
    if (len == 0)
        return kz_eval_fail(ev, "runtime error: index out of range [-1]");
    char *out = kz_arena_bytes(a, len + BLOCK);
    cbc(out, argv[0].as.str, (const uint8_t *)data.ptr, data.ptr + BLOCK, len, 0);
    const size_t pad = (unsigned char)out[len - 1];
    if (pad > len)
        return kz_eval_fail(ev, "runtime error: slice bounds out of range [:-%zu]", pad - len);
    return kz_val_str(kz_str_n(out, len - pad));
}

const struct kz_func kz_funcs_crypto[] = {
    {"bcrypt",         "s", bcrypt, NULL},
    {"htpasswd",          "ss", htpasswd, NULL},
    {"derivePassword",                "wssss", derive_password, NULL},
    {"encryptAES",   "ss", encrypt_aes, NULL},
    {"decryptAES",            "ss", decrypt_aes, NULL},
    {0},
};
