/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and renders a chart again and again in one process, like main.go with Helm's library:
 *
 *     bench_helm CHART SECONDS
 *
 * Prints the median of the rounds in nanoseconds and the number of rounds. The result is more than
 * what Helm's side makes: the manifests are parsed in full. */
#include "base/clock.h"
#include "helm/funcs.h"
#include "helm/render.h"
#include "source/place.h"
#include "source/tree.h"

#include <stdio.h>
#include <stdlib.h>

enum { WARM_UP = 3, LEAST = 6, MOST = 1 << 20 };

static int render(const struct kz_source_place *place, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new_large((size_t)1 << 30);
    const struct kz_sprig sprig = {.now = kz_clock_wall(), .random = KZ_RANDOM_FRESH};
    const struct kz_helm_request req = {.values = kz_value_map(a),
                                        .sprig = &sprig,
                                        .release = {.name = KZ_STR("rel"), .ns = KZ_STR("default")}};
    struct kz_helm_notes notes = {.arena = a, .list = kz_value_list(a)};
    struct kz_helm_result result = {0};
    struct kz_chart *chart;
    struct kz_tree *tree;
    int rc = kz_tree_folder(&tree, place->root, err);
    if (rc < 0)
        return rc;
    rc = kz_chart_load(&chart, a, tree, place->below, &notes, err);
    if (rc >= 0)
        rc = kz_helm_render(&result, a, chart, &req, &notes, err);
    kz_tree_close(tree);
    return rc;
}

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(64 << 20);
    struct kz_err err;
    struct kz_source_place place;
    char line[4096];
    if (argc != 3 || kz_source_place(&place, a, kz_str(argv[1]), &err) < 0) {
        (void)fprintf(stderr, "usage: bench_helm CHART SECONDS\n");
        return 2;
    }
    int64_t *took = kz_new_n(a, int64_t, MOST);
    const int64_t end = kz_clock_mono() + (int64_t)(strtod(argv[2], NULL) * 1e9);
    size_t n = 0;
    for (size_t round = 0; n < MOST && (round < LEAST || kz_clock_mono() < end); round++) {
        const int64_t start = kz_clock_mono();
        if (render(&place, &err) < 0) {
            (void)fprintf(stderr, "Error: %s\n", kz_err_line(line, sizeof line, &err));
            return 1;
        }
        if (round >= WARM_UP)
            took[n++] = kz_clock_mono() - start;
    }
    qsort(took, n, sizeof *took, by_size);
    (void)printf("%lld %zu\n", (long long)took[n / 2], n);
    return 0;
}
