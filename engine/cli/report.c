/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report.h"

#include "cli/color.h"

static void part(struct kz_buf *b, const char *label, const char *text)
{
    kz_buf_puts(b, label);
    kz_text_add(b, kz_str(text));
    kz_buf_putc(b, '\n');
}

void kz_report_error(struct kz_buf *b, const char *word, const struct kz_err *err, bool verbose,
                     bool color)
{
    const char *what = err->code == KZ_E_BUG ? "bug" : word;
    enum kz_tone tone = strcmp(what, "error") == 0 || err->code == KZ_E_BUG ? KZ_TONE_FAIL
                                                                           : KZ_TONE_WAIT;
    kz_color_add(b, color, tone, kz_str(what));
    kz_buf_puts(b, ": ");
    if (err->depth > 1) {
        kz_text_add(b, kz_str(err->frame[err->depth - 1]));
        kz_buf_puts(b, ": ");
    }
    part(b, "", err->frame[0]);
    for (unsigned i = 1; verbose && i + 1 < err->depth; i++)
        part(b, "  while ", err->frame[i]);
    kz_report_place(b, err);
}

void kz_report_place(struct kz_buf *b, const struct kz_err *err)
{
    if (err->file[0] != '\0') {
        kz_buf_puts(b, "  ");
        kz_text_add(b, kz_str(err->file));
        if (err->line > 0)
            kz_buf_printf(b, ":%u", err->line);
        if (err->line > 0 && err->col > 0)
            kz_buf_printf(b, ":%u", err->col);
        kz_buf_putc(b, '\n');
    }
    for (struct kz_str rest = kz_str(err->detail), line; rest.len > 0;) {
        rest = kz_str_cut(&line, rest, '\n');
        kz_buf_puts(b, "  ");
        kz_text_add(b, line);
        kz_buf_putc(b, '\n');
    }
    if (err->hint[0] != '\0')
        part(b, "  next: ", err->hint);
}

void kz_report_go(struct kz_buf *b, const struct kz_err *err)
{
    kz_buf_puts(b, "Error: ");
    for (unsigned i = err->depth; i-- > 0;) {
        kz_buf_puts(b, err->frame[i]);
        kz_buf_puts(b, i > 0 ? ": " : "\n");
    }
    kz_report_place(b, err);
}

int kz_report_exit(enum kz_code code)
{
    switch (code) {
    case KZ_OK:
        return KZ_EXIT_OK;
    case KZ_E_USAGE:
        return KZ_EXIT_USAGE;
    case KZ_E_DENIED:
        return KZ_EXIT_DENIED;
    case KZ_E_CONFLICT:
        return KZ_EXIT_BUSY;
    case KZ_E_REMOTE:
        return KZ_EXIT_UNREACHABLE;
    case KZ_E_TIMEOUT:
        return KZ_EXIT_TIMEOUT;
    case KZ_E_BUG:
        return KZ_EXIT_BUG;
    case KZ_E_INVALID:
    case KZ_E_PARSE:
    case KZ_E_NOTFOUND:
    case KZ_E_LIMIT:
    case KZ_E_IO:
        return KZ_EXIT_ERROR;
    }
    return KZ_EXIT_ERROR;
}
