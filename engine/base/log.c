/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/utf8.h"

#include <unistd.h>

static struct {
    enum kz_level least;
    enum kz_log_format format;
    int fd;
} sink = {.least = KZ_INFO, .format = KZ_LOG_TEXT, .fd = STDERR_FILENO};

/* Lines that were written lately, without their time. Another line in the same place takes it over: then one of
 * the two is written too often, which is harmless. */
enum { PLACES = 256, BURST = 5, SPAN_SEC = 60 };
static struct {
    struct kz_hash line;
    int64_t since; /* mono: of the first in this span */
    unsigned n, left_out;
} seen[PLACES];
static int64_t (*mono)(void) = kz_clock_mono;

static const char *const level_names[] = {
    [KZ_DEBUG] = "debug", [KZ_INFO] = "info", [KZ_WARN] = "warn", [KZ_ERROR] = "error"};

void kz_log_setup(enum kz_level least, enum kz_log_format format, int fd)
{
    sink.least = least;
    sink.format = format;
    sink.fd = fd;
}

void kz_log_clock(int64_t (*clock)(void))
{
    mono = clock == NULL ? kz_clock_mono : clock;
}

bool kz_log_on(enum kz_level level)
{
    return level >= sink.least;
}

/* What is no UTF-8, of which JSON has to be, is shown as U+FFFD, a byte at a time. */
static void add_quoted(struct kz_buf *b, struct kz_str s)
{
    size_t good = kz_utf8_bad(s);
    kz_buf_putc(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (i == good) {
            kz_buf_puts(b, "\xef\xbf\xbd");
            good = i + 1 + kz_utf8_bad(kz_str_skip(s, i + 1));
        } else if (c == '"' || c == '\\')
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
    if (!kz_utf8_valid(s))
        return false;
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

/* Whether this line is to be written; *left_out: how many like it were not before. */
static bool may_write(unsigned *left_out, struct kz_str line)
{
    const struct kz_hash h = kz_hash(line);
    const int64_t now = mono();
    const size_t i = h.lo % PLACES;
    *left_out = 0;
    if (sink.least == KZ_DEBUG)
        return true;
    if (!kz_hash_eq(seen[i].line, h) || now - seen[i].since >= SPAN_SEC * KZ_NS_PER_SEC) {
        *left_out = kz_hash_eq(seen[i].line, h) ? seen[i].left_out : 0;
        seen[i].line = h;
        seen[i].since = now;
        seen[i].n = 1;
        seen[i].left_out = 0;
        return true;
    }
    if (seen[i].n < BURST) {
        seen[i].n++;
        return true;
    }
    seen[i].left_out++;
    return false;
}

void kz_log_event(const struct kz_log *log, enum kz_level level, const char *event,
                  const struct kz_field *fields)
{
    char now[KZ_TIME_TEXT], text[24];
    unsigned left_out;
    kz_autobuf struct kz_buf b = KZ_BUF(64 << 10);
    if (!kz_log_on(level))
        return;
    kz_time_text(now, kz_clock_wall());
    if (sink.format == KZ_LOG_JSON)
        kz_buf_printf(&b, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", now,
                      level_names[level], event);
    else
        kz_buf_printf(&b, "%s %-5s %s", now, level_names[level], event);
    const size_t head = strlen(now) + (sink.format == KZ_LOG_JSON ? strlen("{\"time\":\"") : 0);
    add_context(&b, log);
    add_fields(&b, fields, 64);
    if (!may_write(&left_out, kz_str_skip(kz_buf_str(&b), head)))
        return;
    (void)snprintf(text, sizeof text, "%u", left_out);
    if (left_out > 0)
        add_field(&b, "repeated", kz_str(text));
    kz_buf_puts(&b, sink.format == KZ_LOG_JSON ? "}\n" : "\n");
    if (!kz_buf_bad(&b) && write(sink.fd, b.ptr, b.len) < 0)
        return; /* a log that can't be written must not stop the engine */
}
