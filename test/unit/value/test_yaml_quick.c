/* SPDX-License-Identifier: Apache-2.0 */
#include "value/json.h"
#include "value/yaml_quick.h"

#include <criterion/criterion.h>

static const struct kz_yaml_limits wide = {.text = 1 << 20, .document = 1 << 20, .docs = 10};

/* What the quick reader takes; that it reads the same as libyaml is what fuzz_yaml_fast shows, here
 * it is only seen that it does so for these. */
static const struct {
    const char *name, *in;
    bool own;
} rows[] = {
    {"empty", "", true},
    {"comments", "# a\n\n  # b\n---\n# c\n", true},
    {"map", "a: 1\nb:\n  c: x y\n  d:\n", true},
    {"list", "- a\n-\n- - b\n  - c\n-   d: e\n    f: g\n", true},
    {"list not indented", "a:\n- b\n- c: 1\n  d: 2\ne: 3\n", true},
    {"list indented", "a:\n  - b\n  -\n    c: 1\n", true},
    {"quoted", "'a b': \"c\\n\\u00e4\"\n\"d\" : 'e''f'\n", true},
    {"several lines", "a: b\n  c\n\n  d\ne: \"f\n  g \\\n  h\"\ni: 'j\n\n  k'\n", true},
    {"literal", "a: |\n  b\n   c\n\n  d\ne: |-\n  f\ng: |+\n  h\n\n", true},
    {"folded", "a: >\n  b\n  c\n\n  d\n   e\n  f\ng: >2-\n   h\n", true},
    {"flow", "a: {b: [1, \"x\", {}], \"c\":null}\nd: []\ne: [\n  f, # g\n  h,\n]\n", true},
    {"json", "{\"a\": [1, 2.5, true],\n \"b\": {\"c\": \"d\"}}\n", true},
    {"colons and hashes", "a: http://b:80/#c\nd: e#f # g\nh: :80\ni: -x\n", true},
    {"documents", "---\na: 1\n--- # b\nc: 2\n---\n", true},
    {"text alone", "x y\n", true},
    {"wide", "\xC3\xA4: [\xC3\xB6, x]\n", true},
    {"tabs in text", "a: b\tc\nd: |\n  e\tf\n", true},
    {"no line end", "a: b", true},
    {"anchor", "a: &b 1\n", false},
    {"alias", "a: *b\n", false},
    {"tag", "a: !!str 1\n", false},
    {"merge", "<<: {a: 1}\n", false},
    {"question", "? a\n: b\n", false},
    {"directive", "%YAML 1.1\n---\na: 1\n", false},
    {"end of document", "a: 1\n...\n", false},
    {"tab", "a:\tb\n", false},
    {"line ends of others", "a: 1\r\n", false},
    {"byte order", "\xEF\xBB\xBF" "a: 1\n", false},
    {"next line", "a: b\xC2\x85\n", false},
    {"control", "a: \x01\n", false},
    {"not UTF-8", "a: \xC3(\n", false},
    {"twice", "a: 1\na: 2\n", false},
    {"infinite", "a: .inf\n", false},
    {"null key", "~: 1\n", false},
    {"two colons", "a: b: c\n", false},
    {"indented anew", "a:\n    b: 1\n  c: 2\n", false},
    {"list in a line", "a: - b\n", false},
    {"open", "a: [b\n", false},
    {"open quote", "a: 'b\n", false},
    {"marker in quotes", "a: 'b\n---\nc'\n", false},
    {"pair in a list", "[a: b]\n", false},
};

static void write_all(struct kz_buf *b, const struct kz_value *docs)
{
    kz_json_write(b, docs, KZ_JSON_COMPACT);
}

Test(yaml_quick, rows)
{
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(1 << 22);
        kz_autobuf struct kz_buf quick = KZ_BUF(1 << 16), slow = KZ_BUF(1 << 16);
        struct kz_value *docs;
        struct kz_err err;
        const bool own = kz_yaml_quick_read(&docs, a, kz_str(rows[i].in), &wide);
        cr_expect_eq(own, rows[i].own, "%s", rows[i].name);
        if (!own) {
            cr_expect_eq(kz_arena_used(a), 0, "%s", rows[i].name);
            continue;
        }
        write_all(&quick, docs);
        cr_assert_eq(kz_yaml_events_read(&docs, a, kz_str(rows[i].in), KZ_STR("t"), &wide, &err), 0);
        write_all(&slow, docs);
        cr_expect_str_eq(quick.ptr, slow.ptr, "%s", rows[i].name);
    }
}

/* At a limit it still reads, one further it leaves the text to the other, who tells the error. */
Test(yaml_quick, limits)
{
    static const struct {
        const char *name, *head, *repeat;
        size_t most;
        struct kz_yaml_limits limits;
    } limits[] = {
        {"text", "", "a", 100, {.text = 100, .document = SIZE_MAX, .docs = 1}},
        {"document", "", "a", 100, {.text = SIZE_MAX, .document = 100, .docs = 1}},
        {"documents", "a", "\n---\nb", 4, {.text = SIZE_MAX, .document = SIZE_MAX, .docs = 5}},
        {"depth", "", "- ", 100, {.text = SIZE_MAX, .document = SIZE_MAX, .docs = 1}},
    };
    for (size_t i = 0; i < kz_countof(limits); i++)
        for (size_t over = 0; over < 2; over++) {
            kz_autoarena struct kz_arena *a = kz_arena_new(1 << 22);
            kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
            struct kz_value *docs;
            struct kz_err err;
            kz_buf_puts(&b, limits[i].head);
            for (size_t n = 0; n < limits[i].most + over; n++)
                kz_buf_puts(&b, limits[i].repeat);
            cr_expect_eq(kz_yaml_quick_read(&docs, a, kz_buf_str(&b), &limits[i].limits), over == 0,
                         "%s, %zu over", limits[i].name, over);
            if (over > 0)
                cr_expect_eq(kz_yaml_events_read(&docs, a, kz_buf_str(&b), KZ_STR("t"),
                                                 &limits[i].limits, &err),
                             -KZ_E_LIMIT, "%s", limits[i].name);
        }
}
