/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync crds: the CustomResourceDefinitions of Module and Platform, for kubectl. */
#include "cli/cli.h"
#include "report/crds.h"

static int run(const struct kz_args *args, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(4 << 20);
    (void)args;
    kz_crds_text(&b);
    return kz_cli_out(&b, err);
}

static const struct kz_example examples[] = {
    {"kzsync crds | kubectl apply --server-side -f -", "install or upgrade them"},
    {0},
};
const struct kz_command kz_cmd_crds = {
    .name = "crds",
    .summary = "print the CustomResourceDefinitions of Module and Platform",
    .details = "`kzsync run` keeps a Platform and a Module object for each module where these are installed, and takes "
               "commands from their annotations; `kzsync run --crds` installs them by itself. Without them it works the "
               "same and can be looked at by kzsync status only.",
    .examples = examples,
    .run = run,
};
