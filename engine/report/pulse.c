/* SPDX-License-Identifier: Apache-2.0 */
#include "report/pulse.h"

#include "base/clock.h"

bool kz_pulse_is_well(struct kz_buf *why, int64_t beat, const struct kz_pool_stats *pool)
{
    char text[KZ_TIME_TEXT];
    if (beat > KZ_PULSE_LATE_SEC * KZ_NS_PER_SEC) {
        kz_duration_text(text, beat);
        kz_buf_printf(why, "the event loop has not served its timers for %s", text);
        return false;
    }
    if (!pool->alive)
        kz_buf_puts(why, "the process that starts renderers is gone");
    return pool->alive;
}
