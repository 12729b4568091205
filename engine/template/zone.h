/* SPDX-License-Identifier: Apache-2.0
 *
 * Time zones with the tz database's whole history, as Go's time.Location sees them. The database is
 * linked into the program: a render may not depend on what its machine has installed, nor read files
 * outside its tree. */
#ifndef KZ_TEMPLATE_ZONE_H
#define KZ_TEMPLATE_ZONE_H

#include "base/arena.h"

struct kz_zone; /* NULL is UTC everywhere */

/* "Europe/Berlin"; "" and "UTC" give NULL. false: no such zone. Lives in the arena. */
KZ_MUST_USE bool kz_zone_find(const struct kz_zone **out, struct kz_arena *a, struct kz_str name);
/* From the bytes of a TZif file (RFC 8536); false: they are none. name and data are shared. */
KZ_MUST_USE bool kz_zone_read(const struct kz_zone **out, struct kz_arena *a, struct kz_str name,
                              struct kz_str data);
/* One offset for all times; name is shared, "" prints as the offset. */
const struct kz_zone *kz_zone_fixed(struct kz_arena *a, struct kz_str name, int32_t offset);

struct kz_zone_at {
    struct kz_str name; /* "CET" */
    int32_t offset;     /* seconds east of UTC */
    int64_t start, end; /* unix seconds: it holds from start to before end */
    bool dst;
};
struct kz_zone_at kz_zone_at(const struct kz_zone *z, int64_t unix_sec);

/* The offset that "CET" means there at a local time given as if it were UTC; false: unknown name. */
KZ_MUST_USE bool kz_zone_named(int32_t *offset, const struct kz_zone *z, struct kz_str abbr,
                               int64_t unix_sec);
struct kz_str kz_zone_name(const struct kz_zone *z); /* "UTC" for NULL */

/* The database, made at build time by zone_pack.c: records of name, NUL, 4 bytes of length, bytes. */
extern const unsigned char kz_zone_data[];
extern const size_t kz_zone_data_len;

#endif
