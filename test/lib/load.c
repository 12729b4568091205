/* SPDX-License-Identifier: Apache-2.0
 *
 * load: asks an HTTP server at a fixed rate, with a new connection each time, and counts what comes back.
 *
 * Shows whether a rollout loses requests, so it must not hide any: a request has a time at which it is due, and
 * its latency counts from there, so a server that stalls all threads is charged for the requests that wait.
 * The first word of an answer is its "version"; every answer but 200, and every error on the way, has failed.
 *
 * Ends after --seconds or --requests, on SIGINT or SIGTERM, or when the file --stop exists; then prints one
 * JSON object on stdout. Exit status 0 when nothing failed, 1 when something did, 2 on wrong usage. */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { NAME_MAX_ = 32, COUNTS_MAX = 32, THREADS_MAX = 256, ANSWER_MAX = 8 * 1024 };

struct count {
    char name[NAME_MAX_];
    unsigned long n;
};

/* A small set of counters by name. What does not fit is counted as "other". */
struct counts {
    struct count entry[COUNTS_MAX];
    size_t len;
};

struct load {
    struct sockaddr_storage addr;
    socklen_t addr_len;
    char request[1024];
    double rate;            /* requests a second, all threads together */
    unsigned long requests; /* at most so many */
    const char *stop_file;  /* or NULL */
    struct timespec start;

    atomic_ulong next;    /* number of the next request */
    pthread_mutex_t lock; /* guards what follows */
    struct counts ok, failed;
    double *latency; /* ms, one per finished request */
    size_t done;
};

static atomic_bool ending;

static void on_signal(int sig)
{
    (void)sig;
    ending = true;
}

static void count(struct counts *c, const char *name)
{
    size_t i = 0;

    while (i < c->len && strncmp(c->entry[i].name, name, NAME_MAX_ - 1) != 0)
        i++;
    if (i == COUNTS_MAX)
        i = COUNTS_MAX - 1;
    if (i == c->len) {
        c->len++;
        snprintf(c->entry[i].name, NAME_MAX_, "%s", i == COUNTS_MAX - 1 ? "other" : name);
    }
    c->entry[i].n++;
}

static unsigned long total(const struct counts *c)
{
    unsigned long n = 0;

    for (size_t i = 0; i < c->len; i++)
        n += c->entry[i].n;
    return n;
}

static double ms_since(const struct timespec *from)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - from->tv_sec) * 1e3 + (double)(now.tv_nsec - from->tv_nsec) / 1e6;
}

static const char *error_name(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "refused";
    case ECONNRESET:
    case EPIPE:
        return "reset";
    case EAGAIN:
    case EINPROGRESS:
    case ETIMEDOUT:
        return "timeout";
    case EHOSTUNREACH:
    case ENETUNREACH:
        return "unreachable";
    case EADDRNOTAVAIL:
        return "no-local-port";
    default:
        return "error";
    }
}

/* Reads to the end of the connection. Returns the length, or -1 with errno. */
static ssize_t read_answer(int fd, char *answer)
{
    size_t len = 0;

    while (len < ANSWER_MAX - 1) {
        ssize_t n = read(fd, answer + len, ANSWER_MAX - 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    answer[len] = '\0';
    return (ssize_t)len;
}

/* Puts the version, or the kind of failure, into name. Returns whether the request succeeded. */
static bool judge(char name[NAME_MAX_], const char *answer)
{
    const char *body = strstr(answer, "\r\n\r\n");
    const char *length = strcasestr(answer, "\r\nContent-Length:");
    char *end = NULL;
    long status = strncmp(answer, "HTTP/1.", 7) == 0 ? strtol(answer + 8, &end, 10) : 0;

    if (status == 0 || body == NULL) {
        snprintf(name, NAME_MAX_, "cut-off");
        return false;
    }
    body += 4;
    if (status != 200) {
        snprintf(name, NAME_MAX_, "status-%ld", status);
        return false;
    }
    if (length != NULL && strtoul(length + 17, NULL, 10) > strlen(body)) {
        snprintf(name, NAME_MAX_, "cut-off");
        return false;
    }
    snprintf(name, NAME_MAX_, "%.*s", (int)strcspn(body, " \t\r\n\"\\"), body);
    return true;
}

static bool ask(const struct load *l, char name[NAME_MAX_])
{
    /* The time limit covers connect too. */
    const struct timeval limit = {.tv_sec = 10};
    char answer[ANSWER_MAX];
    bool ok = false;
    int fd = socket(l->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
        connect(fd, (const struct sockaddr *)&l->addr, l->addr_len) != 0 ||
        send(fd, l->request, strlen(l->request), MSG_NOSIGNAL) < 0 || read_answer(fd, answer) < 0)
        snprintf(name, NAME_MAX_, "%s", error_name(errno));
    else
        ok = judge(name, answer);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool over(const struct load *l)
{
    return ending || (l->stop_file != NULL && access(l->stop_file, F_OK) == 0);
}

static void *worker(void *arg)
{
    struct load *l = arg;

    for (;;) {
        unsigned long k = l->next++;
        if (k >= l->requests)
            return NULL;
        struct timespec due = l->start;
        double offset = (double)k / l->rate;
        due.tv_sec += (time_t)offset;
        due.tv_nsec += (long)((offset - (double)(time_t)offset) * 1e9);
        if (due.tv_nsec >= 1000000000) {
            due.tv_nsec -= 1000000000;
            due.tv_sec++;
        }
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR && !ending)
            ;
        if (over(l))
            return NULL;

        char name[NAME_MAX_];
        bool ok = ask(l, name);
        double ms = ms_since(&due);
        pthread_mutex_lock(&l->lock);
        count(ok ? &l->ok : &l->failed, name);
        l->latency[l->done++] = ms;
        pthread_mutex_unlock(&l->lock);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double quantile(const struct load *l, double q)
{
    return l->done == 0 ? 0 : l->latency[(size_t)(q * (double)(l->done - 1))];
}

static void print_counts(const char *name, const struct counts *c)
{
    printf(",\"%s\":{", name);
    for (size_t i = 0; i < c->len; i++)
        printf("%s\"%s\":%lu", i == 0 ? "" : ",", c->entry[i].name, c->entry[i].n);
    printf("}");
}

static void print_report(struct load *l, double seconds)
{
    qsort(l->latency, l->done, sizeof *l->latency, by_value);
    printf("{\"requests\":%zu,\"ok\":%lu,\"failed\":%lu", l->done, total(&l->ok),
           total(&l->failed));
    print_counts("versions", &l->ok);
    print_counts("errors", &l->failed);
    printf(",\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,\"seconds\":%.2f}\n",
           quantile(l, 0.50), quantile(l, 0.99), quantile(l, 1.0), seconds);
}

static _Noreturn void usage(const char *why)
{
    fprintf(
        stderr,
        "load: %s\nusage: load [--rate 50] [--threads 16] [--seconds 60] [--requests N] [--stop FILE] "
        "http://HOST[:PORT][/PATH]\n",
        why);
    exit(2);
}

static double number(const char *text, const char *option, double max)
{
    char *end = NULL;
    double n = strtod(text, &end);

    if (end == text || *end != '\0' || !(n > 0) || n > max) {
        fprintf(stderr, "load: --%s '%s' must be a number above 0 and at most %g\n", option, text,
                max);
        exit(2);
    }
    return n;
}

/* Splits the URL, resolves the host once and writes the request. */
static void set_url(struct load *l, const char *url)
{
    static const char scheme[] = "http://";
    char host[256], port[8] = "80", path[512] = "/";
    const char *rest = url + strlen(scheme);

    if (strncmp(url, scheme, strlen(scheme)) != 0)
        usage("the URL must start with http://");
    size_t host_len = strcspn(rest, ":/");
    if (host_len == 0 || host_len >= sizeof host)
        usage("the URL has no host");
    snprintf(host, sizeof host, "%.*s", (int)host_len, rest);
    rest += host_len;
    if (*rest == ':') {
        size_t len = strcspn(++rest, "/");
        snprintf(port, sizeof port, "%.*s", (int)len, rest);
        rest += len;
    }
    if (*rest == '/')
        snprintf(path, sizeof path, "%s", rest);

    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    int rc = getaddrinfo(host, port, &hints, &found);
    if (rc != 0) {
        fprintf(stderr, "load: cannot resolve '%s' port '%s': %s\n", host, port, gai_strerror(rc));
        exit(2);
    }
    memcpy(&l->addr, found->ai_addr, found->ai_addrlen);
    l->addr_len = found->ai_addrlen;
    freeaddrinfo(found);
    snprintf(l->request, sizeof l->request,
             "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host);
}

int main(int argc, char **argv)
{
    static struct load l = {.rate = 50, .lock = PTHREAD_MUTEX_INITIALIZER};
    static const struct option options[] = {
        {"rate",             required_argument, NULL, 'r'},
        {"threads",              required_argument, NULL, 't'},
        {"seconds",                  required_argument, NULL, 's'},
        {"requests",required_argument, NULL, 'n'},
        {"stop",               required_argument, NULL, 'f'},
        {0         },
    };
    const struct sigaction on_end = {.sa_handler = on_signal};
    double seconds = 60, requests = 0;
    size_t threads = 16;

    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (o) {
        case 'r':
            l.rate = number(optarg, "rate", 1e5);
            break;
        case 't':
            threads = (size_t)number(optarg, "threads", THREADS_MAX);
            break;
        case 's':
            seconds = number(optarg, "seconds", 86400);
            break;
        case 'n':
            requests = number(optarg, "requests", 1e8);
            break;
        case 'f':
            l.stop_file = optarg;
            break;
        default:
            usage("wrong option");
        }
    }
    if (optind != argc - 1 || threads == 0)
        usage("give one URL");
    set_url(&l, argv[optind]);
    l.requests = (unsigned long)(seconds * l.rate);
    if (requests > 0 && requests < seconds * l.rate)
        l.requests = (unsigned long)requests;
    if (l.requests == 0)
        l.requests = 1;
    l.latency = calloc(l.requests, sizeof *l.latency);
    if (l.latency == NULL) {
        fprintf(stderr, "load: no memory for %lu requests: lower --rate or --seconds\n",
                l.requests);
        return 2;
    }
    sigaction(SIGINT, &on_end, NULL);
    sigaction(SIGTERM, &on_end, NULL);

    pthread_t thread[THREADS_MAX];
    size_t running = 0;
    clock_gettime(CLOCK_MONOTONIC, &l.start);
    while (running < threads && pthread_create(&thread[running], NULL, worker, &l) == 0)
        running++;
    for (size_t i = 0; i < running; i++)
        pthread_join(thread[i], NULL);
    if (running == 0) {
        fprintf(stderr, "load: cannot start a thread\n");
        return 2;
    }
    print_report(&l, ms_since(&l.start) / 1e3);
    bool failed = total(&l.failed) > 0;
    free(l.latency);
    return failed ? 1 : 0;
}
