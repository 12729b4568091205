/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/archive.h"

#include "base/map.h"
#include "helm/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

void kz_chart_files_add(struct kz_arena *a, struct kz_chart_files *files, struct kz_str name,
                        struct kz_str data)
{
    if (files->n == files->cap) {
        files->cap = files->cap == 0 ? 32 : 2 * files->cap;
        struct kz_chart_file *at = kz_new_n(a, struct kz_chart_file, files->cap);
        if (files->n > 0)
            memcpy(at, files->at, files->n * sizeof *at);
        files->at = at;
    }
    files->at[files->n++] = (struct kz_chart_file){.name = name, .data = data};
}

struct kz_str kz_chart_no_bom(struct kz_str data)
{
    return kz_str_starts(data, KZ_STR("\xEF\xBB\xBF")) ? kz_str_skip(data, 3) : data;
}

struct reader {
    struct archive *ar;
    struct kz_arena *a;
    struct kz_chart_files *out;
    size_t packed, entries, inflated;
    struct kz_map names;
};

static int broken(struct reader *r, struct kz_err *err)
{
    const char *why = archive_error_string(r->ar);
    return kz_fail(err, KZ_E_PARSE, "the archive is damaged: %s", why == NULL ? "unknown" : why);
}

static int check_size(const struct reader *r, struct kz_err *err)
{
    const int64_t bytes = archive_filter_bytes(r->ar, 0);
    const size_t inflated = bytes > 0 && (size_t)bytes > r->inflated ? (size_t)bytes : r->inflated;
    if (inflated > KZ_ARCHIVE_INFLATED)
        return kz_fail(err, KZ_E_LIMIT, "the archive unpacks to more than %d MiB",
                       KZ_ARCHIVE_INFLATED >> 20);
    if (inflated > (1U << 20) && inflated / KZ_ARCHIVE_RATIO > r->packed)
        return kz_fail(err, KZ_E_LIMIT, "the archive unpacks to more than %d times its size",
                       KZ_ARCHIVE_RATIO);
    return 0;
}

/* The name below the chart's folder; "" for a folder entry. */
static int clean_name(struct kz_str *out, struct reader *r, struct kz_str name, struct kz_err *err)
{
    if (name.len > KZ_ARCHIVE_NAME)
        return kz_fail(err, KZ_E_LIMIT, "the archive has a name of more than %d bytes",
                       KZ_ARCHIVE_NAME);
    char *slashes = kz_arena_bytes(r->a, name.len + 1);
    memcpy(slashes, name.ptr, name.len);
    for (size_t i = 0; i < name.len; i++) /* made on Windows */
        if (slashes[i] == '\\')
            slashes[i] = '/';
    struct kz_str folder, rest = kz_str_cut(&folder, kz_str_n(slashes, name.len), '/');
    if (rest.len > 0 && rest.ptr[0] == '/')
        return kz_fail(err, KZ_E_INVALID, "chart illegally contains absolute paths");
    rest = kz_go_clean(r->a, rest);
    if (kz_str_is(rest, "."))
        return kz_fail(err, KZ_E_INVALID,
                       "chart illegally contains content outside the base directory: \"" KZ_FMT
                       "\"",
                       KZ_ARG(name));
    if (kz_str_starts(rest, KZ_STR("..")))
        return kz_fail(err, KZ_E_INVALID, "chart illegally references parent directory");
    if (rest.len > 2 && rest.ptr[1] == ':' && rest.ptr[2] == '/')
        return kz_fail(err, KZ_E_INVALID, "chart contains illegally named files");
    if (kz_str_is(folder, "Chart.yaml"))
        return kz_fail(err, KZ_E_INVALID, "chart yaml not in base directory");
    *out = rest;
    return 0;
}

static int read_data(struct kz_str *out, struct reader *r, struct archive_entry *e,
                     struct kz_err *err)
{
    const int64_t size = archive_entry_size(e);
    if (size < 0 || size > KZ_ARCHIVE_INFLATED)
        return kz_fail(err, KZ_E_LIMIT, "the archive unpacks to more than %d MiB",
                       KZ_ARCHIVE_INFLATED >> 20);
    kz_autobuf struct kz_buf b = KZ_BUF(KZ_ARCHIVE_INFLATED);
    for (;;) {
        char *at = kz_buf_reserve(&b, 64 << 10);
        if (at == NULL)
            return kz_fail(err, KZ_E_LIMIT, "the archive unpacks to more than %d MiB",
                           KZ_ARCHIVE_INFLATED >> 20);
        const la_ssize_t n = archive_read_data(r->ar, at, 64 << 10);
        if (n < 0)
            return broken(r, err);
        if (n == 0)
            break;
        b.len += (size_t)n;
        r->inflated += (size_t)n;
        if (check_size(r, err) < 0)
            return -(int)err->code;
    }
    *out = kz_chart_no_bom(kz_str_dup(r->a, kz_buf_str(&b)));
    return 0;
}

static int read_entry(struct reader *r, struct archive_entry *e, struct kz_err *err)
{
    const char *raw = archive_entry_pathname(e);
    struct kz_str name, data;
    if (raw == NULL)
        return kz_fail(err, KZ_E_INVALID, "the archive has an entry without a readable name");
    if (archive_entry_filetype(e) == AE_IFDIR)
        return 0;
    if (clean_name(&name, r, kz_str(raw), err) < 0)
        return -(int)err->code;
    if (archive_entry_filetype(e) != AE_IFREG || archive_entry_hardlink(e) != NULL)
        return kz_fail(err, KZ_E_INVALID,
                       "the archive holds '" KZ_FMT "', which is a link or no file", KZ_ARG(name));
    if (kz_map_find(&r->names, name) != NULL)
        return kz_fail(err, KZ_E_INVALID, "the archive holds '" KZ_FMT "' twice", KZ_ARG(name));
    (void)kz_map_put(&r->names, name, r);
    if (read_data(&data, r, e, err) < 0)
        return -(int)err->code;
    kz_chart_files_add(r->a, r->out, name, data);
    return 0;
}

static int read_all(struct reader *r, struct kz_str packed, struct kz_err *err)
{
    struct archive_entry *e;
    if (archive_read_support_filter_gzip(r->ar) < 0 ||
        archive_read_support_format_tar(r->ar) != ARCHIVE_OK ||
        archive_read_open_memory(r->ar, packed.ptr, packed.len) != ARCHIVE_OK)
        return broken(r, err);
    for (;;) {
        const int rc = archive_read_next_header(r->ar, &e);
        if (rc == ARCHIVE_EOF)
            return 0;
        if (rc < ARCHIVE_WARN)
            return broken(r, err);
        if (++r->entries > KZ_ARCHIVE_ENTRIES)
            return kz_fail(err, KZ_E_LIMIT, "the archive has more than %d entries",
                           KZ_ARCHIVE_ENTRIES);
        if (check_size(r, err) < 0 || read_entry(r, e, err) < 0)
            return -(int)err->code;
    }
}

int kz_archive_read(struct kz_chart_files *out, struct kz_arena *a, struct kz_str packed,
                    struct kz_err *err)
{
    if (packed.len < 3 || memcmp(packed.ptr, "\x1F\x8B\x08", 3) != 0)
        return kz_fail(err, KZ_E_INVALID, "not a gzipped archive");
    struct reader r = {.ar = archive_read_new(), .a = a, .out = out, .packed = packed.len};
    if (r.ar == NULL)
        return kz_fail(err, KZ_E_IO, "out of memory");
    const size_t before = out->n;
    kz_map_init(&r.names);
    int rc = read_all(&r, packed, err);
    kz_map_done(&r.names);
    (void)archive_read_free(r.ar);
    if (rc >= 0 && out->n == before)
        rc = kz_fail(err, KZ_E_INVALID, "no files in chart archive");
    return rc;
}
