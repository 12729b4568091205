/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/nginx.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/http_server.h"

static const char program[] = "/usr/sbin/nginx";

static bool write_conf(const char *dir, int port, const char *locations)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/nginx.conf", dir);
    FILE *f = fopen(path, "we");
    if (f == NULL)
        return false;
    (void)fprintf(
        f,
        "daemon off; master_process off; pid %s/nginx.pid; error_log %s/nginx.log;\n"
        "events { worker_connections 512; }\n"
        "http { access_log off; keepalive_timeout 60s; http2_max_concurrent_streams 128;\n"
        "client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3;\n"
        "uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;\n"
        "server { listen 127.0.0.1:%d ssl http2; root %s/html;\n"
        "ssl_certificate %s/good.pem; ssl_certificate_key %s/good.key;\n%s\n} }\n",
        dir, dir, dir, dir, dir, dir, dir, port, dir, dir, dir, locations);
    return fclose(f) == 0;
}

static bool answers(int port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;
    close(fd);
    return ok;
}

bool test_nginx_start(struct test_nginx *n, const char *dir, const char *locations)
{
    char conf[256];
    if (access(program, X_OK) != 0)
        return false;
    n->port = test_free_port();
    if (!write_conf(dir, n->port, locations))
        return false;
    (void)snprintf(conf, sizeof conf, "%s/nginx.conf", dir);
    n->pid = fork();
    if (n->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(null, STDERR_FILENO);
        (void)execl(program, program, "-p", dir, "-c", conf, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500; i++) {
        if (answers(n->port))
            return true;
        usleep(10000);
    }
    return false;
}

void test_nginx_stop(struct test_nginx *n)
{
    if (n->pid <= 0)
        return;
    (void)kill(n->pid, SIGKILL);
    (void)waitpid(n->pid, NULL, 0);
    n->pid = 0;
}
