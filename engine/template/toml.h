/* SPDX-License-Identifier: Apache-2.0
 *
 * TOML 1.0 as BurntSushi/toml v1.4.0 reads and writes it. Integers are int64, floats float64. */
#ifndef KZ_TEMPLATE_TOML_H
#define KZ_TEMPLATE_TOML_H

#include "base/buf.h"
#include "template/val.h"

/* false: *error is the library's message. */
bool kz_toml_write(struct kz_buf *b, struct kz_str *error, struct kz_val v);

/* A map always; false: *error says "toml: line N: ...", and *out has what was read before. Dates
 * and times are refused: templates have no use for them. */
bool kz_toml_read(struct kz_val *out, struct kz_str *error, struct kz_arena *a, struct kz_str text);

#endif
