/* SPDX-License-Identifier: Apache-2.0
 *
 * A small program for the tests of the command line. */
#ifndef KZ_TEST_CLI_SAMPLE_H
#define KZ_TEST_CLI_SAMPLE_H

#include "cli/cli.h"

extern struct kz_cli sample;

#endif
