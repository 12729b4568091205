/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of a .helmignore: which files of a chart's folder are no part of it. */
#ifndef KZ_HELM_IGNORE_H
#define KZ_HELM_IGNORE_H

#include "base/arena.h"
#include "base/err.h"

struct kz_ignore_rule {
    struct kz_str pattern; /* for filepath.Match */
    bool negate, dirs_only, base_only;
    bool is_name; /* no pattern at all */
    bool is_end;  /* "*.bak", of names without a folder: a star, then no pattern */
};
struct kz_ignore {
    struct kz_ignore_rule *at;
    size_t n;
};

/* Reads the file's text ("" without one) and adds Helm's own rule about dot files in templates. The
 * patterns are views into text. */
KZ_MUST_USE int kz_ignore_parse(struct kz_ignore *out, struct kz_arena *a, struct kz_str text,
                                struct kz_err *err);

/* path: relative to the chart, '/'-separated. A folder that is ignored is not entered. */
bool kz_ignore_has(const struct kz_ignore *ig, struct kz_str path, bool is_dir);

#endif
