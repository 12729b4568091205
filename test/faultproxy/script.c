/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

static const struct {
    const char *name;
    bool conn;
} faults[FP_FAULTS_] = {
    [FP_NONE] = {"none",          false},
    [FP_RESET_REQUEST] = {"reset-request", false},
    [FP_RESET_REPLY] = {"reset-reply",   false},
    [FP_CUT_REPLY] = {"cut-reply",     false},
    [FP_DARK_REPLY] = {"dark-reply",    false},
    [FP_LOST] = {"lost",          false},
    [FP_LOST_HANG] = {"lost-hang",     false},
    [FP_HANG] = {"hang",          false},
    [FP_DARK] = {"dark",          false},
    [FP_SLOW] = {"slow",          false},
    [FP_GOAWAY] = {"goaway",        false},
    [FP_STATUS] = {"status",        false},
    [FP_DONE_STATUS] = {"done-status",   false},
    [FP_GONE] = {"gone",          false},
    [FP_TRUNCATE] = {"truncate",      false},
    [FP_DOUBLE] = {"double",        false},
    [FP_KILL_BEFORE] = {"kill-before",   false},
    [FP_KILL_SENT] = {"kill-sent",     false},
    [FP_KILL_AFTER] = {"kill-after",    false},
    [FP_RESET_IN] = {"reset-in",      true },
    [FP_RESET_OUT] = {"reset-out",     true },
    [FP_CUT_OUT] = {"cut-out",       true },
    [FP_DARK_OUT] = {"dark-out",      true },
};

static const char *const classes[FP_CLASSES_] = {
    [FP_ANY] = "any",     [FP_READ] = "read",       [FP_LIST] = "list",   [FP_WATCH] = "watch",
    [FP_WRITE] = "write", [FP_DRY_RUN] = "dry-run", [FP_LEASE] = "lease", [FP_CONN] = "conn",
};

const char *fp_fault_name(enum fp_fault f)
{
    return faults[f].name;
}

/* ---- reading a rule ---------------------------------------------------------------------------- */
static bool read_class(enum fp_class *out, struct kz_str name)
{
    for (size_t i = 0; i < FP_CLASSES_; i++) {
        if (kz_str_is(name, classes[i])) {
            *out = (enum fp_class)i;
            return true;
        }
    }
    return false;
}

static bool read_fault(enum fp_fault *out, struct kz_str name, bool conn)
{
    for (size_t i = 1; i < FP_FAULTS_; i++) {
        if (kz_str_is(name, faults[i].name) && faults[i].conn == conn) {
            *out = (enum fp_fault)i;
            return true;
        }
    }
    return false;
}

/* "12", "12+", "12+3", "12~500" */
static bool read_range(struct fp_rule *r, struct kz_str text)
{
    struct kz_str first, rest = kz_str_cut(&first, text, '+');
    r->count = 1;
    if (first.len < text.len) {
        r->count = UINT64_MAX;
        return kz_str_u64(&r->first, first) && (rest.len == 0 || kz_str_u64(&r->count, rest));
    }
    rest = kz_str_cut(&first, text, '~');
    if (first.len < text.len) {
        r->count = UINT64_MAX;
        return kz_str_u64(&r->first, first) && kz_str_i64(&r->ms, rest) && r->ms > 0;
    }
    return kz_str_u64(&r->first, text);
}

static bool read_hit(struct fp_hit *h, struct kz_str text, bool conn)
{
    struct kz_str name, number = kz_str_cut(&name, text, '=');
    int64_t n = 0;
    h->percent = kz_str_ends(number, KZ_STR("%"));
    if (h->percent)
        number.len--;
    if (number.len > 0 && (!kz_str_i64(&n, number) || n < 0))
        return false;
    h->n = (long)n;
    return read_fault(&h->fault, name, conn);
}

int fp_script_add(struct fp_script *s, struct kz_str rule, struct kz_err *err)
{
    struct fp_rule r = {.count = 1};
    struct kz_str class, range, rest = kz_str_cut(&class, rule, '@');
    rest = kz_str_cut(&range, rest, ':');
    if (s->n_rules == FP_RULES)
        return kz_fail(err, KZ_E_LIMIT, "more than %d faults", FP_RULES);
    if (!read_class(&r.class, class) || !read_range(&r, range) ||
        !read_hit(&r.hit, rest, r.class == FP_CONN))
        return kz_fail(err, KZ_E_USAGE, "'" KZ_FMT "' is no CLASS@FIRST:FAULT", KZ_ARG(rule));
    s->rules[s->n_rules++] = r;
    return 0;
}

/* ---- meeting it -------------------------------------------------------------------------------- */
static bool is_met(struct fp_rule *r, uint64_t index, int64_t now)
{
    if (index < r->first || index - r->first >= r->count)
        return false;
    if (r->since == 0)
        r->since = now;
    return r->ms == 0 || now - r->since < r->ms * KZ_NS_PER_MS;
}

static struct fp_hit look_up(struct fp_script *s, const bool is[FP_CLASSES_], int64_t now)
{
    struct fp_hit hit = {.fault = FP_NONE};
    for (size_t i = 0; i < s->n_rules && hit.fault == FP_NONE; i++)
        if (is[s->rules[i].class] && is_met(&s->rules[i], s->met[s->rules[i].class], now))
            hit = s->rules[i].hit;
    for (size_t i = 0; i < FP_CLASSES_; i++)
        s->met[i] += is[i];
    return hit;
}

struct fp_hit fp_script_conn(struct fp_script *s)
{
    const bool is[FP_CLASSES_] = {[FP_CONN] = true};
    return look_up(s, is, 1);
}

bool fp_is_watch(struct kz_str path)
{
    return kz_str_has(path, KZ_STR("watch=1")) || kz_str_has(path, KZ_STR("watch=true"));
}

/* splitmix64: the same seed draws the same faults for the same order of requests. */
static uint64_t draw(struct fp_script *s)
{
    uint64_t z = s->seed += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static struct fp_hit chaos(struct fp_script *s, bool watch)
{
    static const struct fp_hit hits[] = {
        {.fault = FP_RESET_REQUEST, .n = 50, .percent = true},
        {.fault = FP_RESET_REPLY,          .n = 50, .percent = true},
        {.fault = FP_CUT_REPLY,   .n = 70, .percent = true},
        {.fault = FP_LOST         },
        {.fault = FP_GOAWAY    },
        {.fault = FP_STATUS,          .n = 429},
        {.fault = FP_STATUS,          .n = 500},
        {.fault = FP_STATUS,        .n = 503},
        {.fault = FP_DONE_STATUS,        .n = 504},
        {.fault = FP_TRUNCATE,                         .n = 50, .percent = true},
        {.fault = FP_DOUBLE       },
    };
    if (draw(s) % 1000 >= s->permille)
        return (struct fp_hit){.fault = FP_NONE};
    if (watch)
        return (struct fp_hit){.fault = FP_GONE};
    return hits[draw(s) % kz_countof(hits)];
}

struct fp_hit fp_script_request(struct fp_script *s, struct kz_str method, struct kz_str path,
                                int64_t now)
{
    bool is[FP_CLASSES_] = {[FP_ANY] = true};
    bool get = kz_str_is(method, "GET"), watch = fp_is_watch(path);
    bool dry = kz_str_has(path, KZ_STR("dryRun="));
    is[FP_WATCH] = get && watch;
    is[FP_READ] = get && !watch;
    is[FP_LIST] = get && !watch && kz_str_has(path, KZ_STR("limit="));
    is[FP_DRY_RUN] = !get && dry;
    is[FP_LEASE] = !get && kz_str_has(path, KZ_STR("/leases"));
    is[FP_WRITE] = !get && !dry && !is[FP_LEASE];
    struct fp_hit hit = look_up(s, is, now);
    return hit.fault == FP_NONE && s->permille > 0 ? chaos(s, is[FP_WATCH]) : hit;
}
