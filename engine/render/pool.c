/* SPDX-License-Identifier: Apache-2.0
 *
 * Jobs over the zygote, driven by the loop. A job's life:
 *
 *     waiting -> running -> answered -> (gone)       the callback comes between running and answered
 *                      \--> lost -----> answered     the child closed its end: why, tells its exit
 *
 * A job is gone, and its place free, when its child has been reaped. Each handler ends in at most one
 * callback as its last act, so a callback may cancel jobs or free the pool. */
#include "render/control.h"
#include "render/frame.h"

#include "base/clock.h"
#include "loop/loop.h"
#include "value/json.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const uint64_t memory_limit = UINT64_C(1536) << 20; /* bytes, of one job */
static const int64_t default_timeout = 60 * KZ_NS_PER_SEC;

enum { LABEL = 160 };
enum job_state {
    JOB_WAITING,  /* in line */
    JOB_RUNNING,  /* the zygote was asked; request and reply are on their way */
    JOB_LOST,     /* no answer will come: the exit status tells why */
    JOB_ANSWERED, /* the callback was called, or nobody wants it; the child still has to end */
};

struct job {
    struct job *next;
    struct kz_pool *pool;
    uint64_t id;
    enum job_state state;
    kz_work_done done;
    void *arg;
    char label[LABEL];          /* "rendering module 'x'" */
    struct kz_control_ask *ask; /* heap; NULL once sent */
    bool kill_wanted;           /* the zygote could not be told yet */
    bool timed_out;
    int64_t since; /* mono: when it was asked for */
    int64_t timeout;
    uint64_t timer;
    int fd; /* our end; -1 */
    struct kz_io *io;
    struct kz_buf out; /* the request frame */
    size_t sent;
    struct kz_frame_in in;
    struct kz_err early; /* code set: the job failed before it could start */
};

struct kz_pool {
    struct kz_loop *loop;
    struct kz_env env;
    struct kz_zygote *zygote;
    struct kz_io *control; /* NULL: the zygote is gone */
    int max, running;      /* children that are not reaped */
    uint64_t memory_peak;
    bool gone; /* the zygote is */
    uint64_t last_id;
    struct job *jobs, **tail;
};

static void pump(struct kz_pool *p);

/* ---- jobs ---------------------------------------------------------------------------------------- */
static struct job *find_job(struct kz_pool *p, uint64_t id)
{
    for (struct job *j = p->jobs; j != NULL; j = j->next)
        if (j->id == id)
            return j;
    return NULL;
}

static void close_ends(struct job *j)
{
    kz_env_timer_stop(&j->pool->env, &j->timer);
    if (j->io != NULL)
        kz_io_close(j->io);
    if (j->fd >= 0)
        (void)close(j->fd);
    j->io = NULL;
    j->fd = -1;
    kz_buf_done(&j->out);
    kz_frame_in_done(&j->in);
}

/* Out of the list and freed. */
static void drop_job(struct job *j)
{
    struct kz_pool *p = j->pool;
    struct job **at = &p->jobs;
    while (*at != j)
        at = &(*at)->next;
    *at = j->next;
    if (*at == NULL)
        p->tail = at;
    close_ends(j);
    free(j->ask);
    free(j);
}

/* The control descriptor is watched while a child lives or a message waits; an idle pool keeps no loop
 * awake. */
static void watch_control(struct kz_pool *p, bool blocked)
{
    if (p->control != NULL)
        kz_io_set(p->control, (p->running > 0 ? KZ_IO_READ : 0) | (blocked ? KZ_IO_WRITE : 0));
}

/* Ends a job with an error; the caller returns right after. */
static void deliver_error(struct job *j, const struct kz_err *err, bool reaped)
{
    struct kz_pool *p = j->pool;
    const kz_work_done done = j->done;
    void *const arg = j->arg;
    const uint64_t id = j->id;
    const struct kz_err copy = *err; /* it may lie in the job */
    if (reaped) {
        drop_job(j);
    } else {
        j->state = JOB_ANSWERED;
        close_ends(j);
    }
    pump(p);
    const struct kz_work_result res = {.err = &copy};
    done(arg, id, &res);
}

/* ---- the answer --------------------------------------------------------------------------------- */
static int read_reply(struct kz_value **out, struct kz_arena *a, int64_t *took,
                      const struct kz_frame *f, const char *label, struct kz_err *err)
{
    struct kz_str rest;
    if (!kz_frame_take_took(took, &rest, f->payload))
        return kz_fail(err, KZ_E_PARSE, "%s: the worker's answer is cut", label);
    if (f->type == KZ_FRAME_ERROR) {
        if (!kz_frame_take_err(err, rest))
            return kz_fail(err, KZ_E_PARSE, "%s: the worker's error is malformed", label);
        return -(int)err->code;
    }
    if (f->type != KZ_FRAME_REPLY)
        return kz_fail(err, KZ_E_PARSE, "%s: the worker answered with a request", label);
    int rc = kz_json_read(out, a, rest, KZ_STR("worker's answer"), err);
    return rc < 0 ? kz_wrap(err, "%s", label) : 0;
}

/* Values cost far more memory than their text: a hostile worker could fill the engine's with
 * "[0,0,0,...". Bytes that may start a value bound their number; inside strings they count too, which
 * real manifests never make matter. */
static bool count_values(size_t *n, struct kz_str json)
{
    enum { MAX_VALUES = 6 << 20 };
    *n = 1;
    for (size_t i = 0; i < json.len; i++)
        *n += json.ptr[i] == ',' || json.ptr[i] == '[' || json.ptr[i] == '{' || json.ptr[i] == ':';
    return *n <= MAX_VALUES;
}

static void deliver_reply(struct job *j, const struct kz_frame *f, bool reaped)
{
    enum { VALUE_COST = 512 }; /* bytes: more than a value with its place in a map or list takes */
    struct kz_pool *p = j->pool;
    const kz_work_done done = j->done;
    void *const arg = j->arg;
    const uint64_t id = j->id;
    struct kz_err err;
    struct kz_value *reply = NULL;
    struct kz_work_result res = {0};
    size_t n;
    bool few = count_values(&n, f->payload);
    kz_autoarena struct kz_arena *a =
        kz_arena_new(f->payload.len + n * VALUE_COST + ((size_t)1 << 20));
    int rc =
        few ? read_reply(&reply, a, &res.took, f, j->label, &err)
            : kz_fail(&err, KZ_E_LIMIT, "%s: the result has too many values (%zu)", j->label, n);
    if (reaped) {
        drop_job(j);
    } else {
        j->state = JOB_ANSWERED;
        j->kill_wanted = true; /* it has nothing left to do, and its place is wanted */
        close_ends(j);
    }
    pump(p);
    res.err = rc < 0 ? &err : NULL;
    res.reply = reply;
    res.arena = a;
    done(arg, id, &res);
}

/* Why a child ended without an answer. */
static void explain(struct kz_err *err, const struct job *j, int status, uint64_t maxrss,
                    int fork_errno)
{
    const unsigned mib = (unsigned)(memory_limit >> 20);
    char text[KZ_TIME_TEXT];
    kz_duration_text(text, j->timeout);
    int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    bool big = maxrss >= memory_limit / 10 * 9;
    if (fork_errno != 0)
        (void)kz_fail_errno(err, fork_errno, "%s: start a worker", j->label);
    else if (j->timed_out || sig == SIGXCPU)
        (void)kz_fail(err, KZ_E_TIMEOUT, "%s took longer than %s", j->label, text);
    else if ((WIFEXITED(status) && WEXITSTATUS(status) == KZ_ARENA_EXIT_LIMIT) || (sig != 0 && big))
        (void)kz_fail(err, KZ_E_LIMIT, "%s used more than %u MiB", j->label, mib);
    else if (sig == SIGKILL)
        (void)kz_fail(err, KZ_E_LIMIT, "%s was killed, most likely because memory ran out",
                      j->label);
    else if (sig != 0)
        (void)kz_fail(err, KZ_E_IO, "%s ended by signal %d (%s)", j->label, sig, sigdescr_np(sig));
    else
        (void)kz_fail(err, KZ_E_IO, "%s ended without an answer (status %d)", j->label,
                      WEXITSTATUS(status));
}

static void job_read(struct job *j)
{
    struct kz_err err;
    struct kz_frame frame;
    int rc = kz_frame_in_read(&frame, &j->in, j->fd, &err);
    if (rc == 0)
        return;
    if (rc > 0) {
        deliver_reply(j, &frame, false);
    } else if (j->in.ended) {
        j->state = JOB_LOST;
        kz_io_close(j->io);
        j->io = NULL;
    } else {
        (void)kz_wrap(&err, "%s: the worker's answer", j->label);
        j->kill_wanted = true;
        deliver_error(j, &err, false);
    }
}

static void job_write(struct job *j)
{
    while (j->sent < j->out.len) {
        ssize_t n = send(j->fd, j->out.ptr + j->sent, j->out.len - j->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            break; /* the child is gone; reading tells */
        j->sent += (size_t)n;
    }
    kz_buf_done(&j->out);
    j->sent = 0;
    kz_io_set(j->io, KZ_IO_READ);
}

static void on_job_io(void *arg, int fd, int events)
{
    struct job *j = arg; /* lives as long as the watcher */
    (void)fd;
    if ((events & KZ_IO_WRITE) != 0)
        job_write(j);
    if ((events & KZ_IO_READ) != 0)
        job_read(j);
}

static void on_timeout(void *arg, uint64_t timer)
{
    struct job *j = arg;
    struct kz_err err;
    (void)timer;
    j->timer = 0;
    if (j->early.code != KZ_OK) {
        deliver_error(j, &j->early, true);
        return;
    }
    j->timed_out = true;
    j->kill_wanted = true;
    explain(&err, j, 0, 0, 0);
    deliver_error(j, &err, false);
}

/* ---- the zygote ------------------------------------------------------------------------------------ */
static int send_ask(struct kz_pool *p, const struct kz_control_ask *ask, int fd)
{
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct kz_control_ask *writable = (struct kz_control_ask *)(uintptr_t)ask;
    struct iovec iov = {.iov_base = writable,
                        .iov_len = offsetof(struct kz_control_ask, text) + ask->text_len};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    if (fd >= 0) {
        m.msg_control = control.space;
        m.msg_controllen = sizeof control.space;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    for (;;) {
        if (sendmsg(p->zygote->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
            return 0;
        if (errno != EINTR)
            return -errno;
    }
}

/* 0 started, -EAGAIN later, other -errno: cannot. */
static int start_job(struct kz_pool *p, struct job *j)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -errno;
    int rc = send_ask(p, j->ask, pair[1]);
    (void)close(pair[1]);
    if (rc < 0) {
        (void)close(pair[0]);
        return rc;
    }
    free(j->ask);
    j->ask = NULL;
    (void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
    j->fd = pair[0];
    j->io = kz_io_open(p->loop, j->fd, KZ_IO_READ | KZ_IO_WRITE, on_job_io, j);
    j->timer = kz_env_timer(&p->env, j->timeout, on_timeout, j);
    j->state = JOB_RUNNING;
    p->running++;
    return 0;
}

/* A start that failed is told from a timer: no callback comes from inside the call that starts.
 * errnum 0: early is filled. */
static void fail_soon(struct job *j, int errnum)
{
    const bool gone = errnum == EPIPE || errnum == ECONNRESET || errnum == ENOTCONN;
    j->pool->gone |= gone;
    if (gone)
        (void)kz_fail(&j->early, KZ_E_IO, "%s: the render zygote is gone", j->label);
    else if (errnum != 0)
        (void)kz_fail_errno(&j->early, errnum, "%s: start a worker", j->label);
    if (j->timer == 0)
        j->timer = kz_env_timer(&j->pool->env, 0, on_timeout, j);
}

/* Sends what the zygote shall know: kills first, then as many starts as there are places. */
static void pump(struct kz_pool *p)
{
    bool blocked = false;
    for (struct job *j = p->jobs; j != NULL && !blocked; j = j->next) {
        if (!j->kill_wanted)
            continue;
        const struct kz_control_ask ask = {.kind = KZ_CONTROL_KILL, .id = j->id};
        blocked = send_ask(p, &ask, -1) == -EAGAIN;
        j->kill_wanted = blocked;
    }
    for (struct job *j = p->jobs; j != NULL && !blocked && p->running < p->max; j = j->next) {
        if (j->state != JOB_WAITING || j->early.code != KZ_OK)
            continue;
        int rc = start_job(p, j);
        blocked = rc == -EAGAIN;
        if (rc < 0 && !blocked)
            fail_soon(j, -rc);
    }
    watch_control(p, blocked);
}

/* The zygote died: with it, by their parent-death signal, all children. */
static void zygote_gone(struct kz_pool *p)
{
    kz_io_close(p->control);
    p->control = NULL;
    p->gone = true;
    p->running = 0;
    for (struct job *j = p->jobs, *next; j != NULL; j = next) {
        next = j->next;
        if (j->state == JOB_ANSWERED) {
            drop_job(j);
            continue;
        }
        kz_env_timer_stop(&p->env, &j->timer);
        close_ends(j);
        j->state = JOB_WAITING;
        fail_soon(j, EPIPE);
    }
}

static void on_exit_told(struct kz_pool *p, const struct kz_control_tell *t)
{
    struct job *j = find_job(p, t->id);
    struct kz_err err;
    struct kz_frame frame;
    if (p->running > 0)
        p->running--;
    if (t->maxrss > p->memory_peak)
        p->memory_peak = t->maxrss;
    if (j == NULL) {
        pump(p);
        return;
    }
    /* The answer may still lie in the socket: no more than its buffer holds. */
    if (j->state == JOB_RUNNING) {
        int rc;
        do
            rc = kz_frame_in_read(&frame, &j->in, j->fd, &err);
        while (rc == 0 && j->in.more);
        if (rc > 0) {
            deliver_reply(j, &frame, true);
            return;
        }
    }
    if (j->state == JOB_ANSWERED) {
        drop_job(j);
        pump(p);
        return;
    }
    explain(&err, j, t->status, t->maxrss, t->fork_errno);
    deliver_error(j, &err, true);
}

/* One message a call: each may end in a callback that frees the pool. */
static void on_control(void *arg, int fd, int events)
{
    struct kz_pool *p = arg;
    struct kz_control_tell t;
    if ((events & KZ_IO_WRITE) != 0)
        pump(p);
    if ((events & KZ_IO_READ) == 0)
        return;
    ssize_t n = recv(fd, &t, sizeof t, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n != (ssize_t)sizeof t)
        zygote_gone(p);
    else if (t.kind == KZ_CONTROL_EXIT)
        on_exit_told(p, &t);
}

/* ---- the pool ------------------------------------------------------------------------------------ */
static bool add_text(struct kz_control_ask *ask, struct kz_str s)
{
    if (s.len >= KZ_CONTROL_TEXT - ask->text_len || (s.len > 0 && memchr(s.ptr, 0, s.len) != NULL))
        return false;
    if (s.len > 0)
        memcpy(ask->text + ask->text_len, s.ptr, s.len);
    ask->text[ask->text_len + s.len] = '\0';
    ask->text_len += (uint32_t)s.len + 1;
    return true;
}

static int prepare(struct job *j, const struct kz_work *w, struct kz_err *err)
{
    const int64_t grace =
        KZ_NS_PER_SEC; /* the clock on the wall decides; the processor's is a net */
    j->ask->kind = KZ_CONTROL_FORK;
    j->ask->id = j->id;
    j->ask->may_exec = w->may_exec;
    j->ask->memory = memory_limit;
    j->ask->cpu_seconds = (uint32_t)((j->timeout + grace) / KZ_NS_PER_SEC + 1);
    if (!add_text(j->ask, kz_str(w->task)) || !add_text(j->ask, w->tree.repo) ||
        !add_text(j->ask, w->tree.commit) || !add_text(j->ask, w->tree.folder))
        return kz_fail(err, KZ_E_LIMIT, "%s: the path of the source is too long", j->label);
    size_t start = kz_frame_begin(&j->out, KZ_FRAME_REQUEST);
    kz_json_write(&j->out, w->input, KZ_JSON_COMPACT);
    kz_frame_end(&j->out, start);
    if (kz_buf_bad(&j->out))
        return kz_fail(err, KZ_E_LIMIT, "%s: the request is larger than %d MiB", j->label,
                       KZ_FRAME_MAX_REQUEST >> 20);
    return 0;
}

static void name_job(struct job *j, const struct kz_work *w)
{
    struct kz_str module = kz_value_path_str(w->input, "module");
    struct kz_str path = kz_value_path_str(w->input, "path");
    if (module.len > 0)
        (void)snprintf(j->label, sizeof j->label, "rendering module '" KZ_FMT "'",
                       KZ_ARG(kz_str_head(module, 100)));
    else if (strcmp(w->task, "load") == 0)
        (void)snprintf(j->label, sizeof j->label, "reading the definitions in '" KZ_FMT "'",
                       KZ_ARG(kz_str_head(path, 100)));
    else
        (void)snprintf(j->label, sizeof j->label, "job '%s'", w->task);
}

static uint64_t pool_start(void *impl, const struct kz_work *work, kz_work_done done, void *arg)
{
    struct kz_pool *p = impl;
    struct job *j = calloc(1, sizeof *j);
    kz_assert(j != NULL);
    j->ask = calloc(1, sizeof *j->ask);
    kz_assert(j->ask != NULL);
    j->pool = p;
    j->id = ++p->last_id;
    j->done = done;
    j->arg = arg;
    j->fd = -1;
    j->since = kz_env_mono(&p->env);
    j->timeout = work->timeout > 0 ? work->timeout : default_timeout;
    kz_buf_init(&j->out, (size_t)KZ_FRAME_MAX_REQUEST + KZ_FRAME_HEAD);
    kz_frame_in_init(&j->in, KZ_FRAME_MAX_REPLY);
    name_job(j, work);
    *p->tail = j;
    p->tail = &j->next;
    if (prepare(j, work, &j->early) < 0)
        fail_soon(j, 0);
    else
        pump(p);
    return j->id;
}

static void pool_cancel(void *impl, uint64_t id)
{
    struct kz_pool *p = impl;
    struct job *j = find_job(p, id);
    if (j == NULL || j->state == JOB_ANSWERED)
        return;
    if (j->state == JOB_WAITING) {
        drop_job(j);
        return;
    }
    j->state = JOB_ANSWERED;
    j->kill_wanted = true;
    close_ends(j);
    pump(p);
}

struct kz_pool *kz_pool_new(struct kz_loop *loop, struct kz_zygote *z, int max_parallel)
{
    struct kz_pool *p = calloc(1, sizeof *p);
    kz_assert(p != NULL && !z->has_pool);
    z->has_pool = true;
    p->loop = loop;
    p->env = kz_loop_env(loop);
    p->zygote = z;
    p->max = max_parallel > 0 ? max_parallel : 1;
    p->tail = &p->jobs;
    p->control = kz_io_open(loop, z->fd, 0, on_control, p);
    return p;
}

/* A zygote serves one pool in its life: exits of this pool's children may still be under way. */
void kz_pool_free(struct kz_pool *p)
{
    if (p == NULL)
        return;
    while (p->jobs != NULL) {
        struct job *j = p->jobs;
        if (j->state == JOB_RUNNING || j->state == JOB_LOST || j->kill_wanted) {
            const struct kz_control_ask ask = {.kind = KZ_CONTROL_KILL, .id = j->id};
            (void)send_ask(p, &ask, -1);
        }
        drop_job(j);
    }
    if (p->control != NULL)
        kz_io_close(p->control);
    free(p);
}

struct kz_pool_stats kz_pool_stats(const struct kz_pool *p)
{
    const int64_t now = kz_env_mono(&p->env);
    struct kz_pool_stats s = {.alive = !p->gone, .busy = (size_t)p->running,
                              .idle = (size_t)(p->max > p->running ? p->max - p->running : 0),
                              .memory_peak = p->memory_peak};
    for (const struct job *j = p->jobs; j != NULL; j = j->next) {
        if (j->state != JOB_WAITING)
            continue;
        s.waiting++;
        s.oldest = now - j->since > s.oldest ? now - j->since : s.oldest;
    }
    return s;
}

struct kz_workers kz_pool_workers(struct kz_pool *p)
{
    static const struct kz_worker_ops ops = {.start = pool_start, .cancel = pool_cancel};
    return (struct kz_workers){.ops = &ops, .impl = p};
}
