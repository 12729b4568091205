/* SPDX-License-Identifier: Apache-2.0 */
#include "plugins/exec/exec.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MAX_OUTPUT = 100 << 20, /* what the YAML reader takes */
    TAIL = 8 << 10,         /* of stderr, kept for the message */
    TAIL_LINES = 6,
    PIECE = 64 << 10,
    EXIT_NO_EXEC = 126,
};

struct program {
    pid_t pid;
    int in, out, errout; /* our ends; -1 closed */
    struct kz_str input; /* what is left to feed */
    struct kz_buf text, tail;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

KZ_NORETURN static void become(const struct kz_exec_command *c, const int in[2], const int out[2],
                               const int errout[2])
{
    union { /* execve promises not to write */
        const char **in;
        char *const *out;
    } argv = {c->argv}, envp = {c->envp};
    for (int sig = 1; sig < NSIG; sig++)
        (void)signal(sig, SIG_DFL);
    if (dup2(in[0], STDIN_FILENO) < 0 || dup2(out[1], STDOUT_FILENO) < 0 ||
        dup2(errout[1], STDERR_FILENO) < 0)
        _exit(EXIT_NO_EXEC);
    if (chdir(c->cwd) == 0)
        (void)execve(c->argv[0], argv.out, envp.out);
    (void)dprintf(STDERR_FILENO, "start %s: %s\n", c->argv[0], strerrordesc_np(errno));
    _exit(EXIT_NO_EXEC);
}

static int start(struct program *p, const struct kz_exec_command *c, struct kz_err *err)
{
    int fds[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    bool ok = pipe2(fds[0], O_CLOEXEC) == 0 && pipe2(fds[1], O_CLOEXEC) == 0 &&
              pipe2(fds[2], O_CLOEXEC) == 0;
    p->pid = ok ? fork() : -1;
    if (p->pid == 0)
        become(c, fds[0], fds[1], fds[2]);
    int saved = errno;
    p->in = fds[0][1];
    p->out = fds[1][0];
    p->errout = fds[2][0];
    close_fd(&fds[0][0]);
    close_fd(&fds[1][1]);
    close_fd(&fds[2][1]);
    if (p->pid < 0)
        return kz_fail_errno(err, saved, "start %s", c->argv[0]);
    (void)fcntl(p->in, F_SETFL, O_NONBLOCK);
    return 0;
}

static void feed(struct program *p)
{
    ssize_t n = write(p->in, p->input.ptr, p->input.len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        p->input = kz_str_skip(p->input, (size_t)n);
    if (n < 0 || p->input.len == 0)
        close_fd(&p->in);
}

/* false: it wrote more than we take. */
static bool take_output(struct program *p)
{
    char *at = kz_buf_reserve(&p->text, PIECE);
    if (at == NULL)
        return false;
    ssize_t n = read(p->out, at, PIECE);
    if (n > 0)
        p->text.len += (size_t)n;
    else if (n == 0 || errno != EINTR)
        close_fd(&p->out);
    return true;
}

static void take_tail(struct program *p)
{
    char piece[TAIL];
    ssize_t n = read(p->errout, piece, sizeof piece);
    if (n <= 0) {
        if (n == 0 || errno != EINTR)
            close_fd(&p->errout);
        return;
    }
    if (p->tail.len + (size_t)n > TAIL)
        kz_buf_drop(&p->tail, p->tail.len + (size_t)n - TAIL);
    kz_buf_add(&p->tail, piece, (size_t)n);
}

static int pump(struct program *p, const struct kz_exec_command *c, struct kz_err *err)
{
    if (p->input.len == 0)
        close_fd(&p->in);
    while (p->out >= 0 || p->errout >= 0) {
        struct pollfd fds[3] = {{.fd = p->in, .events = POLLOUT},
                                {.fd = p->out, .events = POLLIN},
                                {.fd = p->errout, .events = POLLIN}};
        if (poll(fds, 3, -1) < 0)
            continue;
        if (fds[0].revents != 0)
            feed(p);
        if (fds[1].revents != 0 && !take_output(p)) {
            (void)kill(p->pid, SIGKILL);
            return kz_fail(err, KZ_E_LIMIT, "%s wrote more than %d MiB", c->argv[0],
                           MAX_OUTPUT >> 20);
        }
        if (fds[2].revents != 0)
            take_tail(p);
    }
    return 0;
}

/* The last lines that a person wants to read, with control bytes made harmless. */
static struct kz_str last_lines(struct kz_buf *tail)
{
    struct kz_str s = kz_str_trim(kz_buf_str(tail));
    size_t from = s.len, lines = 0;
    while (from > 0 && (s.ptr[from - 1] != '\n' || ++lines < TAIL_LINES))
        from--;
    s = kz_str_skip(s, from);
    enum { ROOM = KZ_ERR_TEXT - 160 };
    if (s.len > ROOM)
        s = kz_str_skip(s, s.len - ROOM);
    for (char *p = tail->ptr; p < tail->ptr + tail->len; p++)
        if (((unsigned char)*p < 0x20 && *p != '\n') || *p == 0x7F)
            *p = ' ';
    return s;
}

static int verdict(struct program *p, const struct kz_exec_command *c, int status, struct kz_err *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    struct kz_str why = last_lines(&p->tail);
    const char *colon = why.len > 0 ? ": " : "";
    if (WIFSIGNALED(status))
        return kz_fail(err, KZ_E_INVALID, "%s ended by signal %d (%s)%s" KZ_FMT, c->argv[0],
                       WTERMSIG(status), sigdescr_np(WTERMSIG(status)), colon, KZ_ARG(why));
    return kz_fail(err, KZ_E_INVALID, "%s failed with status %d%s" KZ_FMT, c->argv[0],
                   WEXITSTATUS(status), colon, KZ_ARG(why));
}

int kz_exec_run(struct kz_str *out, struct kz_arena *a, const struct kz_exec_command *c,
                struct kz_err *err)
{
    struct program p = {.in = -1, .out = -1, .errout = -1, .input = c->input};
    int status = 0;
    kz_buf_init(&p.text, MAX_OUTPUT);
    kz_buf_init(&p.tail, TAIL);
    int rc = start(&p, c, err);
    if (rc == 0)
        rc = pump(&p, c, err);
    if (p.pid > 0) {
        while (waitpid(p.pid, &status, 0) < 0 && errno == EINTR) {
        }
        if (rc == 0)
            rc = verdict(&p, c, status, err);
    }
    if (rc == 0)
        *out = kz_str_dup(a, kz_buf_str(&p.text));
    close_fd(&p.in);
    close_fd(&p.out);
    close_fd(&p.errout);
    kz_buf_done(&p.text);
    kz_buf_done(&p.tail);
    return rc;
}
