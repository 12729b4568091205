/* SPDX-License-Identifier: Apache-2.0
 *
 * What JSON we read, we write; what we wrote reads back and is written the same. (Compared as text: a
 * large float may come back as the integer of the same digits.) What the quick reader takes, jansson takes, too, and
 * their trees are equal to the last kind. */
#include "fuzz.h"

#include "value/json.h"
#include "value/json_quick.h"

static void write_again(struct kz_buf *out, struct kz_arena *a, struct kz_str text, unsigned form)
{
    struct kz_value *v;
    struct kz_err err;
    kz_assert(kz_json_read(&v, a, text, KZ_STR("out"), &err) == 0);
    kz_json_write(out, v, form);
    kz_assert(!kz_buf_bad(out) && kz_value_eq(v, kz_value_copy(a, v)));
}

static bool same(const struct kz_value *x, const struct kz_value *y)
{
    bool good = x->kind == y->kind && kz_value_len(x) == kz_value_len(y);
    for (size_t i = 0; good && i < kz_value_len(x); i++)
        good = x->kind == KZ_MAP ? kz_str_eq(x->as.map.at[i].key, y->as.map.at[i].key) &&
                                       same(x->as.map.at[i].val, y->as.map.at[i].val)
                                 : same(x->as.list.at[i], y->as.list.at[i]);
    return good && kz_value_eq(x, y);
}

static void read_by_both(struct kz_arena *a, struct kz_str text, bool last_wins)
{
    struct kz_value *quick, *jansson;
    struct kz_err err;
    if (!kz_json_quick_read(&quick, a, text, last_wins))
        return;
    kz_assert(kz_json_jansson_read(&jansson, a, text, KZ_STR("in"), last_wins, &err) == 0);
    kz_assert(same(quick, jansson));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    static const unsigned forms[] = {KZ_JSON_COMPACT, KZ_JSON_SORTED, KZ_JSON_PRETTY};
    struct kz_value *v;
    struct kz_err err;
    const struct kz_str text = kz_str_n((const char *)data, size);
    read_by_both(a, text, false);
    read_by_both(a, text, true);
    if (kz_json_read(&v, a, text, KZ_STR("in"), &err) < 0) {
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < kz_countof(forms); i++) {
        kz_autobuf struct kz_buf once, twice;
        kz_buf_init(&once, (size_t)1 << 28);
        kz_buf_init(&twice, (size_t)1 << 28);
        write_again(&once, a, text, forms[i]);
        write_again(&twice, a, kz_buf_str(&once), forms[i]);
        kz_assert(kz_str_eq(kz_buf_str(&once), kz_buf_str(&twice)));
    }
    return 0;
}
