/* SPDX-License-Identifier: Apache-2.0 */
#include "template/lexer.h"

#include "template/fmt.h"

#include <string.h>

static const uint32_t END = UINT32_MAX; /* what peek answers behind the last byte */

/* What an ASCII byte can be, several at once. */
enum { WORD = 1, BLANK = 2, ENDS_WORD = 4 };
static const uint8_t ascii[128] = {
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

static bool ascii_is(uint32_t r, unsigned what)
{
    return r < 0x80 && (ascii[r] & what) != 0;
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

static uint32_t next(struct kz_lexer *l)
{
    size_t n;
    const uint32_t r = peek(l, &n);
    l->pos += n;
    l->line += r == '\n';
    return r;
}

static bool is_space(uint32_t r)
{
    return ascii_is(r, BLANK);
}

static bool is_word(uint32_t r)
{
    return r < 0x80 ? ascii_is(r, WORD) : r != END && (kz_rune_is_letter(r) || kz_rune_is_digit(r));
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
    return s.len >= 2 && is_space((unsigned char)s.ptr[0]) && s.ptr[1] == '-';
}

static bool trims_left(struct kz_str s)
{
    return s.len >= 2 && s.ptr[0] == '-' && is_space((unsigned char)s.ptr[1]);
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
    const char *at = s.ptr;
    while (s.len > 0 && (at = memchr(at, '\n', (size_t)(s.ptr + s.len - at))) != NULL) {
        n++;
        at++;
    }
    return n;
}

static struct kz_item take(struct kz_lexer *l, enum kz_item_kind kind)
{
    const struct kz_item item = {.kind = kind,
                                 .pos = l->start,
                                 .val = kz_str_n(l->input.ptr + l->start, l->pos - l->start),
                                 .line = l->start_line};
    l->start = l->pos;
    l->start_line = l->line;
    return item;
}

static void ignore(struct kz_lexer *l)
{
    l->line += count_lines(kz_str_n(l->input.ptr + l->start, l->pos - l->start));
    l->start = l->pos;
    l->start_line = l->line;
}

static struct kz_item fail(struct kz_lexer *l, struct kz_str text)
{
    const struct kz_item item = {
        .kind = KZ_I_ERROR, .pos = l->start, .val = text, .line = l->start_line};
    l->start = l->pos = l->input.len = 0;
    return item;
}

/* "bad character U+0025 '%'" */
static struct kz_item fail_rune(struct kz_lexer *l, const char *what, uint32_t r)
{
    kz_autobuf struct kz_buf b = KZ_BUF(256);
    struct kz_fmt f = {.b = &b, .sharp = true};
    kz_buf_puts(&b, what);
    kz_fmt_unicode(&f, r);
    return fail(l, kz_str_dup(l->arena, kz_buf_str(&b)));
}

static size_t leading_blanks(struct kz_str s)
{
    size_t n = 0;
    while (n < s.len && is_space((unsigned char)s.ptr[n]))
        n++;
    return n;
}

static size_t trailing_blanks(struct kz_str s)
{
    size_t n = 0;
    while (n < s.len && is_space((unsigned char)s.ptr[s.len - 1 - n]))
        n++;
    return n;
}

/* At the opening of a comment: all of it up to and with the closing delimiter is skipped. */
static bool skip_comment(struct kz_lexer *l, struct kz_item *error)
{
    bool trims;
    l->pos += 2;
    const struct kz_str s = rest(l);
    const char *close = s.len == 0 ? NULL : memmem(s.ptr, s.len, "*/", 2);
    if (close == NULL) {
        *error = fail(l, KZ_STR("unclosed comment"));
        return false;
    }
    l->pos += (size_t)(close - s.ptr) + 2;
    if (!at_right_delim(l, &trims)) {
        *error = fail(l, KZ_STR("comment ends before closing delimiter"));
        return false;
    }
    l->start = l->pos; /* Go 1.23 does not count the lines of a comment, and says so in errors */
    l->pos += trims ? 4 : 2;
    if (trims)
        l->pos += leading_blanks(rest(l));
    ignore(l);
    return true;
}

static struct kz_item lex_text(struct kz_lexer *l)
{
    for (;;) {
        const struct kz_str s = rest(l);
        const char *open = find_left_delim(s);
        struct kz_item item;
        if (open == NULL) {
            l->pos = l->input.len;
            l->line += count_lines(s);
            return take(l, s.len > 0 ? KZ_I_TEXT : KZ_I_EOF);
        }
        const struct kz_str before = kz_str_n(s.ptr, (size_t)(open - s.ptr));
        const bool trims = trims_left(kz_str_skip(s, before.len + 2));
        if (before.len > 0) {
            const size_t blanks = trims ? trailing_blanks(before) : 0;
            l->pos += before.len - blanks;
            l->line += count_lines(kz_str_head(before, before.len - blanks));
            item = take(l, KZ_I_TEXT);
            l->pos += blanks;
            ignore(l);
            if (item.val.len > 0)
                return item;
        }
        l->pos += 2;
        if (starts(kz_str_skip(rest(l), trims ? 2 : 0), "/*")) {
            l->pos += trims ? 2 : 0;
            ignore(l);
            if (!skip_comment(l, &item))
                return item;
            continue;
        }
        item = take(l, KZ_I_LEFT_DELIM);
        l->inside_action = true;
        l->pos += trims ? 2 : 0;
        ignore(l);
        l->paren_depth = 0;
        return item;
    }
}

static struct kz_item lex_right_delim(struct kz_lexer *l)
{
    bool trims;
    (void)at_right_delim(l, &trims);
    if (trims) {
        l->pos += 2;
        ignore(l);
    }
    l->pos += 2;
    const struct kz_item item = take(l, KZ_I_RIGHT_DELIM);
    if (trims) {
        l->pos += leading_blanks(rest(l));
        ignore(l);
    }
    l->inside_action = false;
    return item;
}

/* A run of blanks; the last of them may belong to " -}}". */
static struct kz_item lex_space(struct kz_lexer *l)
{
    size_t n = 0;
    for (; l->pos < l->input.len && is_space((unsigned char)l->input.ptr[l->pos]); n++)
        l->line += l->input.ptr[l->pos++] == '\n';
    const struct kz_str last = kz_str_skip(l->input, l->pos - 1);
    if (trims_right(last) && starts(kz_str_skip(last, 2), "}}")) {
        l->pos--;
        l->line -= last.ptr[0] == '\n';
        if (n == 1)
            return lex_right_delim(l);
    }
    return take(l, KZ_I_SPACE);
}

static bool at_terminator(const struct kz_lexer *l)
{
    size_t n;
    const uint32_t r = peek(l, &n);
    return r == END || r == '\0' || ascii_is(r, ENDS_WORD) || (r == '}' && starts(rest(l), "}}"));
}

static uint32_t skip_word(struct kz_lexer *l)
{
    size_t n;
    uint32_t r;
    while (l->pos < l->input.len && ascii_is((unsigned char)l->input.ptr[l->pos], WORD))
        l->pos++;
    while (is_word(r = peek(l, &n)))
        l->pos += n;
    return r;
}

static enum kz_item_kind word_kind(const struct kz_lexer *l, struct kz_str word)
{
    static const struct {
        const char *word;
        char last;
        enum kz_item_kind kind;
    } words[] = {
        {"block", 'k', KZ_I_BLOCK},
        {"break", 'k', KZ_I_BREAK},
        {"continue", 'e', KZ_I_CONTINUE},
        {"define", 'e', KZ_I_DEFINE},
        {"else", 'e', KZ_I_ELSE},
        {"end", 'd', KZ_I_END},
        {"if", 'f', KZ_I_IF},
        {"range", 'e', KZ_I_RANGE},
        {"nil", 'l', KZ_I_NIL},
        {"template", 'e', KZ_I_TEMPLATE},
        {"with", 'h', KZ_I_WITH},
        {"true", 'e', KZ_I_BOOL},
        {"false", 'e', KZ_I_BOOL},
    };
    for (size_t i = 0; i < kz_countof(words); i++) {
        if (word.ptr[0] != words[i].word[0] || word.ptr[word.len - 1] != words[i].last ||
            !kz_str_is(word, words[i].word))
            continue;
        const bool plain = (words[i].kind == KZ_I_BREAK && l->break_is_word) ||
                           (words[i].kind == KZ_I_CONTINUE && l->continue_is_word);
        return plain ? KZ_I_IDENTIFIER : words[i].kind;
    }
    return KZ_I_IDENTIFIER;
}

static struct kz_item lex_identifier(struct kz_lexer *l)
{
    const uint32_t r = skip_word(l);
    const struct kz_str word = kz_str_n(l->input.ptr + l->start, l->pos - l->start);
    if (!at_terminator(l))
        return fail_rune(l, "bad character ", r);
    return take(l, word_kind(l, word));
}

/* Behind a dot or a dollar. */
static struct kz_item lex_name(struct kz_lexer *l, enum kz_item_kind kind)
{
    if (at_terminator(l))
        return take(l, kind == KZ_I_VARIABLE ? kind : KZ_I_DOT);
    const uint32_t r = skip_word(l);
    if (!at_terminator(l))
        return fail_rune(l, "bad character ", r);
    return take(l, kind);
}

/* A string or character up to its closing quote; escapes are looked at by the parser. */
static struct kz_item lex_quoted(struct kz_lexer *l, uint32_t quote, enum kz_item_kind kind)
{
    for (;;) {
        uint32_t r = next(l);
        if (r == quote)
            return take(l, kind);
        if (r == '\\') {
            r = next(l);
            if (r != END && r != '\n')
                continue;
        }
        if (r == END || r == '\n')
            return fail(l, kind == KZ_I_STRING ? KZ_STR("unterminated quoted string")
                                               : KZ_STR("unterminated character constant"));
    }
}

static struct kz_item lex_raw(struct kz_lexer *l)
{
    const struct kz_str s = rest(l);
    const char *close = s.len == 0 ? NULL : memchr(s.ptr, '`', s.len);
    if (close == NULL)
        return fail(l, KZ_STR("unterminated raw quoted string"));
    l->pos += (size_t)(close - s.ptr) + 1;
    l->line += count_lines(kz_str_n(s.ptr, (size_t)(close - s.ptr)));
    return take(l, KZ_I_RAW_STRING);
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
    if (is_word(peek(l, &n))) {
        (void)next(l);
        return false;
    }
    return true;
}

static struct kz_item lex_number(struct kz_lexer *l)
{
    enum kz_item_kind kind = KZ_I_NUMBER;
    bool ok = scan_number(l);
    if (ok && l->pos < l->input.len && strchr("+-", l->input.ptr[l->pos]) != NULL &&
        l->input.ptr[l->pos] != '\0') {
        kind = KZ_I_COMPLEX;
        ok = scan_number(l) && l->input.ptr[l->pos - 1] == 'i';
    }
    if (ok)
        return take(l, kind);
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 24);
    kz_buf_puts(&b, "bad number syntax: ");
    kz_print_quoted(&b, kz_str_n(l->input.ptr + l->start, l->pos - l->start), KZ_QUOTE_PLAIN);
    return fail(l, kz_str_dup(l->arena, kz_buf_str(&b)));
}

static struct kz_item lex_paren(struct kz_lexer *l, uint32_t r)
{
    l->paren_depth += r == '(' ? 1 : -1;
    if (l->paren_depth < 0)
        return fail(l, KZ_STR("unexpected right paren"));
    return take(l, r == '(' ? KZ_I_LEFT_PAREN : KZ_I_RIGHT_PAREN);
}

static struct kz_item lex_action(struct kz_lexer *l)
{
    bool trims;
    size_t n;
    if (at_right_delim(l, &trims))
        return l->paren_depth == 0 ? lex_right_delim(l) : fail(l, KZ_STR("unclosed left paren"));
    const uint32_t r = peek(l, &n);
    if (r == END)
        return fail(l, KZ_STR("unclosed action"));
    if (is_space(r))
        return lex_space(l);
    if (is_word(r) && !(r >= '0' && r <= '9'))
        return lex_identifier(l);
    const char after = l->pos + 1 < l->input.len ? l->input.ptr[l->pos + 1] : '\0';
    const bool digit_after = after >= '0' && after <= '9';
    const bool last = l->pos + 1 >= l->input.len;
    if (r == '+' || r == '-' || (r >= '0' && r <= '9') || (r == '.' && (digit_after || last)))
        return lex_number(l);
    l->pos += n;
    switch (r) {
    case '=':
        return take(l, KZ_I_ASSIGN);
    case ':':
        if (next(l) != '=')
            return fail(l, KZ_STR("expected :="));
        return take(l, KZ_I_DECLARE);
    case '|':
        return take(l, KZ_I_PIPE);
    case '"':
        return lex_quoted(l, '"', KZ_I_STRING);
    case '\'':
        return lex_quoted(l, '\'', KZ_I_CHAR_CONSTANT);
    case '`':
        return lex_raw(l);
    case '$':
        return lex_name(l, KZ_I_VARIABLE);
    case '.':
        return lex_name(l, KZ_I_FIELD);
    case '(':
    case ')':
        return lex_paren(l, r);
    default:
        if (r < 0x80 && kz_rune_is_print(r))
            return take(l, KZ_I_CHAR);
        return fail_rune(l, "unrecognized character in action: ", r);
    }
}

void kz_lexer_init(struct kz_lexer *l, struct kz_arena *a, struct kz_str input)
{
    if (input.ptr == NULL)
        input = KZ_STR("");
    *l = (struct kz_lexer){.arena = a, .input = input, .line = 1, .start_line = 1};
}

struct kz_item kz_lexer_next(struct kz_lexer *l)
{
    return l->inside_action ? lex_action(l) : lex_text(l);
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
