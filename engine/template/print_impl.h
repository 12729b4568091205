/* SPDX-License-Identifier: Apache-2.0
 *
 * What print.c (values) and printf.c (formats) share. */
#ifndef KZ_TEMPLATE_PRINT_IMPL_H
#define KZ_TEMPLATE_PRINT_IMPL_H

#include "template/fmt.h"

struct kz_printer {
    struct kz_fmt fmt;
    struct kz_arena *arena;
    unsigned depth;
    bool erroring; /* inside %!verb(...): String() is not called */
};

/* One operand; nil allowed. */
void kz_printer_arg(struct kz_printer *p, struct kz_val v, uint32_t verb);
/* v is not nil. */
void kz_printer_value(struct kz_printer *p, struct kz_val v, uint32_t verb, unsigned depth);
void kz_fmt_put_rune(struct kz_buf *b, uint32_t rune);

#endif
