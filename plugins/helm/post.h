/* SPDX-License-Identifier: Apache-2.0
 *
 * The option postRenderer of a module: a program between the chart and the objects, as `helm template
 * --include-crds --post-renderer` runs it. It reads CRDs and manifests, each below "---" and "# Source:
 * PATH", and writes those to use in their place. Hooks go past it, as in Helm. It is started as programs
 * of the renderer exec are (plugins/exec/exec.h): in the sandbox, in a copy of the module's folder. */
#ifndef KZ_HELM_POST_H
#define KZ_HELM_POST_H

#include "helm/render.h"
#include "plugins/renderer.h"

/* The words of the option; NULL: none. */
const struct kz_value *kz_helm_post_renderer(const struct kz_render *r);

/* Emits what the program makes of the chart's CRDs (if with_crds) and manifests. The file of an object is
 * known where the program keeps the comments. Nothing for something is an error. */
KZ_MUST_USE int kz_helm_post_render(struct kz_render *r, const struct kz_value *words,
                                    const struct kz_helm_result *res, bool with_crds,
                                    struct kz_err *err);

#endif
