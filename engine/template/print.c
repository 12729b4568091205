/* SPDX-License-Identifier: Apache-2.0
 *
 * Values under a verb, and Print and Println. */
#include "template/print.h"

#include "template/print_impl.h"

static bool has_string(const struct kz_printer *p, struct kz_val v)
{
    return !p->erroring && !p->fmt.sharp_v && v.type->shape != NULL &&
           v.type->shape->string != NULL && !(v.type->kind == KZ_GO_PTR && v.as.obj == NULL);
}

static void put_verb(struct kz_printer *p, uint32_t verb)
{
    kz_fmt_put_rune(p->fmt.b, verb);
}

/* %!d(string=x): the verb does not fit the value. */
static void bad_verb(struct kz_printer *p, struct kz_val v, uint32_t verb)
{
    struct kz_buf *b = p->fmt.b;
    p->erroring = true;
    kz_buf_puts(b, "%!");
    put_verb(p, verb);
    kz_buf_putc(b, '(');
    if (v.type == NULL) {
        kz_buf_puts(b, "<nil>");
    } else {
        kz_buf_puts(b, v.type->name);
        kz_buf_putc(b, '=');
        kz_printer_value(p, v, 'v', p->depth);
    }
    kz_buf_putc(b, ')');
    p->erroring = false;
}

static void print_0x(struct kz_printer *p, uint64_t u)
{
    const bool sharp = p->fmt.sharp;
    p->fmt.sharp = true;
    kz_fmt_integer(&p->fmt, u, 16, false, 'v', kz_fmt_lower);
    p->fmt.sharp = sharp;
}

static void print_integer(struct kz_printer *p, struct kz_val v, uint32_t verb)
{
    const bool is_signed = v.type->kind == KZ_GO_INT;
    const uint64_t u = is_signed ? (uint64_t)v.as.num : v.as.unum;
    switch (verb) {
    case 'v':
        if (p->fmt.sharp_v && !is_signed) {
            print_0x(p, u);
            break;
        }
        kz_fmt_integer(&p->fmt, u, 10, is_signed, 'v', kz_fmt_lower);
        break;
    case 'd':
        kz_fmt_integer(&p->fmt, u, 10, is_signed, 'd', kz_fmt_lower);
        break;
    case 'b':
        kz_fmt_integer(&p->fmt, u, 2, is_signed, 'b', kz_fmt_lower);
        break;
    case 'o':
    case 'O':
        kz_fmt_integer(&p->fmt, u, 8, is_signed, (char)verb, kz_fmt_lower);
        break;
    case 'x':
        kz_fmt_integer(&p->fmt, u, 16, is_signed, 'x', kz_fmt_lower);
        break;
    case 'X':
        kz_fmt_integer(&p->fmt, u, 16, is_signed, 'X', kz_fmt_upper);
        break;
    case 'c':
        kz_fmt_char(&p->fmt, u);
        break;
    case 'q':
        kz_fmt_quoted_char(&p->fmt, u);
        break;
    case 'U':
        kz_fmt_unicode(&p->fmt, u);
        break;
    default:
        bad_verb(p, v, verb);
    }
}

static bool print_real(struct kz_printer *p, double real, uint32_t verb)
{
    switch (verb) {
    case 'v':
        kz_fmt_float(&p->fmt, real, 'g', -1);
        return true;
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
        kz_fmt_float(&p->fmt, real, (char)verb, -1);
        return true;
    case 'f':
    case 'e':
    case 'E':
        kz_fmt_float(&p->fmt, real, (char)verb, 6);
        return true;
    case 'F':
        kz_fmt_float(&p->fmt, real, 'f', 6);
        return true;
    default:
        return false;
    }
}

static bool print_complex(struct kz_printer *p, struct kz_val v, uint32_t verb)
{
    const bool plus = p->fmt.plus;
    if (verb > 0x7f || verb == 0)
        return false;
    switch (verb) {
    case 'v':
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X':
    case 'f':
    case 'F':
    case 'e':
    case 'E':
        break;
    default:
        return false;
    }
    kz_buf_putc(p->fmt.b, '(');
    (void)print_real(p, v.as.complex.re, verb);
    p->fmt.plus = true;
    (void)print_real(p, v.as.complex.im, verb);
    kz_buf_puts(p->fmt.b, "i)");
    p->fmt.plus = plus;
    return true;
}

static bool print_text(struct kz_printer *p, struct kz_str s, uint32_t verb)
{
    switch (verb) {
    case 'v':
        if (p->fmt.sharp_v)
            kz_fmt_quoted(&p->fmt, s);
        else
            kz_fmt_str(&p->fmt, s);
        return true;
    case 's':
        kz_fmt_str(&p->fmt, s);
        return true;
    case 'x':
        kz_fmt_hex(&p->fmt, s, kz_fmt_lower);
        return true;
    case 'X':
        kz_fmt_hex(&p->fmt, s, kz_fmt_upper);
        return true;
    case 'q':
        kz_fmt_quoted(&p->fmt, s);
        return true;
    default:
        return false;
    }
}

/* fmtBytes at the top knows []byte by its Go name; below, it is a slice of uint8 like any other. */
static bool print_bytes(struct kz_printer *p, struct kz_val v, uint32_t verb, unsigned depth)
{
    const struct kz_str s = v.as.str;
    if (verb == 's' || verb == 'q' || verb == 'x' || verb == 'X')
        return print_text(p, s, verb);
    if (depth > 0 || (verb != 'v' && verb != 'd') || !p->fmt.sharp_v)
        return false;
    kz_buf_puts(p->fmt.b, "[]byte");
    if (s.ptr == NULL) {
        kz_buf_puts(p->fmt.b, "(nil)");
        return true;
    }
    kz_buf_putc(p->fmt.b, '{');
    for (size_t i = 0; i < s.len; i++) {
        if (i > 0)
            kz_buf_puts(p->fmt.b, ", ");
        print_0x(p, (unsigned char)s.ptr[i]);
    }
    kz_buf_putc(p->fmt.b, '}');
    return true;
}

static void separate(struct kz_printer *p, size_t i)
{
    if (i > 0)
        kz_buf_puts(p->fmt.b, p->fmt.sharp_v ? ", " : " ");
}

/* An element: what is nil inside a composite never reaches its verb. */
static void print_element(struct kz_printer *p, struct kz_val v, uint32_t verb, unsigned depth)
{
    if (v.type != NULL) {
        kz_printer_value(p, v, verb, depth + 1);
        return;
    }
    kz_buf_puts(p->fmt.b, p->fmt.sharp_v ? "interface {}(nil)" : "<nil>");
}

static void print_list(struct kz_printer *p, struct kz_val v, uint32_t verb, unsigned depth)
{
    struct kz_buf *b = p->fmt.b;
    if (kz_val_is_bytes(v) && print_bytes(p, v, verb, depth))
        return;
    if (p->fmt.sharp_v) {
        kz_buf_puts(b, v.type->name);
        if (kz_val_is_nil(v)) {
            kz_buf_puts(b, "(nil)");
            return;
        }
    }
    kz_buf_putc(b, p->fmt.sharp_v ? '{' : '[');
    for (size_t i = 0; i < kz_val_len(v) && !kz_buf_bad(b); i++) {
        separate(p, i);
        print_element(p, kz_val_at(v, i), verb, depth);
    }
    kz_buf_putc(b, p->fmt.sharp_v ? '}' : ']');
}

static void print_dict(struct kz_printer *p, struct kz_val v, uint32_t verb, unsigned depth)
{
    struct kz_buf *b = p->fmt.b;
    struct kz_dict *d = v.as.dict;
    if (p->fmt.sharp_v) {
        kz_buf_puts(b, v.type->name);
        if (d == NULL) {
            kz_buf_puts(b, "(nil)");
            return;
        }
    }
    kz_buf_puts(b, p->fmt.sharp_v ? "{" : "map[");
    kz_dict_sort(d);
    for (size_t i = 0; d != NULL && i < d->len && !kz_buf_bad(b); i++) {
        separate(p, i);
        kz_printer_value(p, kz_val_str(d->at[i].key), verb, depth + 1);
        kz_buf_putc(b, ':');
        print_element(p, d->at[i].val, verb, depth);
    }
    kz_buf_putc(b, p->fmt.sharp_v ? '}' : ']');
}

static void print_struct(struct kz_printer *p, struct kz_val v, uint32_t verb, unsigned depth)
{
    struct kz_buf *b = p->fmt.b;
    const struct kz_shape *shape = v.type->shape;
    if (v.type->kind == KZ_GO_PTR)
        kz_buf_putc(b, '&');
    if (p->fmt.sharp_v)
        kz_buf_puts(b, v.type->kind == KZ_GO_PTR ? v.type->name + 1 : v.type->name);
    kz_buf_putc(b, '{');
    for (size_t i = 0; shape != NULL && i < shape->n_fields;
         i += i == 0 ? 1 + shape->promoted : 1) {
        separate(p, i);
        if (p->fmt.plus_v || p->fmt.sharp_v)
            kz_buf_printf(b, "%s:", shape->fields[i].name);
        print_element(p, shape->fields[i].get(p->arena, &v), verb, depth);
    }
    kz_buf_putc(b, '}');
}

/* Addresses are no business of a template: every pointer has the same. */
static void print_pointer(struct kz_printer *p, struct kz_val v, uint32_t verb)
{
    enum { ADDRESS = 0x10000 };
    if (verb == 'v' && kz_val_is_nil(v))
        kz_fmt_pad(&p->fmt, KZ_STR("<nil>"));
    else if (verb == 'v' || verb == 'p')
        print_0x(p, kz_val_is_nil(v) ? 0 : ADDRESS);
    else
        bad_verb(p, v, verb);
}

void kz_printer_value(struct kz_printer *p, struct kz_val v, uint32_t verb, unsigned depth)
{
    if (depth > KZ_VAL_DEPTH) {
        kz_buf_puts(p->fmt.b, "...");
        return;
    }
    p->depth = depth;
    if (verb == 'v' || verb == 's' || verb == 'x' || verb == 'X' || verb == 'q') {
        if (has_string(p, v)) {
            (void)print_text(p, v.type->shape->string(p->arena, &v), verb);
            return;
        }
    }
    switch (v.type->kind) {
    case KZ_GO_BOOL:
        if (verb == 't' || verb == 'v')
            kz_fmt_pad(&p->fmt, v.as.truth ? KZ_STR("true") : KZ_STR("false"));
        else
            bad_verb(p, v, verb);
        return;
    case KZ_GO_INT:
    case KZ_GO_UINT:
        print_integer(p, v, verb);
        return;
    case KZ_GO_FLOAT:
        if (!print_real(p, v.as.real, verb))
            bad_verb(p, v, verb);
        return;
    case KZ_GO_COMPLEX:
        if (!print_complex(p, v, verb))
            bad_verb(p, v, verb);
        return;
    case KZ_GO_STRING:
        if (!print_text(p, v.as.str, verb))
            bad_verb(p, v, verb);
        return;
    case KZ_GO_SLICE:
        if (verb == 'w')
            bad_verb(p, v, verb);
        else
            print_list(p, v, verb, depth);
        return;
    case KZ_GO_MAP:
        if (verb == 'w')
            bad_verb(p, v, verb);
        else
            print_dict(p, v, verb, depth);
        return;
    case KZ_GO_PTR:
        if (depth > 0 || v.as.obj == NULL) {
            print_pointer(p, v, verb);
            return;
        }
        print_struct(p, v, verb, depth);
        return;
    case KZ_GO_STRUCT:
        print_struct(p, v, verb, depth);
        return;
    case KZ_GO_FUNC:
        print_pointer(p, v, verb);
        return;
    case KZ_GO_INVALID:
    case KZ_GO_KINDS_:
        break;
    }
}

void kz_printer_arg(struct kz_printer *p, struct kz_val v, uint32_t verb)
{
    if (v.type == NULL) {
        if (verb == 'T' || verb == 'v')
            kz_fmt_pad(&p->fmt, KZ_STR("<nil>"));
        else
            bad_verb(p, v, verb);
    } else if (verb == 'T') {
        kz_fmt_str(&p->fmt, kz_str(v.type->name));
    } else if (verb == 'p') {
        switch (v.type->kind) {
        case KZ_GO_SLICE:
        case KZ_GO_MAP:
        case KZ_GO_PTR:
        case KZ_GO_FUNC:
            print_pointer(p, v, 'p');
            break;
        default:
            bad_verb(p, v, 'p');
        }
    } else {
        kz_printer_value(p, v, verb, 0);
    }
}

void kz_print_value(struct kz_buf *b, struct kz_arena *a, struct kz_val v)
{
    if (kz_val_kind(v) == KZ_GO_STRING) {
        kz_buf_add_str(b, v.as.str);
        return;
    }
    struct kz_printer p = {.fmt.b = b, .arena = a};
    kz_printer_arg(&p, v, 'v');
}

void kz_print(struct kz_buf *b, struct kz_arena *a, const struct kz_val *argv, size_t argc)
{
    for (size_t i = 0; i < argc; i++) {
        if (i > 0 && kz_val_kind(argv[i]) != KZ_GO_STRING &&
            kz_val_kind(argv[i - 1]) != KZ_GO_STRING)
            kz_buf_putc(b, ' ');
        kz_print_value(b, a, argv[i]);
    }
}

void kz_println(struct kz_buf *b, struct kz_arena *a, const struct kz_val *argv, size_t argc)
{
    for (size_t i = 0; i < argc; i++) {
        if (i > 0)
            kz_buf_putc(b, ' ');
        kz_print_value(b, a, argv[i]);
    }
    kz_buf_putc(b, '\n');
}

void kz_print_action(struct kz_buf *b, struct kz_arena *a, struct kz_val v)
{
    if (kz_val_kind(v) == KZ_GO_PTR && v.as.obj != NULL && v.type->elem != NULL)
        v.type = v.type->elem; /* printed without the & */
    if (v.type == NULL)
        kz_buf_puts(b, "<no value>");
    else
        kz_print_value(b, a, v);
}

struct kz_str kz_val_text(struct kz_arena *a, struct kz_val v)
{
    if (kz_val_kind(v) == KZ_GO_STRING)
        return v.as.str;
    kz_autobuf struct kz_buf b = KZ_BUF((size_t)1 << 28);
    kz_print_value(&b, a, v);
    return kz_str_dup(a, kz_buf_str(&b));
}
