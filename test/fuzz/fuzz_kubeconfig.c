/* SPDX-License-Identifier: Apache-2.0
 *
 * A kubeconfig: one clear error, or a server with a URL. Files that it names are not there. */
#include "fuzz.h"

#include "kube/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)1 << 30);
    static const char *const environment[] = {"A=1", NULL};
    const struct kz_kube_source source = {.environ = environment};
    struct kz_kube_config config;
    struct kz_err err;
    const struct kz_str text = kz_str_n((const char *)data, size);
    if (size > 64 * 1024 || kz_str_has(text, KZ_STR("/dev")) || kz_str_has(text, KZ_STR("/proc")))
        return 0; /* paths are followed: nothing that blocks */
    if (kz_kube_config_parse(&config, a, text, KZ_STR("/nonexistent/config"), &source, &err) < 0) {
        kz_assert(err.depth > 0 && err.frame[0][0] != '\0' && err.file[0] != '\0');
        return 0;
    }
    kz_assert(kz_str_starts(config.server.base, KZ_STR("http")));
    kz_assert(config.exec == NULL || config.exec->argv[0][0] != '\0');
    return 0;
}
