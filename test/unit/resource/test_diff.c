/* SPDX-License-Identifier: Apache-2.0
 *
 * What is compared and how it reads are cases (test/cases/diff); here is what they can't show. */
#include "resource/diff.h"

#include "fixture.h"
#include "value/json.h"

/* The same secret value has one fingerprint in this process, another value another. */
Test(diff, fingerprints_tell_values_apart)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_diff d;
    kz_diff_objects(&d, a, doc(a, "{'apiVersion':'v1','kind':'Secret','data':{'a':'x','b':'x'}}"),
                    doc(a, "{'apiVersion':'v1','kind':'Secret','data':{'a':'y','b':'y'}}"));
    cr_assert_eq(d.len, 2);
    struct kz_str before = kz_value_as_str(d.at[0].before), after = kz_value_as_str(d.at[0].after);
    cr_expect_not(kz_str_eq(before, after));
    cr_expect(kz_str_eq(before, kz_value_as_str(d.at[1].before)));
    cr_expect(kz_str_eq(after, kz_value_as_str(d.at[1].after)));
    cr_expect_eq(before.ptr[0], '#');
}

/* With 16 bits two of 4000 values surely share a fingerprint: their change must show all the same. */
Test(diff, a_change_shows_even_if_fingerprints_collide)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(256 << 20);
    for (int i = 0; i < 400; i++) {
        struct kz_diff d;
        struct kz_str x =
            kz_str_printf(a, "{'apiVersion':'v1','kind':'Secret','data':{'a':'%d'}}", i);
        struct kz_str y =
            kz_str_printf(a, "{'apiVersion':'v1','kind':'Secret','data':{'a':'%d'}}", i + 1);
        kz_diff_objects(&d, a, doc(a, x.ptr), doc(a, y.ptr));
        cr_assert_eq(d.len, 1);
        cr_assert_not(kz_value_eq(d.at[0].before, d.at[0].after));
    }
}

/* With 16 bits some two of 2000 values share a fingerprint. Their own change shows more of it. */
Test(diff, colliding_fingerprints_get_longer)
{
    enum { VALUES = 2000 };
    static const char form[] = "{'apiVersion':'v1','kind':'Secret','data':{'a':'%d'}}";
    kz_autoarena struct kz_arena *a = kz_arena_new(256 << 20);
    struct kz_map seen;
    struct kz_diff d;
    const int *other = NULL;
    int *value = kz_new_n(a, int, VALUES), i = 0;
    kz_map_init(&seen);
    for (; i < VALUES && other == NULL; i++) {
        value[i] = i;
        kz_diff_objects(&d, a, doc(a, "{'apiVersion':'v1','kind':'Secret','data':{'a':'other'}}"),
                        doc(a, kz_str_printf(a, form, i).ptr));
        other = kz_map_put(&seen, kz_value_as_str(d.at[0].after), &value[i]);
    }
    kz_map_done(&seen);
    cr_assert_not_null(other);
    kz_diff_objects(&d, a, doc(a, kz_str_printf(a, form, *other).ptr), doc(a, kz_str_printf(a, form, i - 1).ptr));
    cr_assert_eq(d.len, 1);
    cr_expect_eq(kz_value_as_str(d.at[0].after).len, 17);
    cr_expect_not(kz_value_eq(d.at[0].before, d.at[0].after));
}

/* What is no map may hold a secret all the same. */
Test(diff, data_that_is_no_map)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_diff d;
    kz_diff_objects(&d, a, NULL, doc(a, "{'apiVersion':'v1','kind':'Secret','data':'hunter2','stringData':['hunter2']}"));
    cr_assert_eq(d.len, 2);
    cr_expect_eq(kz_value_as_str(d.at[0].after).ptr[0], '#');
    cr_expect_eq(kz_value_as_str(d.at[1].after).ptr[0], '#');
}

/* Of an object that comes or goes all annotations are shown, but for copies of the whole that tools keep there. */
Test(diff, copies_in_annotations)
{
    static const struct {
        const char *annotations, *want;
    } table[] = {
        {"{'a':'b'}", "{\"annotations\":{\"a\":\"b\"}}"},
        {"{'kubectl.kubernetes.io/last-applied-configuration':'hunter2','a':'b'}",
         "{\"annotations\":{\"a\":\"b\"}}"},
        {"{'kubectl.kubernetes.io/last-applied-configuration':'hunter2'}", ""},
        {"{'kapp.k14s.io/original':'hunter2'}", ""},
        {"{'objectset.rio.cattle.io/applied':'hunter2'}", ""},
        {"{}", ""},
    };
    for (size_t i = 0; i < kz_countof(table); i++) {
        kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
        kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
        struct kz_diff d;
        struct kz_str text = kz_str_printf(a, "{'apiVersion':'v1','kind':'Secret','metadata':{'name':'s','uid':'u','annotations':%s}}",
                                           table[i].annotations);
        kz_diff_objects(&d, a, doc(a, text.ptr), NULL);
        for (size_t k = 0; k < d.len; k++)
            if (kz_str_is(d.at[k].path, "metadata"))
                kz_json_write(&b, d.at[k].before, KZ_JSON_COMPACT);
        kz_buf_putc(&b, '\0');
        cr_expect_str_eq(b.ptr, table[i].want, "%s: %s", table[i].annotations, b.ptr);
    }
}

Test(diff, string_data_is_hidden_where_it_stays)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_diff d;
    kz_diff_wanted(&d, a, doc(a, "{'apiVersion':'v1','kind':'Secret','stringData':{'a':'hunter1'}}"),
                   doc(a, "{'apiVersion':'v1','kind':'Secret','stringData':{'a':'hunter2'}}"));
    cr_assert_eq(d.len, 1);
    cr_expect_eq(kz_value_as_str(d.at[0].before).ptr[0], '#');
    cr_expect_eq(kz_value_as_str(d.at[0].after).ptr[0], '#');
}

Test(diff, other_kinds_named_secret_are_shown)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    struct kz_diff d;
    kz_diff_objects(&d, a, doc(a, "{'apiVersion':'x.io/v1','kind':'Secret','data':{'a':'x'}}"),
                    doc(a, "{'apiVersion':'x.io/v1','kind':'Secret','data':{'a':'y'}}"));
    cr_assert_eq(d.len, 1);
    cr_expect(kz_str_is(kz_value_as_str(d.at[0].after), "y"));
}

Test(diff, long_values_are_cut_and_counted)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    kz_autobuf struct kz_buf text, out;
    struct kz_diff d;
    kz_buf_init(&text, 1 << 20);
    kz_buf_init(&out, 1 << 20);
    kz_buf_puts(&text, "{'apiVersion':'v1','kind':'ConfigMap','data':{'a':'");
    for (int i = 0; i < 100; i++)
        kz_buf_printf(&text, "line %d\\n", i);
    kz_buf_puts(&text, "'}}");
    kz_diff_objects(&d, a, doc(a, "{'apiVersion':'v1','kind':'ConfigMap','data':{'b':'1'}}"),
                    doc(a, text.ptr));
    kz_diff_text(&out, &d, 2, false);
    cr_expect_not_null(strstr(out.ptr, "  + data.a\n"), "%s", out.ptr);
    cr_expect_not_null(strstr(out.ptr, "      ... 60 more lines\n"), "%s", out.ptr);
}

/* Without a dry-run the server's defaults are not known: leaving them out removes nothing. */
Test(diff, wanted_shows_no_removals)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    kz_autobuf struct kz_buf out;
    struct kz_diff d;
    kz_buf_init(&out, 1 << 16);
    kz_diff_wanted(&d, a,
                   doc(a, "{'kind':'Service','spec':{'clusterIP':'10.0.0.1','type':'ClusterIP',"
                          "'ports':[{'port':80,'protocol':'TCP','targetPort':80},{'port':81}],"
                          "'args':['a','b']}}"),
                   doc(a, "{'kind':'Service','spec':{'type':'NodePort','ports':[{'port':80,"
                          "'targetPort':8080},{'port':82}],'args':['a']}}"));
    kz_diff_text(&out, &d, 0, false);
    cr_expect_str_eq(out.ptr, "~ spec.type                       ClusterIP -> NodePort\n"
                              "~ spec.ports[port=80].targetPort  80 -> 8080\n"
                              "+ spec.ports[port=82]             {\"port\":82}\n"
                              "- spec.args[1]                    b\n");
}
