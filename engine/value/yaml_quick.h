/* SPDX-License-Identifier: Apache-2.0
 *
 * The quick YAML reader: what templates and toYaml print, line by line, from one copy of the text into
 * which the strings of the tree point. It knows no errors: whatever is unusual or wrong it leaves to
 * the reader on libyaml's events ("not its own"), whose trees it equals to the last line and column.
 * How the two divide the work: docs/internals/yaml.md. Private to engine/value. */
#ifndef KZ_VALUE_YAML_QUICK_H
#define KZ_VALUE_YAML_QUICK_H

#include "base/vec.h"
#include "value/yaml.h"

enum {
    KZ_YAML_NODES = 2000000,      /* of a document */
    KZ_YAML_STRING_PER_NODE = 64, /* bytes of a string that count as one node */
};

/* true: *docs is the list that kz_yaml_read_all gives for these limits (all set). false: not its own,
 * and the arena is as it was. Cost: one pass; memory: the text and the tree. */
bool kz_yaml_quick_read(struct kz_value **docs, struct kz_arena *a, struct kz_str text,
                        const struct kz_yaml_limits *limits);

/* The same through libyaml, for everything that is YAML, and all errors. */
KZ_MUST_USE int kz_yaml_events_read(struct kz_value **docs, struct kz_arena *a, struct kz_str text,
                                    struct kz_str name, const struct kz_yaml_limits *limits,
                                    struct kz_err *err);

/* ---- inside the quick reader: every function answers false for "not its own" ------------------- */

/* A list or map that is open. Its entries so far are the top of one stack for all: the newest may wait
 * for its value (val NULL). levels[0] is the document, with one entry. */
struct kz_quick_level {
    struct kz_value *value;
    size_t first; /* its first entry on the stack */
    int indent;   /* column of its entries from 0; the document: -1 */
    bool is_map;
    uint32_t gap_line, gap_col; /* where the newest entry is null if no value follows */
};

struct kz_quick {
    struct kz_arena *arena;
    const struct kz_yaml_limits *limits;
    const char *text; /* as it came: columns are counted here, the copy changes */
    char *copy, *end; /* a line end stands at *end, KZ_SCAN_PAD bytes are behind */
    char *p, *bol;    /* next byte; start of its line */
    uint32_t line;
    char *wide;    /* the first byte at or behind bol that is not ASCII, or one before bol */
    char *counted; /* the column of this place in the line at bol is known */
    uint32_t counted_col;

    struct kz_value *docs;
    size_t nodes; /* weight of the document */
    size_t depth;
    KZ_VEC(struct kz_pair) entries;
    struct kz_quick_level levels[KZ_VALUE_DEPTH + 1];
};

/* The 1-based column of a place in the line at bol, in characters, as libyaml counts. */
uint32_t kz_quick_wide_col(struct kz_quick *q, char *at);
static inline uint32_t kz_quick_col(struct kz_quick *q, char *at)
{
    const bool ascii = q->bol <= q->wide && at <= q->wide;
    return ascii ? (uint32_t)(at - q->bol) + 1 : kz_quick_wide_col(q, at);
}
void kz_quick_next_line(struct kz_quick *q, char *line_end); /* p stands behind that line end */
struct kz_value *kz_quick_node(struct kz_quick *q, enum kz_kind kind, char *at);

bool kz_quick_open(struct kz_quick *q, enum kz_kind kind, int indent, char *at);
bool kz_quick_close(struct kz_quick *q);
bool kz_quick_is_open(const struct kz_quick *q); /* does the newest entry wait for its value? */
void kz_quick_entry(struct kz_quick *q, struct kz_str key, uint32_t line, uint32_t col);
/* The value of the newest entry, of len bytes. */
bool kz_quick_put(struct kz_quick *q, struct kz_value *v, size_t len);
bool kz_quick_weigh(struct kz_quick *q, size_t len); /* one more node of the document */

/* What a first byte begins; KZ_QUICK_DASH is plain text unless white space follows. */
enum kz_quick_class {
    KZ_QUICK_PLAIN,
    KZ_QUICK_STRANGE,
    KZ_QUICK_QUOTE,
    KZ_QUICK_BLOCK,
    KZ_QUICK_FLOW,
    KZ_QUICK_DASH,
};
extern const unsigned char kz_quick_classes[256];

/* Scalars at p; afterwards p stands behind them. */
char *kz_quick_plain_end(char *p);                  /* at ": ", " #" or a line end */
bool kz_quick_plain(struct kz_quick *q, char *end); /* a value; its first line ends there */
bool kz_quick_block(struct kz_quick *q); /* "|" and ">", to the start of the line behind it */
bool kz_quick_quoted(struct kz_quick *q, struct kz_str *out); /* p behind the quote */
bool kz_quick_plain_key(struct kz_quick *q, struct kz_str *out, struct kz_str text);
bool kz_quick_resolve(struct kz_value *v, struct kz_str text); /* a plain text as a value */
bool kz_quick_flow(struct kz_quick *q); /* "[...]" or "{...}", over any number of lines */

static inline bool kz_quick_white(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}
static inline enum kz_quick_class kz_quick_class(const char *p)
{
    const enum kz_quick_class class = kz_quick_classes[(unsigned char)*p];
    if (class != KZ_QUICK_DASH)
        return class;
    return kz_quick_white(p[1]) ? KZ_QUICK_STRANGE : KZ_QUICK_PLAIN;
}
/* "---" or "..." at the start of a line: ends the document, whatever is open. */
static inline bool kz_quick_marker(const char *p)
{
    return (p[0] == '-' || p[0] == '.') && p[1] == p[0] && p[2] == p[0] && kz_quick_white(p[3]);
}

#endif
