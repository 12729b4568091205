/* SPDX-License-Identifier: Apache-2.0 */
#include "generate.h"

#include <stdio.h>

#include "world.h"

enum { STEPS = 40, NAMES = 2 };

enum what { CONFIGMAP, SECRET, ACCOUNT, DEPLOYMENT, SERVICE, WHATS_ };

static const struct {
    const char *root, *plural, *head;
} whats[WHATS_] = {
    [CONFIGMAP] = {"$v1", "configmaps", "apiVersion: v1, kind: ConfigMap"},
    [SECRET] = {"$v1", "secrets", "apiVersion: v1, kind: Secret"},
    [ACCOUNT] = {"$v1", "serviceaccounts", "apiVersion: v1, kind: ServiceAccount"},
    [DEPLOYMENT] = {"$apps", "deployments", "apiVersion: apps/v1, kind: Deployment"},
    [SERVICE] = {"$v1", "services", "apiVersion: v1, kind: Service"},
};

struct gen {
    struct sim_rng rng;
    struct kz_buf *out;
    bool known[WHATS_][NAMES];   /* $a0 and so on were kept at least once */
    bool watched[WHATS_];
};

static unsigned roll(struct gen *g, unsigned n)
{
    return (unsigned)sim_below(&g->rng, n);
}

static const char *manager(struct gen *g)
{
    static const char *const names[] = {"kzsync", "kzsync", "kubectl", "helm"};
    return names[roll(g, 4)];
}

/* ---- bodies -------------------------------------------------------------------------------------------------------------- */

static void pairs(struct gen *g, const char *name, const char *keys, unsigned odds)
{
    bool first = true;
    for (const char *k = keys; *k != '\0'; k++) {
        if (roll(g, odds) > 0)
            continue;
        if (first)
            kz_buf_printf(g->out, "%s: {", name);
        kz_buf_printf(g->out, "%s%c: \"%u\"", first ? "" : ", ", *k, roll(g, 3));
        first = false;
    }
    if (!first)
        kz_buf_puts(g->out, "}, ");
}

static void metadata(struct gen *g, enum what w, unsigned n, const char *more)
{
    kz_buf_printf(g->out, "{%s, metadata: {%s", whats[w].head, more);
    pairs(g, "labels", "pq", 3);
    pairs(g, "annotations", "uv", 5);
    if (roll(g, 12) == 0)
        kz_buf_puts(g->out, "finalizers: [example.com/hold], ");
    kz_buf_printf(g->out, "name: n%u}", n);
}

static void container(struct gen *g, const char *name)
{
    kz_buf_printf(g->out, "{name: %s, image: \"i:%u\", ", name, roll(g, 3));
    if (roll(g, 3) == 0)
        kz_buf_printf(g->out, "args: [a%u], ", roll(g, 3));
    if (roll(g, 3) == 0)
        kz_buf_printf(g->out, "env: [{name: E, value: v%u}%s], ", roll(g, 3), roll(g, 2) == 0 ? ", {name: F, value: f}" : "");
    if (roll(g, 4) == 0)
        kz_buf_printf(g->out, "ports: [{containerPort: %u}], ", 80 + roll(g, 2));
    kz_buf_puts(g->out, "}");
}

static void deployment(struct gen *g)
{
    if (roll(g, 2) == 0)
        kz_buf_printf(g->out, ", spec: {replicas: %u, ", roll(g, 3));
    else
        kz_buf_puts(g->out, ", spec: {");
    kz_buf_puts(g->out, "selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [");
    container(g, "c");
    if (roll(g, 4) == 0) {
        kz_buf_puts(g->out, ", ");
        container(g, "d");
    }
    kz_buf_puts(g->out, "]}}}");
}

static void body(struct gen *g, enum what w, unsigned n, const char *more)
{
    metadata(g, w, n, more);
    if (w == CONFIGMAP) {
        kz_buf_puts(g->out, ", ");
        pairs(g, "data", "abc", 2);
    } else if (w == SECRET) {
        kz_buf_printf(g->out, ", data: {k: YQ=%s}", "=");
    } else if (w == DEPLOYMENT) {
        deployment(g);
    } else if (w == SERVICE) {
        kz_buf_printf(g->out, ", spec: {ports: [{name: p%u, port: 80}], selector: {app: a%u}}", roll(g, 2), roll(g, 2));
    }
    kz_buf_puts(g->out, "}\n");
}

/* ---- steps ----------------------------------------------------------------------------------------------------------------- */

/* metadata of a body that demands something of the stored one; "" */
static const char *demand(struct gen *g, enum what w, unsigned n, char *text, size_t size)
{
    text[0] = '\0';
    if (!g->known[w][n])
        return text;
    unsigned what = roll(g, 16);
    if (what == 0)
        (void)snprintf(text, size, "resourceVersion: \"$o%u%u.rv\", ", (unsigned)w, n);
    else if (what == 1)
        (void)snprintf(text, size, "uid: $o%u%u.uid, ", (unsigned)w, n);
    return text;
}

static void keep(struct gen *g, enum what w, unsigned n)
{
    kz_buf_printf(g->out, "= o%u%u\n", (unsigned)w, n);
    g->known[w][n] = true;
}

static void path(struct gen *g, enum what w, unsigned n)
{
    kz_buf_printf(g->out, "%s/%s/n%u", whats[w].root, whats[w].plural, n);
}

static void apply(struct gen *g, enum what w, unsigned n)
{
    char text[64];
    kz_buf_puts(g->out, "PATCH ");
    path(g, w, n);
    kz_buf_printf(g->out, "?fieldManager=%s%s%s apply\n", manager(g), roll(g, 2) == 0 ? "&force=true" : "",
                  roll(g, 6) == 0 ? "&dryRun=All" : "");
    body(g, w, n, demand(g, w, n, text, sizeof text));
}

static void get(struct gen *g, enum what w, unsigned n)
{
    kz_buf_puts(g->out, "GET ");
    path(g, w, n);
    kz_buf_puts(g->out, "\n");
    if (roll(g, 2) == 0)
        keep(g, w, n);
}

/* A Service is not replaced: its address may not be taken away. */
static void put(struct gen *g, enum what w, unsigned n)
{
    char text[64] = "";
    if (w == SERVICE)
        return;
    if (g->known[w][n] && roll(g, 8) > 0)
        (void)snprintf(text, sizeof text, "resourceVersion: \"$o%u%u.rv\", ", (unsigned)w, n);
    else if (roll(g, 2) == 0)
        return;
    kz_buf_puts(g->out, "PUT ");
    path(g, w, n);
    kz_buf_printf(g->out, "?fieldManager=%s\n", manager(g));
    body(g, w, n, text);
}

static void create(struct gen *g, enum what w, unsigned n)
{
    kz_buf_printf(g->out, "POST %s/%s?fieldManager=%s\n", whats[w].root, whats[w].plural, manager(g));
    body(g, w, n, "");
}

static void patch(struct gen *g, enum what w, unsigned n)
{
    kz_buf_puts(g->out, "PATCH ");
    path(g, w, n);
    kz_buf_printf(g->out, "?fieldManager=%s json-patch\n[", manager(g));
    if (g->known[w][n] && roll(g, 2) == 0)
        kz_buf_printf(g->out, "{op: replace, path: /metadata/resourceVersion, value: \"$o%u%u.rv\"}, ", (unsigned)w, n);
    if (roll(g, 2) == 0)
        kz_buf_printf(g->out, "{op: add, path: /metadata/labels, value: {p: \"%u\"}}]\n", roll(g, 3));
    else
        kz_buf_puts(g->out, "{op: add, path: /metadata/finalizers, value: []}]\n");
}

static void remove_it(struct gen *g, enum what w, unsigned n)
{
    kz_buf_puts(g->out, "DELETE ");
    path(g, w, n);
    if (!g->known[w][n] || roll(g, 3) == 0) {
        kz_buf_puts(g->out, roll(g, 4) == 0 ? "?dryRun=All\n" : "\n");
        return;
    }
    kz_buf_puts(g->out, "\n{apiVersion: v1, kind: DeleteOptions, ");
    kz_buf_printf(g->out, "preconditions: {uid: $o%u%u.uid", (unsigned)w, n);
    if (roll(g, 2) == 0)
        kz_buf_printf(g->out, ", resourceVersion: \"$o%u%u.rv\"", (unsigned)w, n);
    kz_buf_printf(g->out, "}, propagationPolicy: Background%s}\n", roll(g, 5) == 0 ? ", dryRun: [All]" : "");
}

static void list(struct gen *g, enum what w)
{
    kz_buf_printf(g->out, "GET %s/%s?limit=%u%s\n", whats[w].root, whats[w].plural, roll(g, 3),
                  roll(g, 2) == 0 ? "&labelSelector=p%3D1" : "");
}

static void watch(struct gen *g, enum what w)
{
    if (g->watched[w])
        return;
    g->watched[w] = true;
    kz_buf_printf(g->out, "GET %s/%s\n= list\n", whats[w].root, whats[w].plural);
    kz_buf_printf(g->out, "watch w%u %s/%s?watch=1&resourceVersion=$list.rv&allowWatchBookmarks=true%s\n", (unsigned)w,
                  whats[w].root, whats[w].plural, roll(g, 2) == 0 ? "&labelSelector=p%3D1" : "");
}

void conform_generate(struct kz_buf *out, uint64_t seed)
{
    struct gen g = {.rng = {.state = seed * 19 + 4}, .out = out};
    const enum what focus = (enum what)roll(&g, WHATS_);
    watch(&g, focus);
    for (unsigned i = 0; i < STEPS; i++) {
        enum what w = roll(&g, 3) > 0 ? focus : (enum what)roll(&g, WHATS_);
        unsigned n = roll(&g, NAMES), act = roll(&g, 20);
        if (act < 9)
            apply(&g, w, n);
        else if (act < 12)
            get(&g, w, n);
        else if (act < 14)
            put(&g, w, n);
        else if (act < 15)
            create(&g, w, n);
        else if (act < 16)
            patch(&g, w, n);
        else if (act < 18)
            remove_it(&g, w, n);
        else if (act < 19)
            list(&g, w);
        else
            watch(&g, w);
    }
    /* The last event of each watch: then all before it have come. */
    for (unsigned w = 0; w < WHATS_; w++) {
        if (!g.watched[w])
            continue;
        kz_buf_printf(out, "PATCH %s/%s/zz?fieldManager=kzsync apply\n{%s, metadata: {name: zz, labels: {p: \"1\"}}", whats[w].root,
                      whats[w].plural, whats[w].head);
        if (w == DEPLOYMENT)
            kz_buf_puts(out, ", spec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: "
                             "{containers: [{name: c, image: \"i:1\"}]}}}");
        if (w == SERVICE)
            kz_buf_puts(out, ", spec: {ports: [{name: p, port: 80}]}");
        kz_buf_printf(out, "}\nlast w%u zz\n", w);
    }
}
