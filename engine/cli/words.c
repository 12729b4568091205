/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/words.h"
#include "base/clock.h"

const char *const kz_state_words[] = {"fail", "back",    "held",   "drift", "run", "wait",
                                      "skip", "unknown", "paused", "ok",    NULL};

int kz_state_rank(struct kz_str state)
{
    for (int i = 0; kz_state_words[i] != NULL; i++)
        if (kz_str_is(state, kz_state_words[i]))
            return i;
    return 0;
}

enum kz_tone kz_state_tone(struct kz_str state)
{
    static const struct {
        const char *state;
        enum kz_tone tone;
    } rows[] = {{"ok", KZ_TONE_OK},     {"run", KZ_TONE_RUN},     {"wait", KZ_TONE_WAIT}, {"held", KZ_TONE_WAIT},
                {"fail", KZ_TONE_FAIL}, {"drift", KZ_TONE_DRIFT}, {"back", KZ_TONE_WAIT}};
    for (size_t i = 0; i < kz_countof(rows); i++)
        if (kz_str_is(state, rows[i].state))
            return rows[i].tone;
    return KZ_TONE_DIM;
}

struct kz_str kz_text_until(struct kz_arena *a, struct kz_str time, int64_t now)
{
    int64_t then;
    char text[KZ_TIME_TEXT];
    if (!kz_time_parse(&then, time))
        return KZ_STR("");
    if (then <= now)
        return KZ_STR("now");
    kz_duration_text(text, then - now);
    return kz_str_printf(a, "in %s", text);
}

static struct kz_str append(struct kz_arena *a, struct kz_str text, const char *between, struct kz_str more)
{
    if (more.len == 0 || kz_str_has(text, more))
        return text;
    return kz_str_printf(a, KZ_FMT "%s" KZ_FMT, KZ_ARG(text), text.len > 0 ? between : "", KZ_ARG(more));
}

/* "by anna, ends in 2h"; the end is left out where the note names it. */
static struct kz_str pause_text(struct kz_arena *a, const struct kz_value *paused, struct kz_str note, int64_t now)
{
    struct kz_str text = KZ_STR(""), by = kz_value_path_str(paused, "by"), until = kz_value_path_str(paused, "until");
    struct kz_str ends = kz_str_has(note, until) ? KZ_STR("") : kz_text_until(a, until, now);
    if (by.len > 0)
        text = kz_str_printf(a, "by " KZ_FMT, KZ_ARG(by));
    if (ends.len > 0)
        text = append(a, text, ", ", kz_str_printf(a, "ends " KZ_FMT, KZ_ARG(ends)));
    return text;
}

static struct kz_str held_text(struct kz_arena *a, const struct kz_value *names)
{
    struct kz_str text = KZ_STR("");
    for (size_t i = 0; i < kz_value_len(names); i++)
        text = append(a, text, ", ", kz_value_as_str(kz_value_at(names, i)));
    return text.len == 0 ? text : kz_str_printf(a, "held by " KZ_FMT, KZ_ARG(text));
}

/* The note as it was written says how long it was then: "window nightly opens in 4h 12m (02:00 Berlin)". */
static struct kz_str with_opening(struct kz_arena *a, struct kz_str note, struct kz_str opens)
{
    static const char mark[] = "opens in ";
    size_t at = 0;
    while (at < note.len && !kz_str_starts(kz_str_skip(note, at), kz_str(mark)))
        at++;
    if (opens.len == 0 || at == note.len)
        return opens.len == 0 ? note : append(a, note, "; ", kz_str_printf(a, "opens " KZ_FMT, KZ_ARG(opens)));
    size_t end = at + strlen(mark);
    while (end < note.len && note.ptr[end] != '(' && note.ptr[end] != ';' && note.ptr[end] != ',')
        end++;
    const bool more = end < note.len && note.ptr[end] == '(';
    return kz_str_printf(a, KZ_FMT "opens " KZ_FMT "%s" KZ_FMT, KZ_ARG(kz_str_head(note, at)), KZ_ARG(opens),
                         more ? " " : "", KZ_ARG(kz_str_skip(note, end)));
}

struct kz_str kz_module_note(struct kz_arena *a, const struct kz_value *m, int64_t now)
{
    const struct kz_value *paused = kz_value_get(m, "paused");
    struct kz_str note = kz_value_path_str(m, "note");
    struct kz_str opens = kz_text_until(a, kz_value_path_str(m, "opens"), now);
    if (note.len == 0)
        note = kz_value_path_str(paused, "reason");
    if (note.len == 0)
        note = held_text(a, kz_value_get(m, "heldBy"));
    note = append(a, note, "; ", pause_text(a, paused, note, now));
    return with_opening(a, note, opens);
}

struct kz_str kz_text_head(struct kz_str text, size_t n)
{
    size_t i = 0;
    for (; i < text.len; i++)
        if (((unsigned char)text.ptr[i] & 0xC0) != 0x80 && n-- == 0)
            break;
    return kz_str_head(text, i);
}

struct kz_str kz_text_clip(struct kz_arena *a, struct kz_str text, size_t width, bool utf8)
{
    const size_t mark = utf8 ? 1 : 2;
    if (width == 0 || kz_text_width(text) <= width)
        return text;
    if (width <= mark)
        return kz_text_head(text, width);
    return kz_str_printf(a, KZ_FMT "%s", KZ_ARG(kz_text_head(text, width - mark)), utf8 ? "\u2026" : "..");
}

void kz_words_wrap(struct kz_buf *b, const struct kz_str *words, size_t n, const char *between, size_t at,
                   size_t indent, size_t width)
{
    const size_t mark = kz_str_trim(kz_str(between)).len; /* what stays on the line */
    for (size_t i = 0; i < n; i++) {
        const size_t own = kz_text_width(words[i]), w = own + (i + 1 < n ? strlen(between) : 0);
        if (width > 0 && i > 0 && at + own + (i + 1 < n ? mark : 0) > width) {
            while (b->len > 0 && b->ptr[b->len - 1] == ' ')
                b->len--;
            kz_buf_putc(b, '\n');
            kz_buf_fill(b, ' ', indent);
            at = indent;
        }
        kz_text_add(b, words[i]);
        if (i + 1 < n)
            kz_buf_puts(b, between);
        at += w;
    }
    kz_buf_putc(b, '\n');
}

void kz_text_pad(struct kz_buf *b, struct kz_str text, size_t width)
{
    const size_t own = kz_text_width(text);
    kz_text_add(b, text);
    kz_buf_fill(b, ' ', own < width ? width - own : 1);
}

void kz_text_wrap(struct kz_buf *b, struct kz_arena *a, struct kz_str text, size_t at, size_t indent, size_t width)
{
    struct kz_str *words = kz_new_n(a, struct kz_str, text.len / 2 + 2);
    size_t n = 0;
    for (struct kz_str rest = text; rest.len > 0;) {
        rest = kz_str_cut(&words[n], rest, ' ');
        n += words[n].len > 0;
    }
    kz_words_wrap(b, words, n, " ", at, indent, width);
}
