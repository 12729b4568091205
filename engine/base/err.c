/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Formats into a fixed field; a text that does not fit ends in "..." on a UTF-8 boundary. */
static void put(char *dst, size_t size, const char *fmt, va_list ap) KZ_PRINTF(3, 0);
static void put(char *dst, size_t size, const char *fmt, va_list ap)
{
    int n = vsnprintf(dst, size, fmt, ap);
    if (n < 0)
        dst[0] = '\0';
    if (n < (int)size)
        return;
    size_t end = size - 4;
    while (end > 0 && ((unsigned char)dst[end] & 0xC0) == 0x80)
        end--;
    memcpy(dst + end, "...", 4);
}

int kz_fail(struct kz_err *err, enum kz_code code, const char *fmt, ...)
{
    va_list ap;
    *err = (struct kz_err){.code = code, .depth = 1};
    va_start(ap, fmt);
    put(err->frame[0], KZ_ERR_TEXT, fmt, ap);
    va_end(ap);
    return -(int)code;
}

static enum kz_code code_of_errno(int errnum)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return KZ_E_NOTFOUND;
    case EACCES:
    case EPERM:
        return KZ_E_DENIED;
    case ETIMEDOUT:
        return KZ_E_TIMEOUT;
    default:
        return KZ_E_IO;
    }
}

int kz_fail_errno(struct kz_err *err, int errnum, const char *fmt, ...)
{
    char what[KZ_ERR_TEXT];
    char text[128];
    va_list ap;
    va_start(ap, fmt);
    put(what, sizeof what, fmt, ap);
    va_end(ap);
    return kz_fail(err, code_of_errno(errnum), "%s: %s", what, strerror_r(errnum, text, sizeof text));
}

int kz_wrap(struct kz_err *err, const char *fmt, ...)
{
    va_list ap;
    kz_assert(err->code != KZ_OK);
    if (err->depth < KZ_ERR_FRAMES) {
        va_start(ap, fmt);
        put(err->frame[err->depth++], KZ_ERR_TEXT, fmt, ap);
        va_end(ap);
    }
    return -(int)err->code;
}

int kz_err_at(struct kz_err *err, struct kz_str file, unsigned line, unsigned col)
{
    if (err->file[0] == '\0' && file.len > 0) {
        (void)snprintf(err->file, sizeof err->file, KZ_FMT, KZ_ARG(file));
        err->line = line;
        err->col = col;
    }
    return -(int)err->code;
}

int kz_err_hint(struct kz_err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    put(err->hint, sizeof err->hint, fmt, ap);
    va_end(ap);
    return -(int)err->code;
}

static void put_text(char *dst, size_t size, const char *fmt, ...) KZ_PRINTF(3, 4);
static void put_text(char *dst, size_t size, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    put(dst, size, fmt, ap);
    va_end(ap);
}

void kz_err_detail(struct kz_err *err, struct kz_str lines)
{
    put_text(err->detail, sizeof err->detail, KZ_FMT, KZ_ARG(lines));
}

const char *kz_code_name(enum kz_code code)
{
    static const char *const names[] = {
        [KZ_OK] = "ok",           [KZ_E_INVALID] = "invalid", [KZ_E_PARSE] = "parse",
        [KZ_E_NOTFOUND] = "notfound", [KZ_E_CONFLICT] = "conflict", [KZ_E_DENIED] = "denied",
        [KZ_E_LIMIT] = "limit",   [KZ_E_TIMEOUT] = "timeout", [KZ_E_IO] = "io",
        [KZ_E_REMOTE] = "remote", [KZ_E_USAGE] = "usage",     [KZ_E_BUG] = "bug",
    };
    return (unsigned)code < kz_countof(names) ? names[code] : "unknown";
}

void kz_err_join(struct kz_err *err)
{
    char cause[KZ_ERR_TEXT], object[KZ_ERR_TEXT];
    if (err->depth < 2)
        return;
    memcpy(cause, err->frame[0], sizeof cause);
    memcpy(object, err->frame[1], sizeof object);
    memmove(err->frame[0], err->frame[1], (err->depth - 1) * sizeof err->frame[0]);
    err->depth--;
    put_text(err->frame[0], sizeof err->frame[0], "%s: %s", object, cause);
}

char *kz_err_line(char *buf, size_t size, const struct kz_err *err)
{
    size_t at = 0;
    buf[0] = '\0';
    for (unsigned i = err->depth; i > 0 && at < size; i--) {
        int n = snprintf(buf + at, size - at, "%s%s", err->frame[i - 1], i > 1 ? ": " : "");
        at += n < 0 ? 0 : (size_t)n;
    }
    if (err->file[0] != '\0' && at < size) {
        if (err->line > 0 && err->col > 0)
            (void)snprintf(buf + at, size - at, " (%s:%u:%u)", err->file, err->line, err->col);
        else if (err->line > 0)
            (void)snprintf(buf + at, size - at, " (%s:%u)", err->file, err->line);
        else
            (void)snprintf(buf + at, size - at, " (%s)", err->file);
    }
    return buf;
}
