/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/buf.h"
#include "base/clock.h"

#include <unistd.h>

static struct {
    enum kz_level least;
    enum kz_log_format format;
    int fd;
} sink = {.least = KZ_INFO, .format = KZ_LOG_TEXT, .fd = STDERR_FILENO};

static const char *const level_names[] = {
    [KZ_DEBUG] = "debug", [KZ_INFO] = "info", [KZ_WARN] = "warn", [KZ_ERROR] = "error"};

void kz_log_setup(enum kz_level least, enum kz_log_format format, int fd)
{
    sink.least = least;
    sink.format = format;
    sink.fd = fd;
}

bool kz_log_on(enum kz_level level)
{
    return level >= sink.least;
}

static void add_quoted(struct kz_buf *b, struct kz_str s)
{
    kz_buf_putc(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c == '"' || c == '\\')
            kz_buf_printf(b, "\\%c", c);
        else if (c == '\n')
            kz_buf_puts(b, "\\n");
        else if (c < 0x20 || c == 0x7f)
            kz_buf_printf(b, "\\u%04x", c);
        else
            kz_buf_putc(b, (char)c);
    }
    kz_buf_putc(b, '"');
}

static bool plain(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == '"' || s.ptr[i] == '=' || s.ptr[i] == 0x7f)
            return false;
    return s.len > 0;
}

static void add_field(struct kz_buf *b, const char *key, struct kz_str val)
{
    if (sink.format == KZ_LOG_JSON) {
        kz_buf_printf(b, ",\"%s\":", key);
        add_quoted(b, val);
        return;
    }
    kz_buf_printf(b, " %s=", key);
    if (plain(val))
        kz_buf_add_str(b, val);
    else
        add_quoted(b, val);
}

static void add_fields(struct kz_buf *b, const struct kz_field *f, size_t max)
{
    for (size_t i = 0; i < max && f[i].key != NULL; i++)
        add_field(b, f[i].key, f[i].val);
}

static void add_context(struct kz_buf *b, const struct kz_log *log)
{
    if (log == NULL)
        return;
    add_context(b, log->parent); /* a handful of levels: module, sync, request */
    add_fields(b, log->fields, kz_countof(log->fields));
}

void kz_log_event(const struct kz_log *log, enum kz_level level, const char *event,
                  const struct kz_field *fields)
{
    char now[KZ_TIME_TEXT];
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 10);
    if (!kz_log_on(level))
        return;
    kz_time_text(now, kz_clock_wall());
    if (sink.format == KZ_LOG_JSON)
        kz_buf_printf(&b, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", now,
                      level_names[level], event);
    else
        kz_buf_printf(&b, "%s %-5s %s", now, level_names[level], event);
    add_context(&b, log);
    add_fields(&b, fields, 64);
    kz_buf_puts(&b, sink.format == KZ_LOG_JSON ? "}\n" : "\n");
    if (!kz_buf_bad(&b) && write(sink.fd, b.ptr, b.len) < 0)
        return; /* a log that can't be written must not stop the engine */
}
