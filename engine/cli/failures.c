/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/failures.h"

#include "cli/color.h"
#include "cli/report.h"

#include <string.h>
#include <unistd.h>

/* Two modules may fail for one reason. */
static bool said_before(const struct kz_engine_view *v, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (v->modules[k].err != NULL && strcmp(v->modules[k].err->frame[0], v->modules[i].err->frame[0]) == 0)
            return true;
    return false;
}

size_t kz_failures_add(struct kz_buf *b, const struct kz_args *args, const struct kz_engine_view *v)
{
    size_t n = 0;
    bool color = kz_color_for((enum kz_color_when)kz_args_word(args, "color"), STDERR_FILENO);
    for (size_t i = 0; i < v->n_modules; i++) {
        if (v->modules[i].err == NULL)
            continue;
        n++;
        if (said_before(v, i))
            continue;
        struct kz_err err = *v->modules[i].err;
        (void)kz_wrap(&err, KZ_FMT, KZ_ARG(v->modules[i].name));
        kz_report_error(b, "error", &err, kz_args_flag(args, "verbose"), color);
    }
    return n;
}
