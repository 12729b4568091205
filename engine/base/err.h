/* SPDX-License-Identifier: Apache-2.0
 *
 * The error that travels up: a code, frames of text from the cause to the outermost caller, the place
 * in the user's input, and what to do next. Fixed storage: it can be filled without memory, copied,
 * and written to a pipe.
 *
 * Functions return 0 or a positive answer for success and -code for failure. kz_fail starts an error,
 * kz_wrap adds a frame on the way up; both return the negative code. A frame names the operation and
 * the object in words that an operator uses; user text stands in '...'; secrets never. */
#ifndef KZ_BASE_ERR_H
#define KZ_BASE_ERR_H

#include "base/str.h"

/* A code exists only if some caller branches on it. */
enum kz_code {
    KZ_OK,
    KZ_E_INVALID,  /* the input says something that can't be */
    KZ_E_PARSE,    /* the input is not well-formed */
    KZ_E_NOTFOUND, /* what was named is not there */
    KZ_E_CONFLICT, /* somebody else changed or owns it */
    KZ_E_DENIED,   /* not allowed: authentication, authorisation, policy */
    KZ_E_LIMIT,    /* larger, deeper or more than we take */
    KZ_E_TIMEOUT,  /* no answer in time */
    KZ_E_IO,       /* file system, process, memory of this machine */
    KZ_E_REMOTE,   /* the other side answered with a failure or went away; a retry may help */
    KZ_E_USAGE,    /* the command line */
    KZ_E_BUG,      /* ours */
};

enum { KZ_ERR_FRAMES = 8, KZ_ERR_TEXT = 512, KZ_ERR_FILE = 256, KZ_ERR_HINT = 256,
       KZ_ERR_DETAIL = 1536 };

struct kz_err {
    enum kz_code code;
    unsigned depth;      /* frames used; frame[0] is the cause */
    unsigned line, col;  /* 1-based; 0: no place */
    char file[KZ_ERR_FILE]; /* "": no place; relative to the repository or as the user named it */
    char hint[KZ_ERR_HINT]; /* "": none; one command or edit that helps */
    char detail[KZ_ERR_DETAIL]; /* "": none; lines to read below the place: an excerpt, what was missing */
    char frame[KZ_ERR_FRAMES][KZ_ERR_TEXT];
};

/* Start an error. Texts that do not fit are cut at a UTF-8 boundary and end in "...". */
int kz_fail(struct kz_err *err, enum kz_code code, const char *fmt, ...) KZ_PRINTF(3, 4);

/* Start an error from errno: "what: strerror". Maps ENOENT, EACCES/EPERM, ETIMEDOUT; else KZ_E_IO. */
int kz_fail_errno(struct kz_err *err, int errnum, const char *fmt, ...) KZ_PRINTF(3, 4);

/* Add the caller's frame. With all frames used the outermost is dropped: the cause is worth more. */
int kz_wrap(struct kz_err *err, const char *fmt, ...) KZ_PRINTF(2, 3);

/* Say where in the user's input; keeps a place that is already set (the cause knows best). Returns
 * the error's negative code, so that it can stand in a return statement. */
int kz_err_at(struct kz_err *err, struct kz_str file, unsigned line, unsigned col);

/* Say what to do next (replaces). */
int kz_err_hint(struct kz_err *err, const char *fmt, ...) KZ_PRINTF(2, 3);

/* Lines below the place (replaces); without a newline at the end. Secrets never. */
void kz_err_detail(struct kz_err *err, struct kz_str lines);

/* Makes the two innermost frames one, "object: reason": what is shown of an error is its outermost frame
 * and its cause, and a cause without its object says little. */
void kz_err_join(struct kz_err *err);

const char *kz_code_name(enum kz_code code);

/* One line: "outermost: ...: cause (file:line:col)". Always NUL-terminates; returns buf. */
char *kz_err_line(char *buf, size_t size, const struct kz_err *err);

#endif
