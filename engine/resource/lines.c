/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/lines.h"

enum { COMPARISONS_MAX = 1000000 };

struct text {
    struct kz_str *line;
    size_t len;
};

static struct text split(struct kz_arena *a, struct kz_str s)
{
    size_t n = 0;
    for (struct kz_str rest = s; rest.len > 0; n++) {
        struct kz_str line;
        rest = kz_str_cut(&line, rest, '\n');
    }
    struct text t = {.line = kz_new_n(a, struct kz_str, n), .len = n};
    for (size_t i = 0; i < n; i++)
        s = kz_str_cut(&t.line[i], s, '\n');
    return t;
}

static void push(struct kz_line_diff *d, char sign, struct kz_str line)
{
    d->at[d->len++] = (struct kz_line_change){.sign = sign, .line = line};
}

/* length[i][k] of the longest common subsequence of b from i and n from k on. */
static void shortest_edit(struct kz_line_diff *d, struct kz_arena *a, struct text b, struct text n)
{
    size_t width = n.len + 1;
    uint32_t *length = kz_new_n(a, uint32_t, (b.len + 1) * width);
    for (size_t i = b.len; i-- > 0;) {
        for (size_t k = n.len; k-- > 0;) {
            uint32_t down = length[(i + 1) * width + k], right = length[i * width + k + 1];
            length[i * width + k] = kz_str_eq(b.line[i], n.line[k])
                                        ? length[(i + 1) * width + k + 1] + 1
                                    : down > right ? down
                                                   : right;
        }
    }
    size_t i = 0, k = 0;
    while (i < b.len || k < n.len) {
        if (i < b.len && k < n.len && kz_str_eq(b.line[i], n.line[k])) {
            i++;
            k++;
        } else if (k == n.len ||
                   (i < b.len && length[(i + 1) * width + k] >= length[i * width + k + 1])) {
            push(d, '-', b.line[i++]);
        } else {
            push(d, '+', n.line[k++]);
        }
    }
}

struct kz_line_diff kz_lines_diff(struct kz_arena *a, struct kz_str before, struct kz_str after)
{
    struct text b = split(a, before), n = split(a, after);
    struct kz_line_diff d = {.lines = b.len > n.len ? b.len : n.len};
    while (b.len > 0 && n.len > 0 && kz_str_eq(b.line[0], n.line[0])) {
        b = (struct text){b.line + 1, b.len - 1};
        n = (struct text){n.line + 1, n.len - 1};
    }
    while (b.len > 0 && n.len > 0 && kz_str_eq(b.line[b.len - 1], n.line[n.len - 1])) {
        b.len--;
        n.len--;
    }
    d.at = kz_new_n(a, struct kz_line_change, b.len + n.len);
    if (n.len == 0 || b.len <= COMPARISONS_MAX / n.len) {
        shortest_edit(&d, a, b, n);
        return d;
    }
    for (size_t i = 0; i < b.len; i++)
        push(&d, '-', b.line[i]);
    for (size_t i = 0; i < n.len; i++)
        push(&d, '+', n.line[i]);
    return d;
}
