/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: cases of letters and the naming styles that are made of them. */
#include "template/funcs.h"
#include "template/letter.h"
#include "template/print.h"

/* ---- character by character ------------------------------------------------------------------ */

/* What becomes of a character; state is 0 at first and belongs to the mapping. */
typedef uint32_t mapping(uint32_t r, uint32_t *state);

static struct kz_val map_runes(struct kz_eval *ev, struct kz_str s, mapping *map)
{
    struct kz_buf *b = kz_eval_buf(ev);
    uint32_t r, state = 0;
    while (s.len > 0) {
        s = kz_str_skip(s, kz_rune_next(s, &r));
        kz_rune_put(b, map(r, &state));
    }
    return kz_val_str(kz_eval_text(ev, b));
}

static uint32_t to_upper(uint32_t r, uint32_t *state)
{
    (void)state;
    return kz_rune_upper(r);
}

static uint32_t to_lower(uint32_t r, uint32_t *state)
{
    (void)state;
    return kz_rune_lower(r);
}

static struct kz_val upper(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return map_runes(ev, argv[0].as.str, to_upper);
}

static struct kz_val lower(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return map_runes(ev, argv[0].as.str, to_lower);
}

/* The state is the character before; at the start there is none, which separates, too. */
static uint32_t to_title(uint32_t r, uint32_t *before)
{
    const uint32_t p = *before;
    const bool word = kz_rune_is_letter(p) || kz_rune_is_digit(p) || p == '_' ||
                      (p >= 0x80 && !kz_rune_is_space(p));
    *before = r;
    return word ? r : kz_rune_title(r);
}

static struct kz_val title(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return map_runes(ev, argv[0].as.str, to_title);
}

/* For untitle and swapcase the state says: inside a word. */
static uint32_t to_untitle(uint32_t r, uint32_t *inside)
{
    const bool first = *inside == 0 && !kz_rune_is_space(r);
    *inside = !kz_rune_is_space(r);
    return first ? kz_rune_lower(r) : r;
}

static struct kz_val untitle(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return map_runes(ev, argv[0].as.str, to_untitle);
}

static uint32_t to_swapped(uint32_t r, uint32_t *inside)
{
    const bool first = *inside == 0;
    if (kz_rune_is_upper(r) || kz_rune_is_title(r)) {
        *inside = 1;
        return kz_rune_lower(r);
    }
    *inside = kz_rune_is_lower(r) || !kz_rune_is_space(r);
    if (!kz_rune_is_lower(r))
        return r;
    return first ? kz_rune_title(r) : kz_rune_upper(r);
}

static struct kz_val swapcase(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return map_runes(ev, argv[0].as.str, to_swapped);
}

/* Byte by byte as if they were Latin-1: so does the original, and other text suffers the same. */
static struct kz_val initials(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_str s = argv[0].as.str;
    struct kz_buf *b = kz_eval_buf(ev);
    bool gap = true;
    (void)argc;
    for (size_t i = 0; i < s.len; i++) {
        const uint32_t r = (unsigned char)s.ptr[i];
        if (gap && !kz_rune_is_space(r))
            kz_rune_put(b, r);
        gap = kz_rune_is_space(r);
    }
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val nospace(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const struct kz_str s = argv[0].as.str;
    size_t spaces = 0;
    (void)argc;
    for (size_t i = 0; i < s.len; i++)
        spaces += kz_rune_is_space((unsigned char)s.ptr[i]);
    if (spaces == 0)
        return argv[0];
    struct kz_buf *b = kz_eval_buf(ev);
    for (size_t i = 0; i < s.len; i++)
        if (!kz_rune_is_space((unsigned char)s.ptr[i]))
            kz_rune_put(b, (unsigned char)s.ptr[i]);
    return kz_val_str(kz_eval_text(ev, b));
}

/* ---- CamelCase ------------------------------------------------------------------------------- */

static bool is_connector(uint32_t r)
{
    return r == '-' || r == '_' || kz_rune_is_space(r);
}

static struct kz_val camelcase(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    struct kz_str s = argv[0].as.str;
    struct kz_buf *b = kz_eval_buf(ev);
    uint32_t r = 0;
    bool shouting = false, seen = false; /* shouting: the word began in upper case and went on so */
    (void)argc;
    while (s.len > 0 && !seen) {
        s = kz_str_skip(s, kz_rune_next(s, &r));
        seen = !is_connector(r);
        if (!seen)
            kz_rune_put(b, r);
    }
    shouting = seen && kz_rune_is_upper(r);
    if (seen)
        r = kz_rune_upper(r);
    if (s.len == 0) {
        if (argv[0].as.str.len > 0) /* a last connector is written twice, as there */
            kz_rune_put(b, r);
        return kz_val_str(kz_eval_text(ev, b));
    }
    while (s.len > 0) {
        const uint32_t before = r;
        s = kz_str_skip(s, kz_rune_next(s, &r));
        if (is_connector(r) && is_connector(before)) {
            kz_rune_put(b, before);
        } else if (is_connector(before)) {
            shouting = kz_rune_is_upper(r);
            r = kz_rune_upper(r);
        } else {
            shouting = shouting && kz_rune_is_upper(r);
            if (shouting)
                r = kz_rune_lower(r);
            kz_rune_put(b, before);
        }
    }
    kz_rune_put(b, r);
    return kz_val_str(kz_eval_text(ev, b));
}

/* ---- snake_case and kebab-case --------------------------------------------------------------- */

enum word { NONE, NUMBER, UPPER, ALPHABET, CONNECTOR, PUNCT, OTHER };

struct words {
    struct kz_str rest;
    struct kz_str text; /* of the current word */
    enum word kind;
    struct kz_buf *out;
    char connector;
};

/* Letters of scripts that have words: not CJK. */
static bool is_alphabet(uint32_t r)
{
    return kz_rune_is_letter(r) && !(r >= 0x4E00 && r <= 0x9FCC) && !(r >= 0x3400 && r <= 0x4D85) &&
           !(r >= 0x20000 && r <= 0x2B81D);
}

/* The next character that is one, with the broken ones before it; none: before. */
static size_t next_valid(struct kz_str s, uint32_t before, uint32_t *r)
{
    size_t size = 0;
    while (size < s.len) {
        size += kz_rune_next(kz_str_skip(s, size), r);
        if (*r != 0xFFFD)
            return size;
    }
    *r = before;
    return size;
}

static enum word kind_of(uint32_t r)
{
    if (is_connector(r))
        return CONNECTOR;
    if (kz_rune_is_punct(r))
        return PUNCT;
    if (kz_rune_is_upper(r))
        return UPPER;
    if (is_alphabet(r))
        return ALPHABET;
    return kz_rune_is_number(r) ? NUMBER : OTHER;
}

static bool goes_on(enum word kind, uint32_t r)
{
    switch (kind) {
    case CONNECTOR:
        return is_connector(r);
    case PUNCT:
        return kz_rune_is_punct(r);
    case UPPER:
        return kz_rune_is_upper(r);
    case ALPHABET:
        return is_alphabet(r) && !kz_rune_is_upper(r);
    case NUMBER:
        return kz_rune_is_number(r);
    case OTHER:
        return !is_connector(r) && !is_alphabet(r) && !kz_rune_is_number(r) && !kz_rune_is_punct(r);
    case NONE:
        break;
    }
    return false;
}

/* Takes what follows at `at` and belongs to a word of that kind. *r is the character that ended it
 * (or the last one), *last the size of the last one taken. */
static size_t take_run(struct kz_str s, size_t at, enum word kind, uint32_t *r, size_t *last)
{
    while (at < s.len) {
        const size_t n = next_valid(kz_str_skip(s, at), *r, r);
        if (!goes_on(kind, *r))
            break;
        *last = n;
        at += n;
    }
    return at;
}

static void next_word(struct words *w)
{
    const struct kz_str s = w->rest;
    uint32_t r = 0;
    size_t last = 0;
    w->kind = NONE;
    w->text = KZ_STR("");
    if (s.len == 0)
        return;
    size_t at = next_valid(s, 0xFFFD, &r);
    if (r != 0xFFFD) {
        w->kind = kind_of(r);
        if (w->kind != UPPER) {
            at = take_run(s, at, w->kind, &r, &last);
        } else if (at < s.len) {
            const size_t n = next_valid(kz_str_skip(s, at), r, &r);
            if (kz_rune_is_upper(r)) { /* HTTPStatus: the S belongs to the next word */
                last = n;
                at = take_run(s, at + n, UPPER, &r, &last);
                if (at < s.len && is_alphabet(r))
                    at -= last;
            } else if (is_alphabet(r)) {
                at = take_run(s, at + n, ALPHABET, &r, &last);
            }
        }
    }
    w->text = kz_str_head(s, at);
    w->rest = kz_str_skip(s, at);
}

static void put_lower(struct words *w, enum word kind, struct kz_str s)
{
    uint32_t r;
    if (kind != UPPER && kind != CONNECTOR) {
        kz_buf_add_str(w->out, s);
        return;
    }
    while (s.len > 0) {
        s = kz_str_skip(s, kz_rune_next(s, &r));
        kz_rune_put(w->out, is_connector(r)       ? (uint32_t)w->connector
                            : kz_rune_is_upper(r) ? kz_rune_lower(r)
                                                  : r);
    }
}

static bool needs_connector(enum word next)
{
    return next != CONNECTOR && next != PUNCT;
}

/* Words and numbers that follow a number belong to it: "2xx", "20x". */
static void put_number_tail(struct words *w)
{
    while (w->kind == ALPHABET || w->kind == NUMBER) {
        put_lower(w, w->kind, w->text);
        next_word(w);
    }
    if (w->kind != NONE && needs_connector(w->kind))
        kz_buf_putc(w->out, w->connector);
}

/* Between a word and what stands in w: a number belongs to the word before it ("bld4") unless small
 * letters follow ("http_2xx"). */
static void put_after_word(struct words *w)
{
    if (w->kind != NUMBER) {
        if (needs_connector(w->kind))
            kz_buf_putc(w->out, w->connector);
        return;
    }
    if (w->rest.len == 0)
        return;
    const struct kz_str number = w->text;
    next_word(w);
    if (w->kind != ALPHABET) {
        put_lower(w, NUMBER, number);
        if (needs_connector(w->kind))
            kz_buf_putc(w->out, w->connector);
        return;
    }
    kz_buf_putc(w->out, w->connector);
    put_lower(w, NUMBER, number);
    put_number_tail(w);
}

static struct kz_val split_words(struct kz_eval *ev, struct kz_str s, char connector)
{
    struct words w = {.rest = s, .out = kz_eval_buf(ev), .connector = connector};
    next_word(&w);
    while (w.rest.len > 0) {
        const enum word kind = w.kind;
        const struct kz_str text = w.text;
        if (kind != CONNECTOR)
            put_lower(&w, kind, text);
        next_word(&w);
        if (kind == NUMBER)
            put_number_tail(&w);
        else if (kind == CONNECTOR)
            put_lower(&w, kind, text);
        else if (kind != PUNCT)
            put_after_word(&w);
    }
    put_lower(&w, w.kind, w.text);
    return kz_val_str(kz_eval_text(ev, w.out));
}

static struct kz_val snakecase(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return split_words(ev, argv[0].as.str, '_');
}

static struct kz_val kebabcase(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return split_words(ev, argv[0].as.str, '-');
}

const struct kz_func kz_funcs_case[] = {
    {"upper",    "s", upper, NULL},
    {"lower",     "s", lower, NULL},
    {"title",          "s", title, NULL},
    {"untitle",   "s", untitle, NULL},
    {"swapcase",      "s", swapcase, NULL},
    {"initials",    "s", initials, NULL},
    {"nospace",     "s", nospace, NULL},
    {"camelcase",          "s", camelcase, NULL},
    {"snakecase",     "s", snakecase, NULL},
    {"kebabcase",      "s", kebabcase, NULL},
    {0},
};
