/* SPDX-License-Identifier: Apache-2.0
 *
 * Some lines of a text with their numbers, for errors:
 *
 *        7 |   secretName: {{ .Values.ingress.tls.secret }}
 *          |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^
 *
 * Lines are cut to what fits beside the place that counts; tabs and control bytes become blanks. */
#ifndef KZ_HELM_EXCERPT_H
#define KZ_HELM_EXCERPT_H

#include "base/arena.h"
#include "base/buf.h"

struct kz_excerpt {
    struct kz_str text;
    uint32_t line;   /* 1-based: the one that counts; beyond the end: nothing is shown */
    uint32_t before; /* how many lines above it are shown, too */
    uint32_t col;    /* 1-based byte; 0: no mark below the line */
    struct kz_str marked; /* what begins there is underlined as a whole, when it stands there; "": a letter */
    bool masked;     /* keys alone: "password: ***" */
};
/* Appends lines, each with a newline. */
void kz_excerpt_add(struct kz_buf *b, const struct kz_excerpt *e);

/* One line without number, newline and mark. */
void kz_excerpt_line(struct kz_buf *b, struct kz_str line, bool masked);

/* Whether a rendered document may hold what nobody shall read: it says that it is a Secret, or does not
 * say clearly what it is. */
bool kz_excerpt_is_secret(struct kz_str doc);

#endif
