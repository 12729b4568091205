/* SPDX-License-Identifier: Apache-2.0
 *
 * sprig: texts fitted into lines and columns. Widths count bytes, as there. */
#include "template/funcs.h"

#include <string.h>

/* ---- indentation ----------------------------------------------------------------------------- */

static struct kz_val indented(struct kz_eval *ev, const struct kz_val *argv, const char *before)
{
    struct kz_str s = argv[1].as.str;
    if (argv[0].as.num < 0)
        return kz_eval_fail(ev, "strings: negative Repeat count");
    const size_t pad = (size_t)argv[0].as.num;
    struct kz_buf *b = kz_eval_buf(ev);
    kz_buf_puts(b, before);
    for (;;) {
        const size_t line = kz_str_index(s, '\n');
        if (pad > b->max) /* no room for that; kz_buf_fill takes no larger number */
            kz_buf_fill(b, ' ', b->max);
        kz_buf_fill(b, ' ', pad > b->max ? 1 : pad);
        kz_buf_add_str(b, kz_str_head(s, line));
        if (line == s.len || kz_buf_bad(b))
            break;
        kz_buf_putc(b, '\n');
        s = kz_str_skip(s, line + 1);
    }
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val indent(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return indented(ev, argv, "");
}

static struct kz_val nindent(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return indented(ev, argv, "\n");
}

/* ---- wrapping -------------------------------------------------------------------------------- */

/* Position of the last blank in s, or s.len. */
static size_t last_blank(struct kz_str s)
{
    return kz_str_rindex(s, ' ');
}

static struct kz_val wrapped(struct kz_eval *ev, struct kz_str s, int64_t length, struct kz_str end,
                             bool cut_words)
{
    const size_t width = length < 1 ? 1 : (size_t)length;
    if (s.len <= width)
        return kz_val_str(s);
    if (end.len == 0)
        end = KZ_STR("\n");
    struct kz_buf *b = kz_eval_buf(ev);
    while (s.len > width) {
        if (s.ptr[0] == ' ') {
            s = kz_str_skip(s, 1);
            continue;
        }
        const struct kz_str line = kz_str_head(s, width + 1);
        size_t take = last_blank(line), skip = 1;
        if (take == line.len && cut_words) {
            take = width;
            skip = 0;
        } else if (take == line.len) {
            take = width + kz_str_index(kz_str_skip(s, width), ' ');
        }
        kz_buf_add_str(b, kz_str_head(s, take));
        if (take == s.len) {
            s = KZ_STR("");
            break;
        }
        kz_buf_add_str(b, end);
        s = kz_str_skip(s, take + skip);
    }
    kz_buf_add_str(b, s);
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val wrap(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return wrapped(ev, argv[1].as.str, argv[0].as.num, KZ_STR(""), false);
}

static struct kz_val wrap_with(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    return wrapped(ev, argv[2].as.str, argv[0].as.num, argv[1].as.str, true);
}

/* ---- abbreviation ---------------------------------------------------------------------------- */

static struct kz_val with_dots(struct kz_eval *ev, bool before, struct kz_str s, bool after)
{
    struct kz_buf *b = kz_eval_buf(ev);
    kz_buf_puts(b, before ? "..." : "");
    kz_buf_add_str(b, s);
    kz_buf_puts(b, after ? "..." : "");
    return kz_val_str(kz_eval_text(ev, b));
}

static struct kz_val abbreviated(struct kz_eval *ev, struct kz_str s, int64_t offset, int64_t width)
{
    const int64_t len = (int64_t)s.len, room = width - 3;
    if (len <= width)
        return kz_val_str(s);
    if (offset > len)
        offset = len;
    if (len - offset < room)
        offset = len - room;
    if (offset <= 4)
        return with_dots(ev, false, kz_str_head(s, (size_t)room), true);
    if (width < 7)
        return kz_val_str(KZ_STR(""));
    if (offset + room >= len)
        return with_dots(ev, true, kz_str_skip(s, (size_t)(len - room)), false);
    const struct kz_str rest = kz_str_skip(s, (size_t)offset);
    if ((int64_t)rest.len <= room)
        return with_dots(ev, true, rest, false);
    return with_dots(ev, true, kz_str_head(rest, (size_t)(room - 3)), true);
}

static struct kz_val abbrev(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    (void)argc;
    if (argv[0].as.num < 4)
        return argv[1];
    return abbreviated(ev, argv[1].as.str, 0, argv[0].as.num);
}

static struct kz_val abbrev_both(struct kz_eval *ev, const struct kz_val *argv, size_t argc)
{
    const int64_t left = argv[0].as.num, right = argv[1].as.num;
    (void)argc;
    if (right < 4 || (left > 0 && right < 7))
        return argv[2];
    return abbreviated(ev, argv[2].as.str, left, right);
}

const struct kz_func kz_funcs_layout[] = {
    {"indent", "is", indent, NULL},
    {"nindent",  "is", nindent, NULL},
    {"wrap",        "is", wrap, NULL},
    {"wrapWith",   "iss", wrap_with, NULL},
    {"abbrev",    "is", abbrev, NULL},
    {"abbrevboth",   "iis", abbrev_both, NULL},
    {0   },
};
