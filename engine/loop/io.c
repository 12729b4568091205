/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/loop_impl.h"

struct kz_io {
    ev_io w;
    struct kz_loop *loop;
    void (*fn)(void *arg, int fd, int events);
    void *arg;
};

static void on_ready(struct ev_loop *ev, ev_io *w, int revents)
{
    (void)ev;
    struct kz_io *io = w->data;
    int events =
        ((revents & EV_READ) != 0 ? KZ_IO_READ : 0) | ((revents & EV_WRITE) != 0 ? KZ_IO_WRITE : 0);
    if ((revents & EV_ERROR) != 0) { /* a closed descriptor: let read or write say so */
        ev_io_stop(io->loop->ev, w);
        events = KZ_IO_READ | KZ_IO_WRITE;
    }
    int64_t entered = kz_loop_enter();
    io->fn(io->arg, w->fd, events); /* may close io: not touched below */
    kz_loop_leave(entered, "io");
}

struct kz_io *kz_io_open(struct kz_loop *l, int fd, int events,
                         void (*fn)(void *arg, int fd, int events), void *arg)
{
    struct kz_io *io = kz_loop_alloc(sizeof *io);
    *io = (struct kz_io){.loop = l, .fn = fn, .arg = arg};
    ev_io_init(&io->w, on_ready, fd, 0);
    io->w.data = io;
    kz_io_set(io, events);
    return io;
}

void kz_io_set(struct kz_io *io, int events)
{
    int want =
        ((events & KZ_IO_READ) != 0 ? EV_READ : 0) | ((events & KZ_IO_WRITE) != 0 ? EV_WRITE : 0);
    ev_io_stop(io->loop->ev, &io->w);
    if (want == 0)
        return;
    ev_io_set(&io->w, io->w.fd, want);
    ev_io_start(io->loop->ev, &io->w);
}

void kz_io_close(struct kz_io *io)
{
    if (io == NULL)
        return;
    ev_io_stop(io->loop->ev, &io->w);
    free(io);
}
