/* SPDX-License-Identifier: Apache-2.0
 *
 * charts/kzsync brings the kinds as the program knows them: the file of the chart is what `kzsync crds` prints.
 * KZ_UPDATE=1 writes it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "report/crds.h"

static const char path[] = KZ_TEST_DIR "/../charts/kzsync/files/crds/kubezero.com.yaml";

Test(crds, the_chart_brings_what_the_program_prints)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    kz_autobuf struct kz_buf want = KZ_BUF(4 << 20);
    struct kz_str have;
    struct kz_err err;
    char line[KZ_ERR_TEXT];
    kz_crds_text(&want);
    if (getenv("KZ_UPDATE") != NULL) {
        cr_assert_geq(kz_file_write(path, kz_buf_str(&want), 0644, &err), 0);
        return;
    }
    cr_assert_geq(kz_file_read(&have, a, path, 4 << 20, &err), 0, "%s", kz_err_line(line, sizeof line, &err));
    cr_expect(kz_str_eq(kz_buf_str(&want), have),
              "the kinds have changed: KZ_UPDATE=1 build/dev/test/unit/test_report writes charts/kzsync/files/crds");
}

Test(crds, no_helm_release_takes_them_along)
{
    kz_autobuf struct kz_buf text = KZ_BUF(4 << 20);
    size_t n = 0;
    kz_crds_text(&text);
    for (struct kz_str rest = kz_buf_str(&text), line; rest.len > 0;) {
        rest = kz_str_cut(&line, rest, '\n');
        n += kz_str_is(kz_str_trim(line), "helm.sh/resource-policy: keep");
    }
    cr_expect_eq(n, 2, "of each kind");
}
