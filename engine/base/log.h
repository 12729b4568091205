/* SPDX-License-Identifier: Apache-2.0
 *
 * Structured log: one event per line on stderr: time, level, event name (a constant, so that it can
 * be grepped), then key=value fields; JSON on request. A logger carries the fields of its activity
 * (module, revision, sync id), so callers add only what is new. No manifest bodies, no Secret
 * values, no tokens, at any level.
 *
 * Level error: an operator must act; warn: we went on; info: a state changed; debug: the rest.
 *
 * A line that repeats is written five times a minute; the first one after that minute says in `repeated` how many
 * were left out; who logs at debug level gets all. Events and their fields are listed in docs/logs.md, which a test holds beside the code. */
#ifndef KZ_BASE_LOG_H
#define KZ_BASE_LOG_H

#include "base/str.h"

enum kz_level { KZ_DEBUG, KZ_INFO, KZ_WARN, KZ_ERROR };
enum kz_log_format { KZ_LOG_TEXT, KZ_LOG_JSON };

struct kz_field {
    const char *key;
    struct kz_str val;
};

/* A chain of field lists from the innermost activity outwards; storage is the caller's. NULL is the
 * process's own logger. */
struct kz_log {
    const struct kz_log *parent;
    struct kz_field fields[4]; /* key NULL ends */
};

/* Process-wide sink: set once at start. */
void kz_log_setup(enum kz_level least, enum kz_log_format format, int fd);
bool kz_log_on(enum kz_level level);
/* The clock by which repeating lines are counted; NULL: the machine's. For tests. */
void kz_log_clock(int64_t (*mono)(void));

void kz_log_event(const struct kz_log *log, enum kz_level level, const char *event,
                  const struct kz_field *fields);

#define KZ_F(k, v)  ((struct kz_field){.key = (k), .val = (v)}) /* v: struct kz_str */
#define KZ_FS(k, v) ((struct kz_field){.key = (k), .val = kz_str(v)}) /* v: C string */
#define kz_log(log, level, event, ...)                                                             \
    do {                                                                                           \
        if (kz_log_on(level))                                                                      \
            kz_log_event((log), (level), (event),                                                  \
                         (const struct kz_field[]){__VA_ARGS__, {.key = NULL}});               \
    } while (0)

#endif
