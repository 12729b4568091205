/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/charts.h"

#include "base/fs.h"
#include "base/hash.h"

enum { RANDOM_HELM, RANDOM_SEEDED, MAX_FILE = 100 << 20 };
const char *const kz_charts_random[] = {"helm", "seeded", NULL};

int kz_charts_read(struct kz_charts *out, struct kz_arena *a, const struct kz_args *args,
                   struct kz_err *err)
{
    struct kz_charts c = {.snapshot = KZ_STR_NONE, .seed = kz_args_str(args, "seed")};
    const bool seeded = kz_args_word(args, "random") == RANDOM_SEEDED;
    const struct kz_str file = kz_args_str(args, "lookup");
    if (seeded && c.seed.len == 0) {
        (void)kz_fail(err, KZ_E_USAGE, "--random seeded needs a --seed");
        return kz_err_hint(err, "any text will do, as long as it is kept");
    }
    if (!seeded && c.seed.len > 0 && kz_args_given(args, "random"))
        return kz_fail(err, KZ_E_USAGE, "--random helm takes no --seed");
    if (file.len > 0) {
        if (kz_file_read(&c.snapshot, a, kz_cstr(a, file), MAX_FILE, err) < 0)
            return kz_wrap(err, "--lookup");
        if (c.snapshot.ptr == NULL)
            c.snapshot = KZ_STR("");
    }
    *out = c;
    return 0;
}

void kz_charts_add(struct kz_value *in, struct kz_value *facts, struct kz_arena *a,
                   const struct kz_charts *c, struct kz_str module, int64_t now)
{
    kz_value_set(a, facts, KZ_STR("now"), kz_value_int(a, now));
    kz_value_set(a, in, KZ_STR("clock"), kz_value_int(a, now));
    if (c->snapshot.ptr != NULL)
        kz_value_set(a, in, KZ_STR("snapshot"), kz_value_str(a, c->snapshot));
    if (c->seed.len > 0) {
        char text[KZ_SHA256_TEXT];
        kz_hmac_text(text, c->seed, module);
        kz_value_set(a, facts, KZ_STR("stable"), kz_value_bool(a, true));
        kz_value_set(a, facts, KZ_STR("seed"), kz_value_str(a, kz_str_dup(a, kz_str(text))));
    }
}
