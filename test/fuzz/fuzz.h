/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KZ_TEST_FUZZ_H
#define KZ_TEST_FUZZ_H

#include "base/def.h"

/* What libFuzzer and replay_main.c call; always answers 0. */
__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
