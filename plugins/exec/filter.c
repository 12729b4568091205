/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/exec/exec.h"

#include <errno.h>
#include <sys/stat.h>

enum { MAX_RUNS = 10 }; /* of one job */

/* A new folder below scratch. */
static int make_base(const char **out, const struct kz_render *r, struct kz_err *err)
{
    for (int i = 0; i < MAX_RUNS; i++) {
        *out = kz_str_printf(r->arena, "%s/run%d", r->scratch, i).ptr;
        if (mkdir(*out, 0700) == 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    return kz_fail_errno(err, errno, "make '%s'", *out);
}

int kz_exec_filter(struct kz_str *out, struct kz_str *name, const struct kz_render *r,
                   const struct kz_value *words, struct kz_str input, struct kz_err *err)
{
    struct kz_exec_place place;
    struct kz_exec_command command;
    const char *base;
    if (r->scratch == NULL)
        return kz_fail(err, KZ_E_BUG, "a program was to be started without a scratch folder");
    if (make_base(&base, r, err) < 0 || kz_exec_place_make(&place, r, base, err) < 0 ||
        kz_exec_command_make(&command, r, &place, words, err) < 0)
        return -(int)err->code;
    command.input = input;
    *name = command.name;
    return kz_exec_run(out, r->arena, &command, err);
}
