/* SPDX-License-Identifier: Apache-2.0 */
#include "sync/gates.h"

#include <inttypes.h>

#include "base/regex.h"

void kz_gate_text(struct kz_buf *b, const struct kz_gate *g)
{
    const struct kz_id *id = &g->object;
    switch (g->kind) {
    case KZ_GATE_OBJECT:
        kz_buf_printf(b, KZ_FMT " " KZ_FMT, KZ_ARG(id->kind), KZ_ARG(id->name));
        break;
    case KZ_GATE_COUNT:
        kz_buf_printf(b, "count of " KZ_FMT, KZ_ARG(id->kind));
        if (g->count.labels.len > 0)
            kz_buf_printf(b, " with " KZ_FMT, KZ_ARG(g->count.labels));
        break;
    case KZ_GATE_HTTP:
        kz_buf_add_str(b, kz_str_head(g->http.url, kz_str_index(g->http.url, '?')));
        break;
    }
}

static bool is_fine(const struct kz_verdict *v)
{
    return v->health == KZ_HEALTH_HEALTHY || v->health == KZ_HEALTH_SUSPENDED;
}

static bool test_holds(const struct kz_test *t, const struct kz_value *live)
{
    unsigned budget = KZ_HEALTH_BUDGET;
    return kz_test_holds(t, live, kz_value_path(live, "status.conditions"), &budget);
}

bool kz_gate_object_open(struct kz_buf *why, const struct kz_gate *g, const struct kz_rules *rules,
                         const struct kz_value *live, int64_t now)
{
    if (live == NULL) {
        kz_buf_puts(why, "is not there");
        return false;
    }
    if (g->test != NULL) {
        bool holds = test_holds(g->test, live);
        if (!holds)
            kz_test_say(why, g->test, live, kz_value_path(live, "status.conditions"));
        return holds;
    }
    struct kz_verdict v = kz_health_of(rules, live, now);
    if (!is_fine(&v))
        kz_buf_puts(why, v.why[0] != '\0' ? v.why : kz_health_name(v.health));
    return is_fine(&v);
}

/* ---- counts -------------------------------------------------------------------------------------- */

static bool counts(const struct kz_gate *g, const struct kz_rules *rules, const struct kz_value *live, int64_t now)
{
    if (g->test != NULL)
        return test_holds(g->test, live);
    if (!g->count.healthy)
        return true;
    struct kz_verdict v = kz_health_of(rules, live, now);
    return is_fine(&v);
}

static void say_count(struct kz_buf *why, const struct kz_gate *g, int64_t n)
{
    int64_t least = g->count.at_least, most = g->count.at_most;
    kz_buf_printf(why, "%" PRId64 " %s, want ", n, g->count.healthy ? "healthy" : g->test != NULL ? "fit" : "there");
    if (least == most)
        kz_buf_printf(why, "%" PRId64, least);
    else if (least >= 0 && most >= 0)
        kz_buf_printf(why, "%" PRId64 " to %" PRId64, least, most);
    else
        kz_buf_printf(why, "%s %" PRId64, least >= 0 ? "at least" : "at most", least >= 0 ? least : most);
}

bool kz_gate_count_open(struct kz_buf *why, const struct kz_gate *g, const struct kz_rules *rules,
                        const struct kz_value *list, int64_t now)
{
    int64_t n = 0;
    for (size_t i = 0; i < kz_value_len(list); i++)
        n += counts(g, rules, kz_value_at(list, i), now);
    if (n >= g->count.at_least && (g->count.at_most < 0 || n <= g->count.at_most))
        return true;
    say_count(why, g, n);
    return false;
}

/* ---- http ---------------------------------------------------------------------------------------- */

static bool matches(const struct kz_gate *g, struct kz_str body)
{
    kz_autoregex struct kz_regex *re = NULL;
    struct kz_err err;
    kz_assert(kz_regex_new(&re, g->http.matches, &err) == 0); /* the definition was checked */
    return kz_regex_match(re, body);
}

bool kz_gate_http_open(struct kz_buf *why, const struct kz_gate *g, const struct kz_http_reply *reply)
{
    char line[KZ_ERR_TEXT];
    struct kz_str body = kz_str_head(reply->body, KZ_GATE_BODY);
    if (reply->err != NULL) {
        kz_buf_puts(why, kz_err_line(line, sizeof line, reply->err));
        return false;
    }
    if (reply->status != g->http.expect) {
        kz_buf_printf(why, "got %d, want %d", reply->status, g->http.expect);
        return false;
    }
    /* What came is not shown: who may write the definition may not read all that this process reaches. */
    if (g->http.contains.len > 0 && !kz_str_has(body, g->http.contains)) {
        kz_buf_printf(why, "got %d, but not the text '" KZ_FMT "'", reply->status, KZ_ARG(g->http.contains));
        return false;
    }
    if (g->http.matches.len > 0 && !matches(g, body)) {
        kz_buf_printf(why, "got %d, but nothing that matches '" KZ_FMT "'", reply->status, KZ_ARG(g->http.matches));
        return false;
    }
    return true;
}
