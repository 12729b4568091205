/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/post.h"

#include "base/buf.h"
#include "plugins/exec/exec.h"

static const size_t MAX_INPUT = (size_t)256 << 20;

const struct kz_value *kz_helm_post_renderer(const struct kz_render *r)
{
    const struct kz_value *words = kz_value_get(r->options, "postRenderer");
    return kz_value_len(words) > 0 ? words : NULL;
}

static void add(struct kz_buf *b, struct kz_str path, struct kz_str text)
{
    kz_buf_puts(b, "---\n# Source: ");
    kz_buf_add_str(b, path);
    kz_buf_putc(b, '\n');
    kz_buf_add_str(b, text);
    kz_buf_putc(b, '\n');
}

static int filter(struct kz_render *r, const struct kz_value *words, struct kz_str input,
                  struct kz_err *err)
{
    struct kz_str output, name = kz_value_as_str(kz_value_at(words, 0));
    if (kz_exec_filter(&output, &name, r, words, input, err) < 0)
        return -(int)err->code;
    if (input.len == 0 && kz_str_trim(output).len == 0) /* a chart of hooks alone */
        return 0;
    return kz_exec_emit(r, output, name, true, err);
}

int kz_helm_post_render(struct kz_render *r, const struct kz_value *words,
                        const struct kz_helm_result *res, bool with_crds, struct kz_err *err)
{
    kz_autobuf struct kz_buf b = KZ_BUF(MAX_INPUT);
    for (size_t i = 0; with_crds && i < res->n_crds; i++)
        add(&b, res->crds[i].path, res->crds[i].data);
    for (size_t i = 0; i < res->manifests.n; i++)
        add(&b, res->manifests.at[i].file->path, res->manifests.at[i].text);
    const int rc = kz_buf_bad(&b)
                       ? kz_fail(err, KZ_E_LIMIT, "the manifests are larger than %zu MiB",
                                 MAX_INPUT >> 20)
                       : filter(r, words, kz_buf_str(&b), err);
    return rc < 0 ? kz_wrap(err, "post-renderer") : 0;
}
