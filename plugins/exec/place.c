/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/exec/exec.h"

#include "base/buf.h"
#include "value/yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint64_t max_source = UINT64_C(256) << 20; /* bytes of a module that is copied out */

static int write_text(const char *path, struct kz_str text, struct kz_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return kz_fail_errno(err, errno, "write '%s'", path);
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int saved = errno;
            (void)close(fd);
            return kz_fail_errno(err, saved, "write '%s'", path);
        }
        text = kz_str_skip(text, (size_t)n);
    }
    (void)close(fd);
    return 0;
}

static int make_folder(const char *path, struct kz_err *err)
{
    return mkdir(path, 0700) == 0 ? 0 : kz_fail_errno(err, errno, "make '%s'", path);
}

static int write_values(struct kz_str *text, const char *path, const struct kz_render *r,
                        struct kz_err *err)
{
    struct kz_buf b;
    kz_buf_init(&b, (size_t)64 << 20);
    kz_yaml_write(&b, r->values, KZ_YAML_ORDERED);
    int rc = kz_buf_bad(&b) ? kz_fail(err, KZ_E_LIMIT, "the values are larger than 64 MiB")
                            : write_text(path, kz_buf_str(&b), err);
    *text = kz_str_dup(r->arena, kz_buf_str(&b));
    kz_buf_done(&b);
    return rc;
}

static int write_apis(const char *path, const struct kz_render *r, struct kz_err *err)
{
    struct kz_buf b;
    kz_buf_init(&b, (size_t)16 << 20);
    for (size_t i = 0; i < kz_value_len(r->facts->api_versions); i++) {
        kz_buf_add_str(&b, kz_value_as_str(kz_value_at(r->facts->api_versions, i)));
        kz_buf_putc(&b, '\n');
    }
    int rc = write_text(path, kz_buf_str(&b), err);
    kz_buf_done(&b);
    return rc;
}

int kz_exec_place_make(struct kz_exec_place *place, const struct kz_render *r, const char *base,
                       struct kz_err *err)
{
    struct kz_arena *a = r->arena;
    *place = (struct kz_exec_place){
        .source = kz_str_printf(a, "%s/src", base).ptr,
        .values = kz_str_printf(a, "%s/values.yaml", base).ptr,
        .apis = kz_str_printf(a, "%s/api-versions", base).ptr,
        .home = kz_str_printf(a, "%s/home", base).ptr,
        .tmp = kz_str_printf(a, "%s/tmp", base).ptr,
    };
    place->cwd = place->source;
    if (make_folder(place->source, err) < 0 || make_folder(place->home, err) < 0 ||
        make_folder(place->tmp, err) < 0)
        return -(int)err->code;
    if (kz_tree_kind(r->tree, r->path) == KZ_TREE_DIR &&
        kz_tree_export(r->tree, r->path, place->source, max_source, err) < 0)
        return kz_wrap(err, "copy '" KZ_FMT "' for the program", KZ_ARG(r->path));
    if (write_values(&place->values_text, place->values, r, err) < 0)
        return -(int)err->code;
    return write_apis(place->apis, r, err);
}
