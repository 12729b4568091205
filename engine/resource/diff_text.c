/* SPDX-License-Identifier: Apache-2.0
 *
 *     ~ spec.replicas        2 -> 3
 *     ~ data[app.ini]        2 of 61 lines
 *         - viewers_can_edit = false
 *         + viewers_can_edit = true
 *     + spec.template.spec.nodeSelector
 *         disk: ssd
 *     ~ data[password]       #a81f -> #03d2 */
#include "resource/diff.h"

#include "resource/lines.h"
#include "value/json.h"
#include "value/yaml.h"

enum {
    PATH_MAX_WIDTH = 48, /* longer paths do not move the column of the values */
    INLINE_MAX = 60,     /* bytes of a value that stands beside its path */
    LINES_MAX = 40,      /* of one value; the rest is counted */
    TEXT_MAX = 16 << 20,
    WORK_LIMIT = 512 << 20,
};

struct printer {
    struct kz_buf *out;
    size_t width; /* of the column of paths */
    int indent;
    bool colour;
};

static const struct {
    const char *sign, *colour;
} styles[] = {
    [KZ_CHANGE_ADD] = {"+", "\033[32m"},
    [KZ_CHANGE_SET] = {"~", "\033[33m"},
    [KZ_CHANGE_REMOVE] = {"-", "\033[31m"},
};

static void paint(struct printer *p, enum kz_change_kind kind, bool on)
{
    if (p->colour)
        kz_buf_puts(p->out, on ? styles[kind].colour : "\033[0m");
}

/* Text of a repository on somebody's terminal: control characters could redraw it. */
static void add_safe(struct kz_buf *b, struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool c1 = c == 0xc2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xa0;
        if (c == '\t')
            kz_buf_puts(b, "    ");
        else if (c < ' ' || c == 0x7f)
            kz_buf_printf(b, "\\x%02x", c);
        else if (c1)
            kz_buf_printf(b, "\\x%02x", (unsigned char)s.ptr[++i]);
        else
            kz_buf_putc(b, (char)c);
    }
}

/* Strings without quotes where that can't mislead. */
static void add_inline(struct printer *p, const struct kz_value *v)
{
    if (v == NULL) {
        kz_buf_putc(p->out, '-');
        return;
    }
    struct kz_str s = kz_value_as_str(v);
    bool plain = s.len > 0 && s.ptr[0] != ' ' && s.ptr[s.len - 1] != ' ' &&
                 kz_str_index(s, '\n') == s.len && !kz_str_has(s, KZ_STR(" -> "));
    if (plain)
        add_safe(p->out, s);
    else
        kz_json_write(p->out, v, KZ_JSON_COMPACT);
}

static void begin_sub(struct printer *p, enum kz_change_kind kind, char sign)
{
    kz_buf_fill(p->out, ' ', (size_t)p->indent + 4);
    paint(p, kind, true);
    if (sign != '\0')
        kz_buf_printf(p->out, "%c ", sign);
}

static void end_sub(struct printer *p, enum kz_change_kind kind)
{
    paint(p, kind, false);
    kz_buf_putc(p->out, '\n');
}

static void add_more(struct printer *p, size_t shown, size_t all)
{
    if (shown == all)
        return;
    kz_buf_fill(p->out, ' ', (size_t)p->indent + 4);
    kz_buf_printf(p->out, "... %zu more lines\n", all - shown);
}

/* A value too large for the line of its path: as YAML below it. */
static void add_block(struct printer *p, enum kz_change_kind kind, const struct kz_value *v)
{
    struct kz_buf b;
    kz_buf_init(&b, TEXT_MAX);
    if (v->kind == KZ_STRING)
        kz_buf_add_str(&b, v->as.str);
    else
        kz_yaml_write(&b, v, KZ_YAML_ORDERED);
    size_t n = 0, all = 0;
    for (struct kz_str rest = kz_buf_str(&b); rest.len > 0; all++) {
        struct kz_str line;
        rest = kz_str_cut(&line, rest, '\n');
        if (n == LINES_MAX)
            continue;
        n++;
        begin_sub(p, kind, '\0');
        add_safe(p->out, line);
        end_sub(p, kind);
    }
    add_more(p, n, all);
    kz_buf_done(&b);
}

static void add_line_diff(struct printer *p, struct kz_str before, struct kz_str after)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(WORK_LIMIT);
    struct kz_line_diff d = kz_lines_diff(a, before, after);
    kz_buf_printf(p->out, "%zu of %zu lines\n", d.len, d.lines);
    size_t n = d.len < LINES_MAX ? d.len : LINES_MAX;
    for (size_t i = 0; i < n; i++) {
        enum kz_change_kind kind = d.at[i].sign == '+' ? KZ_CHANGE_ADD : KZ_CHANGE_REMOVE;
        begin_sub(p, kind, d.at[i].sign);
        add_safe(p->out, d.at[i].line);
        end_sub(p, kind);
    }
    add_more(p, n, d.len);
}

static bool is_text(const struct kz_value *v)
{
    struct kz_str s = kz_value_as_str(v);
    return kz_str_index(s, '\n') < s.len;
}

/* Does it fit beside its path? Measured as it would be written. */
static bool is_short(const struct kz_value *v)
{
    if (v == NULL)
        return true;
    struct kz_buf b;
    struct printer measure = {.out = &b};
    kz_buf_init(&b, INLINE_MAX);
    add_inline(&measure, v);
    bool fits = !kz_buf_bad(&b);
    kz_buf_done(&b);
    return fits && !is_text(v) && (v->kind != KZ_MAP || kz_value_len(v) <= 1);
}

enum form { FORM_INLINE, FORM_LINES, FORM_BLOCK };

static enum form form_of(const struct kz_change *c)
{
    if (kz_value_is(c->before, KZ_STRING) && kz_value_is(c->after, KZ_STRING) &&
        (is_text(c->before) || is_text(c->after)))
        return FORM_LINES;
    return is_short(c->before) && is_short(c->after) ? FORM_INLINE : FORM_BLOCK;
}

static void add_values(struct printer *p, const struct kz_change *c)
{
    switch (form_of(c)) {
    case FORM_LINES:
        add_line_diff(p, c->before->as.str, c->after->as.str);
        break;
    case FORM_INLINE:
        if (c->before != NULL || c->kind == KZ_CHANGE_SET)
            add_inline(p, c->before);
        if (c->kind == KZ_CHANGE_SET)
            kz_buf_puts(p->out, " -> ");
        if (c->after != NULL || c->kind == KZ_CHANGE_SET)
            add_inline(p, c->after);
        kz_buf_putc(p->out, '\n');
        break;
    case FORM_BLOCK:
        kz_buf_putc(p->out, '\n');
        if (c->before != NULL)
            add_block(p, KZ_CHANGE_REMOVE, c->before);
        if (c->after != NULL)
            add_block(p, KZ_CHANGE_ADD, c->after);
        break;
    }
}

static void add_change(struct printer *p, const struct kz_change *c)
{
    kz_buf_fill(p->out, ' ', (size_t)p->indent);
    paint(p, c->kind, true);
    kz_buf_puts(p->out, styles[c->kind].sign);
    paint(p, c->kind, false);
    kz_buf_putc(p->out, ' ');
    add_safe(p->out, c->path);
    if (form_of(c) != FORM_BLOCK) {
        size_t pad = c->path.len < p->width ? p->width - c->path.len : 0;
        kz_buf_fill(p->out, ' ', pad + 2);
    }
    add_values(p, c);
}

void kz_diff_text(struct kz_buf *b, const struct kz_diff *d, int indent, bool colour)
{
    struct printer p = {.out = b, .indent = indent, .colour = colour};
    for (size_t i = 0; i < d->len; i++) {
        size_t len = d->at[i].path.len;
        if (len <= PATH_MAX_WIDTH && len > p.width && form_of(&d->at[i]) != FORM_BLOCK)
            p.width = len;
    }
    for (size_t i = 0; i < d->len; i++)
        add_change(&p, &d->at[i]);
}
