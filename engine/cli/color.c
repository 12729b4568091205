/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/color.h"

#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_MIN = 60, WIDTH_MAX = 160, WIDTH_FILE = 120 };

static bool set(const char *value)
{
    return value != NULL && value[0] != '\0';
}

bool kz_color_decide(enum kz_color_when when, const struct kz_color_facts *f)
{
    if (when != KZ_COLOR_AUTO)
        return when == KZ_COLOR_ALWAYS;
    if (set(f->no_color))
        return false;
    if (set(f->clicolor_force) || set(f->force_color))
        return true;
    return f->terminal && set(f->term) && strcmp(f->term, "dumb") != 0;
}

bool kz_color_for(enum kz_color_when when, int fd)
{
    struct kz_color_facts facts = {
        .no_color = getenv("NO_COLOR"),
        .clicolor_force = getenv("CLICOLOR_FORCE"),
        .force_color = getenv("FORCE_COLOR"),
        .term = getenv("TERM"),
        .terminal = isatty(fd) == 1,
    };
    return kz_color_decide(when, &facts);
}

static bool control(struct kz_str s, size_t i)
{
    unsigned char c = (unsigned char)s.ptr[i];
    /* C1 controls are two bytes in UTF-8: C2 80..9F. */
    bool c1 = c >= 0x80 && c <= 0x9F && i > 0 && (unsigned char)s.ptr[i - 1] == 0xC2;
    return c < 0x20 || c == 0x7F || c1;
}

void kz_text_add(struct kz_buf *b, struct kz_str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!control(text, i))
            continue;
        bool two = (unsigned char)text.ptr[i] >= 0x80;
        kz_buf_add(b, text.ptr + from, i - from - two);
        kz_buf_putc(b, '?');
        from = i + 1;
    }
    if (from < text.len)
        kz_buf_add(b, text.ptr + from, text.len - from);
}

void kz_color_add(struct kz_buf *b, bool color, enum kz_tone tone, struct kz_str text)
{
    static const char *const codes[KZ_TONES_] = {
        [KZ_TONE_PLAIN] = "",  [KZ_TONE_BOLD] = "1",  [KZ_TONE_DIM] = "2",
        [KZ_TONE_OK] = "32",   [KZ_TONE_RUN] = "36",  [KZ_TONE_WAIT] = "33",
        [KZ_TONE_FAIL] = "1;31", [KZ_TONE_DEL] = "31", [KZ_TONE_DRIFT] = "35",
    };
    bool on = color && tone != KZ_TONE_PLAIN && text.len > 0;
    if (on)
        kz_buf_printf(b, "\033[%sm", codes[tone]);
    kz_text_add(b, text);
    if (on)
        kz_buf_puts(b, "\033[0m");
}

size_t kz_text_width(struct kz_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return n;
}

size_t kz_term_width(int fd, bool *terminal)
{
    struct winsize size = {0};
    *terminal = isatty(fd) == 1;
    if (!*terminal)
        return WIDTH_FILE;
    if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    if (size.ws_col < WIDTH_MIN)
        return WIDTH_MIN;
    return size.ws_col > WIDTH_MAX ? WIDTH_MAX : size.ws_col;
}

/* The locale is read here only, and of it only the character set: numbers keep their C form. */
bool kz_term_utf8(int fd)
{
    return isatty(fd) == 1 && setlocale(LC_CTYPE, "") != NULL &&
           strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
