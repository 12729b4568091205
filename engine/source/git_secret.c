/* SPDX-License-Identifier: Apache-2.0 */
#include "source/git_secret.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All files that a folder may hold; removal knows no others. */
static const char *const names[] = {"config", "ssh_config", "known_hosts", "key", "ca.crt"};

static int put_file(const char *folder, const char *name, struct kz_str body, struct kz_err *err)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return kz_fail_errno(err, errno, "write '%s'", path);
    ssize_t n = body.len == 0 ? 0 : write(fd, body.ptr, body.len);
    int errnum = n < 0 ? errno : ENOSPC;
    if (close(fd) < 0 || n != (ssize_t)body.len)
        return kz_fail_errno(err, errnum, "write '%s'", path);
    return 0;
}

/* ---- https ------------------------------------------------------------------------------------------- */

/* A quoted value of git's configuration language; control characters were refused on loading. */
static void put_quoted(struct kz_buf *b, struct kz_str s)
{
    kz_buf_putc(b, '"');
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"' || s.ptr[i] == '\\')
            kz_buf_putc(b, '\\');
        kz_buf_putc(b, s.ptr[i]);
    }
    kz_buf_puts(b, "\"\n");
}

static void put_basic(struct kz_buf *b, const struct kz_credential *c)
{
    struct kz_buf pair, text;
    kz_buf_init(&pair, 1 << 20);
    kz_buf_init(&text, 1 << 21);
    kz_buf_add_str(&pair, c->username);
    kz_buf_putc(&pair, ':');
    kz_buf_add_str(&pair, c->password);
    char *room = kz_buf_reserve(&text, pair.len * 4 / 3 + 8);
    kz_assert(room != NULL && pair.len < INT_MAX);
    int n = EVP_EncodeBlock((unsigned char *)room, (const unsigned char *)pair.ptr, (int)pair.len);
    kz_buf_puts(b, "\textraHeader = \"Authorization: Basic ");
    kz_buf_add(b, room, (size_t)n);
    kz_buf_puts(b, "\"\n");
    explicit_bzero(pair.ptr, pair.len);
    explicit_bzero(room, (size_t)n);
    kz_buf_done(&pair);
    kz_buf_done(&text);
}

/* Bound to scheme, host and port; redirects are off besides. */
static void put_https(struct kz_buf *b, const char *folder, const struct kz_url *url,
                      const struct kz_credential *c)
{
    kz_buf_printf(b, "[http \"https://" KZ_FMT ":%u/\"]\n", KZ_ARG(url->host), url->port);
    if (c->password.len > 0)
        put_basic(b, c);
    if (c->bearer.len > 0) {
        struct kz_buf header;
        kz_buf_init(&header, 1 << 20);
        kz_buf_puts(&header, "Authorization: Bearer ");
        kz_buf_add_str(&header, c->bearer);
        kz_buf_puts(b, "\textraHeader = ");
        put_quoted(b, kz_buf_str(&header));
        explicit_bzero(header.ptr, header.len);
        kz_buf_done(&header);
    }
    if (c->ca_pem.len > 0)
        kz_buf_printf(b, "\tsslCAInfo = \"%s/ca.crt\"\n", folder);
    if (c->proxy.len > 0) {
        kz_buf_puts(b, "\tproxy = ");
        put_quoted(b, c->proxy);
    }
}

/* ---- ssh --------------------------------------------------------------------------------------------- */

static int write_ssh(const char *folder, const struct kz_credential *c, struct kz_err *err)
{
    struct kz_buf b;
    kz_buf_init(&b, 1 << 16);
    kz_buf_printf(&b,
                  "Host *\n"
                  "BatchMode yes\n"
                  "StrictHostKeyChecking yes\n"
                  "UserKnownHostsFile \"%s/known_hosts\"\n"
                  "GlobalKnownHostsFile /dev/null\n"
                  "CheckHostIP no\n"
                  "UpdateHostKeys no\n"
                  "IdentityFile \"%s/key\"\n"
                  "IdentitiesOnly yes\n"
                  "IdentityAgent none\n"
                  "PreferredAuthentications publickey\n"
                  "ProxyCommand none\n"
                  "PermitLocalCommand no\n"
                  "ForwardAgent no\n"
                  "ForwardX11 no\n"
                  "ClearAllForwardings yes\n"
                  "ControlPath none\n"
                  "ConnectTimeout 15\n"
                  "ServerAliveInterval 10\n"
                  "ServerAliveCountMax 3\n"
                  "LogLevel ERROR\n",
                  folder, folder);
    int rc = put_file(folder, "ssh_config", kz_buf_str(&b), err);
    if (rc == 0)
        rc = put_file(folder, "known_hosts", c == NULL ? KZ_STR("") : c->known_hosts, err);
    kz_buf_clear(&b);
    if (c !=
        NULL) { /* OpenSSH insists on the newline that copying a key through a form often loses */
        kz_buf_add_str(&b, kz_str_trim(c->ssh_key));
        kz_buf_putc(&b, '\n');
    }
    if (rc == 0 && kz_buf_bad(&b))
        rc = kz_fail(err, KZ_E_LIMIT, "the SSH key is longer than 64 KiB");
    if (rc == 0)
        rc = put_file(folder, "key", kz_buf_str(&b), err);
    explicit_bzero(b.ptr, b.len);
    kz_buf_done(&b);
    return rc;
}

/* ---- the folder -------------------------------------------------------------------------------------- */

static int fill(const char *folder, const struct kz_url *url, const struct kz_credential *cred,
                struct kz_err *err)
{
    struct kz_buf config;
    int rc = 0;
    kz_buf_init(&config, 1 << 21);
    /* A repository of another user that the operator names by path is meant. */
    kz_buf_puts(&config, "[safe]\n\tdirectory = *\n");
    if (url != NULL && cred != NULL && url->scheme == KZ_URL_HTTPS)
        put_https(&config, folder, url, cred);
    if (kz_buf_bad(&config))
        rc = kz_fail(err, KZ_E_LIMIT, "the credential is too long");
    if (rc == 0)
        rc = put_file(folder, "config", kz_buf_str(&config), err);
    explicit_bzero(config.ptr, config.len);
    kz_buf_done(&config);
    if (rc == 0 && cred != NULL && cred->ca_pem.len > 0)
        rc = put_file(folder, "ca.crt", cred->ca_pem, err);
    if (rc == 0 && url != NULL && url->scheme == KZ_URL_SSH)
        rc = write_ssh(folder, cred, err);
    return rc;
}

int kz_git_secret_write(const char **folder, struct kz_arena *a, const char *run,
                        const struct kz_url *url, const struct kz_credential *cred,
                        struct kz_err *err)
{
    struct kz_str text = kz_str_printf(a, "%s/git-XXXXXX", run);
    char *path = kz_arena_bytes(a, text.len + 1);
    memcpy(path, text.ptr, text.len + 1);
    if (mkdtemp(path) == NULL)
        return kz_fail_errno(err, errno, "make a private folder in '%s'", run);
    int rc = fill(path, url, cred, err);
    if (rc < 0) {
        kz_git_secret_remove(path);
        return rc;
    }
    *folder = path;
    return 0;
}

void kz_git_secret_remove(const char *folder)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < kz_countof(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

void kz_git_secret_sweep(const char *run)
{
    char path[PATH_MAX];
    const struct dirent *e;
    DIR *dir = opendir(run);
    while (dir != NULL && (e = readdir(dir)) != NULL) {
        if (strncmp(e->d_name, "git-", 4) != 0)
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", run, e->d_name);
        kz_git_secret_remove(path);
    }
    if (dir != NULL)
        (void)closedir(dir);
}
