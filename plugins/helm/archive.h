/* SPDX-License-Identifier: Apache-2.0
 *
 * A packed chart (.tgz) unpacked in memory, by the rules of Helm's loader and within bounds: nothing
 * of an archive reaches a file system. Links, devices and repeated names, which Helm lets pass, are
 * errors (reliability.md tgz-slip, tgz-bomb). */
#ifndef KZ_HELM_ARCHIVE_H
#define KZ_HELM_ARCHIVE_H

#include "base/arena.h"
#include "base/err.h"

struct kz_chart_file {
    struct kz_str name; /* below the chart's folder: "templates/x.yaml" */
    struct kz_str data; /* without a byte order mark */
};
struct kz_chart_files {
    struct kz_chart_file *at;
    size_t n, cap;
};
void kz_chart_files_add(struct kz_arena *a, struct kz_chart_files *files, struct kz_str name,
                        struct kz_str data);
struct kz_str kz_chart_no_bom(struct kz_str data);

enum {
    KZ_ARCHIVE_INFLATED = 100 << 20, /* bytes in all */
    KZ_ARCHIVE_RATIO = 200,          /* inflated to packed, beyond the first MiB */
    KZ_ARCHIVE_ENTRIES = 20000,
    KZ_ARCHIVE_NAME = 4096,
};

/* Appends the files in order of the archive, without the name of its one folder. */
KZ_MUST_USE int kz_archive_read(struct kz_chart_files *out, struct kz_arena *a,
                                struct kz_str packed, struct kz_err *err);

#endif
