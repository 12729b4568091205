/* SPDX-License-Identifier: Apache-2.0
 *
 * The task "template": what `kzsync template` asks of a worker.
 *
 * In:  {path, release, nameTemplate, namespace, isUpgrade, skipSchema, kubeVersion, apiVersions: [..],
 *       shown: the chart as the user named it, places: also where lines come from, debug,
 *       valueFiles: [{name, text}], set: [{kind, text}], files: {name: text},
 *       facts: {now, seed}, snapshot}: the last two as of task "render"
 * Out: {release, manifests, crds, hooks: [{path, text, test}], notes: [..]}, each of the three with what
 *      template_places.h adds, or {error, late, notes, file, line, col, detail, hint}, with debug also
 *      rendered: [{path, text}] when text is no YAML: the chart's own failure, with Helm's message in full. */
#ifndef KZ_CLI_TASK_TEMPLATE_H
#define KZ_CLI_TASK_TEMPLATE_H

#include "render/render.h"

extern const struct kz_task kz_template_task;

#endif
