/* SPDX-License-Identifier: Apache-2.0
 *
 * What a YAML scalar means, by the rules of sigs.k8s.io/yaml v1.4 (YAML 1.1 with its own octals and
 * floats). The reader asks to build a value, the writer to see whether a string needs quotes. */
#ifndef KZ_VALUE_YAML_SCALAR_H
#define KZ_VALUE_YAML_SCALAR_H

#include "value/value.h"

enum kz_yaml_tag {
    KZ_YAML_STR,
    KZ_YAML_NULL,
    KZ_YAML_BOOL,
    KZ_YAML_INT,
    KZ_YAML_FLOAT,
    KZ_YAML_TIME,  /* looks like a time; its value is the text */
    KZ_YAML_MERGE, /* "<<" */
};

/* Resolves an untagged plain scalar: sets *out's kind and number (a string is a view of text).
 * Infinities and NaN come out as KZ_FLOAT: the caller refuses them where JSON has none. */
enum kz_yaml_tag kz_yaml_resolve(struct kz_value *out, struct kz_str text);

/* false: text (not empty) is a plain string for certain, told by its first byte. */
bool kz_yaml_maybe_special(struct kz_str text);

/* A scalar as the text that Go makes of it where a string is wanted; a string is its own. bits: the size of
 * a float. false: null, a list or a map. */
bool kz_yaml_text(struct kz_str *out, struct kz_arena *a, const struct kz_value *v, int bits);

/* The same for a key, as sigs.k8s.io/yaml has it: no integer beyond 63 bits. */
bool kz_yaml_key_text(struct kz_str *out, struct kz_arena *a, const struct kz_value *v);

/* A number in base 60 for a YAML 1.1 reader ("1:20"): read as text here, quoted by the writer. */
bool kz_yaml_is_base60(struct kz_str text);

/* The text of a float as Go's FormatFloat(v, 'g', -1, bits) has it: the fewest digits that read back
 * equal as a float of that size (32 or 64), an exponent below 1e-4 and from 1e6 on.
 * Writes at most 32 bytes with the NUL. */
void kz_yaml_float_text(char out[32], double real, int bits);

#endif
