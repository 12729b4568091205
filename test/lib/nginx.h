/* SPDX-License-Identifier: Apache-2.0
 *
 * nginx as an HTTP/2 server for tests, on a loopback port, in the foreground, with all its files in a
 * folder of the test's. */
#ifndef KZ_TEST_NGINX_H
#define KZ_TEST_NGINX_H

#include <stdbool.h>
#include <sys/types.h>

struct test_nginx {
    pid_t pid;
    int port;
};

/* dir holds good.pem and good.key (make_certs.sh) and html/ if files are served; locations is the inside
 * of the server block. false: there is no nginx on this machine. */
bool test_nginx_start(struct test_nginx *n, const char *dir, const char *locations);
void test_nginx_stop(struct test_nginx *n);

#endif
