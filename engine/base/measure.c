/* SPDX-License-Identifier: Apache-2.0 */
#include "base/measure.h"

#define MS(n) ((n) * KZ_NS_PER_MS)
#define SEC(n) ((n) * KZ_NS_PER_SEC)

static const struct {
    size_t n;
    int64_t step[KZ_SCALE_MAX];
} scales[KZ_SCALES_] = {
    [KZ_SCALE_REQUEST] = {10, {MS(5), MS(10), MS(25), MS(50), MS(100), MS(250), SEC(1), SEC(5), SEC(15), SEC(60)}},
    [KZ_SCALE_WORK] = {10, {MS(1), MS(5), MS(10), MS(50), MS(100), MS(500), SEC(1), SEC(5), SEC(15), SEC(60)}},
    [KZ_SCALE_SYNC] = {10, {SEC(1), SEC(2), SEC(5), SEC(15), SEC(30), SEC(60), SEC(180), SEC(600), SEC(1800),
                            SEC(3600)}},
};

size_t kz_scale_steps(const int64_t **steps, enum kz_scale s)
{
    *steps = scales[s].step;
    return scales[s].n;
}

void kz_histogram_add(struct kz_histogram *h, enum kz_scale s, int64_t ns)
{
    size_t i = 0;
    while (i < scales[s].n && ns > scales[s].step[i])
        i++;
    h->n[i]++;
    h->sum += ns;
}

enum kz_code_class kz_code_class(int status)
{
    return status >= 200 && status < 600 ? (enum kz_code_class)(status / 100 - 1) : KZ_CODE_NONE;
}

const char *kz_code_class_name(enum kz_code_class c)
{
    static const char *const names[KZ_CODE_CLASSES_] = {"none", "2xx", "3xx", "4xx", "5xx"};
    return names[c];
}
