/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/http_endpoint.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

enum { SOCKET_UNACKED_MS = 30000 };

struct kz_str kz_http_copy(struct kz_arena *a, struct kz_str s)
{
    return kz_str_dup(a, s.ptr != NULL ? s : KZ_STR(""));
}

static struct kz_server copy_server(struct kz_arena *a, const struct kz_server *in)
{
    struct kz_server s = *in;
    s.what = kz_http_copy(a, in->what.len > 0 ? in->what : KZ_STR("the server"));
    s.base = kz_http_copy(a, in->base);
    s.ca_pem = kz_http_copy(a, in->ca_pem);
    s.cert_pem = kz_http_copy(a, in->cert_pem);
    s.key_pem = kz_http_copy(a, in->key_pem);
    s.server_name = kz_http_copy(a, in->server_name);
    s.proxy = kz_http_copy(a, in->proxy);
    s.user_agent = kz_http_copy(a, in->user_agent);
    s.basic_user = kz_http_copy(a, in->basic_user);
    s.basic_password = kz_http_copy(a, in->basic_password);
    return s;
}

/* The text of a part of url, or NULL when it has none; in the arena. */
static const char *url_part(struct kz_arena *a, CURLU *url, CURLUPart part, unsigned flags)
{
    char *text = NULL;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == NULL)
        return NULL;
    const char *out = kz_cstr(a, kz_str(text));
    curl_free(text);
    return out;
}

static int read_base(struct kz_endpoint *e, CURLU *url, struct kz_err *err)
{
    struct kz_arena *a = e->mem;
    if (curl_url_set(url, CURLUPART_URL, e->server.base.ptr, 0) != CURLUE_OK)
        return kz_fail(err, KZ_E_INVALID, "the address of %s is not a URL", e->what);
    const char *scheme = url_part(a, url, CURLUPART_SCHEME, 0);
    const char *host = url_part(a, url, CURLUPART_HOST, 0);
    const char *port = url_part(a, url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    const char *given_port = url_part(a, url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
    const char *path = url_part(a, url, CURLUPART_PATH, 0);
    if (scheme == NULL || host == NULL || port == NULL ||
        (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0))
        return kz_fail(err, KZ_E_INVALID, "the address of %s must begin with https:// or http://",
                       e->what);
    if (url_part(a, url, CURLUPART_USER, 0) != NULL ||
        url_part(a, url, CURLUPART_PASSWORD, 0) != NULL)
        return kz_fail(err, KZ_E_INVALID, "the address of %s must not contain a user or password",
                       e->what);
    if (url_part(a, url, CURLUPART_QUERY, 0) != NULL ||
        url_part(a, url, CURLUPART_FRAGMENT, 0) != NULL)
        return kz_fail(err, KZ_E_INVALID, "the address of %s must not contain '?' or '#'", e->what);
    struct kz_str prefix = kz_str(path);
    while (kz_str_ends(prefix, KZ_STR("/")))
        prefix.len--;
    const char *colon = given_port != NULL ? ":" : "";
    given_port = given_port != NULL ? given_port : "";
    e->base =
        kz_str_printf(a, "%s://%s%s%s" KZ_FMT, scheme, host, colon, given_port, KZ_ARG(prefix)).ptr;
    e->name = host;
    if (e->server.server_name.len > 0 && strcmp(scheme, "https") == 0) {
        e->name = e->server.server_name.ptr;
        e->host_header = kz_str_printf(a, "%s%s%s", host, colon, given_port).ptr;
        struct kz_str to = kz_str_printf(a, "%s:%s:%s:%s", e->name, port, host, port);
        e->connect_to = curl_slist_append(NULL, to.ptr);
        kz_assert(e->connect_to != NULL);
    }
    return 0;
}

int kz_endpoint_init(struct kz_endpoint *out, const struct kz_server *server, struct kz_err *err)
{
    struct kz_endpoint e = {.mem = kz_arena_new(SIZE_MAX / 2)};
    e.server = copy_server(e.mem, server);
    e.what = e.server.what.ptr;
    CURLU *url = curl_url();
    kz_assert(url != NULL);
    int rc = read_base(&e, url, err);
    curl_url_cleanup(url);
    if (rc < 0) {
        kz_arena_free(e.mem);
        return rc;
    }
    *out = e;
    return 0;
}

void kz_endpoint_done(struct kz_endpoint *e)
{
    curl_slist_free_all(e->connect_to);
    kz_arena_free(e->mem);
}

/* A peer that vanished without a word is noticed while we send (unacknowledged data) and while we only
 * wait (keepalive). */
static int on_socket_made(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    int unacked = SOCKET_UNACKED_MS;
    (void)arg;
    (void)purpose;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked, sizeof unacked);
    return CURL_SOCKOPT_OK;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    const struct kz_endpoint *e = arg;
    (void)purpose;
    if (!e->server.may_connect(e->server.arg, &to->addr))
        return CURL_SOCKET_BAD;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static void set_redirects(CURL *easy, const struct kz_endpoint *e, bool tls)
{
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, e->server.redirects > 0 ? 1L : 0L);
    (void)curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)e->server.redirects);
#if LIBCURL_VERSION_NUM >= 0x075500
    (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, tls ? "https" : "http,https");
#else
    (void)curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS,
                           tls ? (long)CURLPROTO_HTTPS : (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static void set_blob(CURL *easy, CURLoption option, struct kz_str pem)
{
    union { /* curl does not write through it */
        const char *in;
        void *out;
    } data = {.in = pem.ptr};
    struct curl_blob blob = {.data = data.out, .len = pem.len, .flags = CURL_BLOB_NOCOPY};
    if (pem.len > 0)
        (void)curl_easy_setopt(easy, option, &blob);
}

static void set_tls(CURL *easy, const struct kz_endpoint *e)
{
    const struct kz_server *s = &e->server;
    (void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, s->insecure ? 0L : 1L);
    (void)curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, s->insecure ? 0L : 2L);
    /* The folder of the system's store would be a second source beside ours, and with it libcurl does
     * not keep the parsed bundle for the next connection. */
    if (s->ca_pem.len > 0 || curl_version_info(CURLVERSION_NOW)->cainfo != NULL)
        (void)curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (s->ca_pem.len > 0)
        (void)curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
    set_blob(easy, CURLOPT_CAINFO_BLOB, s->ca_pem);
    (void)curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
    (void)curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
    set_blob(easy, CURLOPT_SSLCERT_BLOB, s->cert_pem);
    set_blob(easy, CURLOPT_SSLKEY_BLOB, s->key_pem.len > 0 ? s->key_pem : s->cert_pem);
}

void kz_endpoint_describe(const struct kz_endpoint *e, CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    (void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
    /* Leaving a request during a name look-up would otherwise wait for the resolver thread. */
    (void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
    /* Wait for the TLS handshake of the first connection, to share it if it speaks HTTP/2. Without TLS
     * the wait would last until the first reply. */
    bool tls = kz_str_starts(kz_str(e->base), KZ_STR("https:"));
    (void)curl_easy_setopt(easy, CURLOPT_PIPEWAIT, tls ? 1L : 0L);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    set_redirects(easy, e, tls);
    if (e->server.may_connect != NULL) {
        (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
        (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, e);
    }
    (void)curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    /* "" is "no proxy", where NULL would be "ask the environment". */
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, e->server.proxy.ptr);
    (void)curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_CONNECT_TO, e->connect_to);
    (void)curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                           (long)(kz_connect_timeout / KZ_NS_PER_MS));
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, 30L);
    (void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, 10L);
    (void)curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket_made);
    (void)curl_easy_setopt(easy, CURLOPT_USERAGENT, e->server.user_agent.ptr);
    if (e->server.basic_user.len > 0 || e->server.basic_password.len > 0) {
        (void)curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        (void)curl_easy_setopt(easy, CURLOPT_USERNAME, e->server.basic_user.ptr);
        (void)curl_easy_setopt(easy, CURLOPT_PASSWORD, e->server.basic_password.ptr);
    }
    set_tls(easy, e);
}

const char *kz_endpoint_url(const struct kz_endpoint *e, struct kz_arena *a, struct kz_str path)
{
    struct kz_str base = kz_str(e->base);
    /* With a server name of its own the URL carries that name and CONNECT_TO the real address. */
    if (e->connect_to != NULL) {
        struct kz_str rest = kz_str_skip(base, strlen("https://"));
        rest = kz_str_skip(rest, kz_str_index(rest, '/'));
        struct kz_str port = kz_str(strrchr(e->connect_to->data, ':'));
        base = kz_str_printf(a, "https://%s" KZ_FMT KZ_FMT, e->name, KZ_ARG(port), KZ_ARG(rest));
    }
    return kz_str_printf(a, KZ_FMT KZ_FMT, KZ_ARG(base), KZ_ARG(path)).ptr;
}
