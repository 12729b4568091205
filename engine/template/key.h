/* SPDX-License-Identifier: Apache-2.0
 *
 * Private keys of generated certificates: made from a stream of random bytes by our own steps, so that
 * the same stream gives the same key under every version of OpenSSL, which does the arithmetic. */
#ifndef KZ_TEMPLATE_KEY_H
#define KZ_TEMPLATE_KEY_H

#include <openssl/evp.h>

#include "template/sprig.h"

static inline void kz_pkey_freep(EVP_PKEY **p)
{
    EVP_PKEY_free(*p);
}
#define kz_autopkey KZ_CLEANUP(kz_pkey_freep)

/* The caller frees; NULL: OpenSSL refused, which only memory explains. */
EVP_PKEY *kz_key_rsa(struct kz_stream *s, int bits);
EVP_PKEY *kz_key_p256(struct kz_stream *s);
EVP_PKEY *kz_key_ed25519(struct kz_stream *s);
EVP_PKEY *kz_key_dsa(struct kz_stream *s); /* 2048 and 256 bits */

/* PKCS #1, SEC 1, DSA's own form, PKCS #8 for the rest: as sprig writes them. */
struct kz_str kz_key_pem(struct kz_arena *a, EVP_PKEY *key);
/* The same forms read; NULL: *why says it in sprig's words. */
EVP_PKEY *kz_key_read(struct kz_str *why, struct kz_arena *a, struct kz_str pem);

struct kz_str kz_pem(struct kz_arena *a, const char *type, struct kz_str der);
/* The first block of a text: its bytes and type; false: there is none. */
KZ_MUST_USE bool kz_pem_first(struct kz_str *der, struct kz_str *type, struct kz_arena *a,
                              struct kz_str text);

/* Signs as Go's x509 does for this kind of key: what was chosen is *algorithm (DER of an
 * AlgorithmIdentifier). ECDSA's nonce comes from key and message: no two messages share one. */
KZ_MUST_USE bool kz_key_algorithm(struct kz_str *algorithm, struct kz_arena *a, EVP_PKEY *key);
KZ_MUST_USE bool kz_key_sign(struct kz_str *signature, struct kz_arena *a, EVP_PKEY *key,
                             struct kz_str message);

#endif
