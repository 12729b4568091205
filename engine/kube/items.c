/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/items.h"

#include <string.h>

enum { ENVELOPE_MAX = 256 * 1024, OUTSIDE = 0, ANNOUNCED = 1, ARRAY = 2 };

void kz_items_init(struct kz_items *it, size_t max_item)
{
    *it = (struct kz_items){.depth = 0};
    kz_buf_init(&it->item, max_item);
    kz_buf_init(&it->envelope, ENVELOPE_MAX);
}

void kz_items_done(struct kz_items *it)
{
    kz_buf_done(&it->item);
    kz_buf_done(&it->envelope);
}

void kz_items_clear(struct kz_items *it)
{
    size_t max = it->item.max;
    kz_items_done(it);
    kz_items_init(it, max);
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Strings at depth 1 are remembered: the one before ':' is a key of the list itself. */
static void in_string(struct kz_items *it, char c)
{
    if (it->escaped) {
        it->escaped = false;
    } else if (c == '\\') {
        it->escaped = true;
    } else if (c == '"') {
        it->in_string = false;
        return;
    }
    if (it->depth == 1) {
        if (it->key_len < sizeof it->key)
            it->key[it->key_len] = c;
        it->key_len++;
    }
}

static void open_string(struct kz_items *it)
{
    it->in_string = true;
    if (it->depth == 1)
        it->key_len = 0;
}

/* One byte of structure, outside of strings. */
static void structure(struct kz_items *it, char c)
{
    switch (c) {
    case '"':
        open_string(it);
        return;
    case ':':
        if (it->depth == 1 && it->key_len == 5 && memcmp(it->key, "items", 5) == 0)
            it->inside = ANNOUNCED;
        return;
    case '{':
    case '[':
        if (it->depth == 0 && (c == '[' || it->ended))
            it->bad = true;
        if (it->depth == 1 && it->inside == ANNOUNCED && c == '[')
            it->inside = ARRAY;
        it->in_item = it->in_item || (it->depth == 2 && it->inside == ARRAY && c == '{');
        it->depth++;
        return;
    case '}':
    case ']':
        if (it->depth == 0) {
            it->bad = true;
            return;
        }
        it->depth--;
        if (it->depth <= 1)
            it->inside = OUTSIDE;
        it->ended = it->depth == 0;
        return;
    case ',':
        if (it->depth == 1) {
            it->inside = OUTSIDE;
            it->key_len = 0;
        }
        return;
    default:
        if (it->depth == 0 && !blank(c))
            it->bad = true;
    }
}

/* true: an item is complete. */
static bool step(struct kz_items *it, char c)
{
    bool was_item = it->in_item;
    bool between = !was_item && it->inside == ARRAY && it->depth == 2 && !it->in_string;
    if (it->in_string)
        in_string(it, c);
    else
        structure(it, c);
    if (it->in_item) {
        kz_buf_putc(&it->item, c);
        if (was_item && it->depth == 2 && !it->in_string && (c == '}' || c == ']')) {
            it->in_item = false;
            return !kz_buf_bad(&it->item);
        }
    } else if (!between || c == ']') {
        kz_buf_putc(&it->envelope, c);
    } else if (c != ',' && !blank(c)) {
        it->bad = true; /* a member that is not an object */
    }
    return false;
}

bool kz_items_next(struct kz_items *it, struct kz_str *piece, struct kz_str *item)
{
    if (!it->in_item)
        kz_buf_clear(&it->item);
    for (size_t i = 0; i < piece->len && !it->bad; i++) {
        bool whole = step(it, piece->ptr[i]);
        it->bad = it->bad || kz_buf_bad(&it->item) || kz_buf_bad(&it->envelope);
        if (whole) {
            *piece = kz_str_skip(*piece, i + 1);
            *item = kz_buf_str(&it->item);
            return true;
        }
    }
    *piece = kz_str_skip(*piece, piece->len);
    return false;
}

bool kz_items_end(const struct kz_items *it, struct kz_str *envelope)
{
    if (!it->ended || it->bad)
        return false;
    *envelope = kz_buf_str(&it->envelope);
    return true;
}
