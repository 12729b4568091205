/* SPDX-License-Identifier: Apache-2.0
 *
 * What a worker sends: a whole frame lies inside the bytes, an error that is accepted is safe to print,
 * and a reply that passes the check has what it says. */
#include "fuzz.h"

#include "render/frame.h"
#include "render/render.h"
#include "value/json.h"

#include <string.h>

static void check_error(struct kz_str payload)
{
    struct kz_err err;
    char line[8192];
    if (!kz_frame_take_err(&err, payload))
        return;
    (void)kz_err_line(line, sizeof line, &err);
    kz_assert(err.code != KZ_OK && err.depth > 0 && err.depth <= KZ_ERR_FRAMES);
    for (const char *p = line; *p != '\0'; p++)
        kz_assert(((unsigned char)*p >= 0x20 || *p == '\n') && *p != 0x7f);
}

static void check_reply(struct kz_str payload)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)256 << 20);
    struct kz_err err;
    struct kz_value *v;
    if (kz_json_read(&v, a, payload, KZ_STR("reply"), &err) == 0 && kz_render_check(v, &err) == 0)
        kz_assert(kz_value_len(kz_value_get(v, "objects")) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct kz_str bytes = kz_str_n((const char *)data, size);
    struct kz_frame f;
    struct kz_err err;
    struct kz_str rest;
    int64_t took;
    if (kz_frame_parse(&f, bytes, 1 << 20, &err) <= 0)
        return 0;
    kz_assert(f.payload.ptr == bytes.ptr + KZ_FRAME_HEAD && f.payload.len <= size - KZ_FRAME_HEAD);
    if (!kz_frame_take_took(&took, &rest, f.payload))
        return 0;
    kz_assert(took >= 0);
    if (f.type == KZ_FRAME_ERROR)
        check_error(rest);
    else
        check_reply(rest);
    return 0;
}
