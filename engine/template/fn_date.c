/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: dates. `now` is the run's time, the same for all calls. */
#include "template/funcs.h"
#include "template/gotime.h"
#include "template/sprig.h"

#include <string.h>

extern const struct kz_type kz_type_time_ptr, kz_type_duration, kz_type_month,
    kz_type_weekday;

static const struct kz_time *time_of(const struct kz_val *v)
{
    return v->as.obj;
}

static struct kz_val time_val(struct kz_eval *ev, struct kz_time t)
{
    struct kz_time *at = kz_new(kz_eval_arena(ev), struct kz_time);
    *at = t;
    return kz_val_obj(&kz_type_time, at);
}

static struct kz_time now_of(struct kz_eval *ev)
{
    const struct kz_sprig *s = kz_sprig_of(ev);
    const int64_t sec = kz_floor_div(s->now, KZ_NS_PER_SEC);
    if (s->used != NULL)
        s->used->now = true;
    return (struct kz_time){
        .sec = sec, .nsec = (int32_t)(s->now - sec * KZ_NS_PER_SEC), .zone = s->local};
}

static struct kz_time at_second(struct kz_eval *ev, int64_t sec)
{
    return (struct kz_time){.sec = sec, .zone = kz_sprig_of(ev)->local};
}

/* A time, or seconds since 1970; anything else is now. */
static struct kz_time any_time(struct kz_eval *ev, struct kz_val v)
{
    if ((v.type == &kz_type_time || v.type == &kz_type_time_ptr) && v.as.obj != NULL)
        return *time_of(&v);
    if (v.type == &kz_type_int || v.type == &kz_type_int64)
        return at_second(ev, v.as.num);
    return now_of(ev);
}

static struct kz_val formatted(struct kz_eval *ev, struct kz_time t, struct kz_str layout)
{
    struct kz_buf *b = kz_eval_buf(ev);
    kz_time_format(b, t, layout);
    return kz_val_str(kz_eval_text(ev, b));
}

/* A zone that does not exist is UTC. */
static const struct kz_zone *zone_of(struct kz_eval *ev, struct kz_str name)
{
    const struct kz_zone *z;
    if (kz_str_is(name, "Local"))
        return kz_sprig_of(ev)->local;
    return kz_zone_find(&z, kz_eval_arena(ev), name) ? z : NULL;
}

/* ---- functions --------------------------------------------------------------------------------- */

static struct kz_val now(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argv, (void)argc;
    return time_val(ev, now_of(ev));
}

static struct kz_val date(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_time t = any_time(ev, argv[1]);
    (void)argc;
    t.zone = kz_sprig_of(ev)->local;
    return formatted(ev, t, argv[0].as.str);
}

static struct kz_val date_in_zone(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_time t = any_time(ev, argv[1]);
    (void)argc;
    t.zone = zone_of(ev, argv[2].as.str);
    return formatted(ev, t, argv[0].as.str);
}

static struct kz_val html_date(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_time t = any_time(ev, argv[0]);
    (void)argc;
    t.zone = kz_sprig_of(ev)->local;
    return formatted(ev, t, KZ_STR("2006-01-02"));
}

static struct kz_val html_date_in_zone(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_time t = any_time(ev, argv[0]);
    (void)argc;
    t.zone = zone_of(ev, argv[1].as.str);
    return formatted(ev, t, KZ_STR("2006-01-02"));
}

static struct kz_val date_modify(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    int64_t ns;
    struct kz_str why;
    (void)argc;
    if (!kz_go_duration_scan(&ns, &why, kz_eval_arena(ev), argv[0].as.str))
        return argv[1];
    return time_val(ev, kz_time_add(*time_of(&argv[1]), ns));
}

static struct kz_val must_date_modify(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    int64_t ns;
    struct kz_str why;
    (void)argc;
    if (!kz_go_duration_scan(&ns, &why, kz_eval_arena(ev), argv[0].as.str))
        return kz_eval_fail_str(ev, why);
    return time_val(ev, kz_time_add(*time_of(&argv[1]), ns));
}

static struct kz_val to_date(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_time t;
    struct kz_str why;
    (void)argc;
    if (!kz_time_scan(&t, &why, kz_eval_arena(ev), argv[0].as.str, argv[1].as.str,
                      kz_sprig_of(ev)->local))
        t = KZ_TIME_ZERO;
    return time_val(ev, t);
}

static struct kz_val must_to_date(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_time t;
    struct kz_str why;
    (void)argc;
    if (!kz_time_scan(&t, &why, kz_eval_arena(ev), argv[0].as.str, argv[1].as.str,
                      kz_sprig_of(ev)->local))
        return kz_eval_fail_str(ev, why);
    return time_val(ev, t);
}

static struct kz_val unix_epoch(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return kz_val_str(kz_str_printf(kz_eval_arena(ev), "%lld", (long long)time_of(&argv[0])->sec));
}

static struct kz_val duration_text(struct kz_eval *ev, int64_t ns)
{
    struct kz_buf *b = kz_eval_buf(ev);
    kz_go_duration_print(b, ns);
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val ago(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (argv[0].type == &kz_type_time_ptr) /* sprig's ago does not know pointers */
        return duration_text(ev, 0);
    const int64_t ns = kz_time_sub(now_of(ev), any_time(ev, argv[0]));
    return duration_text(ev, kz_go_duration_round(ns, KZ_NS_PER_SEC));
}

/* strconv.ParseInt, errors dropped: out of range gives the nearest number, other texts 0. */
static int64_t loose_int(struct kz_str s)
{
    int64_t n;
    const bool minus = kz_str_starts(s, KZ_STR("-")), plus = kz_str_starts(s, KZ_STR("+"));
    const struct kz_str digits = kz_str_skip(s, minus || plus);
    for (size_t i = 0; i < digits.len; i++)
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            return 0;
    if (digits.len == 0)
        return 0;
    struct kz_str short_one = digits;
    while (short_one.len > 1 && short_one.ptr[0] == '0')
        short_one = kz_str_skip(short_one, 1);
    if (!kz_str_i64(&n, short_one))
        return minus ? INT64_MIN : INT64_MAX;
    return minus ? -n : n;
}

static struct kz_val duration(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    int64_t n = 0;
    (void)argc;
    if (argv[0].type == &kz_type_string)
        n = loose_int(argv[0].as.str);
    else if (argv[0].type == &kz_type_int64)
        n = argv[0].as.num; /* an int is 0, as in sprig */
    return duration_text(ev, (int64_t)((uint64_t)n * (uint64_t)KZ_NS_PER_SEC));
}

static struct kz_val duration_round(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    static const struct {
        uint64_t ns;
        const char *name;
    } units[] = {
        {UINT64_C(31536000000000000), "y" },
        {UINT64_C(2592000000000000),  "mo"},
        {UINT64_C(86400000000000),    "d" },
        {UINT64_C(3600000000000),     "h" },
        {UINT64_C(60000000000),       "m" },
        {UINT64_C(1000000000),        "s" },
    };
    int64_t ns = 0;
    struct kz_str why;
    (void)argc;
    if (argv[0].type == &kz_type_string &&
        !kz_go_duration_scan(&ns, &why, kz_eval_arena(ev), argv[0].as.str))
        ns = 0;
    else if (argv[0].type == &kz_type_int64)
        ns = argv[0].as.num;
    else if (argv[0].type == &kz_type_time)
        ns = kz_time_sub(now_of(ev), *time_of(&argv[0]));
    const uint64_t u = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;
    for (size_t i = 0; i < kz_countof(units); i++)
        if (u > units[i].ns)
            return kz_val_str(kz_str_printf(kz_eval_arena(ev), "%llu%s",
                                            (unsigned long long)(u / units[i].ns), units[i].name));
    return kz_val_str(KZ_STR("0s"));
}

/* ---- the types --------------------------------------------------------------------------------- */

static struct kz_val m_format(struct kz_eval *ev, const struct kz_val *self,
                              const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return formatted(ev, *time_of(self), argv[0].as.str);
}

static struct kz_str time_string(struct kz_arena *a, const struct kz_val *self)
{
    kz_autobuf struct kz_buf b = KZ_BUF(4096);
    kz_time_format(&b, *time_of(self), KZ_STR("2006-01-02 15:04:05.999999999 -0700 MST"));
    return kz_str_dup(a, kz_buf_str(&b));
}

static struct kz_str time_json(struct kz_arena *a, const struct kz_val *self)
{
    kz_autobuf struct kz_buf b = KZ_BUF(4096);
    kz_time_format(&b, *time_of(self), KZ_STR("2006-01-02T15:04:05.999999999Z07:00"));
    return kz_str_dup(a, kz_buf_str(&b));
}

static struct kz_val m_string(struct kz_eval *ev, const struct kz_val *self,
                              const struct kz_val *argv, size_t argc)
{
    (void)argv, (void)argc;
    return kz_val_str(time_string(kz_eval_arena(ev), self));
}

static struct kz_val m_utc(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                           size_t argc)
{
    struct kz_time t = *time_of(self);
    (void)argv, (void)argc;
    t.zone = NULL;
    return time_val(ev, t);
}

static struct kz_val m_local(struct kz_eval *ev, const struct kz_val *self,
                             const struct kz_val *argv, size_t argc)
{
    struct kz_time t = *time_of(self);
    (void)argv, (void)argc;
    t.zone = kz_sprig_of(ev)->local;
    return time_val(ev, t);
}

static struct kz_val m_add_date(struct kz_eval *ev, const struct kz_val *self,
                                const struct kz_val *argv, size_t argc)
{
    const struct kz_time t = *time_of(self);
    const struct kz_civil c = kz_time_civil(t);
    (void)argc;
    for (size_t i = 0; i < 3; i++)
        if (argv[i].as.num > 1000000000 || argv[i].as.num < -1000000000)
            return kz_eval_limit(ev, "AddDate: over a billion");
    return time_val(ev, kz_time_date(c.year + argv[0].as.num, c.month + argv[1].as.num,
                                     c.day + argv[2].as.num,
                                     c.hour * 3600 + c.minute * 60 + c.second, t.nsec, t.zone));
}

#define INT_METHOD(name, make, expr)                                                               \
    static struct kz_val name(struct kz_eval *ev, const struct kz_val *self,                       \
                              const struct kz_val *argv, size_t argc)                              \
    {                                                                                              \
        const struct kz_time t = *time_of(self);                                                   \
        const struct kz_civil c = kz_time_civil(t);                                                \
        (void)ev, (void)argv, (void)argc, (void)c;                                                 \
        return make((int64_t)(expr));                                                              \
    }
INT_METHOD(m_year, kz_val_int, c.year)
INT_METHOD(m_day, kz_val_int, c.day)
INT_METHOD(m_hour, kz_val_int, c.hour)
INT_METHOD(m_minute, kz_val_int, c.minute)
INT_METHOD(m_second, kz_val_int, c.second)
INT_METHOD(m_nanosecond, kz_val_int, t.nsec)
INT_METHOD(m_year_day, kz_val_int, c.yday)
INT_METHOD(m_unix, kz_val_int64, t.sec)
INT_METHOD(m_unix_milli, kz_val_int64, (uint64_t)t.sec * 1000 + (uint64_t)t.nsec / 1000000)
INT_METHOD(m_unix_micro, kz_val_int64, (uint64_t)t.sec * 1000000 + (uint64_t)t.nsec / 1000)
INT_METHOD(m_unix_nano, kz_val_int64, (uint64_t)t.sec * 1000000000 + (uint64_t)t.nsec)
INT_METHOD(m_is_zero, kz_val_bool, t.sec == KZ_TIME_ZERO.sec && t.nsec == 0)

static struct kz_val named(const struct kz_type *type, int64_t n)
{
    return (struct kz_val){.type = type, .as.num = n};
}

static struct kz_val m_month(struct kz_eval *ev, const struct kz_val *self,
                             const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argv, (void)argc;
    return named(&kz_type_month, kz_time_civil(*time_of(self)).month);
}

static struct kz_val m_weekday(struct kz_eval *ev, const struct kz_val *self,
                               const struct kz_val *argv, size_t argc)
{
    (void)ev, (void)argv, (void)argc;
    return named(&kz_type_weekday, kz_time_civil(*time_of(self)).weekday);
}

/* A parameter that must be a time. */
static bool other(const struct kz_time **t, struct kz_eval *ev, struct kz_val v)
{
    if (v.type == &kz_type_time) {
        *t = v.as.obj;
        return true;
    }
    (void)kz_eval_fail(ev, "wrong type for value; expected time.Time; got %s", kz_val_type_name(v));
    return false;
}

static int cmp(const struct kz_time *a, const struct kz_time *b)
{
    if (a->sec != b->sec)
        return a->sec < b->sec ? -1 : 1;
    return a->nsec < b->nsec ? -1 : a->nsec > b->nsec;
}

#define CMP_METHOD(name, make, test)                                                               \
    static struct kz_val name(struct kz_eval *ev, const struct kz_val *self,                       \
                              const struct kz_val *argv, size_t argc)                              \
    {                                                                                              \
        const struct kz_time *b;                                                                   \
        (void)argc;                                                                                \
        if (!other(&b, ev, argv[0]))                                                               \
            return KZ_NIL;                                                                         \
        return make(cmp(time_of(self), b) test);                                                   \
    }
CMP_METHOD(m_before, kz_val_bool, < 0)
CMP_METHOD(m_after, kz_val_bool, > 0)
CMP_METHOD(m_equal, kz_val_bool, == 0)
CMP_METHOD(m_compare, kz_val_int, +0)

static struct kz_val m_sub(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                           size_t argc)
{
    const struct kz_time *b;
    (void)argc;
    return other(&b, ev, argv[0]) ? named(&kz_type_duration, kz_time_sub(*time_of(self), *b))
                                  : KZ_NIL;
}

static struct kz_val m_add(struct kz_eval *ev, const struct kz_val *self, const struct kz_val *argv,
                           size_t argc)
{
    (void)argc;
    if (kz_val_kind(argv[0]) != KZ_GO_INT)
        return kz_eval_fail(ev, "wrong type for value; expected time.Duration; got %s",
                            kz_val_type_name(argv[0]));
    return time_val(ev, kz_time_add(*time_of(self), argv[0].as.num));
}

static const struct kz_method time_methods[] = {
    {"Format",     "s",   m_format    },
    {"String",     "",    m_string    },
    {"UTC",        "",    m_utc       },
    {"Local",      "",    m_local     },
    {"AddDate",    "iii", m_add_date  },
    {"Add",        "a",   m_add       },
    {"Sub",        "a",   m_sub       },
    {"Before",     "a",   m_before    },
    {"After",      "a",   m_after     },
    {"Equal",      "a",   m_equal     },
    {"Compare",    "a",   m_compare   },
    {"IsZero",     "",    m_is_zero   },
    {"Year",       "",    m_year      },
    {"Month",      "",    m_month     },
    {"Day",        "",    m_day       },
    {"Hour",       "",    m_hour      },
    {"Minute",     "",    m_minute    },
    {"Second",     "",    m_second    },
    {"Nanosecond", "",    m_nanosecond},
    {"Weekday",    "",    m_weekday   },
    {"YearDay",    "",    m_year_day  },
    {"Unix",       "",    m_unix      },
    {"UnixMilli",  "",    m_unix_milli},
    {"UnixMicro",  "",    m_unix_micro},
    {"UnixNano",   "",    m_unix_nano },
};
static const struct kz_shape time_shape = {.methods = time_methods,
                                           .n_methods = kz_countof(time_methods),
                                           .string = time_string,
                                           .json = time_json};

static struct kz_str duration_string(struct kz_arena *a, const struct kz_val *self)
{
    kz_autobuf struct kz_buf b = KZ_BUF(64);
    kz_go_duration_print(&b, self->as.num);
    return kz_str_dup(a, kz_buf_str(&b));
}

static struct kz_val d_string(struct kz_eval *ev, const struct kz_val *self,
                              const struct kz_val *argv, size_t argc)
{
    (void)argv, (void)argc;
    return kz_val_str(duration_string(kz_eval_arena(ev), self));
}

#define UNIT_METHOD(name, make, unit)                                                              \
    static struct kz_val name(struct kz_eval *ev, const struct kz_val *self,                       \
                              const struct kz_val *argv, size_t argc)                              \
    {                                                                                              \
        (void)ev, (void)argv, (void)argc;                                                          \
        return make(self, unit);                                                                   \
    }

/* Whole units and the rest apart, so that large numbers stay exact. */
static struct kz_val in_units(const struct kz_val *self, int64_t unit)
{
    const int64_t n = self->as.num;
    return kz_val_float((double)(n / unit) + (double)(n % unit) / (double)unit);
}

static struct kz_val whole_units(const struct kz_val *self, int64_t unit)
{
    return kz_val_int64(self->as.num / unit);
}
UNIT_METHOD(d_seconds, in_units, KZ_NS_PER_SEC)
UNIT_METHOD(d_minutes, in_units, 60 * KZ_NS_PER_SEC)
UNIT_METHOD(d_hours, in_units, 3600 * KZ_NS_PER_SEC)
UNIT_METHOD(d_milliseconds, whole_units, KZ_NS_PER_MS)
UNIT_METHOD(d_microseconds, whole_units, 1000)
UNIT_METHOD(d_nanoseconds, whole_units, 1)

static const struct kz_method duration_methods[] = {
    {"String",       "", d_string      },
    {"Seconds",      "", d_seconds     },
    {"Minutes",      "", d_minutes     },
    {"Hours",        "", d_hours       },
    {"Milliseconds", "", d_milliseconds},
    {"Microseconds", "", d_microseconds},
    {"Nanoseconds",  "", d_nanoseconds },
};
static const struct kz_shape duration_shape = {.methods = duration_methods,
                                               .n_methods = kz_countof(duration_methods),
                                               .string = duration_string};

static struct kz_str month_string(struct kz_arena *a, const struct kz_val *self)
{
    (void)a;
    return kz_str(kz_month_names[self->as.num - 1]);
}

static struct kz_str weekday_string(struct kz_arena *a, const struct kz_val *self)
{
    (void)a;
    return kz_str(kz_day_names[self->as.num]);
}

static struct kz_val month_text(struct kz_eval *ev, const struct kz_val *self,
                                const struct kz_val *argv, size_t argc)
{
    (void)argv, (void)argc;
    return kz_val_str(month_string(kz_eval_arena(ev), self));
}

static struct kz_val weekday_text(struct kz_eval *ev, const struct kz_val *self,
                                  const struct kz_val *argv, size_t argc)
{
    (void)argv, (void)argc;
    return kz_val_str(weekday_string(kz_eval_arena(ev), self));
}

static const struct kz_method month_methods[] = {
    {"String", "", month_text}
};
static const struct kz_method weekday_methods[] = {
    {"String", "", weekday_text}
};
static const struct kz_shape month_shape = {
    .methods = month_methods, .n_methods = 1, .string = month_string};
static const struct kz_shape weekday_shape = {
    .methods = weekday_methods, .n_methods = 1, .string = weekday_string};

const struct kz_type kz_type_time = {
    .kind = KZ_GO_STRUCT, .name = "time.Time", .kind_name = "struct", .shape = &time_shape};
const struct kz_type kz_type_time_ptr = {.kind = KZ_GO_PTR,
                                         .name = "*time.Time",
                                         .kind_name = "ptr",
                                         .elem = &kz_type_time,
                                         .shape = &time_shape};
const struct kz_type kz_type_duration = {
    .kind = KZ_GO_INT, .name = "time.Duration", .kind_name = "int64", .shape = &duration_shape};
const struct kz_type kz_type_month = {
    .kind = KZ_GO_INT, .name = "time.Month", .kind_name = "int", .shape = &month_shape};
const struct kz_type kz_type_weekday = {
    .kind = KZ_GO_INT, .name = "time.Weekday", .kind_name = "int", .shape = &weekday_shape};

static const struct kz_type *const one_time[] = {&kz_type_time};

const struct kz_func kz_funcs_date[] = {
    {"now",             "", now, NULL},
    {"date",              "sa", date, NULL},
    {"dateInZone",                 "sas", date_in_zone, NULL},
    {"date_in_zone","sas", date_in_zone, NULL},
    {"dateModify",             "sx", date_modify, one_time},
    {"date_modify",      "sx", date_modify, one_time},
    {"mustDateModify",     "sx", must_date_modify, one_time},
    {"must_date_modify",                 "sx", must_date_modify, one_time},
    {"htmlDate",             "a", html_date, NULL},
    {"htmlDateInZone",             "as", html_date_in_zone, NULL},
    {"toDate",      "ss", to_date, NULL},
    {"mustToDate",      "ss", must_to_date, NULL},
    {"unixEpoch",                 "x", unix_epoch, one_time},
    {"ago",        "a", ago, NULL},
    {"duration",         "a", duration, NULL},
    {"durationRound",  "a", duration_round, NULL},
    {0},
};
