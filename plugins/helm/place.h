/* SPDX-License-Identifier: Apache-2.0
 *
 * Where each line of a rendered template comes from: the line of a template, and how it was reached
 * through include, tpl and {{template}}. Made from the marks that the evaluator left, when somebody
 * asks, so that rendering pays for no more than the marks.
 *
 * Text that stands in a template as it is has its line there. What an action prints is compared, line
 * by line and without the blanks around, with the texts that were included on the way: a line that is
 * found there has its place there, which is exact for indent, nindent, trim and the like; a line that
 * some function made up has the place of the action. */
#ifndef KZ_HELM_PLACE_H
#define KZ_HELM_PLACE_H

#include "helm/render.h"

struct kz_helm_place {
    struct kz_str file; /* name of the template: "root/templates/x.yaml"; KZ_HELM_TPL: a text for tpl */
    uint32_t line;
    const struct kz_helm_place *via; /* where that was called; NULL: in the file that Helm rendered */
};
#define KZ_HELM_TPL "gotpl"

/* Of one result, which was rendered with want_marks; lives in the arena. */
struct kz_helm_places;
struct kz_helm_places *kz_helm_places_new(struct kz_arena *a, const struct kz_helm_result *r);

/* One place for each line of text, which is a view into what file became: a manifest, for example.
 * *n lines; without marks all are line 1 of the file. Linear in what the file and its includes became,
 * once. */
const struct kz_helm_place *const *kz_helm_places_of(size_t *n, struct kz_helm_places *p,
                                                     const struct kz_rendered *file,
                                                     struct kz_str text);

/* The innermost one that is a file of the chart. */
const struct kz_helm_place *kz_helm_place_file(const struct kz_helm_place *p);

#endif
