/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/path.h"

#include <string.h>

/* RFC 3986 2.3, unreserved. ':' is legal in a segment too (RBAC names) but encoding it is harmless. */
static bool plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '~' || c == '.';
}

static void encode(struct kz_buf *b, struct kz_str s)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (plain(c)) {
            kz_buf_putc(b, (char)c);
        } else {
            char esc[3] = {'%', hex[c >> 4], hex[c & 15]};
            kz_buf_add(b, esc, sizeof esc);
        }
    }
}

void kz_path_segment(struct kz_buf *b, struct kz_str segment)
{
    kz_buf_putc(b, '/');
    /* HTTP clients fold dot segments even when the dots are encoded; a doubly encoded dot is a name
     * which the server answers with 404 instead. */
    if (kz_str_is(segment, ".") || kz_str_is(segment, "..")) {
        for (size_t i = 0; i < segment.len; i++)
            kz_buf_puts(b, "%252E");
        return;
    }
    encode(b, segment);
}

void kz_path_object(struct kz_buf *b, struct kz_str group, struct kz_str version,
                    struct kz_str plural, struct kz_str ns, struct kz_str name)
{
    kz_buf_puts(b, group.len == 0 ? "/api" : "/apis");
    if (group.len > 0)
        kz_path_segment(b, group);
    kz_path_segment(b, version);
    if (ns.len > 0) {
        kz_buf_puts(b, "/namespaces");
        kz_path_segment(b, ns);
    }
    kz_path_segment(b, plural);
    if (name.len > 0)
        kz_path_segment(b, name);
}

void kz_path_query(struct kz_buf *b, const char *key, struct kz_str value)
{
    kz_buf_putc(b, memchr(b->ptr, '?', b->len) == NULL ? '?' : '&');
    kz_buf_puts(b, key);
    kz_buf_putc(b, '=');
    encode(b, value);
}
