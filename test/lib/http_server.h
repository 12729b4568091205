/* SPDX-License-Identifier: Apache-2.0
 *
 * A small HTTP/1.1 server for tests: real sockets on loopback, in a process of its own that forks one
 * process per connection, with TLS when it is given a certificate. The path says what it does:
 *
 *   /echo          200, the request as it came in
 *   /status/N      N, body "status N\n" (of type text/plain)
 *   /bytes/N       200, N times 'x'
 *   /chunks/N/MS   200, N pieces "tick\n", each after MS milliseconds
 *   /stall         200, one piece, then silence
 *   /hang          no answer at all
 *   /drop          closes the connection instead of an answer
 *   /cut           200, closes in the middle of the body
 *   /retry/V       429 with Retry-After: V ('+' stands for a blank)
 *   /redirect      302 to /echo
 *   /away/REST     302 to http://REST
 *   /gzip          200, "hello\n", compressed if the client takes that */
#ifndef KZ_TEST_HTTP_SERVER_H
#define KZ_TEST_HTTP_SERVER_H

#include <sys/types.h>

struct test_server {
    pid_t pid;
    int port;
};

/* cert and key: PEM files, or NULL. client_ca: ask for a client certificate of this authority; NULL. */
struct test_server test_server_start(const char *cert, const char *key, const char *client_ca);
void test_server_stop(struct test_server *s);

/* A loopback port on which nobody listens. */
int test_free_port(void);

#endif
