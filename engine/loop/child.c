/* SPDX-License-Identifier: Apache-2.0
 *
 *      start ---> RUNNING --pidfd readable: kill the rest of the group, reap--> EXITED --> done
 *                    |                                                            ^
 *            timeout |--SIGTERM group--(2 s)--SIGKILL group-----------------------|
 *      limit, cancel |--SIGKILL group---------------------------------------------'
 *
 * The end is reported when the program has exited and both output pipes are at their end. A pidfd, not
 * SIGCHLD with wait(-1): other parts of the engine have children too, and theirs are not ours to reap.
 * As PID 1 we also inherit the orphans of a program; they are found by its process group. */
#include "loop/loop_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "loop/spawn.h"

enum { READ_STEP = 16 << 10 };
static const int64_t term_grace = 2 * KZ_NS_PER_SEC;
static const int64_t pipe_grace =
    1 * KZ_NS_PER_SEC; /* a process that left the group holds a pipe */
static const int64_t orphan_first = 5 * KZ_NS_PER_MS, orphan_max = 1 * KZ_NS_PER_SEC;

struct stream {
    int fd;
    struct kz_io *io;
    struct kz_buf buf; /* of stdin: what is left to feed */
};

struct kz_child {
    struct kz_loop *loop;
    struct kz_child *prev, *next;
    uint64_t id;
    pid_t pid;     /* also the process group; 0: never started */
    bool exited;   /* reaped */
    bool reported; /* done was called, or cancelled */
    int exit_code;
    int pidfd;
    struct kz_io *exit_io;
    struct stream in, out, errout;
    uint64_t timer; /* timeout, then the grace periods, then the wait for orphans */
    int64_t orphan_wait;
    int64_t timeout;
    struct kz_err *err; /* NULL: none */
    void (*done)(void *arg, uint64_t id, const struct kz_child_result *res);
    void *arg;
};

static void set_timer(struct kz_child *c, int64_t after, void (*fire)(void *arg, uint64_t id))
{
    struct kz_env env = kz_loop_env(c->loop);
    kz_env_timer_stop(&env, &c->timer);
    if (fire != NULL)
        c->timer = kz_env_timer(&env, after, fire, c);
}

static void stream_close(struct stream *s)
{
    kz_io_close(s->io);
    s->io = NULL;
    kz_fd_close(&s->fd);
}

/* Until we reap it the leader's zombie holds the group's number, so this can't hit strangers. */
static void kill_group(const struct kz_child *c, int signum)
{
    if (c->pid > 0 && !c->exited)
        (void)kill(-c->pid, signum);
}

static struct kz_err *first_err(struct kz_child *c)
{
    if (c->err != NULL)
        return NULL;
    c->err = kz_loop_alloc(sizeof *c->err);
    return c->err;
}

static void child_free(struct kz_child *c)
{
    set_timer(c, 0, NULL);
    kz_io_close(c->exit_io);
    kz_fd_close(&c->pidfd);
    stream_close(&c->in);
    stream_close(&c->out);
    stream_close(&c->errout);
    kz_buf_done(&c->in.buf);
    kz_buf_done(&c->out.buf);
    kz_buf_done(&c->errout.buf);
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        c->loop->all_children = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    (void)kz_map_del(&c->loop->children, kz_id_key(&c->id));
    free(c->err);
    free(c);
}

/* ---- the end ----------------------------------------------------------------------------------- */
static bool we_get_orphans(void)
{
    int subreaper = 0;
    return getpid() == 1 || (prctl(PR_GET_CHILD_SUBREAPER, &subreaper) == 0 && subreaper != 0);
}

/* True when nothing of the group is left. */
static bool reap_orphans(const struct kz_child *c)
{
    siginfo_t info;
    do {
        info.si_pid = 0;
    } while (waitid(P_PGID, (id_t)c->pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0);
    return kill(-c->pid, 0) != 0 && errno == ESRCH;
}

static void on_orphan_wait(void *arg, uint64_t id)
{
    struct kz_child *c = arg;
    (void)id;
    c->timer = 0;
    if (reap_orphans(c)) {
        child_free(c);
        return;
    }
    set_timer(c, c->orphan_wait, on_orphan_wait);
    c->orphan_wait = c->orphan_wait * 2 < orphan_max ? c->orphan_wait * 2 : orphan_max;
}

/* Reports, once; then the object lives on only while there may be orphans to reap. */
static void finish(struct kz_child *c)
{
    set_timer(c, 0, NULL);
    stream_close(&c->in);
    stream_close(&c->out);
    stream_close(&c->errout);
    (void)kz_map_del(&c->loop->children, kz_id_key(&c->id));
    if (!c->reported) {
        c->reported = true;
        struct kz_child_result res = {
            .err = c->err,
            .exit_code = c->exit_code,
            .out = kz_buf_str(&c->out.buf),
            .errout = kz_buf_str(&c->errout.buf),
        };
        c->done(c->arg, c->id, &res);
    }
    if (c->pid == 0 || !we_get_orphans() || reap_orphans(c)) {
        child_free(c);
        return;
    }
    c->orphan_wait = orphan_first;
    set_timer(c, c->orphan_wait, on_orphan_wait);
}

static void finish_deferred(void *arg)
{
    finish(arg);
}

static void on_pipe_grace(void *arg, uint64_t id)
{
    struct kz_child *c = arg;
    (void)id;
    c->timer = 0;
    finish(c);
}

static void finish_if_over(struct kz_child *c)
{
    if (!c->exited)
        return;
    if (c->out.fd < 0 && c->errout.fd < 0)
        finish(c);
    else
        set_timer(c, pipe_grace, on_pipe_grace);
}

static void on_exit_ready(void *arg, int fd, int events)
{
    struct kz_child *c = arg;
    siginfo_t info = {0};
    (void)events;
    if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0)
        return;
    kill_group(c, SIGKILL); /* before reaping: the zombie holds the group's number */
    info = (siginfo_t){0};
    if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) == 0)
        c->exit_code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
    else if (first_err(c) != NULL)
        (void)kz_fail_errno(c->err, errno, "get the exit code");
    c->exited = true;
    kz_io_close(c->exit_io);
    c->exit_io = NULL;
    kz_fd_close(&c->pidfd);
    finish_if_over(c);
}

/* ---- time -------------------------------------------------------------------------------------- */
static void on_term_grace(void *arg, uint64_t id)
{
    struct kz_child *c = arg;
    (void)id;
    c->timer = 0;
    kill_group(c, SIGKILL);
}

static void on_timeout(void *arg, uint64_t id)
{
    struct kz_child *c = arg;
    char text[KZ_TIME_TEXT];
    (void)id;
    c->timer = 0;
    kz_duration_text(text, c->timeout);
    if (first_err(c) != NULL)
        (void)kz_fail(c->err, KZ_E_TIMEOUT, "it did not end within %s", text);
    kill_group(c, SIGTERM);
    set_timer(c, term_grace, on_term_grace);
}

/* ---- pipes ------------------------------------------------------------------------------------- */
static void on_input_ready(void *arg, int fd, int events)
{
    struct kz_child *c = arg;
    (void)events;
    ssize_t n = write(fd, c->in.buf.ptr, c->in.buf.len < READ_STEP ? c->in.buf.len : READ_STEP);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n >= 0)
        kz_buf_drop(&c->in.buf, (size_t)n);
    if (n < 0 || c->in.buf.len == 0) /* it need not read all: EPIPE is no failure */
        stream_close(&c->in);
}

static void read_output(struct kz_child *c, struct stream *s)
{
    char piece[READ_STEP / 2];
    ssize_t n = read(s->fd, piece, sizeof piece);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0) {
        kz_buf_add(&s->buf, piece, (size_t)n);
        if (!kz_buf_bad(&s->buf))
            return;
        if (first_err(c) != NULL)
            (void)kz_fail(c->err, KZ_E_LIMIT, "it printed more than %zu bytes", s->buf.max);
        kill_group(c, SIGKILL);
    }
    stream_close(s);
    finish_if_over(c);
}

static void on_output_ready(void *arg, int fd, int events)
{
    struct kz_child *c = arg;
    (void)events;
    read_output(c, fd == c->out.fd ? &c->out : &c->errout);
}

/* Moves a descriptor clear of 0, 1 and 2, which the child overwrites. */
static int above_std(int fd)
{
    if (fd < 0 || fd > 2)
        return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    kz_fd_close(&fd);
    return moved;
}

static int open_pipe(int ends[2])
{
    int raw[2];
    if (pipe2(raw, O_CLOEXEC) != 0)
        return -1;
    ends[0] = above_std(raw[0]);
    ends[1] = above_std(raw[1]);
    return ends[0] >= 0 && ends[1] >= 0 ? 0 : -1;
}

/* ---- start and cancel -------------------------------------------------------------------------- */
static int start(struct kz_child *c, const struct kz_child_spec *spec, struct kz_err *err)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, errout[2] = {-1, -1};
    bool feed = spec->input.len > 0;
    int rc = feed ? open_pipe(in) : 0;
    if (!feed) {
        in[0] = above_std(open("/dev/null", O_RDONLY | O_CLOEXEC));
        rc = in[0] < 0 ? -1 : 0;
    }
    if (rc == 0)
        rc = open_pipe(out);
    if (rc == 0)
        rc = open_pipe(errout);
    c->in.fd = in[1];
    c->out.fd = out[0];
    c->errout.fd = errout[0];
    if (rc == 0 && !(kz_fd_nonblock(c->out.fd) && kz_fd_nonblock(c->errout.fd) &&
                     (!feed || kz_fd_nonblock(c->in.fd))))
        rc = -1;
    if (rc != 0) {
        rc = kz_fail_errno(err, errno, "make pipes for '%s'", spec->argv[0]);
    } else {
        struct kz_spawn s = {
            .argv = spec->argv,
            .envp = spec->envp,
            .cwd = spec->cwd != NULL ? spec->cwd : "/",
            .std = {in[0], out[1], errout[1]},
            .inherit = spec->inherit,
            .memory_limit = spec->memory_limit,
        };
        rc = kz_spawn(&c->pid, &s, err);
    }
    kz_fd_close(&in[0]);
    kz_fd_close(&out[1]);
    kz_fd_close(&errout[1]);
    return rc;
}

static void watch(struct kz_child *c)
{
    c->exit_io = kz_io_open(c->loop, c->pidfd, KZ_IO_READ, on_exit_ready, c);
    c->out.io = kz_io_open(c->loop, c->out.fd, KZ_IO_READ, on_output_ready, c);
    c->errout.io = kz_io_open(c->loop, c->errout.fd, KZ_IO_READ, on_output_ready, c);
    if (c->in.fd >= 0)
        c->in.io = kz_io_open(c->loop, c->in.fd, KZ_IO_WRITE, on_input_ready, c);
    if (c->timeout > 0)
        set_timer(c, c->timeout, on_timeout);
}

uint64_t kz_child_start(struct kz_loop *l, const struct kz_child_spec *spec,
                        void (*done)(void *arg, uint64_t id, const struct kz_child_result *res),
                        void *arg)
{
    struct kz_child *c = kz_loop_alloc(sizeof *c);
    *c = (struct kz_child){.loop = l,
                           .id = kz_loop_next_id(l),
                           .pidfd = -1,
                           .in.fd = -1,
                           .out.fd = -1,
                           .errout.fd = -1,
                           .timeout = spec->timeout,
                           .done = done,
                           .arg = arg,
                           .next = l->all_children};
    uint64_t id = c->id;
    if (c->next != NULL)
        c->next->prev = c;
    l->all_children = c;
    (void)kz_map_put(&l->children, kz_id_key(&c->id), c);
    kz_buf_init(&c->in.buf, spec->input.len);
    kz_buf_add_str(&c->in.buf, spec->input);
    kz_buf_init(&c->out.buf, spec->max_output);
    kz_buf_init(&c->errout.buf, spec->max_output);

    struct kz_err err;
    int rc = start(c, spec, &err);
    if (rc == 0 && (c->pidfd = pidfd_open(c->pid, 0)) < 0) {
        rc = kz_fail_errno(&err, errno, "watch '%s'", spec->argv[0]);
        kill_group(c, SIGKILL);
        while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        c->pid = 0;
    }
    if (rc == 0) {
        watch(c);
    } else {
        c->err = kz_loop_alloc(sizeof err);
        *c->err = err;
        kz_loop_defer(l, finish_deferred, c);
    }
    return id;
}

void kz_child_cancel(struct kz_loop *l, uint64_t id)
{
    struct kz_child *c = kz_map_find(&l->children, kz_id_key(&id));
    if (c == NULL)
        return;
    (void)kz_map_del(&l->children, kz_id_key(&id));
    c->reported = true; /* reaped from the loop as ever, in silence */
    kill_group(c, SIGKILL);
}

void kz_children_free(struct kz_loop *l)
{
    while (l->all_children != NULL) {
        struct kz_child *c = l->all_children;
        kill_group(c, SIGKILL);
        while (!c->exited && c->pid > 0 && waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
        child_free(c);
    }
}
