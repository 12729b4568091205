/* SPDX-License-Identifier: Apache-2.0
 *
 * The name of a revision as people see it. */
#ifndef KZ_SPEC_REVISION_H
#define KZ_SPEC_REVISION_H

#include "base/str.h"

/* 7 digits of a commit, other names whole. */
static inline struct kz_str kz_revision_short(struct kz_str revision)
{
    return revision.len >= 40 ? kz_str_head(revision, 7) : revision;
}

#endif
