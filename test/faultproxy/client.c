/* SPDX-License-Identifier: Apache-2.0 */
#include "proxy.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <strings.h>

enum { REQUEST_MAX = 64 << 20, STREAMS = 250 };

struct fp_client {
    struct fp_proxy *p;
    struct fp_wire *wire;
    struct fp_hit hit;
    nghttp2_session *h2; /* NULL: HTTP/1.1 */
    struct kz_buf in;    /* HTTP/1.1: the open request */
    struct fp_exchange *exchanges;
    bool dead, in_h2;
    bool leaving; /* after a GOAWAY: when it has left, the connection goes */
};

struct fp_wire *fp_client_wire(struct fp_client *c)
{
    return c->wire;
}

/* ---- exchanges of a client --------------------------------------------------------------------- */
static struct fp_exchange *add_exchange(struct fp_client *c, int32_t stream)
{
    struct fp_exchange *x = fp_exchange_new(c->p, c, stream);
    x->next = c->exchanges;
    if (x->next != NULL)
        x->next->prev = x;
    c->exchanges = x;
    return x;
}

static void remove_exchange(struct fp_client *c, struct fp_exchange *x)
{
    *(x->prev != NULL ? &x->prev->next : &c->exchanges) = x->next;
    if (x->next != NULL)
        x->next->prev = x->prev;
    x->prev = x->next = NULL;
    fp_exchange_leave(x);
}

static void client_free(void *arg)
{
    struct fp_client *c = arg;
    nghttp2_session_del(c->h2);
    kz_buf_done(&c->in);
    free(c);
}

static void let_go(struct fp_client *c)
{
    if (c->dead)
        return;
    c->dead = true;
    while (c->exchanges != NULL)
        remove_exchange(c, c->exchanges);
    kz_loop_defer(c->p->loop, client_free, c);
}

/* A dark connection stays, with its exchanges: nobody is told that it ended. */
void fp_client_end(struct fp_client *c, enum fp_end how)
{
    fp_wire_close(c->wire, how);
    if (how != FP_END_DARK)
        let_go(c);
}

/* ---- HTTP/1.1 ---------------------------------------------------------------------------------- */
/* What the server is told besides Host and Content-Length. */
static const char *const passed[] = {"accept", "content-type", "user-agent", "if-none-match"};

/* One request at a time: the next one is read when this one was answered. */
static void read_http1(struct fp_client *c)
{
    struct kz_str in = kz_buf_str(&c->in);
    size_t len = fp_head_len(in);
    uint64_t body = 0;
    if (len == 0 || c->exchanges != NULL)
        return;
    struct kz_str word, head = kz_str_head(in, len);
    (void)kz_str_u64(&body, fp_head_field(head, "content-length"));
    if (in.len - len < body)
        return;
    struct fp_exchange *x = add_exchange(c, 0);
    struct kz_str rest = kz_str_cut(&word, head, ' ');
    (void)snprintf(x->method, sizeof x->method, KZ_FMT, KZ_ARG(word));
    (void)kz_str_cut(&word, rest, ' ');
    kz_buf_add_str(&x->path, word);
    for (size_t i = 0; i < kz_countof(passed); i++) {
        struct kz_str value = fp_head_field(head, passed[i]);
        if (value.len > 0)
            kz_buf_printf(&x->head, "%s: " KZ_FMT "\r\n", passed[i], KZ_ARG(value));
    }
    kz_buf_add(&x->body, in.ptr + len, (size_t)body);
    kz_buf_drop(&c->in, len + (size_t)body);
    fp_exchange_start(x);
}

static void reply_http1(struct fp_client *c, struct fp_exchange *x)
{
    struct kz_buf text = KZ_BUF(REQUEST_MAX);
    bool bodyless = x->status == 304 || x->status == 204;
    if (!x->head_sent) {
        kz_buf_printf(&text, "HTTP/1.1 %d Status\r\n" KZ_FMT, x->status,
                      KZ_ARG(kz_buf_str(&x->fields)));
        if (!x->ended)
            kz_buf_puts(&text, "Transfer-Encoding: chunked\r\n\r\n");
        else if (bodyless)
            kz_buf_puts(&text, "\r\n");
        else
            kz_buf_printf(&text, "Content-Length: %zu\r\n\r\n", x->reply.len);
        x->head_sent = true;
        if (x->ended)
            kz_buf_add_str(&text, kz_buf_str(&x->reply));
        x->stream = x->ended ? 0 : 1; /* 1: in chunks */
    }
    if (x->stream == 1) {
        if (x->reply.len > 0)
            kz_buf_printf(&text, "%zx\r\n" KZ_FMT "\r\n", x->reply.len,
                          KZ_ARG(kz_buf_str(&x->reply)));
        kz_buf_clear(&x->reply);
        if (x->ended)
            kz_buf_puts(&text, "0\r\n\r\n");
    }
    bool ended = x->ended;
    fp_wire_send(c->wire, kz_buf_str(&text));
    kz_buf_done(&text);
    if (ended && !c->dead) {
        remove_exchange(c, x);
        read_http1(c);
    }
}

/* ---- HTTP/2 ------------------------------------------------------------------------------------ */
/* What nghttp2 has to say. Not from inside its callbacks: whoever called it flushes afterwards. */
static void flush_h2(struct fp_client *c)
{
    const uint8_t *data;
    if (c->in_h2)
        return;
    while (!c->dead) {
        c->in_h2 = true;
        ssize_t n = nghttp2_session_mem_send(c->h2, &data);
        c->in_h2 = false;
        if (n <= 0)
            break;
        fp_wire_send(c->wire, kz_str_n((const char *)data, (size_t)n));
    }
    if (c->leaving && !c->dead)
        fp_wire_finish(c->wire);
}

static int on_begin(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
    const struct fp_client *c = arg;
    if (c->dead)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        (void)nghttp2_session_set_stream_user_data(h2, frame->hd.stream_id,
                                                   add_exchange(arg, frame->hd.stream_id));
    return 0;
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
                     size_t n_name, const uint8_t *value, size_t n_value, uint8_t flags, void *arg)
{
    struct fp_exchange *x = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    struct kz_str key = kz_str_n((const char *)name, n_name),
                  text = kz_str_n((const char *)value, n_value);
    (void)flags;
    (void)arg;
    if (x == NULL)
        return 0;
    if (kz_str_is(key, ":method"))
        (void)snprintf(x->method, sizeof x->method, KZ_FMT, KZ_ARG(text));
    else if (kz_str_is(key, ":path"))
        kz_buf_add_str(&x->path, text);
    for (size_t i = 0; i < kz_countof(passed); i++)
        if (kz_str_is(key, passed[i]))
            kz_buf_printf(&x->head, "%s: " KZ_FMT "\r\n", passed[i], KZ_ARG(text));
    return 0;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t stream, const uint8_t *data,
                   size_t len, void *arg)
{
    struct fp_exchange *x = nghttp2_session_get_stream_user_data(h2, stream);
    (void)flags;
    (void)arg;
    if (x != NULL)
        kz_buf_add(&x->body, data, len);
    return 0;
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
    struct fp_client *c = arg;
    bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    struct fp_exchange *x = nghttp2_session_get_stream_user_data(h2, frame->hd.stream_id);
    if (carries && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && x != NULL && !c->dead)
        fp_exchange_start(x);
    return 0;
}

static int on_close(nghttp2_session *h2, int32_t stream, uint32_t code, void *arg)
{
    struct fp_client *c = arg;
    struct fp_exchange *x = nghttp2_session_get_stream_user_data(h2, stream);
    (void)code;
    if (x == NULL || c->dead)
        return 0;
    (void)nghttp2_session_set_stream_user_data(h2, stream, NULL);
    remove_exchange(c, x);
    return 0;
}

static void open_h2(struct fp_client *c)
{
    nghttp2_session_callbacks *on;
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS}
    };
    kz_assert(nghttp2_session_callbacks_new(&on) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(on, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(on, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(on, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(on, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(on, on_close);
    kz_assert(nghttp2_session_server_new(&c->h2, on, c) == 0);
    nghttp2_session_callbacks_del(on);
    (void)nghttp2_submit_settings(c->h2, NGHTTP2_FLAG_NONE, settings, kz_countof(settings));
    flush_h2(c);
}

static ssize_t give_body(nghttp2_session *h2, int32_t stream, uint8_t *out, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *arg)
{
    struct fp_exchange *x = source->ptr;
    (void)h2;
    (void)stream;
    (void)arg;
    size_t n = x->reply.len - x->taken < room ? x->reply.len - x->taken : room;
    memcpy(out, x->reply.ptr + x->taken, n);
    x->taken += n;
    if (x->taken == x->reply.len && !x->ended) {
        kz_buf_clear(&x->reply);
        x->taken = 0;
        if (n == 0)
            return NGHTTP2_ERR_DEFERRED;
    }
    if (x->ended && x->taken == x->reply.len)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)n;
}

/* nghttp2 copies names and values, and writes to neither. */
static nghttp2_nv field(struct kz_str name, struct kz_str value)
{
    union {
        const char *in;
        uint8_t *out;
    } n = {.in = name.ptr}, v = {.in = value.ptr};
    return (nghttp2_nv){.name = n.out, .namelen = name.len, .value = v.out, .valuelen = value.len};
}

static void reply_h2(struct fp_client *c, struct fp_exchange *x)
{
    if (x->head_sent) {
        (void)nghttp2_session_resume_data(c->h2, x->stream);
        flush_h2(c);
        return;
    }
    nghttp2_nv fields[16];
    char status[16];
    size_t n = 0;
    (void)snprintf(status, sizeof status, "%d", x->status);
    fields[n++] = field(KZ_STR(":status"), kz_str(status));
    struct kz_str line, name, rest = kz_buf_str(&x->fields);
    while (rest.len > 0 && n < kz_countof(fields)) {
        rest = kz_str_cut(&line, rest, '\n');
        struct kz_str value = kz_str_cut(&name, line, ':');
        fields[n++] = field(name, kz_str_trim(value));
    }
    const nghttp2_data_provider body = {.source.ptr = x, .read_callback = give_body};
    (void)nghttp2_submit_response(c->h2, x->stream, fields, n, &body);
    x->head_sent = true;
    flush_h2(c);
}

/* ---- both -------------------------------------------------------------------------------------- */
void fp_client_reply(struct fp_exchange *x)
{
    struct fp_client *c = x->client;
    if (c == NULL || c->dead)
        return;
    if (c->h2 != NULL)
        reply_h2(c, x);
    else
        reply_http1(c, x);
}

void fp_client_goaway(struct fp_exchange *x)
{
    struct fp_client *c = x->client;
    if (c->h2 == NULL) {
        fp_client_end(c, FP_END_CUT);
        return;
    }
    (void)nghttp2_submit_goaway(c->h2, NGHTTP2_FLAG_NONE, x->stream > 2 ? x->stream - 2 : 0,
                                NGHTTP2_NO_ERROR, NULL, 0);
    c->leaving = true;
    flush_h2(c);
}

static void on_ready(void *arg)
{
    struct fp_client *c = arg;
    if (fp_wire_is_h2(c->wire))
        open_h2(c);
}

static void on_plain(void *arg, struct kz_str plain)
{
    struct fp_client *c = arg;
    if (c->h2 == NULL) {
        kz_buf_add_str(&c->in, plain);
        read_http1(c);
        return;
    }
    c->in_h2 = true;
    ssize_t n = nghttp2_session_mem_recv(c->h2, (const uint8_t *)plain.ptr, plain.len);
    c->in_h2 = false;
    if (n < 0 && !c->dead)
        fp_client_end(c, FP_END_RESET);
    else if (!c->dead)
        flush_h2(c);
}

static void on_end(void *arg)
{
    let_go(arg);
}

void fp_client_accept(struct fp_proxy *p, int fd)
{
    static const struct fp_wire_ops ops = {
        .on_ready = on_ready, .on_data = on_plain, .on_end = on_end};
    struct fp_client *c = calloc(1, sizeof *c);
    kz_assert(c != NULL);
    *c = (struct fp_client){.p = p, .hit = fp_script_conn(&p->script)};
    kz_buf_init(&c->in, REQUEST_MAX);
    (void)fprintf(p->log, "c %llu %s\n", (unsigned long long)p->conns++,
                  fp_fault_name(c->hit.fault));
    c->wire = fp_wire_open(p->loop, fd, p->server_tls, true, &ops, c);
    uint64_t n = (uint64_t)c->hit.n;
    if (c->hit.fault == FP_RESET_IN)
        fp_wire_limit_in(c->wire, n, FP_END_RESET);
    else if (c->hit.fault != FP_NONE)
        fp_wire_limit_out(c->wire, n,
                          c->hit.fault == FP_RESET_OUT ? FP_END_RESET
                          : c->hit.fault == FP_CUT_OUT ? FP_END_CUT
                                                       : FP_END_DARK);
}
