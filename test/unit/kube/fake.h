/* SPDX-License-Identifier: Apache-2.0
 *
 * The two seams of base/env.h as a test wants them: virtual time, and an HTTP server that is the test
 * itself: it finds the open request by a part of "METHOD path" and answers it. */
#ifndef KZ_TEST_KUBE_FAKE_H
#define KZ_TEST_KUBE_FAKE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/env.h"
#include "base/vec.h"

struct fake_timer {
    uint64_t id;
    int64_t at;
    void (*fire)(void *arg, uint64_t id);
    void *arg;
};

struct fake_request {
    uint64_t id;
    bool open;
    struct kz_http_request req; /* strings copied */
    struct kz_str line;         /* "GET /api?x" */
};

struct fake {
    struct kz_env env;
    struct kz_http http;
    struct kz_arena *arena;
    int64_t now;
    uint64_t last_id, seed;
    KZ_VEC(struct fake_timer) timers;
    KZ_VEC(struct fake_request) requests;
};

void fake_init(struct fake *f);
void fake_done(struct fake *f);

/* Fires every timer that is due within ns, in order. */
void fake_run(struct fake *f, int64_t ns);
/* Oldest open request whose line contains part; the test fails when there is none. */
struct fake_request *fake_find(struct fake *f, const char *part);
bool fake_has(struct fake *f, const char *part);
size_t fake_open(const struct fake *f);
/* Ends that request. A 2xx body of a streaming request goes through on_data. */
void fake_answer(struct fake *f, const char *part, int status, const char *body);
void fake_answer_full(struct fake *f, const char *part, const struct kz_http_reply *reply);
void fake_data(struct fake *f, const char *part, const char *piece, size_t len);
void fake_break(struct fake *f, const char *part, enum kz_code code, bool maybe_sent);

/* Answers the three discovery requests: core/v1 (ConfigMap, Secret, Pod, Namespace), apps/v1
 * (Deployment), coordination.k8s.io/v1 (Lease), batch with v1 and v1beta1. */
void fake_discovery(struct fake *f);
extern const char fake_core[], fake_groups[];

#endif
