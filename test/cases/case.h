/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases as data: test/cases/AREA/CASE/ holds in.yaml and want.txt. An area is one function that turns
 * the documents of in.yaml into text; the driver compares. Adding a case is adding a folder, adding an
 * area is a function here and a line in areas[] of run_cases.c. KZ_UPDATE=1 rewrites the wants. */
#ifndef KZ_TEST_CASE_H
#define KZ_TEST_CASE_H

#include "base/buf.h"
#include "value/value.h"

struct case_input {
    struct kz_arena *arena;
    const char *dir;            /* of the case */
    const struct kz_value *docs; /* of in.yaml */
};

typedef void case_area(const struct case_input *in, struct kz_buf *out);

case_area case_order, case_diff, case_health, case_look, case_plan;

#endif
