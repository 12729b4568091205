/* SPDX-License-Identifier: Apache-2.0
 *
 * Where go-yaml takes a text and libyaml reads another or none, and the difference is in characters:
 *
 * - A byte order mark that is not at the text's start. libyaml skips it at the start of any line, for
 *   go-yaml it is a character as any other, of a key for instance. Right behind a line "---" we skip it
 *   too, as kubectl does when files were put behind one another.
 * - The escape \' in a text in double quotes, which stands for the quote and which libyaml refuses.
 *
 * Both are hidden from libyaml behind characters that the text has not, and shown again in what it
 * answers. Columns, which count characters, stay. */
#ifndef KZ_VALUE_YAML_DIALECT_H
#define KZ_VALUE_YAML_DIALECT_H

#include "base/arena.h"

struct kz_yaml_dialect {
    char mark[3];  /* stands for a byte order mark; mark[0] == 0: none is hidden */
    char slash[3]; /* for the \ before a quote, likewise */
};

/* text, or a copy on the arena in which something is hidden. A text that has all characters from U+E000 to
 * U+EFFF stays as it is. Cost: two searches. */
struct kz_str kz_yaml_dialect_hide(struct kz_yaml_dialect *d, struct kz_arena *a,
                                   struct kz_str text);

/* Shows what was hidden in a scalar of libyaml's, in place; in_double: it stood in double quotes. Answers
 * the new length, which is never longer. */
size_t kz_yaml_dialect_show(const struct kz_yaml_dialect *d, char *text, size_t len,
                            bool in_double);

#endif
