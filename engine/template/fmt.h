/* SPDX-License-Identifier: Apache-2.0
 *
 * One conversion of a format: its flags, and how basic values are written under them. */
#ifndef KZ_TEMPLATE_FMT_H
#define KZ_TEMPLATE_FMT_H

#include "template/print.h"

struct kz_fmt {
    struct kz_buf *b;
    bool has_width, has_prec;
    bool minus, plus, sharp, space, zero;
    bool plus_v, sharp_v; /* %+v and %#v, which mean something else than + and # */
    int width, prec;
};

void kz_fmt_clear(struct kz_fmt *f);                   /* no flags; keeps the buffer */
void kz_fmt_pad(struct kz_fmt *f, struct kz_str s);    /* s at the width */
void kz_fmt_fill(struct kz_fmt *f, int n);             /* n times the padding character */
void kz_fmt_str(struct kz_fmt *f, struct kz_str s);    /* %s */
void kz_fmt_quoted(struct kz_fmt *f, struct kz_str s); /* %q */
void kz_fmt_hex(struct kz_fmt *f, struct kz_str s, const char *digits); /* %x %X of a string */

extern const char kz_fmt_lower[], kz_fmt_upper[]; /* "0123456789abcdefx" */
/* verb only matters for 'O'. */
void kz_fmt_integer(struct kz_fmt *f, uint64_t u, unsigned base, bool is_signed, char verb,
                    const char *digits);
void kz_fmt_char(struct kz_fmt *f, uint64_t c);        /* %c */
void kz_fmt_quoted_char(struct kz_fmt *f, uint64_t c); /* %q */
void kz_fmt_unicode(struct kz_fmt *f, uint64_t u);     /* %U */
void kz_fmt_float(struct kz_fmt *f, double real, char verb, int prec);

#endif
