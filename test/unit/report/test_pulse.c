/* SPDX-License-Identifier: Apache-2.0 */
#include "report/pulse.h"

#include <criterion/criterion.h>

Test(pulse, only_what_a_new_process_would_cure)
{
    static const struct {
        int64_t beat;
        bool alive, well;
        const char *why;
    } rows[] = {
        {0, true, true, ""},
        {15 * KZ_NS_PER_SEC, true, true, ""},
        {15 * KZ_NS_PER_SEC + 1, true, false, "the event loop has not served its timers for 15s"},
        {0, false, false, "the process that starts renderers is gone"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autobuf struct kz_buf why = KZ_BUF(1024);
        const struct kz_pool_stats pool = {.alive = rows[i].alive};
        cr_expect_eq(kz_pulse_is_well(&why, rows[i].beat, &pool), rows[i].well, "row %zu", i);
        cr_expect(kz_str_is(kz_buf_str(&why), rows[i].why), "row %zu: %s", i, why.ptr);
    }
}
