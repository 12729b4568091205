/* SPDX-License-Identifier: Apache-2.0
 *
 * bare_apply SERVER PKI FILE [IN-FLIGHT]: the least that applying objects can cost. Sends prepared bodies by
 * server-side apply over one HTTP/2 connection, 16 at a time, and throws the answers away: no discovery, no
 * inventory, no watch, no health. What an engine does besides is measured against this.
 *
 * PKI is the folder with ca.crt, admin.crt and admin.key. Each line of FILE is an API path, a tab and a body.
 * Prints "OBJECTS FAILED SECONDS", connecting included. Exit status 0 when nothing failed, 1 when something
 * did, 2 on wrong usage. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

struct job {
    char *url, *body;
};

struct bench {
    const char *server;
    char ca[4096], cert[4096], key[4096];
    struct curl_slist *headers;
    struct job *jobs;
    size_t n, next, done, failed;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bare_apply: %s: %s\n", what, why);
    exit(1);
}

static void read_jobs(struct bench *b, const char *path)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t room = 0, max = 0;
    ssize_t len;
    if (f == NULL)
        die(path, "cannot be read");
    while ((len = getline(&line, &room, f)) > 0) {
        char *tab = strchr(line, '\t');
        if (tab == NULL)
            die(path, "a line has no tab");
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        *tab = '\0';
        if (b->n == max) {
            max = max == 0 ? 1024 : max * 2;
            b->jobs = realloc(b->jobs, max * sizeof *b->jobs);
            if (b->jobs == NULL)
                die(path, "no memory");
        }
        struct job *j = &b->jobs[b->n++];
        if (asprintf(&j->url, "%s%s?fieldManager=bare&force=true", b->server, line) < 0)
            die(path, "no memory");
        j->body = strdup(tab + 1);
        if (j->body == NULL)
            die(path, "no memory");
    }
    free(line);
    fclose(f);
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    (void)data;
    (void)arg;
    return size * n;
}

static CURL *new_handle(const struct bench *b)
{
    CURL *h = curl_easy_init();
    if (h == NULL)
        die("curl", "no handle");
    curl_easy_setopt(h, CURLOPT_CAINFO, b->ca);
    curl_easy_setopt(h, CURLOPT_SSLCERT, b->cert);
    curl_easy_setopt(h, CURLOPT_SSLKEY, b->key);
    curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(h, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, "PATCH");
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, b->headers);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(h, CURLOPT_TIMEOUT, 60L);
    return h;
}

static bool start_next(struct bench *b, CURLM *multi, CURL *h)
{
    if (b->next == b->n)
        return false;
    const struct job *j = &b->jobs[b->next++];
    curl_easy_setopt(h, CURLOPT_URL, j->url);
    curl_easy_setopt(h, CURLOPT_POSTFIELDS, j->body);
    curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE, (long)strlen(j->body));
    curl_multi_add_handle(multi, h);
    return true;
}

static bool take_answers(struct bench *b, CURLM *multi)
{
    size_t before = b->done;
    CURLMsg *msg;
    int left;
    while ((msg = curl_multi_info_read(multi, &left)) != NULL) {
        CURL *h = msg->easy_handle;
        CURLcode rc = msg->data.result;
        long code = 0;
        curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &code);
        curl_multi_remove_handle(multi, h);
        b->done++;
        if (rc != CURLE_OK || code / 100 != 2) {
            if (b->failed++ == 0)
                fprintf(stderr, "bare_apply: first failure: %s, status %ld\n", curl_easy_strerror(rc), code);
        }
        if (!start_next(b, multi, h))
            curl_easy_cleanup(h);
    }
    return b->done > before;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    int running;
    if (argc < 4 || argc > 5) {
        fprintf(stderr, "usage: bare_apply SERVER PKI FILE [IN-FLIGHT]\n");
        return 2;
    }
    long in_flight = argc == 5 ? strtol(argv[4], NULL, 10) : 16;
    b.server = argv[1];
    snprintf(b.ca, sizeof b.ca, "%s/ca.crt", argv[2]);
    snprintf(b.cert, sizeof b.cert, "%s/admin.crt", argv[2]);
    snprintf(b.key, sizeof b.key, "%s/admin.key", argv[2]);
    b.headers = curl_slist_append(NULL, "Content-Type: application/apply-patch+yaml");
    b.headers = curl_slist_append(b.headers, "Accept: application/json");
    read_jobs(&b, argv[3]);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);

    double start = now();
    for (long i = 0; i < in_flight; i++) {
        CURL *h = new_handle(&b);
        if (!start_next(&b, multi, h))
            curl_easy_cleanup(h);
    }
    while (b.done < b.n) {
        if (curl_multi_perform(multi, &running) != CURLM_OK)
            die("curl", "the loop failed");
        if (take_answers(&b, multi))
            continue; /* what took their places has to be sent before we wait */
        if (curl_multi_poll(multi, NULL, 0, 1000, NULL) != CURLM_OK)
            die("curl", "waiting failed");
    }
    printf("%zu %zu %.3f\n", b.n, b.failed, now() - start);
    curl_multi_cleanup(multi);
    curl_slist_free_all(b.headers);
    curl_global_cleanup();
    for (size_t i = 0; i < b.n; i++) {
        free(b.jobs[i].url);
        free(b.jobs[i].body);
    }
    free(b.jobs);
    return b.failed == 0 ? 0 : 1;
}
