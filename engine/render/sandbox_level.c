/* SPDX-License-Identifier: Apache-2.0
 *
 * How much of the sandbox this machine allows, in words. */
#include "render/sandbox.h"

#include "base/buf.h"

static const char *const layers[KZ_SANDBOX_LAYERS] = {"no_new_privs", "rlimits", "seccomp", "landlock", "namespaces"};

const char *const kz_sandbox_levels[] = {"none", "rlimits", "seccomp", "landlock", "namespaces", NULL};
static const unsigned level_layers[] = {
    0,
    KZ_LAYER_NO_NEW_PRIVS | KZ_LAYER_RLIMITS,
    KZ_LAYER_NO_NEW_PRIVS | KZ_LAYER_RLIMITS | KZ_LAYER_SECCOMP,
    KZ_LAYER_NO_NEW_PRIVS | KZ_LAYER_RLIMITS | KZ_LAYER_SECCOMP | KZ_LAYER_LANDLOCK,
    KZ_LAYER_NO_NEW_PRIVS | KZ_LAYER_RLIMITS | KZ_LAYER_SECCOMP | KZ_LAYER_LANDLOCK | KZ_LAYER_NAMESPACES,
};

const char *kz_sandbox_layer_name(unsigned i)
{
    return layers[i];
}

static void put_layers(struct kz_buf *b, unsigned which)
{
    const size_t start = b->len;
    for (unsigned i = 0; i < KZ_SANDBOX_LAYERS; i++)
        if ((which & 1U << i) != 0)
            kz_buf_printf(b, "%s%s", b->len > start ? ", " : "", layers[i]);
    if (b->len == start)
        kz_buf_puts(b, "nothing");
}

/* The highest level that these layers reach. */
static unsigned reached(unsigned have)
{
    unsigned level = 0;
    while (kz_sandbox_levels[level + 1] != NULL && (level_layers[level + 1] & ~have) == 0)
        level++;
    return level;
}

int kz_sandbox_reaches(unsigned have, unsigned level, struct kz_err *err)
{
    const unsigned missing = level_layers[level] & ~have;
    if (missing == 0)
        return 0;
    kz_autobuf struct kz_buf b = KZ_BUF(256);
    put_layers(&b, missing);
    kz_buf_puts(&b, "; it has ");
    put_layers(&b, have);
    (void)kz_fail(err, KZ_E_DENIED, "the sandbox in which files of the repository are read is below '%s': it lacks " KZ_FMT,
                  kz_sandbox_levels[level], KZ_ARG(kz_buf_str(&b)));
    return kz_err_hint(err, "a kernel and a seccomp profile that allow it, or less: --sandbox-min %s",
                       kz_sandbox_levels[reached(have)]);
}
