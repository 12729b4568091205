/* SPDX-License-Identifier: Apache-2.0
 *
 *     istio-ingress is waiting, 2m40s so far
 *
 *       istio-ingress  wait  after istio
 *       `- istio  run  gate: Deployment istio-system/istiod: 1 of 2 replicas available
 *          `- Deployment istio-system/istiod  progressing  1 of 2 replicas available
 *             `- Pod istio-system/istiod-7c9d-p8x4z  failing  container discovery: CrashLoopBackOff ...
 *                  | cannot listen on :15012
 *
 *     Since   commit 9ac07e1 by J. Meyer: raise memory
 *     Choose  kzsync logs istio             events and last log lines */
#include "cli/why.h"
#include "cli/table.h"

enum { LABEL = 8, COMMAND_LEAST = 24, TEXT_AT_MOST = 44, DEPTH_MOST = 40 };

static const char *sentence(struct kz_str state)
{
    static const char *const rows[][2] = {{"ok", "is ok"},
                                          {"run", "is being applied"},
                                          {"wait", "is waiting"},
                                          {"held", "is held"},
                                          {"fail", "has failed"},
                                          {"failed", "has failed"},
                                          {"drift", "was changed in the cluster"},
                                          {"skip", "is skipped"},
                                          {"back", "went back to its last healthy revision"},
                                          {"paused", "is paused"},
                                          {"unknown", "is not known yet"}};
    for (size_t i = 0; i < kz_countof(rows); i++)
        if (kz_str_is(state, rows[i][0]))
            return rows[i][1];
    return NULL;
}

static void add_head(struct kz_buf *b, struct kz_arena *a, const struct kz_value *doc, const struct kz_page *page)
{
    struct kz_str state = kz_value_path_str(doc, "state"), since = kz_value_path_str(doc, "since");
    const char *text = sentence(state);
    kz_color_add(b, page->color, KZ_TONE_BOLD, kz_value_path_str(doc, "name"));
    kz_buf_putc(b, ' ');
    if (text == NULL)
        kz_color_add(b, page->color, KZ_TONE_PLAIN, kz_str_printf(a, "is " KZ_FMT, KZ_ARG(state)));
    else
        kz_color_add(b, page->color, kz_state_tone(state), kz_str(text));
    if (since.len > 0)
        kz_buf_printf(b, ", %s" KZ_FMT "%s", kz_str_is(state, "ok") ? "for " : "",
                      KZ_ARG(kz_text_age(a, since, page->now)), kz_str_is(state, "ok") ? "" : " so far");
    kz_buf_putc(b, '\n');
}

static enum kz_tone tone_of(struct kz_str what, struct kz_str state)
{
    if (kz_str_is(what, "module"))
        return kz_state_tone(state);
    if (kz_str_is(state, "healthy") || kz_str_is(state, "suspended"))
        return KZ_TONE_OK;
    return kz_str_is(state, "progressing") || kz_str_is(state, "terminating") ? KZ_TONE_WAIT : KZ_TONE_FAIL;
}

static void add_row(struct kz_buf *b, struct kz_arena *a, const struct kz_value *row, const struct kz_page *page)
{
    const int64_t said = kz_value_path_int(row, "depth", 0);
    const size_t depth = said < 0 || said > DEPTH_MOST ? 0 : (size_t)said,
                 indent = 2 + (depth > 0 ? 3 * (depth - 1) : 0);
    struct kz_str name = kz_value_path_str(row, "name"), state = kz_value_path_str(row, "state");
    struct kz_str text = kz_value_path_str(row, "text");
    const struct kz_value *log = kz_value_get(row, "log");
    kz_buf_fill(b, ' ', indent);
    if (depth > 0)
        kz_buf_puts(b, page->utf8 ? "\u2514\u2500 " : "`- ");
    kz_text_add(b, name);
    size_t at = indent + (depth > 0 ? 3 : 0) + kz_text_width(name);
    if (state.len > 0) {
        kz_buf_puts(b, "  ");
        kz_color_add(b, page->color, tone_of(kz_value_path_str(row, "what"), state), state);
        at += 2 + state.len;
    }
    if (text.len > 0) {
        kz_buf_puts(b, "  ");
        at += 2;
        kz_text_wrap(b, a, text, at, at <= TEXT_AT_MOST ? at : indent + (depth > 0 ? 5 : 2), page->width);
    } else {
        kz_buf_putc(b, '\n');
    }
    for (size_t i = 0; i < kz_value_len(log); i++) {
        kz_buf_fill(b, ' ', indent + 5);
        kz_buf_puts(b, "| ");
        kz_text_add(b, kz_value_as_str(kz_value_at(log, i)));
        kz_buf_putc(b, '\n');
    }
}

static void add_facts(struct kz_buf *b, struct kz_arena *a, const struct kz_value *facts, const struct kz_page *page)
{
    for (size_t i = 0; i < kz_value_len(facts); i++) {
        const struct kz_value *f = kz_value_at(facts, i);
        kz_text_pad(b, kz_value_path_str(f, "label"), LABEL);
        kz_text_wrap(b, a, kz_value_path_str(f, "text"), LABEL, LABEL, page->width);
    }
}

/* Commands are never cut: where they are long, what they do stands below. */
static void add_choices(struct kz_buf *b, const struct kz_value *choices)
{
    size_t column = COMMAND_LEAST;
    for (size_t i = 0; i < kz_value_len(choices); i++) {
        const size_t w = kz_value_path_str(kz_value_at(choices, i), "command").len;
        column = w > column && w <= 2 * COMMAND_LEAST ? w : column;
    }
    for (size_t i = 0; i < kz_value_len(choices); i++) {
        const struct kz_value *c = kz_value_at(choices, i);
        struct kz_str command = kz_value_path_str(c, "command");
        kz_buf_printf(b, "%-*s", LABEL, i == 0 ? "Choose" : "");
        kz_text_add(b, command);
        if (command.len > column) {
            kz_buf_putc(b, '\n');
            kz_buf_fill(b, ' ', LABEL + column + 2);
        } else {
            kz_buf_fill(b, ' ', column - command.len + 2);
        }
        kz_text_add(b, kz_value_path_str(c, "text"));
        kz_buf_putc(b, '\n');
    }
}

void kz_why_page(struct kz_buf *b, struct kz_arena *a, const struct kz_value *doc, const struct kz_page *page)
{
    const struct kz_value *chain = kz_value_get(doc, "chain"), *facts = kz_value_get(doc, "facts");
    add_head(b, a, doc, page);
    if (kz_value_len(chain) > 0)
        kz_buf_putc(b, '\n');
    for (size_t i = 0; i < kz_value_len(chain); i++)
        add_row(b, a, kz_value_at(chain, i), page);
    if (kz_value_len(facts) > 0)
        kz_buf_putc(b, '\n');
    add_facts(b, a, facts, page);
    if (kz_value_len(kz_value_get(doc, "choices")) > 0)
        kz_buf_putc(b, '\n');
    add_choices(b, kz_value_get(doc, "choices"));
}
