/* SPDX-License-Identifier: Apache-2.0 */
#include "render/sandbox.h"
#include "render/zygote.h"

#include <criterion/criterion.h>

enum { P = KZ_LAYER_NO_NEW_PRIVS, R = KZ_LAYER_RLIMITS, S = KZ_LAYER_SECCOMP, L = KZ_LAYER_LANDLOCK, N = KZ_LAYER_NAMESPACES };

static unsigned level(const char *word)
{
    unsigned i = 0;
    while (strcmp(kz_sandbox_levels[i], word) != 0)
        i++;
    return i;
}

Test(sandbox_level, what_is_asked_for_and_what_is_there)
{
    static const struct {
        unsigned have;
        const char *least, *text, *hint; /* text NULL: enough */
    } rows[] = {
        {0, "none", NULL, NULL},
        {P | R, "rlimits", NULL, NULL},
        {P | R | S | N, "seccomp", NULL, NULL},
        {P | R | S | L | N, "namespaces", NULL, NULL},
        {P | R | S | L, "namespaces", "it lacks namespaces; it has no_new_privs, rlimits, seccomp, landlock", "--sandbox-min landlock"},
        {P | R | S | N, "landlock", "below 'landlock': it lacks landlock;", "--sandbox-min seccomp"},
        {P | S | L | N, "seccomp", "it lacks rlimits; it has no_new_privs, seccomp, landlock, namespaces", "--sandbox-min none"},
        {0, "seccomp", "it lacks no_new_privs, rlimits, seccomp; it has nothing", "--sandbox-min none"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_err err = {0};
        const int rc = kz_sandbox_reaches(rows[i].have, level(rows[i].least), &err);
        cr_expect_eq(rc, rows[i].text == NULL ? 0 : -KZ_E_DENIED, "row %zu", i);
        if (rows[i].text == NULL)
            continue;
        cr_expect(strstr(err.frame[0], rows[i].text) != NULL, "row %zu: %s", i, err.frame[0]);
        cr_expect(strstr(err.hint, rows[i].hint) != NULL, "row %zu: %s", i, err.hint);
    }
}

/* What the text says and what the layers say is the same. */
Test(sandbox_level, the_zygote_tells_what_it_reached)
{
    static const struct kz_task *const none[] = {NULL};
    static const struct {
        unsigned layer;
        const char *word;
    } rows[] = {{R, "rlimits"}, {S, "seccomp"}, {L, "landlock"}, {N, "netns"}};
    struct kz_zygote *z;
    struct kz_err err;
    cr_assert_eq(kz_zygote_start(&z, none, &err), 0);
    for (size_t i = 0; i < kz_countof(rows); i++)
        cr_expect_eq((kz_zygote_layers(z) & rows[i].layer) != 0, strstr(kz_zygote_level(z), rows[i].word) != NULL, "%s",
                     rows[i].word);
    cr_expect(kz_zygote_layers(z) & P);
    kz_zygote_stop(z);
}
