/* SPDX-License-Identifier: Apache-2.0 */
#include "health/status.h"

#include <stdarg.h>

#include "base/clock.h"
#include "base/utf8.h"

struct kz_condition kz_condition_named(const struct kz_value *conditions, struct kz_str type)
{
    struct kz_condition c = {0};
    for (size_t i = 0; i < kz_value_len(conditions); i++) {
        const struct kz_value *v = kz_value_at(conditions, i);
        if (!kz_str_eq(kz_value_path_str(v, "type"), type))
            continue;
        c.is_set = true;
        c.status = kz_value_path_str(v, "status");
        c.reason = kz_value_path_str(v, "reason");
        c.message = kz_value_path_str(v, "message");
        if (!kz_time_parse(&c.since, kz_value_path_str(v, "lastTransitionTime")))
            c.since = 0;
        return c;
    }
    return c;
}

struct kz_condition kz_condition_of(const struct kz_value *live, const char *type)
{
    return kz_condition_named(kz_value_path(live, "status.conditions"), kz_str(type));
}

bool kz_condition_is(const struct kz_condition *c, const char *status)
{
    return c->is_set && kz_str_is(c->status, status);
}

/* Messages of controllers may hold anything; this one goes to logs and terminals. */
static void make_line(char *text)
{
    char *to = text;
    for (const char *p = text; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        bool blank = c <= ' ' || c == 0x7f;
        if (blank && (to == text || to[-1] == ' '))
            continue;
        *to++ = blank ? ' ' : *p;
    }
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

struct kz_verdict kz_verdict(enum kz_health health, const char *fmt, ...)
{
    struct kz_verdict v = {.health = health};
    char text[1024];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    make_line(text);
    struct kz_str all = kz_str(text), head = kz_utf8_cut(all, sizeof v.why - 4);
    bool cut = all.len >= sizeof v.why;
    (void)snprintf(v.why, sizeof v.why, KZ_FMT "%s", KZ_ARG(cut ? head : all), cut ? "..." : "");
    return v;
}

struct kz_verdict kz_verdict_of(enum kz_health health, const struct kz_condition *c)
{
    if (c->message.len > 0 && c->reason.len > 0)
        return kz_verdict(health, KZ_FMT ": " KZ_FMT, KZ_ARG(c->reason), KZ_ARG(c->message));
    if (c->message.len > 0)
        return kz_verdict(health, KZ_FMT, KZ_ARG(c->message));
    return kz_verdict(health, KZ_FMT, KZ_ARG(c->reason));
}
