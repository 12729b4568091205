/* SPDX-License-Identifier: Apache-2.0
 *
 * charts/kzsync as it was when this program was built: one command installs kzsync, and with the chart that it knows. */
#ifndef KZ_CLI_CHART_FILES_H
#define KZ_CLI_CHART_FILES_H

#include "base/err.h"

struct kz_embedded {
    const char *path;           /* in the chart: "templates/deployment.yaml"; NULL ends the table */
    const unsigned char *bytes;
    size_t len;
};
extern const struct kz_embedded kz_chart_files[];

/* Writes them below folder, which is made. Files that are there are replaced, others stay. */
KZ_MUST_USE int kz_chart_files_write(const char *folder, struct kz_err *err);

#endif
