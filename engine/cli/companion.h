/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync is two programs. `kzsync` is the one that people start: it renders charts by itself, and starts
 * in a fraction of a millisecond because it links neither git nor the network. `kzsync-cluster` has
 * every command. What kzsync does not do itself it becomes kzsync-cluster for: same process, same
 * arguments. */
#ifndef KZ_CLI_COMPANION_H
#define KZ_CLI_COMPANION_H

#include "base/err.h"

/* Looks beside this program (a build tree), then where the install put it. Returns only if it failed. */
KZ_MUST_USE int kz_companion_become(char **argv, struct kz_err *err);

/* The path of a program that was installed beside this one; false: there is none. */
bool kz_companion_find(char *path, size_t size, const char *name);

#endif
