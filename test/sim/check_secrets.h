/* SPDX-License-Identifier: Apache-2.0
 *
 * Invariant I8: what a Secret holds goes out in Secrets only. Every Secret of the model holds a canary, the API
 * server quotes it wherever it refuses something about a Secret, and it may be in no other request, no line of the
 * log at any level, and nothing that people are shown. */
#ifndef SIM_CHECK_SECRETS_H
#define SIM_CHECK_SECRETS_H

#include "apiserver.h"
#include "sync/engine.h"

void sim_secrets_sent(struct sim_world *w, const struct sim_request *r);
void sim_secrets_shown(struct sim_world *w, const struct kz_engine_view *view);
void sim_secrets_logged(struct sim_world *w); /* all of the log so far */

#endif
