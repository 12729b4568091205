/* SPDX-License-Identifier: Apache-2.0
 *
 * Points in time and durations as Go's time package has them: calendar, layouts, parsing. */
#ifndef KZ_TEMPLATE_GOTIME_H
#define KZ_TEMPLATE_GOTIME_H

#include "base/buf.h"
#include "template/val.h"
#include "template/zone.h"

struct kz_time { /* time.Time; the zero value of Go is KZ_TIME_ZERO */
    int64_t sec; /* unix */
    int32_t nsec;
    const struct kz_zone *zone;
};
extern const struct kz_type kz_type_time; /* its values are struct kz_time; in fn_date.c */
#define KZ_TIME_ZERO ((struct kz_time){.sec = INT64_C(-62135596800)})

/* ---- calendar (proleptic Gregorian) ------------------------------------------------------------- */
int64_t kz_floor_div(int64_t a, int64_t b); /* b > 0 */
bool kz_is_leap(int64_t year);
int kz_days_in(int month, int64_t year);
int64_t kz_days_of(int64_t year, int month, int day); /* since 1970-01-01; month 1..12, any day */
void kz_civil_of(int64_t *year, int *month, int *day, int64_t days);

struct kz_civil {
    int64_t year;
    int month, day, yday;              /* 1-based */
    int hour, minute, second, weekday; /* Sunday is 0 */
    struct kz_zone_at zone;
};
struct kz_civil kz_time_civil(struct kz_time t);
/* time.Date: what a clock in the zone shows; values out of range carry over. */
struct kz_time kz_time_date(int64_t year, int64_t month, int64_t day, int64_t sec_of_day,
                            int32_t nsec, const struct kz_zone *zone);

/* ---- text -------------------------------------------------------------------------------------- */
extern const char *const kz_month_names[12], *const kz_day_names[7];
void kz_time_format(struct kz_buf *b, struct kz_time t, struct kz_str layout);
/* time.ParseInLocation; false: *why is the error's text. Results live in the arena. */
KZ_MUST_USE bool kz_time_scan(struct kz_time *out, struct kz_str *why, struct kz_arena *a,
                              struct kz_str layout, struct kz_str text,
                              const struct kz_zone *local);

/* ---- durations: nanoseconds --------------------------------------------------------------------- */
struct kz_time kz_time_add(struct kz_time t, int64_t ns);
int64_t kz_time_sub(struct kz_time a, struct kz_time b); /* saturates */
int64_t kz_go_duration_round(int64_t ns, int64_t to);
void kz_go_duration_print(struct kz_buf *b, int64_t ns); /* "1h2m3.5s" */
/* time.ParseDuration; false: *why is the error's text. */
KZ_MUST_USE bool kz_go_duration_scan(int64_t *ns, struct kz_str *why, struct kz_arena *a,
                                     struct kz_str s);

/* The quoting of time's errors, simpler than strconv's. */
struct kz_str kz_time_quote(struct kz_arena *a, struct kz_str s);

/* ---- layouts, for gotime_*.c alone -------------------------------------------------------------- */
enum kz_std {
    KZ_STD_NONE, /* the rest is text */
    KZ_STD_LONG_MONTH,
    KZ_STD_MONTH,
    KZ_STD_NUM_MONTH,
    KZ_STD_ZERO_MONTH,
    KZ_STD_LONG_WEEKDAY,
    KZ_STD_WEEKDAY,
    KZ_STD_DAY,
    KZ_STD_UNDER_DAY,
    KZ_STD_ZERO_DAY,
    KZ_STD_UNDER_YDAY,
    KZ_STD_ZERO_YDAY,
    KZ_STD_HOUR,
    KZ_STD_HOUR12,
    KZ_STD_ZERO_HOUR12,
    KZ_STD_MINUTE,
    KZ_STD_ZERO_MINUTE,
    KZ_STD_SECOND,
    KZ_STD_ZERO_SECOND,
    KZ_STD_LONG_YEAR,
    KZ_STD_YEAR,
    KZ_STD_PM,
    KZ_STD_LOWER_PM,
    KZ_STD_TZ,     /* MST */
    KZ_STD_OFFSET, /* digits: see struct kz_chunk */
    KZ_STD_FRACTION0,
    KZ_STD_FRACTION9,
};
struct kz_chunk {
    struct kz_str prefix, text, suffix; /* before the placeholder, itself, behind it */
    enum kz_std std;
    int parts;     /* offset: 1 "07", 2 "0700", 3 "070000" */
    bool colon, z; /* offset: "07:00"; "Z" for UTC */
    int digits;    /* fraction: how many */
    char mark;     /* fraction: '.' or ',' */
};
struct kz_chunk kz_layout_next(struct kz_str layout);

#endif
