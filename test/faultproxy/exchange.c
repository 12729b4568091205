/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy.h"

#include "base/clock.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE_MAX = 64 << 20 };

struct fp_exchange *fp_exchange_new(struct fp_proxy *p, struct fp_client *c, int32_t stream)
{
    struct fp_exchange *x = calloc(1, sizeof *x);
    kz_assert(x != NULL);
    *x = (struct fp_exchange){.p = p, .client = c, .stream = stream};
    struct kz_buf *const all[] = {&x->path, &x->head, &x->body, &x->in, &x->fields, &x->reply};
    for (size_t i = 0; i < kz_countof(all); i++)
        kz_buf_init(all[i], MESSAGE_MAX);
    return x;
}

static void exchange_free(void *arg)
{
    struct fp_exchange *x = arg;
    struct kz_buf *const all[] = {&x->path, &x->head, &x->body, &x->in, &x->fields, &x->reply};
    for (size_t i = 0; i < kz_countof(all); i++)
        kz_buf_done(all[i]);
    fp_body_done(&x->framing);
    free(x);
}

/* "< INDEX STATUS": 0 is no status of the server's. */
static void log_end(struct fp_exchange *x)
{
    if (x->started && !x->logged)
        (void)fprintf(x->p->log, "< %llu %d\n", (unsigned long long)x->index, x->status);
    x->logged = true;
}

static void close_up(struct fp_exchange *x, enum fp_end how)
{
    fp_wire_close(x->up, how);
    x->up = NULL;
    if (x->client == NULL) {
        log_end(x);
        kz_loop_defer(x->p->loop, exchange_free, x);
    }
}

void fp_exchange_leave(struct fp_exchange *x)
{
    x->client = NULL;
    if (x->up != NULL && !x->watch)
        return; /* what was sent to the server is done there, as with a client that was killed */
    close_up(x, FP_END_CUT);
}

/* ---- faults that need no answer of the server -------------------------------------------------- */
static void kill_victim(struct fp_exchange *x)
{
    long pid = 0;
    FILE *f = x->p->victim != NULL ? fopen(x->p->victim, "re") : NULL;
    char line[32] = "";
    if (f != NULL && fgets(line, sizeof line, f) != NULL)
        pid = strtol(line, NULL, 10);
    if (f != NULL)
        (void)fclose(f);
    if (pid > 1)
        (void)kill((pid_t)pid, SIGKILL);
    (void)fprintf(x->p->log, "! %llu killed %ld\n", (unsigned long long)x->index, pid);
    (void)fflush(x->p->log);
}

static size_t part_of(const struct fp_exchange *x, size_t whole)
{
    size_t n = x->hit.percent ? whole * (size_t)x->hit.n / 100 : (size_t)x->hit.n;
    return n < whole || !x->hit.percent ? n : whole;
}

/* An answer of our own, as the API server would write it. */
static void answer(struct fp_exchange *x, int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {410, "Expired"           },
        {429, "TooManyRequests"   },
        {500, "InternalError"     },
        {503, "ServiceUnavailable"},
        {504, "Timeout"           },
    };
    const char *reason = "Unknown";
    for (size_t i = 0; i < kz_countof(reasons); i++)
        if (reasons[i].status == status)
            reason = reasons[i].reason;
    kz_buf_clear(&x->fields);
    kz_buf_clear(&x->reply);
    x->status = x->hit.fault == FP_GONE && x->watch ? 200 : status;
    kz_buf_puts(&x->fields, "content-type: application/json\r\n");
    if (status == 429)
        kz_buf_puts(&x->fields, "retry-after: 1\r\n");
    bool event = x->status == 200;
    kz_buf_printf(
        &x->reply,
        "%s{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
        "\"message\":\"made by the fault proxy\",\"reason\":\"%s\",\"code\":%d}%s\n",
        event ? "{\"type\":\"ERROR\",\"object\":" : "", reason, status, event ? "}" : "");
    x->ended = true;
    fp_client_reply(x);
}

/* ---- the server's answer ----------------------------------------------------------------------- */
/* The server is done; from here on only the client's side is left. */
static void deliver(struct fp_exchange *x)
{
    enum fp_fault fault = x->hit.fault;
    struct fp_client *c = x->client;
    x->ended = true;
    if (fault == FP_KILL_AFTER)
        kill_victim(x);
    close_up(x, FP_END_CUT);
    if (c == NULL)
        return;
    struct fp_wire *w = fp_client_wire(c);
    switch (fault) {
    case FP_LOST:
    case FP_KILL_AFTER:
        fp_client_end(c, FP_END_RESET);
        return;
    case FP_LOST_HANG:
        return;
    case FP_DONE_STATUS:
        answer(x, (int)x->hit.n);
        return;
    case FP_TRUNCATE:
        x->reply.len =
            part_of(x, x->reply.len) < x->reply.len ? part_of(x, x->reply.len) : x->reply.len;
        break;
    case FP_DOUBLE: {
        size_t n = x->reply.len;
        (void)kz_buf_reserve(&x->reply, n);
        kz_buf_add(&x->reply, x->reply.ptr, n);
        break;
    }
    case FP_RESET_REPLY:
        fp_wire_limit_out(w, part_of(x, x->reply.len), FP_END_RESET);
        break;
    case FP_CUT_REPLY:
        fp_wire_limit_out(w, part_of(x, x->reply.len), FP_END_CUT);
        break;
    case FP_DARK_REPLY:
        fp_wire_limit_out(w, part_of(x, x->reply.len), FP_END_DARK);
        break;
    case FP_SLOW:
        fp_wire_trickle(w);
        break;
    default:
        break;
    }
    if (x->client != NULL)
        fp_client_reply(x);
}

static void read_head(struct fp_exchange *x)
{
    static const char *const passed[] = {"content-type", "etag", "retry-after", "warning"};
    size_t len = fp_head_len(kz_buf_str(&x->in));
    struct kz_str head = kz_str_n(x->in.ptr, len);
    if (len == 0)
        return;
    x->head_seen = true;
    x->status = (int)strtol(x->in.ptr + strlen("HTTP/1.1"), NULL, 10);
    for (size_t i = 0; i < kz_countof(passed); i++) {
        struct kz_str value = fp_head_field(head, passed[i]);
        if (value.len > 0)
            kz_buf_printf(&x->fields, "%s: " KZ_FMT "\r\n", passed[i], KZ_ARG(value));
    }
    fp_body_init(&x->framing, head, true, x->status == 204 || x->status == 304);
    kz_buf_drop(&x->in, len);
}

/* Faults of a stream that has begun. */
static void begin_stream(struct fp_exchange *x)
{
    struct fp_wire *w = fp_client_wire(x->client);
    switch (x->hit.fault) {
    case FP_SLOW:
        fp_wire_trickle(w);
        break;
    case FP_RESET_REPLY:
        fp_wire_limit_out(w, (uint64_t)x->hit.n, FP_END_RESET);
        break;
    case FP_CUT_REPLY:
    case FP_TRUNCATE:
    case FP_DOUBLE:
        fp_wire_limit_out(w, (uint64_t)x->hit.n, FP_END_CUT);
        break;
    case FP_DARK_REPLY:
        fp_wire_limit_out(w, (uint64_t)x->hit.n, FP_END_DARK);
        break;
    case FP_LOST:
        fp_client_end(x->client, FP_END_RESET);
        break;
    default:
        break;
    }
}

static void on_up_data(void *arg, struct kz_str plain)
{
    struct fp_exchange *x = arg;
    kz_buf_add_str(&x->in, plain);
    if (!x->head_seen) {
        read_head(x);
        if (x->head_seen && x->watch && x->client != NULL)
            begin_stream(x);
    }
    if (!x->head_seen || x->up == NULL)
        return;
    size_t used = fp_body_take(&x->framing, kz_buf_str(&x->in), &x->reply);
    kz_buf_drop(&x->in, used);
    if (x->framing.done)
        deliver(x);
    else if (x->watch && x->client != NULL && x->hit.fault != FP_LOST_HANG)
        fp_client_reply(x);
}

/* The server left, or is not there. */
static void on_up_end(void *arg)
{
    struct fp_exchange *x = arg;
    if (x->head_seen && x->framing.until_end) {
        deliver(x);
        return;
    }
    struct fp_client *c = x->client;
    close_up(x, FP_END_CUT);
    if (c != NULL)
        fp_client_end(c, FP_END_RESET); /* as a balancer in front of it would */
}

static void on_up_ready(void *arg)
{
    struct fp_exchange *x = arg;
    struct kz_buf text = KZ_BUF(MESSAGE_MAX);
    kz_buf_printf(&text, "%s " KZ_FMT " HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n" KZ_FMT,
                  x->method, KZ_ARG(kz_buf_str(&x->path)), x->p->host,
                  KZ_ARG(kz_buf_str(&x->head)));
    if (x->body.len > 0)
        kz_buf_printf(&text, "Content-Length: %zu\r\n", x->body.len);
    kz_buf_puts(&text, "\r\n");
    kz_buf_add_str(&text, kz_buf_str(&x->body));
    bool reset = x->hit.fault == FP_RESET_REQUEST;
    if (reset)
        text.len = part_of(x, text.len) < text.len ? part_of(x, text.len) : text.len;
    fp_wire_send(x->up, kz_buf_str(&text));
    kz_buf_done(&text);
    if (x->hit.fault == FP_KILL_SENT)
        kill_victim(x);
    if (reset) {
        struct fp_client *c = x->client;
        close_up(x, FP_END_RESET);
        if (c != NULL)
            fp_client_end(c, FP_END_RESET);
    }
}

static const struct fp_wire_ops up_ops = {
    .on_ready = on_up_ready, .on_data = on_up_data, .on_end = on_up_end};

static void pass_on(struct fp_exchange *x)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    kz_assert(fd >= 0);
    (void)connect(fd, (const struct sockaddr *)&x->p->target, sizeof x->p->target);
    x->up = fp_wire_open(x->p->loop, fd, x->p->client_tls, false, &up_ops, x);
}

void fp_exchange_start(struct fp_exchange *x)
{
    struct fp_proxy *p = x->p;
    struct kz_str path = kz_buf_str(&x->path);
    x->index = p->requests++;
    x->started = true;
    x->watch = fp_is_watch(path);
    x->hit = fp_script_request(&p->script, kz_str(x->method), path, kz_clock_mono());
    (void)fprintf(p->log, "> %llu %s " KZ_FMT " %s\n", (unsigned long long)x->index, x->method,
                  KZ_ARG(path), fp_fault_name(x->hit.fault));
    (void)fflush(p->log);
    switch (x->hit.fault) {
    case FP_KILL_BEFORE:
        kill_victim(x);
        fp_client_end(x->client, FP_END_RESET);
        return;
    case FP_HANG:
        return;
    case FP_DARK:
        fp_client_end(x->client, FP_END_DARK);
        return;
    case FP_GOAWAY:
        fp_client_goaway(x);
        return;
    case FP_STATUS:
        answer(x, (int)x->hit.n);
        return;
    case FP_GONE:
        answer(x, 410);
        return;
    default:
        pass_on(x);
    }
}
