/* SPDX-License-Identifier: Apache-2.0
 *
 * What a running kzsync answers over HTTP (loop/http_server.h), to machines:
 *
 *   /healthz  200 while the loop turns; 503 when only a new process would help
 *   /readyz   200 once definitions were read, for who leads and who stands by; 503 says why not
 *   /metrics  report/metrics.h; made at most once a second
 *
 * Nothing of it is secret, nothing can be changed through it. */
#ifndef KZ_CLI_SERVE_H
#define KZ_CLI_SERVE_H

#include "cli/app.h"

struct kz_serve;

/* Of this engine, which outlives it. */
KZ_MUST_USE int kz_serve_open(struct kz_serve **out, struct kz_app *app, const struct kz_engine *engine,
                              struct kz_str listen, struct kz_err *err);
void kz_serve_close(struct kz_serve *s); /* NULL is fine; before kz_app_close */

#endif
