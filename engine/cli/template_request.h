/* SPDX-License-Identifier: Apache-2.0
 *
 * From the command line of `kzsync template` to the request of task_template.h: names, values and
 * files, as `helm template` takes them. The worker has no file system, so files are read here. */
#ifndef KZ_CLI_TEMPLATE_REQUEST_H
#define KZ_CLI_TEMPLATE_REQUEST_H

#include "base/arena.h"
#include "cli/cli.h"
#include "value/value.h"

struct kz_template_request {
    struct kz_str folder;   /* absolute: all that the worker may read */
    struct kz_value *input; /* of task_template.h */
};
/* Errors are in Helm's words where Helm has the same one. */
KZ_MUST_USE int kz_template_request(struct kz_template_request *out, struct kz_arena *a,
                                    const struct kz_args *args, struct kz_err *err);

/* What task and folder are for a chart on this disk: sets "path" and "shown" of input. */
KZ_MUST_USE int kz_template_chart(struct kz_str *folder, struct kz_value *input, struct kz_arena *a,
                                  struct kz_str chart, struct kz_err *err);

#endif
