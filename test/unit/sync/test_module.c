/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole transition table: every state with every event. */
#include "sync/module.h"

#include <criterion/criterion.h>

enum { EVENTS = KZ_EV_HELD + 1 };

#define I KZ_MOD_IDLE
#define J KZ_MOD_JOURNAL
#define C KZ_MOD_CRDS
#define W KZ_MOD_WAIT
#define K KZ_MOD_CHECK
#define A KZ_MOD_APPLY
#define G KZ_MOD_GATE
#define P KZ_MOD_PRUNE
#define O KZ_MOD_OK
#define B KZ_MOD_BACK
#define F KZ_MOD_FAILED
#define R KZ_MOD_PRESYNC
#define Y KZ_MOD_SYNCHOOK
#define T KZ_MOD_POSTSYNC
#define D KZ_MOD_POSTDELETE
#define L KZ_MOD_SYNCFAIL

/* Columns: want done wave failed rollback retry drift rested fail-hooks held */
static const enum kz_mod_state table[KZ_MOD_STATES_][EVENTS] = {
    [I] = {J, I, I, I, J, I, I, I, I, I},
    [J] = {J, C, J, F, J, J, J, J, J, J},
    [C] = {J, W, C, F, C, C, C, C, C, I},
    [W] = {J, K, W, F, W, W, W, W, W, I},
    [K] = {J, R, K, F, K, K, K, K, K, I},
    [R] = {J, A, R, F, J, R, R, R, L, R},
    [A] = {J, Y, A, F, J, A, A, A, L, A},
    [Y] = {J, G, Y, F, J, Y, Y, Y, L, Y},
    [G] = {J, T, A, F, J, G, K, B, L, G},
    [T] = {J, P, T, F, J, T, T, T, L, T},
    [P] = {J, D, P, F, P, P, P, P, P, P},
    [D] = {J, O, D, F, D, D, D, D, D, D},
    [L] = {J, F, L, F, J, L, L, L, L, L},
    [O] = {J, O, O, F, J, O, K, O, O, O},
    [B] = {J, B, B, F, J, B, K, B, B, B},
    [F] = {J, F, F, F, J, J, F, F, F, I},
};

Test(module, every_state_and_event)
{
    for (int s = 0; s < KZ_MOD_STATES_; s++)
        for (int ev = 0; ev < EVENTS; ev++)
            cr_expect_eq(kz_mod_next((enum kz_mod_state)s, (enum kz_mod_event)ev), table[s][ev],
                         "%s on event %d", kz_mod_state_name((enum kz_mod_state)s), ev);
}

/* Nothing is deleted on the way back, and nothing is applied before it was written ahead. */
Test(module, the_ways_into_a_state)
{
    for (int s = 0; s < KZ_MOD_STATES_; s++)
        for (int ev = 0; ev < EVENTS; ev++) {
            enum kz_mod_state next = kz_mod_next((enum kz_mod_state)s, (enum kz_mod_event)ev);
            if (next == KZ_MOD_PRUNE && s != KZ_MOD_PRUNE)
                cr_expect(s == KZ_MOD_POSTSYNC && ev == KZ_EV_DONE);
            if (next == KZ_MOD_CRDS && s != KZ_MOD_CRDS)
                cr_expect(s == KZ_MOD_JOURNAL && ev == KZ_EV_DONE);
            if (next == KZ_MOD_APPLY && s != KZ_MOD_APPLY)
                cr_expect(s == KZ_MOD_PRESYNC || s == KZ_MOD_GATE);
        }
}

Test(module, every_state_has_a_name)
{
    for (int s = 0; s < KZ_MOD_STATES_; s++)
        cr_expect_not_null(kz_mod_state_name((enum kz_mod_state)s));
}
