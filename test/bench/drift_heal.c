/* SPDX-License-Identifier: Apache-2.0
 *
 * drift_heal SERVER PKI COLLECTION FIELD WANTED FILE: how long a change by somebody else stands. Watches the
 * API path COLLECTION like any client, changes one object after another by merge patch, and measures from the watch
 * event that shows the change to the one that shows it undone.
 *
 * PKI is the folder with ca.crt, admin.crt and admin.key. FIELD is the name of an annotation and WANTED its value in
 * git. Each line of FILE is the name of an object. Prints one number for each, in milliseconds. Exit status 0, or 1
 * when something failed or was not undone within 10 s, 2 on wrong usage. */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_MS = 10000, PAUSE_MS = 20 };

struct bench {
    const char *server, *collection;
    char ca[4096], cert[4096], key[4096];
    CURLM *multi;
    char *line;          /* of the watch, as far as it has come */
    size_t len, room;
    char is_named[300];  /* "name":"x" */
    char changed[400], wanted[400]; /* "FIELD":"value" */
    double seen_changed, seen_wanted; /* 0: not yet */
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "drift_heal: %s: %s\n", what, why);
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void take_event(struct bench *b)
{
    if (strstr(b->line, b->is_named) == NULL)
        return;
    if (b->seen_changed == 0 && strstr(b->line, b->changed) != NULL)
        b->seen_changed = now_ms();
    else if (b->seen_changed > 0 && b->seen_wanted == 0 && strstr(b->line, b->wanted) != NULL)
        b->seen_wanted = now_ms();
}

static size_t on_watch(char *data, size_t size, size_t n, void *arg)
{
    struct bench *b = arg;
    for (size_t i = 0; i < size * n; i++) {
        if (b->len + 1 >= b->room) {
            b->room = b->room == 0 ? 65536 : b->room * 2;
            b->line = realloc(b->line, b->room);
            if (b->line == NULL)
                die("watch", "no memory");
        }
        b->line[b->len++] = data[i];
        if (data[i] != '\n')
            continue;
        b->line[b->len] = '\0';
        take_event(b);
        b->len = 0;
    }
    return size * n;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    (void)data;
    (void)arg;
    return size * n;
}

static CURL *new_handle(const struct bench *b, const char *url)
{
    CURL *h = curl_easy_init();
    if (h == NULL)
        die("curl", "no handle");
    curl_easy_setopt(h, CURLOPT_URL, url);
    curl_easy_setopt(h, CURLOPT_CAINFO, b->ca);
    curl_easy_setopt(h, CURLOPT_SSLCERT, b->cert);
    curl_easy_setopt(h, CURLOPT_SSLKEY, b->key);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
    return h;
}

/* Turns the loop once; dies when the watch has ended. A patch that is answered is taken off. */
static void turn(struct bench *b, CURL *watch)
{
    int running, left;
    CURLMsg *msg;
    if (curl_multi_perform(b->multi, &running) != CURLM_OK || curl_multi_poll(b->multi, NULL, 0, 5, NULL) != CURLM_OK)
        die("curl", "the loop failed");
    while ((msg = curl_multi_info_read(b->multi, &left)) != NULL) {
        CURL *h = msg->easy_handle;
        CURLcode rc = msg->data.result;
        long code = 0;
        curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &code);
        if (h == watch || rc != CURLE_OK || code != 200)
            die(h == watch ? "watch" : "patch", rc != CURLE_OK ? curl_easy_strerror(rc) : "it ended");
        curl_multi_remove_handle(b->multi, h);
        curl_easy_cleanup(h);
    }
}

static void wait_ms(struct bench *b, CURL *watch, double ms)
{
    for (double end = now_ms() + ms; now_ms() < end;)
        turn(b, watch);
}

static void measure(struct bench *b, CURL *watch, struct curl_slist *headers, const char *field, const char *wanted,
                    const char *name, unsigned number)
{
    char url[4096], body[1024];
    b->seen_changed = b->seen_wanted = 0;
    snprintf(b->is_named, sizeof b->is_named, "\"name\":\"%.250s\"", name);
    snprintf(b->wanted, sizeof b->wanted, "\"%.100s\":\"%.200s\"", field, wanted);
    snprintf(b->changed, sizeof b->changed, "\"%.100s\":\"changed-%u\"", field, number);
    snprintf(url, sizeof url, "%s%s/%s?fieldManager=somebody", b->server, b->collection, name);
    snprintf(body, sizeof body, "{\"metadata\":{\"annotations\":{%s}}}", b->changed);
    CURL *patch = new_handle(b, url);
    curl_easy_setopt(patch, CURLOPT_CUSTOMREQUEST, "PATCH");
    curl_easy_setopt(patch, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(patch, CURLOPT_COPYPOSTFIELDS, body);
    curl_multi_add_handle(b->multi, patch);
    double end = now_ms() + PATIENCE_MS;
    while (b->seen_wanted == 0 && now_ms() < end)
        turn(b, watch);
    if (b->seen_wanted == 0)
        die(name, b->seen_changed == 0 ? "the change was not seen" : "the change was not undone");
    printf("%.1f\n", b->seen_wanted - b->seen_changed);
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    char url[4096], *name = NULL;
    size_t room = 0;
    ssize_t len;
    unsigned n = 0;
    if (argc != 7) {
        fprintf(stderr, "usage: drift_heal SERVER PKI COLLECTION FIELD WANTED FILE\n");
        return 2;
    }
    b.server = argv[1];
    b.collection = argv[3];
    snprintf(b.ca, sizeof b.ca, "%s/ca.crt", argv[2]);
    snprintf(b.cert, sizeof b.cert, "%s/admin.crt", argv[2]);
    snprintf(b.key, sizeof b.key, "%s/admin.key", argv[2]);
    FILE *f = fopen(argv[6], "re");
    if (f == NULL)
        die(argv[6], "cannot be read");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    b.multi = curl_multi_init();
    snprintf(url, sizeof url, "%s%s?watch=true", b.server, b.collection);
    CURL *watch = new_handle(&b, url);
    curl_easy_setopt(watch, CURLOPT_WRITEFUNCTION, on_watch);
    curl_easy_setopt(watch, CURLOPT_WRITEDATA, &b);
    curl_multi_add_handle(b.multi, watch);
    wait_ms(&b, watch, 1000); /* what is there comes first */
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/merge-patch+json");
    while ((len = getline(&name, &room, f)) > 0) {
        if (name[len - 1] == '\n')
            name[len - 1] = '\0';
        measure(&b, watch, headers, argv[4], argv[5], name, n++);
        wait_ms(&b, watch, PAUSE_MS);
    }
    fclose(f);
    free(name);
    curl_multi_remove_handle(b.multi, watch);
    curl_easy_cleanup(watch);
    curl_multi_cleanup(b.multi);
    curl_slist_free_all(headers);
    curl_global_cleanup();
    free(b.line);
    return n > 0 ? 0 : 1;
}
