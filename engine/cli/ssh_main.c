/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync-ssh: what git starts in place of ssh (GIT_SSH), with the arguments that it would give to ssh. Adds the
 * configuration that lies in the home folder of the run (source/git_secret.h). git would do the same through a
 * shell (GIT_SSH_COMMAND), and the container image has none. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGS_MAX = 32, NOT_STARTED = 127 };

int main(int argc, char **argv)
{
    char config[4096];
    char *args[ARGS_MAX + 4] = {(char[]){"ssh"}, (char[]){"-F"}, config};
    const char *home = getenv("HOME");
    if (home == NULL || argc < 2 || argc > ARGS_MAX) {
        (void)fprintf(stderr, "kzsync-ssh: git starts this, nobody else\n");
        return NOT_STARTED;
    }
    (void)snprintf(config, sizeof config, "%s/ssh_config", home);
    for (int i = 1; i < argc; i++)
        args[i + 2] = argv[i];
    (void)execvp(args[0], args);
    (void)fprintf(stderr, "kzsync-ssh: cannot start ssh: %s\n", strerror(errno));
    return NOT_STARTED;
}
