/* SPDX-License-Identifier: Apache-2.0 */
#include "template/lexer.h"

#include "template/fmt.h"

#include <string.h>

static const uint32_t END = UINT32_MAX; /* what peek answers behind the last byte */

struct kz_comment {
    const struct kz_comment *before;
    size_t end;
    unsigned lines;
};

/* What a byte can be, several at once; none of it beyond ASCII, where words need a closer look. */
enum { WORD = 1, BLANK = 2, ENDS_WORD = 4 };
static const uint8_t ascii[256] = {
    ['\0'] = ENDS_WORD,
    ['\t'] = BLANK | ENDS_WORD, ['\n'] = BLANK | ENDS_WORD, ['\r'] = BLANK | ENDS_WORD, [' '] = BLANK | ENDS_WORD,
    ['.'] = ENDS_WORD, [','] = ENDS_WORD, ['|'] = ENDS_WORD, [':'] = ENDS_WORD, [')'] = ENDS_WORD, ['('] = ENDS_WORD,
    ['_'] = WORD, ['0'] = WORD, ['1'] = WORD, ['2'] = WORD, ['3'] = WORD, ['4'] = WORD, ['5'] = WORD, ['6'] = WORD,
    ['7'] = WORD, ['8'] = WORD, ['9'] = WORD,
    ['A'] = WORD, ['B'] = WORD, ['C'] = WORD, ['D'] = WORD, ['E'] = WORD, ['F'] = WORD, ['G'] = WORD, ['H'] = WORD,
    ['I'] = WORD, ['J'] = WORD, ['K'] = WORD, ['L'] = WORD, ['M'] = WORD, ['N'] = WORD, ['O'] = WORD, ['P'] = WORD,
    ['Q'] = WORD, ['R'] = WORD, ['S'] = WORD, ['T'] = WORD, ['U'] = WORD, ['V'] = WORD, ['W'] = WORD, ['X'] = WORD,
    ['Y'] = WORD, ['Z'] = WORD,
    ['a'] = WORD, ['b'] = WORD, ['c'] = WORD, ['d'] = WORD, ['e'] = WORD, ['f'] = WORD, ['g'] = WORD, ['h'] = WORD,
    ['i'] = WORD, ['j'] = WORD, ['k'] = WORD, ['l'] = WORD, ['m'] = WORD, ['n'] = WORD, ['o'] = WORD, ['p'] = WORD,
    ['q'] = WORD, ['r'] = WORD, ['s'] = WORD, ['t'] = WORD, ['u'] = WORD, ['v'] = WORD, ['w'] = WORD, ['x'] = WORD,
    ['y'] = WORD, ['z'] = WORD,
};

static bool byte_is(char c, unsigned what)
{
    return (ascii[(unsigned char)c] & what) != 0;
}

static struct kz_str rest(const struct kz_lexer *l)
{
    return kz_str_skip(l->input, l->pos);
}

static uint32_t peek(const struct kz_lexer *l, size_t *n)
{
    uint32_t r;
    *n = 0;
    if (l->pos >= l->input.len)
        return END;
    *n = 1;
    r = (unsigned char)l->input.ptr[l->pos];
    if (r >= 0x80)
        *n = kz_rune_next(rest(l), &r);
    return r;
}

static bool is_word(uint32_t r)
{
    return r < 0x80 ? byte_is((char)r, WORD) : r != END && (kz_rune_is_letter(r) || kz_rune_is_digit(r));
}

static inline bool starts(struct kz_str s, const char *with)
{
    return kz_str_starts(s, kz_str(with));
}

/* The first "{{", or NULL. */
static const char *find_left_delim(struct kz_str s)
{
    const char *at = s.ptr, *const end = s.ptr + s.len;
    while (s.len > 0 && (at = memchr(at, '{', (size_t)(end - at))) != NULL) {
        if (end - at > 1 && at[1] == '{')
            return at;
        at++;
    }
    return NULL;
}

/* " -}}" trims what follows, "{{- " what is before. */
static bool trims_right(struct kz_str s)
{
    return s.len >= 2 && byte_is(s.ptr[0], BLANK) && s.ptr[1] == '-';
}

static bool trims_left(struct kz_str s)
{
    return s.len >= 2 && s.ptr[0] == '-' && byte_is(s.ptr[1], BLANK);
}

static bool at_right_delim(const struct kz_lexer *l, bool *trims)
{
    const struct kz_str s = rest(l);
    *trims = trims_right(s) && s.len >= 4 && s.ptr[2] == '}' && s.ptr[3] == '}';
    return *trims || (s.len >= 2 && s.ptr[0] == '}' && s.ptr[1] == '}');
}

static unsigned count_lines(struct kz_str s)
{
    unsigned n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == '\n';
    return n;
}

static void take(struct kz_lexer *l, struct kz_item *out, enum kz_item_kind kind)
{
    out->val.ptr = l->input.ptr + l->start;
    out->val.len = l->pos - l->start;
    out->pos = (uint32_t)l->start;
    out->kind = (uint8_t)kind;
    out->plain = false;
    l->start = l->pos;
}

static void fail(struct kz_lexer *l, struct kz_item *out, struct kz_str text)
{
    *out = (struct kz_item){.kind = KZ_I_ERROR, .pos = (uint32_t)l->start, .val = text};
    l->pos = l->input.len = l->start;
    l->inside_action = false;
}

/* "bad character U+0025 '%'" */
static void fail_rune(struct kz_lexer *l, struct kz_item *out, const char *what, uint32_t r)
{
    kz_autobuf struct kz_buf b = KZ_BUF(256);
    struct kz_fmt f = {.b = &b, .sharp = true};
    kz_buf_puts(&b, what);
    kz_fmt_unicode(&f, r);
    fail(l, out, kz_str_dup(l->arena, kz_buf_str(&b)));
}

static void skip_blanks(struct kz_lexer *l)
{
    while (l->pos < l->input.len && byte_is(l->input.ptr[l->pos], BLANK))
        l->pos++;
    l->start = l->pos;
}

static size_t trailing_blanks(struct kz_str s)
{
    size_t n = 0;
    while (n < s.len && byte_is(s.ptr[s.len - 1 - n], BLANK))
        n++;
    return n;
}

/* ---- text ----------------------------------------------------------------------------------- */

/* At the opening of a comment: all of it up to and with the closing delimiter is skipped. */
static bool skip_comment(struct kz_lexer *l, struct kz_item *error)
{
    bool trims;
    l->pos += 2;
    const struct kz_str s = rest(l);
    const char *close = s.len == 0 ? NULL : memmem(s.ptr, s.len, "*/", 2);
    if (close == NULL) {
        fail(l, error, KZ_STR("unclosed comment"));
        return false;
    }
    l->pos += (size_t)(close - s.ptr) + 2;
    if (!at_right_delim(l, &trims)) {
        fail(l, error, KZ_STR("comment ends before closing delimiter"));
        return false;
    }
    struct kz_comment *c = kz_new(l->arena, struct kz_comment);
    *c = (struct kz_comment){.before = l->comments,
                             .end = l->pos,
                             .lines = count_lines(kz_str_n(l->input.ptr + l->start, l->pos - l->start))};
    l->comments = c;
    l->pos += trims ? 4 : 2;
    if (trims)
        skip_blanks(l);
    l->start = l->pos;
    return true;
}

static void lex_text(struct kz_lexer *l, struct kz_item *out)
{
    for (;;) {
        const struct kz_str s = rest(l);
        const char *open = find_left_delim(s);
        if (open == NULL) {
            l->pos = l->input.len;
            take(l, out, s.len > 0 ? KZ_I_TEXT : KZ_I_EOF);
            return;
        }
        const struct kz_str before = kz_str_n(s.ptr, (size_t)(open - s.ptr));
        const bool trims = trims_left(kz_str_skip(s, before.len + 2));
        if (before.len > 0) {
            const size_t blanks = trims ? trailing_blanks(before) : 0;
            l->pos += before.len - blanks;
            take(l, out, KZ_I_TEXT);
            l->start = l->pos += blanks;
            if (out->val.len > 0)
                return;
        }
        l->pos += 2;
        if (starts(kz_str_skip(rest(l), trims ? 2 : 0), "/*")) {
            l->start = l->pos += trims ? 2 : 0;
            if (!skip_comment(l, out))
                return;
            continue;
        }
        take(l, out, KZ_I_LEFT_DELIM);
        l->inside_action = true;
        l->start = l->pos += trims ? 2 : 0;
        l->paren_depth = 0;
        return;
    }
}

/* ---- inside of actions ---------------------------------------------------------------------- */

static void lex_right_delim(struct kz_lexer *l, struct kz_item *out, bool trims)
{
    if (l->paren_depth != 0) {
        fail(l, out, KZ_STR("unclosed left paren"));
        return;
    }
    l->start = l->pos += trims ? 2 : 0;
    l->pos += 2;
    take(l, out, KZ_I_RIGHT_DELIM);
    if (trims)
        skip_blanks(l);
    l->inside_action = false;
}

/* A run of blanks; the last of them may belong to " -}}". */
static void lex_space(struct kz_lexer *l, struct kz_item *out)
{
    bool trims;
    while (l->pos < l->input.len && byte_is(l->input.ptr[l->pos], BLANK))
        l->pos++;
    l->pos--;
    if (!at_right_delim(l, &trims))
        l->pos++;
    else if (l->pos == l->start) {
        lex_right_delim(l, out, trims);
        return;
    }
    take(l, out, KZ_I_SPACE);
}

static bool at_terminator(const struct kz_lexer *l)
{
    if (l->pos >= l->input.len)
        return true;
    const char c = l->input.ptr[l->pos];
    return byte_is(c, ENDS_WORD) || (c == '}' && starts(rest(l), "}}"));
}

/* Goes on to the end of a word; false: a character follows that can't. */
static bool lex_word(struct kz_lexer *l, struct kz_item *out)
{
    size_t n, at = l->pos;
    uint32_t r;
    while (at < l->input.len && byte_is(l->input.ptr[at], WORD))
        at++;
    l->pos = at;
    if (at_terminator(l))
        return true;
    while (is_word(r = peek(l, &n)))
        l->pos += n;
    if (at_terminator(l))
        return true;
    fail_rune(l, out, "bad character ", r);
    return false;
}

static enum kz_item_kind word_kind(const struct kz_lexer *l, struct kz_str word)
{
    static const struct {
        struct kz_str word;
        enum kz_item_kind kind;
    } words[] = {
        {KZ_STR_INIT("block"),    KZ_I_BLOCK   },
        {KZ_STR_INIT("break"),    KZ_I_BREAK   },
        {KZ_STR_INIT("continue"), KZ_I_CONTINUE},
        {KZ_STR_INIT("define"),   KZ_I_DEFINE  },
        {KZ_STR_INIT("else"),     KZ_I_ELSE    },
        {KZ_STR_INIT("end"),      KZ_I_END     },
        {KZ_STR_INIT("if"),       KZ_I_IF      },
        {KZ_STR_INIT("range"),    KZ_I_RANGE   },
        {KZ_STR_INIT("nil"),      KZ_I_NIL     },
        {KZ_STR_INIT("template"), KZ_I_TEMPLATE},
        {KZ_STR_INIT("with"),     KZ_I_WITH    },
        {KZ_STR_INIT("true"),     KZ_I_BOOL    },
        {KZ_STR_INIT("false"),    KZ_I_BOOL    },
    };
    /* Where the words with a first letter begin, and behind them; most letters have none. */
    static const struct {
        uint8_t from, to;
    } letters[256] = {
        ['b'] = {0, 2}, ['c'] = {2, 3}, ['d'] = {3, 4}, ['e'] = {4, 6}, ['f'] = {12, 13}, ['i'] = {6, 7},
        ['n'] = {8, 9}, ['r'] = {7, 8}, ['t'] = {9, 12}, ['w'] = {10, 11},
    };
    const unsigned char first = (unsigned char)word.ptr[0];
    for (size_t i = letters[first].from; i < letters[first].to; i++) {
        if (!kz_str_eq(word, words[i].word))
            continue;
        const bool plain = (words[i].kind == KZ_I_BREAK && l->break_is_word) ||
                           (words[i].kind == KZ_I_CONTINUE && l->continue_is_word);
        return plain ? KZ_I_IDENTIFIER : words[i].kind;
    }
    return KZ_I_IDENTIFIER;
}

static void lex_identifier(struct kz_lexer *l, struct kz_item *out)
{
    if (lex_word(l, out))
        take(l, out, word_kind(l, kz_str_n(l->input.ptr + l->start, l->pos - l->start)));
}

/* Behind a dot or a dollar. */
static void lex_name(struct kz_lexer *l, struct kz_item *out, enum kz_item_kind kind)
{
    if (at_terminator(l))
        take(l, out, kind == KZ_I_VARIABLE ? kind : KZ_I_DOT);
    else if (lex_word(l, out))
        take(l, out, kind);
}

/* A string or character up to its closing quote; escapes are looked at by the parser. Quotes and line ends are
 * ASCII, so bytes will do. */
static void lex_quoted(struct kz_lexer *l, struct kz_item *out, char quote, enum kz_item_kind kind)
{
    bool plain = true;
    while (l->pos < l->input.len && l->input.ptr[l->pos] != '\n') {
        const char c = l->input.ptr[l->pos++];
        if (c == quote) {
            take(l, out, kind);
            out->plain = plain;
            return;
        }
        plain = plain && c != '\\' && (unsigned char)c < 0x80;
        if (c == '\\' && (l->pos >= l->input.len || l->input.ptr[l->pos++] == '\n'))
            break;
    }
    fail(l, out, kind == KZ_I_STRING ? KZ_STR("unterminated quoted string")
                                     : KZ_STR("unterminated character constant"));
}

static void lex_raw(struct kz_lexer *l, struct kz_item *out)
{
    const struct kz_str s = rest(l);
    const char *close = s.len == 0 ? NULL : memchr(s.ptr, '`', s.len);
    if (close == NULL) {
        fail(l, out, KZ_STR("unterminated raw quoted string"));
        return;
    }
    l->pos += (size_t)(close - s.ptr) + 1;
    take(l, out, KZ_I_RAW_STRING);
}

static bool accept(struct kz_lexer *l, const char *any)
{
    if (l->pos >= l->input.len || l->input.ptr[l->pos] == '\0' ||
        strchr(any, l->input.ptr[l->pos]) == NULL)
        return false;
    l->pos++;
    return true;
}

static void accept_run(struct kz_lexer *l, const char *any)
{
    while (accept(l, any))
        ;
}

static bool scan_number(struct kz_lexer *l)
{
    static const char decimal[] = "0123456789_", hex[] = "0123456789abcdefABCDEF_";
    const char *digits = decimal;
    size_t n;
    (void)accept(l, "+-");
    if (accept(l, "0")) {
        if (accept(l, "xX"))
            digits = hex;
        else if (accept(l, "oO"))
            digits = "01234567_";
        else if (accept(l, "bB"))
            digits = "01_";
    }
    accept_run(l, digits);
    if (accept(l, "."))
        accept_run(l, digits);
    if ((digits == decimal && accept(l, "eE")) || (digits == hex && accept(l, "pP"))) {
        (void)accept(l, "+-");
        accept_run(l, decimal);
    }
    (void)accept(l, "i");
    const bool more = is_word(peek(l, &n));
    l->pos += more ? n : 0; /* as part of the message */
    return !more;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits and nothing else, as nearly all numbers in charts are. */
static bool lex_digits(struct kz_lexer *l, struct kz_item *out)
{
    size_t at = l->pos;
    while (at < l->input.len && is_digit(l->input.ptr[at]))
        at++;
    if (at == l->pos || at >= l->input.len || !byte_is(l->input.ptr[at], ENDS_WORD) || l->input.ptr[at] == '.')
        return false;
    l->pos = at;
    take(l, out, KZ_I_NUMBER);
    return true;
}

static void lex_number(struct kz_lexer *l, struct kz_item *out)
{
    enum kz_item_kind kind = KZ_I_NUMBER;
    if (lex_digits(l, out))
        return;
    bool ok = scan_number(l);
    if (ok && l->pos < l->input.len && (l->input.ptr[l->pos] == '+' || l->input.ptr[l->pos] == '-')) {
        kind = KZ_I_COMPLEX;
        ok = scan_number(l) && l->input.ptr[l->pos - 1] == 'i';
    }
    if (ok) {
        take(l, out, kind);
        return;
    }
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    kz_buf_puts(&b, "bad number syntax: ");
    kz_print_quoted(&b, kz_str_n(l->input.ptr + l->start, l->pos - l->start), KZ_QUOTE_PLAIN);
    fail(l, out, kz_str_dup(l->arena, kz_buf_str(&b)));
}

static void lex_paren(struct kz_lexer *l, struct kz_item *out, char c)
{
    l->paren_depth += c == '(' ? 1 : -1;
    if (l->paren_depth < 0)
        fail(l, out, KZ_STR("unexpected right paren"));
    else
        take(l, out, c == '(' ? KZ_I_LEFT_PAREN : KZ_I_RIGHT_PAREN);
}

/* What begins with none of the usual bytes. */
static void lex_other(struct kz_lexer *l, struct kz_item *out)
{
    size_t n;
    const uint32_t r = peek(l, &n);
    if (is_word(r)) {
        lex_identifier(l, out);
        return;
    }
    l->pos += n;
    if (r < 0x80 && kz_rune_is_print(r))
        take(l, out, KZ_I_CHAR);
    else
        fail_rune(l, out, "unrecognized character in action: ", r);
}

static void lex_dot(struct kz_lexer *l, struct kz_item *out)
{
    if (l->pos + 1 >= l->input.len || is_digit(l->input.ptr[l->pos + 1])) {
        lex_number(l, out);
        return;
    }
    l->pos++;
    lex_name(l, out, KZ_I_FIELD);
}

static void lex_declare(struct kz_lexer *l, struct kz_item *out)
{
    l->pos++;
    if (l->pos >= l->input.len || l->input.ptr[l->pos] != '=') {
        fail(l, out, KZ_STR("expected :="));
        return;
    }
    l->pos++;
    take(l, out, KZ_I_DECLARE);
}

static void lex_action(struct kz_lexer *l, struct kz_item *out)
{
    if (l->pos >= l->input.len) {
        fail(l, out, KZ_STR("unclosed action"));
        return;
    }
    const char c = l->input.ptr[l->pos];
    if (byte_is(c, BLANK)) {
        lex_space(l, out);
        return;
    }
    if (byte_is(c, WORD)) {
        if (is_digit(c))
            lex_number(l, out);
        else
            lex_identifier(l, out);
        return;
    }
    switch (c) {
    case '.':
        lex_dot(l, out);
        return;
    case '+':
    case '-':
        lex_number(l, out);
        return;
    case ':':
        lex_declare(l, out);
        return;
    case '}':
        if (starts(rest(l), "}}"))
            lex_right_delim(l, out, false);
        else
            lex_other(l, out);
        return;
    default:
        break;
    }
    l->pos++;
    switch (c) {
    case '=':
        take(l, out, KZ_I_ASSIGN);
        return;
    case '|':
        take(l, out, KZ_I_PIPE);
        return;
    case '"':
        lex_quoted(l, out, '"', KZ_I_STRING);
        return;
    case '\'':
        lex_quoted(l, out, '\'', KZ_I_CHAR_CONSTANT);
        return;
    case '`':
        lex_raw(l, out);
        return;
    case '$':
        lex_name(l, out, KZ_I_VARIABLE);
        return;
    case '(':
    case ')':
        lex_paren(l, out, c);
        return;
    default:
        l->pos--;
        lex_other(l, out);
    }
}

void kz_lexer_init(struct kz_lexer *l, struct kz_arena *a, struct kz_str input)
{
    if (input.ptr == NULL)
        input = KZ_STR("");
    *l = (struct kz_lexer){.arena = a, .input = input};
}

void kz_lexer_next(struct kz_lexer *l, struct kz_item *out)
{
    if (l->inside_action)
        lex_action(l, out);
    else
        lex_text(l, out);
}

/* Go 1.23 does not count the lines of a comment, and says so in errors. */
unsigned kz_lexer_line(const struct kz_lexer *l, struct kz_str text, size_t pos)
{
    unsigned line = 1 + count_lines(kz_str_head(text, pos));
    for (const struct kz_comment *c = l->comments; c != NULL; c = c->before)
        line -= c->end <= pos ? c->lines : 0;
    return line;
}

struct kz_str kz_item_text(struct kz_arena *a, const struct kz_item *item)
{
    if (item->kind == KZ_I_EOF)
        return KZ_STR("EOF");
    if (item->kind == KZ_I_ERROR)
        return item->val;
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    if (item->kind > KZ_I_KEYWORD) {
        kz_buf_printf(&b, "<" KZ_FMT ">", KZ_ARG(item->val));
    } else {
        struct kz_fmt f = {.b = &b, .has_prec = item->val.len > 10, .prec = 10};
        kz_fmt_quoted(&f, item->val);
        if (item->val.len > 10)
            kz_buf_puts(&b, "...");
    }
    return kz_str_dup(a, kz_buf_str(&b));
}
