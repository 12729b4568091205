/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/client.h"

#include "kube/call.h"
#include "kube/path.h"
#include "value/json.h"

enum {
    SLOTS = 16,
    RETRIES = 4,
    REQUEST_BODY_MAX = 16 << 20,
    REPLY_BODY_MAX = 32 << 20,
    ONE = 1000, /* of slots and budget */
    BUDGET_MAX = 32 * ONE,
    BUDGET_PER_REQUEST = ONE / 10,
};
static const size_t ARENA_LIMIT = (size_t)4 << 30; /* the reply's size is bounded, not its arena */
static const int64_t BACKOFF_FIRST = 200 * KZ_NS_PER_MS;
static const int64_t BACKOFF_MAX = 10 * KZ_NS_PER_SEC;

static void pump(struct kz_kube *k);
static void start(struct kz_call *c, int64_t limit);

/* ---- the client ------------------------------------------------------------------------------ */
static void add_header(struct kz_kube *k, struct kz_str name, struct kz_str value)
{
    if (value.len == 0)
        return;
    char *text = strndup(value.ptr, value.len);
    kz_assert(text != NULL);
    k->header_text[k->n_headers] = text;
    k->headers[k->n_headers++] = (struct kz_http_header){.name = name, .value = kz_str(text)};
}

struct kz_kube *kz_kube_new(const struct kz_env *env, const struct kz_http *http,
                            const struct kz_kube_options *opt)
{
    struct kz_kube *k = calloc(1, sizeof *k);
    kz_assert(k != NULL);
    k->env = env;
    k->http = http;
    k->retries = opt->retries == 0 ? RETRIES : opt->retries;
    k->max_slots = (int64_t)(opt->max_parallel <= 0 ? SLOTS : opt->max_parallel) * ONE;
    k->slots = k->max_slots;
    k->budget = BUDGET_MAX;
    k->budget_at = kz_env_mono(env);
    k->scratch = kz_arena_new(ARENA_LIMIT);
    add_header(k, KZ_STR("user-agent"), opt->user_agent);
    add_header(k, KZ_STR("impersonate-user"), opt->impersonate_user);
    return k;
}

static struct kz_kube *find_face(struct kz_kube *k, struct kz_str user, struct kz_str who)
{
    struct kz_kube *face = k->next_face;
    kz_assert(k->base == NULL);
    while (face != NULL && !(kz_str_is(user, face->as) && kz_str_eq(who, face->gate.who)))
        face = face->next_face;
    return face;
}

static struct kz_kube *add_face(struct kz_kube *k, struct kz_str user)
{
    struct kz_kube *face = calloc(1, sizeof *face);
    kz_assert(face != NULL);
    face->base = k;
    face->as = strndup(user.ptr, user.len);
    kz_assert(face->as != NULL);
    face->next_face = k->next_face;
    k->next_face = face;
    return face;
}

struct kz_kube *kz_kube_as(struct kz_kube *k, struct kz_str user)
{
    if (user.len == 0)
        return k;
    struct kz_kube *face = find_face(k, user, KZ_STR(""));
    return face != NULL ? face : add_face(k, user);
}

struct kz_kube *kz_kube_gated(struct kz_kube *k, struct kz_str user, const struct kz_kube_gate *gate)
{
    kz_assert(user.len > 0 && gate->who.len > 0); /* a gate without a user would lend our own rights */
    struct kz_kube *face = find_face(k, user, gate->who);
    if (face != NULL)
        return face;
    face = add_face(k, user);
    face->gate = *gate;
    face->gate.who.ptr = strndup(gate->who.ptr, gate->who.len);
    kz_assert(face->gate.who.ptr != NULL);
    return face;
}

static void free_faces(struct kz_kube *k)
{
    while (k->next_face != NULL) {
        struct kz_kube *face = k->next_face;
        k->next_face = face->next_face;
        free(face->as);
        if (face->gate.allows != NULL)
            free((char *)(uintptr_t)face->gate.who.ptr);
        free(face);
    }
}

void kz_kube_fence(struct kz_kube *k, int64_t (*left)(void *arg), void *arg)
{
    k->fence = left;
    k->fence_arg = arg;
}

void kz_kube_unfenced(struct kz_kube *k)
{
    pump(k);
}

size_t kz_kube_writing(const struct kz_kube *k)
{
    const struct kz_call *const heads[] = {k->active.head, k->waiting.head};
    size_t n = 0;
    for (size_t i = 0; i < kz_countof(heads); i++)
        for (const struct kz_call *c = heads[i]; c != NULL; c = c->next)
            n += (c->flags & KZ_CALL_WRITE) != 0;
    return n;
}

const struct kz_kube_stats *kz_kube_stats(const struct kz_kube *k)
{
    return &k->stats;
}

size_t kz_kube_line(int64_t *oldest, const struct kz_kube *k)
{
    size_t n = 0;
    const int64_t now = kz_env_mono(k->env);
    *oldest = 0;
    for (const struct kz_call *c = k->waiting.head; c != NULL; c = c->next, n++)
        *oldest = now - c->since > *oldest ? now - c->since : *oldest;
    return n;
}

/* ---- queues ---------------------------------------------------------------------------------- */
static void link_tail(struct kz_call_queue *q, struct kz_call *c)
{
    c->prev = q->tail;
    c->next = NULL;
    *(q->tail != NULL ? &q->tail->next : &q->head) = c;
    q->tail = c;
}

static void link_head(struct kz_call_queue *q, struct kz_call *c)
{
    c->next = q->head;
    c->prev = NULL;
    *(q->head != NULL ? &q->head->prev : &q->tail) = c;
    q->head = c;
}

static void detach(struct kz_call_queue *q, struct kz_call *c)
{
    *(c->prev != NULL ? &c->prev->next : &q->head) = c->next;
    *(c->next != NULL ? &c->next->prev : &q->tail) = c->prev;
    c->prev = c->next = NULL;
}

/* ---- a call's life --------------------------------------------------------------------------- */
struct kz_call *kz_call_new(struct kz_kube *k, enum kz_verb verb, const struct kz_id *id)
{
    struct kz_call *c = calloc(1, sizeof *c);
    kz_assert(c != NULL);
    c->as = k->as;
    c->gate = k->gate.allows == NULL ? NULL : &k->gate;
    k = k->base != NULL ? k->base : k;
    c->k = k;
    c->id = ++k->last_id;
    c->arena = kz_arena_new(ARENA_LIMIT);
    c->ask = (struct kz_ask){.verb = verb, .id = kz_id_dup(c->arena, id)};
    c->backoff = (struct kz_backoff){.first = BACKOFF_FIRST, .max = BACKOFF_MAX};
    kz_buf_init(&c->path, KZ_PATH_MAX);
    kz_buf_init(&c->body, REQUEST_BODY_MAX);
    return c;
}

void kz_call_free(struct kz_call *c)
{
    kz_buf_done(&c->path);
    kz_buf_done(&c->body);
    kz_arena_free(c->pages);
    kz_arena_free(c->arena);
    free(c);
}

/* Urgent calls wait for nothing, so they are never found in line. */
static void enqueue(struct kz_call *c, bool front)
{
    c->state = KZ_CALL_WAITING;
    c->since = kz_env_mono(c->k->env);
    if (front)
        link_head(&c->k->waiting, c);
    else
        link_tail(&c->k->waiting, c);
    if ((c->flags & KZ_CALL_URGENT) != 0)
        start(c, c->timeout);
    pump(c->k);
}

uint64_t kz_call_submit(struct kz_call *c)
{
    uint64_t id = c->id;
    enqueue(c, false);
    return id;
}

/* Takes the call off its queue and frees its slot, request and timer. */
static void unlink_call(struct kz_call *c)
{
    struct kz_kube *k = c->k;
    detach(c->state == KZ_CALL_WAITING ? &k->waiting : &k->active, c);
    kz_env_timer_stop(k->env, &c->timer);
    if (c->state == KZ_CALL_RUNNING && (c->flags & KZ_CALL_URGENT) == 0)
        k->running--;
}

static void drop(struct kz_call *c)
{
    unlink_call(c);
    if (c->state == KZ_CALL_RUNNING)
        c->k->http->ops->cancel(c->k->http->impl, c->http_id);
    kz_call_free(c);
}

void kz_kube_cancel(struct kz_kube *k, uint64_t id)
{
    k = k->base != NULL ? k->base : k;
    struct kz_call *const heads[] = {k->active.head, k->waiting.head};
    for (size_t i = 0; id != 0 && i < kz_countof(heads); i++) {
        for (struct kz_call *c = heads[i]; c != NULL; c = c->next) {
            if (c->id == id) {
                drop(c);
                pump(k);
                return;
            }
        }
    }
}

void kz_kube_free(struct kz_kube *k)
{
    if (k == NULL)
        return;
    while (k->waiting.head != NULL)
        drop(k->waiting.head);
    while (k->active.head != NULL)
        drop(k->active.head);
    kz_env_timer_stop(k->env, &k->hold_timer);
    kz_discovery_free(k->discovery);
    free_faces(k);
    kz_arena_free(k->scratch);
    for (size_t i = 0; i < k->n_headers; i++)
        free(k->header_text[i]);
    free(k);
}

/* Hands the answer out. The call is unlinked before and touches nothing of the client afterwards:
 * the callback may free it. */
static void deliver(struct kz_call *c, const struct kz_result *res,
                    const struct kz_http_reply *reply)
{
    unlink_call(c);
    pump(c->k);
    if (c->on_reply != NULL)
        c->on_reply(c->arg, res, reply);
    else
        c->done(c->arg, c->id, res);
    kz_call_free(c);
}

static void answer(void *arg, uint64_t timer)
{
    struct kz_call *c = arg;
    (void)timer;
    c->timer = 0;
    deliver(c,
            &(struct kz_result){.outcome = c->known.outcome,
                                .arena = c->arena,
                                .err = &c->known.err,
                                .retry_after = -1},
            NULL);
}

uint64_t kz_call_answer(struct kz_call *c, enum kz_outcome outcome, const struct kz_err *err)
{
    c->known = (struct kz_verdict){.outcome = outcome, .err = *err, .retry_after = -1};
    c->state = KZ_CALL_ANSWERED;
    link_tail(&c->k->active, c);
    c->timer = kz_env_timer(c->k->env, 0, answer, c);
    return c->id;
}

/* ---- retries --------------------------------------------------------------------------------- */
/* One retry for ten requests, and one a second, so that a client with little to do may retry too. */
static bool budget_take(struct kz_kube *k)
{
    int64_t now = kz_env_mono(k->env);
    k->budget += (now - k->budget_at) / (KZ_NS_PER_SEC / ONE);
    k->budget_at = now;
    if (k->budget > BUDGET_MAX)
        k->budget = BUDGET_MAX;
    if (k->budget < ONE)
        return false;
    k->budget -= ONE;
    return true;
}

static bool may_retry(struct kz_call *c, const struct kz_verdict *v,
                      const struct kz_http_reply *reply)
{
    bool unknown = reply->err != NULL ? reply->maybe_sent : reply->status >= 500;
    if (!v->retry || (c->flags & KZ_CALL_ONCE) != 0 || c->backoff.tries >= c->k->retries)
        return false;
    /* Each try that is not answered at all has already cost the whole time limit. */
    if (reply->err != NULL && reply->err->code == KZ_E_TIMEOUT && c->backoff.tries > 0)
        return false;
    if (unknown && (c->flags & KZ_CALL_FRAGILE) != 0)
        return false;
    return budget_take(c->k);
}

static void wake(void *arg, uint64_t timer)
{
    struct kz_call *c = arg;
    (void)timer;
    c->timer = 0;
    detach(&c->k->active, c);
    enqueue(c, true);
}

static void pause_call(struct kz_call *c, int64_t retry_after)
{
    struct kz_kube *k = c->k;
    int64_t wait = kz_backoff_next(&c->backoff, k->env);
    if (wait < retry_after)
        wait = retry_after;
    k->stats.retries++;
    unlink_call(c);
    c->state = KZ_CALL_PAUSED;
    link_tail(&k->active, c);
    c->timer = kz_env_timer(k->env, wait, wake, c);
}

/* A 429 is about all of us: the server queues per account. Fewer slots, and silence for a while. */
static void throttle(struct kz_kube *k, int64_t retry_after)
{
    int64_t now = kz_env_mono(k->env);
    k->stats.throttled++;
    if (now >= k->held_until) /* several 429s of one burst count once */
        k->slots = k->slots / 2 < ONE ? ONE : k->slots / 2;
    if (retry_after > 0 && k->held_until < now + retry_after) {
        k->stats.held += now + retry_after - (k->held_until > now ? k->held_until : now);
        k->held_until = now + retry_after;
    }
}

static void thrive(struct kz_kube *k)
{
    k->slots += (int64_t)ONE * ONE / k->slots;
    if (k->slots > k->max_slots)
        k->slots = k->max_slots;
}

/* ---- replies --------------------------------------------------------------------------------- */
/* Whatever the content type says (docs/internals/api-server.md trap 10). NULL: no JSON, *why tells
 * more. */
static struct kz_value *parse_body(struct kz_arena *a, struct kz_str body, struct kz_err *why)
{
    struct kz_value *v = NULL;
    struct kz_str text = kz_str_trim(body);
    if (text.len == 0 || text.ptr[0] != '{') {
        (void)kz_fail(why, KZ_E_PARSE, "it is not JSON");
        return NULL;
    }
    return kz_json_read(&v, a, text, KZ_STR(""), why) < 0 ? NULL : v;
}

/* A good status with a text that can't be read: a proxy, or a reply that was cut. */
static void unreadable(struct kz_verdict *v, struct kz_arena *a, const struct kz_ask *ask,
                       const struct kz_err *why)
{
    v->outcome = KZ_TRANSIENT;
    v->retry = true;
    (void)kz_fail(&v->err, KZ_E_REMOTE, "the reply of the API server can't be read%s%s",
                  kz_ask_is_secret(ask) ? "" : ": ", kz_ask_is_secret(ask) ? "" : why->frame[0]);
    (void)kz_wrap(&v->err, KZ_FMT, KZ_ARG(kz_ask_text(a, ask)));
}

static void judge(struct kz_verdict *v, struct kz_call *c, struct kz_arena *a,
                  const struct kz_http_reply *reply, const struct kz_value *body,
                  const struct kz_err *why)
{
    bool wants_json = c->on_data == NULL && (c->flags & KZ_CALL_TEXT) == 0;
    if (reply->err == NULL && reply->status == 304 && c->if_none_match.len > 0) {
        *v = (struct kz_verdict){.outcome = KZ_DONE, .retry_after = -1};
        return;
    }
    kz_status_judge(v, a, &c->ask, reply, body);
    if (v->outcome == KZ_DONE && wants_json && body == NULL)
        unreadable(v, a, &c->ask, why);
    if (v->outcome == KZ_DONE)
        thrive(c->k);
    else if (reply->status == 429)
        throttle(c->k, v->retry_after);
}

static void count(struct kz_call *c, int status)
{
    struct kz_kube_stats *s = &c->k->stats;
    s->by[c->ask.verb][kz_code_class(status)][kz_resource_class(c->ask.id.group, c->ask.id.kind)]++;
    kz_histogram_add(&s->took[c->ask.verb], KZ_SCALE_REQUEST, kz_env_mono(c->k->env) - c->since);
}

static void conclude(struct kz_call *c, struct kz_arena *a, const struct kz_http_reply *reply)
{
    struct kz_verdict v;
    bool text = (c->flags & KZ_CALL_TEXT) != 0 && reply->status == 200;
    struct kz_err why;
    struct kz_value *body = text ? NULL : parse_body(a, reply->body, &why);
    judge(&v, c, a, reply, body, &why);
    if (may_retry(c, &v, reply)) {
        pause_call(c, v.retry_after);
        pump(c->k);
        return;
    }
    bool masked = v.outcome != KZ_DONE && kz_ask_is_secret(&c->ask);
    struct kz_result res = {
        .outcome = v.outcome,
        .status = reply->status,
        .body = masked ? NULL : body,
        .text = masked ? KZ_STR("") : reply->body,
        .arena = a,
        .err = v.outcome == KZ_DONE ? NULL : &v.err,
        .conflicts = v.conflicts,
        .n_conflicts = v.n_conflicts,
        .retry_after = v.retry_after,
    };
    if (c->next_page != NULL && c->next_page(c, &res)) {
        unlink_call(c);
        kz_backoff_reset(&c->backoff);
        enqueue(c, true);
        return;
    }
    deliver(c, &res, reply);
}

static void on_done(void *arg, uint64_t http_id, const struct kz_http_reply *reply)
{
    struct kz_call *c = arg;
    (void)http_id;
    count(c, reply->status);
    if (c->pages != NULL) { /* the items of all pages live together */
        conclude(c, c->pages, reply);
        return;
    }
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA_LIMIT);
    conclude(c, a, reply);
}

static void on_data(void *arg, uint64_t http_id, struct kz_str piece)
{
    struct kz_call *c = arg;
    (void)http_id;
    c->on_data(c->arg, piece);
}

/* ---- sending --------------------------------------------------------------------------------- */
static bool is_fenced(const struct kz_call *c)
{
    return (c->flags & KZ_CALL_WRITE) != 0 && c->k->fence != NULL;
}

/* What the request may take now; 0: it must not be sent. The server, which goes on with what a stopped
 * client has sent, is told to end a second earlier. */
static int64_t time_limit(struct kz_call *c)
{
    int64_t left = is_fenced(c) ? c->k->fence(c->k->fence_arg) : c->timeout;
    int64_t seconds = left / KZ_NS_PER_SEC - 1;
    if (!is_fenced(c))
        return left;
    if (seconds < 1)
        return 0;
    if (seconds > KZ_CALL_SERVER_SEC)
        seconds = KZ_CALL_SERVER_SEC;
    c->path.ptr[c->server_limit] = (char)('0' + seconds / 10);
    c->path.ptr[c->server_limit + 1] = (char)('0' + seconds % 10);
    return left < c->timeout ? left : c->timeout;
}

/* In place of whom the client stands for in any case. */
static void add_user(struct kz_http_header *headers, size_t *n, const char *user)
{
    const struct kz_str name = KZ_STR("impersonate-user");
    size_t i = 0;
    if (user == NULL)
        return;
    while (i < *n && !kz_str_eq(headers[i].name, name))
        i++;
    headers[i] = (struct kz_http_header){name, kz_str(user)};
    *n = i == *n ? i + 1 : *n;
}

static void start(struct kz_call *c, int64_t limit)
{
    struct kz_kube *k = c->k;
    struct kz_http_header headers[4];
    size_t n = k->n_headers;
    for (size_t i = 0; i < n; i++)
        headers[i] = k->headers[i];
    add_user(headers, &n, c->as);
    if (c->if_none_match.len > 0)
        headers[n++] = (struct kz_http_header){KZ_STR("if-none-match"), c->if_none_match};
    detach(&k->waiting, c);
    link_tail(&k->active, c);
    c->state = KZ_CALL_RUNNING;
    c->since = kz_env_mono(k->env);
    k->running += (c->flags & KZ_CALL_URGENT) == 0;
    k->stats.requests++;
    k->budget += BUDGET_PER_REQUEST;
    c->http_id =
        k->http->ops->start(k->http->impl, &(struct kz_http_request){
                                               .method = c->method,
                                               .path = kz_buf_str(&c->path),
                                               .body = kz_buf_str(&c->body),
                                               .content_type = c->content_type,
                                               .accept = c->accept,
                                               .headers = headers,
                                               .n_headers = n,
                                               .max_body = REPLY_BODY_MAX,
                                               .timeout = limit,
                                               .idle_timeout = c->idle_timeout,
                                               .on_data = c->on_data != NULL ? on_data : NULL,
                                               .on_done = on_done,
                                               .arg = c,
                                           });
}

/* What was decided about a removal is not true for long: it does not wait for the fence. */
static void turn_back(struct kz_call *c, const char *why)
{
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_REMOTE, "%s", why);
    (void)kz_wrap(&err, KZ_FMT, KZ_ARG(kz_ask_text(c->arena, &c->ask)));
    detach(&c->k->waiting, c);
    (void)kz_call_answer(c, KZ_TRANSIENT, &err);
}

/* Rules may have changed while it waited, so it is asked at every try. */
static bool is_let_through(struct kz_call *c)
{
    struct kz_err err;
    if (c->gate == NULL || (c->flags & KZ_CALL_GATED) == 0 ||
        c->gate->allows(c->gate->arg, c->gate->who, &c->ask.id, &err) == 0)
        return true;
    (void)kz_wrap(&err, KZ_FMT, KZ_ARG(kz_ask_text(c->arena, &c->ask)));
    detach(&c->k->waiting, c);
    (void)kz_call_answer(c, KZ_REFUSED, &err);
    return false;
}

static void release(void *arg, uint64_t timer)
{
    struct kz_kube *k = arg;
    (void)timer;
    k->hold_timer = 0;
    pump(k);
}

/* Starts what may start. */
static void pump(struct kz_kube *k)
{
    int64_t now = kz_env_mono(k->env);
    if (now < k->held_until && k->waiting.head != NULL) {
        if (k->hold_timer == 0)
            k->hold_timer = kz_env_timer(k->env, k->held_until - now, release, k);
        return;
    }
    for (struct kz_call *c = k->waiting.head, *next; c != NULL; c = next) {
        next = c->next;
        if ((int64_t)k->running * ONE + ONE > k->slots)
            return;
        int64_t limit = time_limit(c);
        if (!is_let_through(c))
            continue;
        if (limit > 0 || !is_fenced(c)) {
            if (c->still == NULL || c->still(c->arg))
                start(c, limit);
            else
                turn_back(c, "it is not right any more");
        } else if (c->ask.verb == KZ_VERB_DELETE) {
            turn_back(c, "the lease is not renewed in time");
        }
    }
}
