/* SPDX-License-Identifier: Apache-2.0
 *
 * exec:NAME: any program that reads values and writes YAML. It runs in the worker's sandbox: no network,
 * no credentials, its folder a copy of the module in the job's scratch. One run:
 *
 *     scratch/src/...        the module's folder; the program starts in it (or in `dir` below it)
 *     scratch/values.yaml    the merged values
 *     scratch/home, tmp      HOME and TMPDIR, empty
 *     stdout                 a YAML stream: the objects
 *
 * Environment, all of it: PATH, HOME, TMPDIR, LANG=C.UTF-8, SOURCE_DATE_EPOCH (the pinned time), and
 *     KZSYNC_MODULE, KZSYNC_RELEASE, KZSYNC_NAMESPACE   as in the definition
 *     KZSYNC_VALUES         path of values.yaml
 *     KZSYNC_KUBE_VERSION   "v1.32.0"
 *     KZSYNC_API_VERSIONS   path of a file, one "group/version[/Kind]" a line
 *     KZSYNC_IS_UPGRADE     "true" or "false"
 *
 * kz_exec_filter runs a program of another renderer in the same way, with a text on stdin. */
#ifndef KZ_PLUGINS_EXEC_EXEC_H
#define KZ_PLUGINS_EXEC_EXEC_H

#include "plugins/renderer.h"

/* ---- place.c ------------------------------------------------------------------------------------- */
struct kz_exec_place { /* absolute paths in scratch */
    const char *source, *cwd, *values, *home, *tmp, *apis;
    struct kz_str values_text; /* what stands in values */
};
/* Fills the existing empty folder base: the module's folder is copied (a module that is a file leaves src
 * empty), values and API versions are written. cwd is source. */
KZ_MUST_USE int kz_exec_place_make(struct kz_exec_place *place, const struct kz_render *r,
                                   const char *base, struct kz_err *err);

/* ---- command.c ----------------------------------------------------------------------------------- */
struct kz_exec_command {
    const char **argv; /* end in NULL; arena */
    const char **envp;
    const char *cwd;
    struct kz_str input; /* for stdin; "" none */
    struct kz_str name;  /* of the program, for messages */
};
/* words: the program and its arguments, a list of strings; NULL: what the options of exec say. A program
 * with a '/' in it is looked for from cwd. Words may be or hold {release} {namespace} {module} {values}
 * {kubeVersion}; the words {apiVersions} and {isUpgrade} stand for as many helm flags as there are facts. */
KZ_MUST_USE int kz_exec_command_make(struct kz_exec_command *out, const struct kz_render *r,
                                     const struct kz_exec_place *place,
                                     const struct kz_value *words, struct kz_err *err);

/* ---- program.c ----------------------------------------------------------------------------------- */
/* Runs it to its end. *out: stdout, in the arena. A failing status, a signal or too much output is an
 * error with the last lines of stderr. Time is the worker's to limit. */
KZ_MUST_USE int kz_exec_run(struct kz_str *out, struct kz_arena *a, const struct kz_exec_command *c,
                            struct kz_err *err);

/* ---- output.c ------------------------------------------------------------------------------------ */
/* Emits the documents of a stream. "# Source: FILE" comments, as helm writes them, give the origin;
 * with_chart: FILE begins with the chart's name. A stream without a document is an error. */
KZ_MUST_USE int kz_exec_emit(struct kz_render *r, struct kz_str text, struct kz_str name,
                             bool with_chart, struct kz_err *err);

/* ---- filter.c ------------------------------------------------------------------------------------ */
/* Runs the program of words (see kz_exec_command_make) with input on stdin: *out is its stdout, *name what
 * it is called in messages. Each call has files of its own, so a render may be done twice. */
KZ_MUST_USE int kz_exec_filter(struct kz_str *out, struct kz_str *name, const struct kz_render *r,
                               const struct kz_value *words, struct kz_str input,
                               struct kz_err *err);

#endif
