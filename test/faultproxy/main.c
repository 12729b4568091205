/* SPDX-License-Identifier: Apache-2.0
 *
 * kz_faultproxy: stands between a client and an API server, and does to chosen requests what networks,
 * balancers and dying servers do. See script.h for the faults.
 *
 *   kz_faultproxy --target HOST:PORT --ca FILE --cert FILE --key FILE   the server, and who we are there
 *                 --own-cert FILE --own-key FILE                       who we are to the client
 *                 --log FILE [--fault RULE]... [--seed N --chaos PERMILLE] [--victim FILE] [--rules FILE] [--http1]
 *
 * Prints "port N" when it listens, on loopback. Ends with SIGTERM. SIGUSR1 reads the rules in FILE, one a line,
 * instead of those that it had, and counts from zero. The log has a line for each connection
 * ("c INDEX FAULT"), request ("> INDEX METHOD PATH FAULT"), end of one ("< INDEX STATUS") and kill
 * ("! INDEX killed PID"), as they happen. --victim names a file with the id of the process to kill. */
#include "proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct options {
    const char *target, *ca, *cert, *key, *own_cert, *own_key, *log;
    const char *rules; /* NULL */
};

struct whole {
    struct fp_proxy p;
    struct options o;
};

static _Noreturn void give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "kz_faultproxy: %s: %s\n", what, why);
    exit(2);
}

/* ---- TLS --------------------------------------------------------------------------------------- */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *arg)
{
    static const unsigned char both[] = "\x02h2\x08http/1.1";
    const struct fp_proxy *p = arg;
    unsigned skip = p->only_http1 ? 3 : 0;
    unsigned char *chosen;
    (void)ssl;
    if (SSL_select_next_proto(&chosen, out_len, both + skip, sizeof both - 1 - skip, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_NOACK;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *context(const SSL_METHOD *method, const char *cert, const char *key)
{
    SSL_CTX *tls = SSL_CTX_new(method);
    if (tls == NULL || SSL_CTX_use_certificate_chain_file(tls, cert) != 1 ||
        SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
        give_up(cert, "no certificate with this key");
    return tls;
}

static void open_tls(struct fp_proxy *p, const struct options *o)
{
    p->server_tls = context(TLS_server_method(), o->own_cert, o->own_key);
    SSL_CTX_set_alpn_select_cb(p->server_tls, choose_protocol, p);
    p->client_tls = context(TLS_client_method(), o->cert, o->key);
    if (SSL_CTX_load_verify_locations(p->client_tls, o->ca, NULL) != 1)
        give_up(o->ca, "no authority");
    SSL_CTX_set_verify(p->client_tls, SSL_VERIFY_PEER, NULL);
}

/* ---- listening --------------------------------------------------------------------------------- */
static void on_connection(void *arg, int fd, int events)
{
    struct fp_proxy *p = arg;
    (void)events;
    int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client < 0)
        return;
    fp_client_accept(p, client);
}

static int listen_on_loopback(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 64) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        give_up("listen", strerror(errno));
    (void)printf("port %d\n", ntohs(at.sin_port));
    (void)fflush(stdout);
    return fd;
}

static void read_target(struct fp_proxy *p, const char *text)
{
    struct kz_str host, port = kz_str_cut(&host, kz_str(text), ':');
    uint64_t number = 0;
    char name[64];
    (void)snprintf(name, sizeof name, KZ_FMT, KZ_ARG(host));
    p->host = text;
    p->target.sin_family = AF_INET;
    if (!kz_str_u64(&number, port) || number > 65535 ||
        inet_pton(AF_INET, name, &p->target.sin_addr) != 1)
        give_up(text, "no ADDRESS:PORT");
    p->target.sin_port = htons((uint16_t)number);
}

static void on_term(void *arg, int signum)
{
    struct fp_proxy *p = arg;
    (void)signum;
    kz_loop_stop(p->loop);
}

/* A file that is not as it should be ends the proxy: the test would not test what it means to. */
static void on_usr1(void *arg, int signum)
{
    struct whole *all = arg;
    struct fp_script *s = &all->p.script;
    struct kz_err err;
    char line[128];
    (void)signum;
    FILE *f = all->o.rules != NULL ? fopen(all->o.rules, "re") : NULL;
    if (f == NULL)
        give_up("--rules", strerror(errno));
    *s = (struct fp_script){.seed = s->seed, .permille = s->permille};
    while (fgets(line, sizeof line, f) != NULL) {
        struct kz_str rule = kz_str_trim(kz_str(line));
        if (rule.len > 0 && fp_script_add(s, rule, &err) < 0)
            give_up("--rules", err.frame[0]);
    }
    (void)fclose(f);
    (void)fputs("rules\n", all->p.log);
    (void)fflush(all->p.log);
}

/* ---- the command line -------------------------------------------------------------------------- */
enum { TARGET, CA, CERT, KEY, OWN_CERT, OWN_KEY, LOG, FAULT, SEED, CHAOS, VICTIM, RULES, HTTP1 };

static uint64_t number(const char *text)
{
    uint64_t n = 0;
    if (!kz_str_u64(&n, kz_str(text)))
        give_up(text, "no number");
    return n;
}

static void read_options(struct fp_proxy *p, struct options *o, int argc, char **argv)
{
    static const struct option names[] = {
        {"target",   1, NULL, TARGET  },
        {"ca",       1, NULL, CA      },
        {"cert",     1, NULL, CERT    },
        {"key",      1, NULL, KEY     },
        {"own-cert", 1, NULL, OWN_CERT},
        {"own-key",  1, NULL, OWN_KEY },
        {"log",      1, NULL, LOG     },
        {"fault",    1, NULL, FAULT   },
        {"seed",     1, NULL, SEED    },
        {"chaos",    1, NULL, CHAOS   },
        {"victim",   1, NULL, VICTIM  },
        {"rules",    1, NULL, RULES   },
        {"http1",    0, NULL, HTTP1   },
        {NULL,       0, NULL, 0       },
    };
    const char **const texts[] = {&o->target,   &o->ca,      &o->cert, &o->key,
                                  &o->own_cert, &o->own_key, &o->log};
    struct kz_err err;
    int which;
    while ((which = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (which) {
        case FAULT:
            if (fp_script_add(&p->script, kz_str(optarg), &err) < 0)
                give_up("--fault", err.frame[0]);
            break;
        case SEED:
            p->script.seed = number(optarg);
            break;
        case CHAOS:
            p->script.permille = number(optarg);
            break;
        case VICTIM:
            p->victim = optarg;
            break;
        case RULES:
            o->rules = optarg;
            break;
        case HTTP1:
            p->only_http1 = true;
            break;
        case '?':
            exit(2);
        default:
            *texts[which] = optarg;
        }
    }
    for (size_t i = 0; i < kz_countof(texts); i++)
        if (*texts[i] == NULL)
            give_up(names[i].name, "this option is needed");
}

int main(int argc, char **argv)
{
    struct whole all = {0};
    struct fp_proxy *p = &all.p;
    struct kz_err err;
    read_options(p, &all.o, argc, argv);
    read_target(p, all.o.target);
    p->log = fopen(all.o.log, "we");
    if (p->log == NULL)
        give_up(all.o.log, strerror(errno));
    if (kz_loop_new(&p->loop, &err) < 0)
        give_up("loop", err.frame[0]);
    p->env = kz_loop_env(p->loop);
    open_tls(p, &all.o);
    kz_loop_on_signal(p->loop, SIGTERM, on_term, p);
    kz_loop_on_signal(p->loop, SIGUSR1, on_usr1, &all);
    int fd = listen_on_loopback();
    struct kz_io *io = kz_io_open(p->loop, fd, KZ_IO_READ, on_connection, p);
    kz_loop_run(p->loop);
    kz_io_close(io);
    (void)fclose(p->log);
    _exit(0); /* what is under way is the kernel's to end */
}
