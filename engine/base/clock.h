/* SPDX-License-Identifier: Apache-2.0
 *
 * Time as numbers and text. Only struct kz_env's implementations and the log read the clocks. */
#ifndef KZ_BASE_CLOCK_H
#define KZ_BASE_CLOCK_H

#include "base/str.h"

int64_t kz_clock_mono(void); /* CLOCK_BOOTTIME, ns: suspend counts, never jumps */
int64_t kz_clock_wall(void); /* CLOCK_REALTIME, ns since 1970 UTC */

enum { KZ_TIME_TEXT = 32 };
void kz_time_text(char out[KZ_TIME_TEXT], int64_t wall);       /* 2026-11-22T20:52:11Z */
void kz_time_text_micro(char out[KZ_TIME_TEXT], int64_t wall); /* ...11.000001Z: MicroTime, 6 digits */
KZ_MUST_USE bool kz_time_parse(int64_t *wall, struct kz_str rfc3339);

/* Go's notation: "1h30m", "10s", "250ms", "1.5h". Negative, empty, unitless (but "0") or over 100
 * years: false. */
KZ_MUST_USE bool kz_duration_parse(int64_t *ns, struct kz_str text);
/* For people: "250ms", "4s", "2m11s", "3h12m", "6d". */
void kz_duration_text(char out[KZ_TIME_TEXT], int64_t ns);

#endif
