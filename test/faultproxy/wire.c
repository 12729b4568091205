/* SPDX-License-Identifier: Apache-2.0 */
#include "wire.h"

#include "base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PENDING_MAX = 64 << 20, PIECE = 8 << 10 };

struct limit {
    uint64_t left; /* UINT64_MAX: none */
    enum fp_end how;
};

struct fp_wire {
    struct kz_loop *loop;
    struct kz_env env;
    int fd;
    struct kz_io *io;
    SSL *ssl;
    struct kz_buf pending; /* ciphertext that has not left yet */
    struct limit in, out;
    uint64_t timer;
    bool ready, trickle, dark, finishing, dead;
    const struct fp_wire_ops *ops;
    void *arg;
};

static void on_io(void *arg, int fd, int events);

struct fp_wire *fp_wire_open(struct kz_loop *l, int fd, SSL_CTX *tls, bool server,
                             const struct fp_wire_ops *ops, void *arg)
{
    struct fp_wire *w = calloc(1, sizeof *w);
    kz_assert(w != NULL);
    *w = (struct fp_wire){.loop = l,
                          .env = kz_loop_env(l),
                          .fd = fd,
                          .ssl = SSL_new(tls),
                          .in.left = UINT64_MAX,
                          .out.left = UINT64_MAX,
                          .ops = ops,
                          .arg = arg};
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    kz_assert(w->ssl != NULL && in != NULL && out != NULL);
    kz_buf_init(&w->pending, PENDING_MAX);
    SSL_set_bio(w->ssl, in, out);
    if (server)
        SSL_set_accept_state(w->ssl);
    else
        SSL_set_connect_state(w->ssl);
    w->io = kz_io_open(l, fd, KZ_IO_READ | (server ? 0 : KZ_IO_WRITE), on_io, w);
    return w;
}

bool fp_wire_is_h2(const struct fp_wire *w)
{
    const unsigned char *name = NULL;
    unsigned len = 0;
    SSL_get0_alpn_selected(w->ssl, &name, &len);
    return len == 2 && memcmp(name, "h2", 2) == 0;
}

/* ---- the end ----------------------------------------------------------------------------------- */
static void wire_free(void *arg)
{
    struct fp_wire *w = arg;
    SSL_free(w->ssl);
    kz_buf_done(&w->pending);
    free(w);
}

void fp_wire_close(struct fp_wire *w, enum fp_end how)
{
    if (w == NULL || w->dead)
        return;
    if (how == FP_END_DARK) {
        w->dark = true;
        kz_io_set(w->io, 0);
        kz_env_timer_stop(&w->env, &w->timer);
        return;
    }
    if (how == FP_END_RESET)
        (void)setsockopt(w->fd, SOL_SOCKET, SO_LINGER, &(struct linger){.l_onoff = 1},
                         sizeof(struct linger));
    w->dead = true;
    kz_env_timer_stop(&w->env, &w->timer);
    kz_io_close(w->io);
    (void)close(w->fd);
    kz_loop_defer(w->loop, wire_free, w);
}

static void end(struct fp_wire *w, enum fp_end how)
{
    bool was_dead = w->dead;
    fp_wire_close(w, how);
    if (!was_dead && how != FP_END_DARK)
        w->ops->on_end(w->arg);
}

/* ---- out --------------------------------------------------------------------------------------- */
static void flush(struct fp_wire *w);

static void on_second(void *arg, uint64_t timer)
{
    struct fp_wire *w = arg;
    (void)timer;
    w->timer = 0;
    flush(w);
}

static void take_from_tls(struct fp_wire *w)
{
    char piece[PIECE];
    int n;
    while ((n = BIO_read(SSL_get_wbio(w->ssl), piece, sizeof piece)) > 0)
        kz_buf_add(&w->pending, piece, (size_t)n);
    kz_assert(!kz_buf_bad(&w->pending));
}

/* How much may go now; with a trickle one byte, and then none for a second. */
static size_t may_send(struct fp_wire *w)
{
    size_t n = w->pending.len;
    if (w->trickle)
        n = w->timer == 0 && n > 0 ? 1 : 0;
    return n < w->out.left ? n : (size_t)w->out.left;
}

static void flush(struct fp_wire *w)
{
    if (w->dead || w->dark)
        return;
    take_from_tls(w);
    size_t n;
    while ((n = may_send(w)) > 0) {
        ssize_t sent = send(w->fd, w->pending.ptr, n, MSG_NOSIGNAL);
        if (sent < 0 && (errno == EAGAIN || errno == ENOTCONN))
            break;
        if (sent < 0) {
            end(w, FP_END_CUT);
            return;
        }
        kz_buf_drop(&w->pending, (size_t)sent);
        if (w->out.left != UINT64_MAX)
            w->out.left -= (uint64_t)sent;
        if (w->trickle)
            w->timer = kz_env_timer(&w->env, KZ_NS_PER_SEC, on_second, w);
    }
    if (w->out.left == 0)
        end(w, w->out.how);
    else if (w->finishing && w->pending.len == 0)
        end(w, FP_END_CUT);
    else
        kz_io_set(w->io, KZ_IO_READ | (w->pending.len > 0 && !w->trickle ? KZ_IO_WRITE : 0));
}

void fp_wire_send(struct fp_wire *w, struct kz_str plain)
{
    if (w->dead || w->dark)
        return;
    if (plain.len > 0)
        (void)SSL_write(w->ssl, plain.ptr, (int)plain.len);
    flush(w);
}

void fp_wire_finish(struct fp_wire *w)
{
    w->finishing = true;
    flush(w);
}

void fp_wire_limit_out(struct fp_wire *w, uint64_t n, enum fp_end how)
{
    take_from_tls(w);
    w->out = (struct limit){.left = w->pending.len + n, .how = how};
    flush(w);
}

void fp_wire_limit_in(struct fp_wire *w, uint64_t n, enum fp_end how)
{
    w->in = (struct limit){.left = n, .how = how};
}

void fp_wire_trickle(struct fp_wire *w)
{
    w->trickle = true;
}

/* ---- in ---------------------------------------------------------------------------------------- */
static bool shake_hands(struct fp_wire *w)
{
    if (w->ready)
        return true;
    int rc = SSL_do_handshake(w->ssl);
    if (rc == 1) {
        w->ready = true;
        w->ops->on_ready(w->arg);
        return !w->dead;
    }
    bool more = SSL_get_error(w->ssl, rc) == SSL_ERROR_WANT_READ;
    flush(w);
    if (!more)
        end(w, FP_END_CUT);
    return false;
}

static void read_plain(struct fp_wire *w)
{
    char piece[PIECE];
    if (!shake_hands(w))
        return;
    int n;
    while (!w->dead && !w->dark && (n = SSL_read(w->ssl, piece, sizeof piece)) > 0)
        w->ops->on_data(w->arg, kz_str_n(piece, (size_t)n));
    if (w->dead || w->dark)
        return;
    flush(w);
    if (SSL_get_shutdown(w->ssl) != 0)
        end(w, FP_END_CUT);
}

static void on_io(void *arg, int fd, int events)
{
    struct fp_wire *w = arg;
    char piece[PIECE];
    if ((events & KZ_IO_WRITE) != 0 && !w->ready)
        (void)shake_hands(w); /* a client speaks first */
    else if ((events & KZ_IO_WRITE) != 0)
        flush(w);
    if ((events & KZ_IO_READ) == 0 || w->dead || w->dark)
        return;
    size_t room = w->in.left < sizeof piece ? (size_t)w->in.left : sizeof piece;
    ssize_t n = recv(fd, piece, room, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        end(w, FP_END_CUT);
        return;
    }
    if (w->in.left != UINT64_MAX)
        w->in.left -= (uint64_t)n;
    (void)BIO_write(SSL_get_rbio(w->ssl), piece, (int)n);
    read_plain(w);
    if (!w->dead && w->in.left == 0)
        end(w, w->in.how);
}
