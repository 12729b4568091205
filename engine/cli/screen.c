/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/screen.h"

enum { PICTURE_MAX = 16 << 20 };

void kz_screen_init(struct kz_screen *s)
{
    *s = (struct kz_screen){.last = KZ_BUF(PICTURE_MAX)};
}

void kz_screen_done(struct kz_screen *s)
{
    kz_buf_done(&s->last);
}

static size_t count(struct kz_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.ptr[i] == '\n';
    return n;
}

/* The picture as far as it fits, and how many lines do not. */
static void cut(struct kz_buf *b, struct kz_str picture, size_t height)
{
    const size_t all = count(picture), most = height > 2 ? height - 2 : 1;
    struct kz_str line;
    if (height == 0 || all < height) {
        kz_buf_add_str(b, picture);
        return;
    }
    for (size_t i = 0; i < most; i++) {
        picture = kz_str_cut(&line, picture, '\n');
        kz_buf_add_str(b, line);
        kz_buf_putc(b, '\n');
    }
    kz_buf_printf(b, "        %zu more lines\n", all - most);
}

void kz_screen_draw(struct kz_buf *out, struct kz_screen *s, struct kz_str picture, size_t height, bool anew)
{
    kz_autobuf struct kz_buf now = KZ_BUF(PICTURE_MAX);
    cut(&now, picture, height);
    const size_t lines = count(kz_buf_str(&now));
    struct kz_str old = kz_buf_str(&s->last), fresh = kz_buf_str(&now), was, is;
    if (anew && s->lines > 0)
        kz_buf_printf(out, "\033[%zuA\r\033[J", s->lines);
    if (anew)
        s->lines = 0;
    for (size_t i = 0; i < lines; i++) {
        fresh = kz_str_cut(&is, fresh, '\n');
        if (i >= s->lines) { /* below all that is drawn, where the cursor is */
            kz_buf_add_str(out, is);
            kz_buf_putc(out, '\n');
            continue;
        }
        old = kz_str_cut(&was, old, '\n');
        if (kz_str_eq(was, is))
            continue;
        kz_buf_printf(out, "\033[%zuA\r", s->lines - i);
        kz_buf_add_str(out, is);
        kz_buf_printf(out, "\033[K\033[%zuB\r", s->lines - i);
    }
    if (lines < s->lines)
        kz_buf_printf(out, "\033[%zuA\r\033[J", s->lines - lines);
    s->lines = lines;
    kz_buf_clear(&s->last);
    kz_buf_add_str(&s->last, kz_buf_str(&now));
}
