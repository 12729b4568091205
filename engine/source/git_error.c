/* SPDX-License-Identifier: Apache-2.0
 *
 * What git's messages (LC_ALL=C) mean to an operator. The text is partly the server's: it is only
 * searched, and shown cut and without control characters. */
#include "source/git_run.h"

#include <string.h>

static const struct meaning {
    const char *part; /* the first row whose part occurs wins */
    enum kz_code code;
    const char *text, *hint;
} meanings[] = {
    {"REMOTE HOST IDENTIFICATION HAS CHANGED",     KZ_E_DENIED,
     "the SSH host key of the server is not the one in known_hosts",                                                       "if the server's key was replaced on purpose, update known_hosts in the credential"},
    {"Host key verification failed",               KZ_E_DENIED,
     "the SSH host key of the server is not in known_hosts",                                                               "ssh-keyscan <host> prints it; compare it with what the server's owner publishes"  },
    {"Permission denied (",                        KZ_E_DENIED,   "the server refused the SSH key",
     "add the public key to the server, or give the credential that belongs to it"                                                                                                                            },
    {"Load key ",                                  KZ_E_INVALID,  "the SSH private key can't be read",
     "it must be an unencrypted OpenSSH or PEM private key"                                                                                                                                                   },
    {"Authentication failed",                      KZ_E_DENIED,   "the server refused the credential",
     "is the token still valid?"                                                                                                                                                                              },
    {"could not read Username",                    KZ_E_DENIED,   "the server wants a credential",
     "give a token for this URL; some servers answer so when the repository does not exist"                                                                                                                   },
    {"could not read Password",                    KZ_E_DENIED,   "the server refused the credential",
     "is the token still valid?"                                                                                                                                                                              },
    {"returned error: 401",                        KZ_E_DENIED,   "the server refused the credential",
     "is the token still valid?"                                                                                                                                                                              },
    {"returned error: 403",                        KZ_E_DENIED,   "the credential does not allow reading this repository",
     ""                                                                                                                                                                                                       },
    {"unable to update url base from redirection", KZ_E_INVALID,
     "the server redirects to another address",                                                                            "write the final address of the repository; it often ends in .git"                 },
    {"returned error: 30",                         KZ_E_INVALID,  "the server redirects to another address",
     "write the final address of the repository; it often ends in .git"                                                                                                                                       },
    {"certificate verif",                          KZ_E_DENIED,   "the certificate of the server is not trusted",
     "give the certificate of the authority that signed it as ca.crt"                                                                                                                                         },
    {"SSL certificate problem",                    KZ_E_DENIED,   "the certificate of the server is not trusted",
     "give the certificate of the authority that signed it as ca.crt"                                                                                                                                         },
    {"mismatched algorithms",                      KZ_E_INVALID,
     "the repository uses SHA-256 object ids, which are not supported",                                                    ""                                                                                 },
    {"does not appear to be a git repository",     KZ_E_NOTFOUND,
     "there is no git repository at this address",                                                                         ""                                                                                 },
    {"invalid gitfile format",                     KZ_E_NOTFOUND, "there is no git repository at this address",            ""                                                                                 },
    {"not a git repository",                       KZ_E_NOTFOUND, "there is no git repository at this address",            ""                                                                                 },
    {"does not exist",                             KZ_E_NOTFOUND, "there is no git repository at this address",            ""                                                                                 },
    {"returned error: 404",                        KZ_E_NOTFOUND, "there is no git repository at this address",            ""                                                                                 },
    {"Repository not found",                       KZ_E_NOTFOUND, "there is no git repository at this address",            ""                                                                                 },
    {"' not found",                                KZ_E_NOTFOUND, "there is no git repository at this address",            ""                                                                                 },
    {"not our ref",                                KZ_E_NOTFOUND, "the commit is not in the repository",
     "was the branch rewritten?"                                                                                                                                                                              },
    {"couldn't find remote ref",                   KZ_E_NOTFOUND, "the commit is not in the repository",                   ""                                                                                 },
    {"Could not resolve",                          KZ_E_REMOTE,   "the host name is not known to DNS",                     ""                                                                                 },
    {"Connection refused",                         KZ_E_REMOTE,   "the server refused the connection",                     "is it running?"                                                                   },
    {"Connection timed out",                       KZ_E_TIMEOUT,  "no connection to the server",                           ""                                                                                 },
    {"Operation too slow",                         KZ_E_TIMEOUT,  "the server sent less than 1 KB/s for 30 s",             ""                                                                                 },
    {"Connection reset",                           KZ_E_REMOTE,   "the server broke off",                                  ""                                                                                 },
    {"the remote end hung up",                     KZ_E_REMOTE,   "the server broke off",                                  ""                                                                                 },
    {"early EOF",                                  KZ_E_REMOTE,   "the server broke off",                                  ""                                                                                 },
    {"returned error: 429",                        KZ_E_REMOTE,   "the server asks us to slow down",                       ""                                                                                 },
    {"returned error: 5",                          KZ_E_REMOTE,   "the server has an internal error",                      ""                                                                                 },
    {"No space left on device",                    KZ_E_IO,       "the disk of the cache is full",
     "make the cache volume larger"                                                                                                                                                                           },
    {"fsck error",                                 KZ_E_DENIED,   "the repository has an object that git's checks refuse",
     "git fsck in the repository names it"                                                                                                                                                                    },
};

/* Among "warning:", "remote:" and progress, the line that says why. */
static struct kz_str fatal_line(struct kz_str text)
{
    struct kz_str line, last = KZ_STR("no reason given");
    while (text.len > 0) {
        text = kz_str_cut(&line, text, '\n');
        line = kz_str_trim(line);
        if (kz_str_starts(line, KZ_STR("fatal: ")))
            return kz_str_skip(line, 7);
        if (line.len > 0)
            last = line;
    }
    return last;
}

static struct kz_str printable(char *buf, size_t size, struct kz_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len && n < size; i++)
        if ((unsigned char)s.ptr[i] >= 0x20 && (unsigned char)s.ptr[i] < 0x7f)
            buf[n++] = s.ptr[i];
    return kz_str_n(buf, n);
}

int kz_git_run_error(struct kz_err *err, bool *known, const struct kz_url *url,
                     const struct kz_child_result *res)
{
    char text[200];
    struct kz_str shown = url == NULL ? KZ_STR("local repository") : url->text;
    *known = true;
    if (res->err != NULL) {
        *err = *res->err;
        if (err->code == KZ_E_TIMEOUT)
            (void)kz_err_hint(err,
                              "is the server slow, or the repository too large for one fetch?");
        return kz_wrap(err, "repository '" KZ_FMT "': git", KZ_ARG(shown));
    }
    for (size_t i = 0; i < kz_countof(meanings); i++) {
        const struct meaning *m = &meanings[i];
        if (memmem(res->errout.ptr, res->errout.len, m->part, strlen(m->part)) == NULL)
            continue;
        (void)kz_fail(err, m->code, "repository '" KZ_FMT "': %s", KZ_ARG(shown), m->text);
        return m->hint[0] == '\0' ? -(int)m->code : kz_err_hint(err, "%s", m->hint);
    }
    *known = false;
    struct kz_str line = printable(text, sizeof text, fatal_line(res->errout));
    return kz_fail(err, KZ_E_REMOTE, "repository '" KZ_FMT "': git failed (%d): " KZ_FMT,
                   KZ_ARG(shown), res->exit_code, KZ_ARG(line));
}
