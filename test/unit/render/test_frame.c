/* SPDX-License-Identifier: Apache-2.0 */
#include "render/frame.h"

#include <criterion/criterion.h>

#include <unistd.h>

static size_t good(struct kz_buf *b)
{
    kz_buf_init(b, 1 << 20);
    size_t start = kz_frame_begin(b, KZ_FRAME_REPLY);
    kz_frame_put_took(b, 42);
    kz_buf_puts(b, "{}");
    kz_frame_end(b, start);
    return b->len;
}

Test(frame, round_trip_by_every_cut)
{
    struct kz_buf b;
    struct kz_err err;
    struct kz_frame f;
    struct kz_str rest;
    int64_t took;
    size_t len = good(&b);
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_eq(kz_frame_parse(&f, kz_str_n(b.ptr, cut), 100, &err), 0, "%zu", cut);
    cr_assert_eq(kz_frame_parse(&f, kz_buf_str(&b), 100, &err), 1);
    cr_assert_eq(f.type, KZ_FRAME_REPLY);
    cr_assert(kz_frame_take_took(&took, &rest, f.payload));
    cr_assert_eq(took, 42);
    cr_assert(kz_str_is(rest, "{}"));
    kz_buf_done(&b);
}

Test(frame, bad_heads)
{
    static const struct {
        const char *name;
        unsigned char head[8];
        int want;
    } rows[] = {
        {"magic", {'K', 'z', 'R', 1, 0, 0, 0, 0}, -KZ_E_PARSE},
        {"type", {'k', 'z', 'X', 1, 0, 0, 0, 0}, -KZ_E_PARSE},
        {"version", {'k', 'z', 'R', 2, 0, 0, 0, 0}, -KZ_E_PARSE},
        {"length", {'k', 'z', 'R', 1, 0, 0, 0, 1}, -KZ_E_LIMIT},
        {"largest", {'k', 'z', 'R', 1, 0xFF, 0xFF, 0xFF, 0xFF}, -KZ_E_LIMIT},
        {"more to come", {'k', 'z', 'R', 1, 1, 0, 0, 0}, 0},
        {"empty", {'k', 'z', 'Q', 1, 0, 0, 0, 0}, 1},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_err err;
        struct kz_frame f;
        char head[8];
        memcpy(head, rows[i].head, 8);
        cr_expect_eq(kz_frame_parse(&f, kz_str_n(head, 8), 1 << 20, &err), rows[i].want, "%s",
                     rows[i].name);
    }
}

Test(frame, stream_in_pieces_and_cut)
{
    struct kz_buf b;
    struct kz_err err;
    struct kz_frame f;
    struct kz_frame_in in;
    int p[2];
    size_t len = good(&b);
    cr_assert_eq(pipe(p), 0);
    kz_frame_in_init(&in, 100);
    cr_assert_eq(write(p[1], b.ptr, len - 1), (ssize_t)len - 1);
    cr_assert_eq(close(p[1]), 0);
    cr_assert_eq(kz_frame_in_read(&f, &in, p[0], &err), -KZ_E_IO);
    cr_assert(in.ended);
    cr_assert_eq(close(p[0]), 0);
    kz_frame_in_done(&in);
    kz_buf_done(&b);
}

Test(frame, error_fields)
{
    struct kz_err err, back;
    struct kz_buf b;
    kz_buf_init(&b, 1 << 20);
    (void)kz_fail(&err, KZ_E_PARSE, "cause\x1b[31m");
    (void)kz_wrap(&err, "outer");
    (void)kz_err_at(&err, KZ_STR("a.yaml"), 3, 4);
    (void)kz_err_hint(&err, "do this");
    kz_frame_put_err(&b, &err);
    cr_assert(kz_frame_take_err(&back, kz_buf_str(&b)));
    cr_assert_eq(back.code, KZ_E_PARSE);
    cr_assert_eq(back.depth, 2);
    cr_assert_str_eq(back.frame[0], "cause?[31m");
    cr_assert_str_eq(back.frame[1], "outer");
    cr_assert_str_eq(back.file, "a.yaml");
    cr_assert_eq(back.line, 3);
    cr_assert_eq(back.col, 4);
    cr_assert_str_eq(back.hint, "do this");

    cr_assert(!kz_frame_take_err(&back, kz_str_head(kz_buf_str(&b), b.len - 1)));
    memset(b.ptr, 0, sizeof(enum kz_code)); /* code OK is no error */
    cr_assert(!kz_frame_take_err(&back, kz_buf_str(&b)));
    memset(b.ptr, 0xFF, sizeof(enum kz_code));
    cr_assert(!kz_frame_take_err(&back, kz_buf_str(&b)));
    kz_buf_done(&b);
}
