/* SPDX-License-Identifier: Apache-2.0
 *
 * Random scripts (script.h) from a seed: a few objects of a few kinds, and managers who apply, change, patch and
 * delete them, with right and wrong preconditions, while a watch looks on. Pure: one seed, one text. */
#ifndef CONFORM_GENERATE_H
#define CONFORM_GENERATE_H

#include "base/buf.h"

void conform_generate(struct kz_buf *out, uint64_t seed);

#endif
