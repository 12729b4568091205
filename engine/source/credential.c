/* SPDX-License-Identifier: Apache-2.0 */
#include "source/credential.h"

#include "base/hash.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VALUE_MAX = 256 << 10, FILES_MAX = 64 };

struct entry {
    struct kz_arena *arena; /* holds everything below */
    struct kz_str name;
    struct kz_str folder;  /* where it was loaded from; "" for put */
    struct kz_str secrets; /* one copy of all values, wiped at the end */
    struct kz_credential cred;
    struct kz_hash hash;
    bool seen; /* by the load in progress */
};

struct kz_credentials {
    KZ_VEC(struct entry *) entries;
    KZ_VEC(char *) folders;
    uint64_t version;
};

/* ---- one credential ------------------------------------------------------------------------------ */

/* Names of values, and the field that they fill. Trimmed: editors and `echo` leave a newline behind. */
static const struct field {
    const char *name;
    size_t offset;
    bool text; /* a file of lines: kept as it is */
} fields[] = {
    {"username",       offsetof(struct kz_credential, username),    false},
    {"password",       offsetof(struct kz_credential, password),    false},
    {"token",          offsetof(struct kz_credential, password),    false},
    {"bearerToken",    offsetof(struct kz_credential, bearer),      false},
    {"sshPrivateKey",  offsetof(struct kz_credential, ssh_key),     true },
    {"ssh-privatekey", offsetof(struct kz_credential, ssh_key),     true },
    {"identity",       offsetof(struct kz_credential, ssh_key),     true },
    {"known_hosts",    offsetof(struct kz_credential, known_hosts), true },
    {"ca.crt",         offsetof(struct kz_credential, ca_pem),      true },
    {"caFile",         offsetof(struct kz_credential, ca_pem),      true },
    {"proxy",          offsetof(struct kz_credential, proxy),       false},
};

static bool is_known(const char *name)
{
    for (size_t i = 0; i < kz_countof(fields); i++)
        if (strcmp(fields[i].name, name) == 0)
            return true;
    return strcmp(name, "url") == 0;
}

static struct kz_str *slot(struct kz_credential *c, const struct field *f)
{
    return (struct kz_str *)(void *)((char *)c + f->offset);
}

static bool has_control(struct kz_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
            return true;
    return false;
}

/* Copies the values into the entry; the only place where secrets are stored. */
static int fill(struct entry *e, const struct kz_named_value *values, size_t n, struct kz_err *err)
{
    struct kz_str url = KZ_STR_NONE;
    size_t total = 0, at = 0;
    for (size_t i = 0; i < n; i++)
        total += values[i].value.len + 1;
    char *store = kz_arena_bytes(e->arena, total + 1);
    e->secrets = kz_str_n(store, total);

    for (size_t i = 0; i < n; i++) {
        memcpy(store + at, values[i].value.ptr == NULL ? "" : values[i].value.ptr,
               values[i].value.len);
        struct kz_str copy = kz_str_n(store + at, values[i].value.len);
        store[at + copy.len] = '\0';
        at += copy.len + 1;
        if (kz_str_is(values[i].name, "url"))
            url = kz_str_trim(copy);
        for (size_t f = 0; f < kz_countof(fields); f++) {
            if (!kz_str_is(values[i].name, fields[f].name))
                continue;
            struct kz_str v = fields[f].text ? copy : kz_str_trim(copy);
            if (v.len > VALUE_MAX || memchr(v.ptr, '\0', v.len) != NULL ||
                (!fields[f].text && has_control(v)))
                return kz_fail(err, KZ_E_INVALID, "'%s' is too long or has a control character",
                               fields[f].name);
            if (v.len > 0)
                *slot(&e->cred, &fields[f]) = v;
        }
    }
    if (url.len == 0)
        return kz_fail(err, KZ_E_INVALID, "'url' is missing: it says which server this is for");
    return kz_url_parse_prefix(&e->cred.url, e->arena, url, err);
}

/* Values that do not go together are told at once, not at the first fetch. */
static int check(const struct kz_credential *c, struct kz_err *err)
{
    bool https = c->url.scheme == KZ_URL_HTTPS, ssh = c->url.scheme == KZ_URL_SSH;
    if (c->url.scheme == KZ_URL_FILE)
        return kz_fail(err, KZ_E_INVALID, "a file address needs no credential");
    if (!https &&
        (c->password.len > 0 || c->bearer.len > 0 || c->ca_pem.len > 0 || c->proxy.len > 0))
        return kz_fail(err, KZ_E_INVALID, "password, token, ca.crt and proxy are for https");
    if (!ssh && c->ssh_key.len > 0)
        return kz_fail(err, KZ_E_INVALID, "an SSH key is for ssh://");
    if (ssh && (c->ssh_key.len == 0 || c->known_hosts.len == 0)) {
        (void)kz_fail(err, KZ_E_INVALID,
                      "an SSH credential needs both a private key and known_hosts");
        return kz_err_hint(err,
                           "ssh-keyscan <host> prints what known_hosts wants; check it before use");
    }
    if (c->bearer.len > 0 && c->password.len > 0)
        return kz_fail(err, KZ_E_INVALID, "both bearerToken and a password or token are given");
    if (c->username.len > 0 && c->password.len == 0 && https)
        return kz_fail(err, KZ_E_INVALID, "'username' stands without 'password' or 'token'");
    if (kz_str_index(c->username, ':') < c->username.len)
        return kz_fail(err, KZ_E_INVALID, "'username' has a colon");
    return 0;
}

static void entry_free(struct entry *e)
{
    explicit_bzero((void *)(uintptr_t)e->secrets.ptr, e->secrets.len);
    kz_arena_free(e->arena);
    free(e);
}

static struct kz_hash hash_of(const struct kz_named_value *values, size_t n)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new(1 << 20);
    struct kz_hasher *h = kz_hasher_new(tmp);
    for (size_t i = 0; i < n; i++) {
        kz_hasher_add(h, values[i].name);
        kz_hasher_add(h, values[i].value);
    }
    return kz_hasher_end(h);
}

static int entry_new(struct entry **out, struct kz_str name, struct kz_str folder,
                     const struct kz_named_value *values, size_t n, struct kz_err *err)
{
    struct entry *e = calloc(1, sizeof *e);
    kz_assert(e != NULL);
    e->arena = kz_arena_new((size_t)16 << 20);
    e->name = kz_str_dup(e->arena, name);
    e->folder = kz_str_dup(e->arena, folder);
    e->hash = hash_of(values, n);
    e->seen = true;
    int rc = fill(e, values, n, err);
    if (rc == 0)
        rc = check(&e->cred, err);
    if (rc < 0) {
        entry_free(e);
        return kz_wrap(err, "credential '" KZ_FMT "'", KZ_ARG(name));
    }
    if (e->cred.password.len > 0 && e->cred.username.len == 0)
        e->cred.username = KZ_STR("x-access-token");
    *out = e;
    return 0;
}

/* ---- the set --------------------------------------------------------------------------------------- */

struct kz_credentials *kz_credentials_new(void)
{
    struct kz_credentials *c = calloc(1, sizeof *c);
    kz_assert(c != NULL);
    return c;
}

void kz_credentials_free(struct kz_credentials *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->entries.len; i++)
        entry_free(c->entries.at[i]);
    for (size_t i = 0; i < c->folders.len; i++)
        free(c->folders.at[i]);
    kz_vec_done(&c->entries);
    kz_vec_done(&c->folders);
    free(c);
}

static size_t find_name(const struct kz_credentials *c, struct kz_str name, struct kz_str folder)
{
    size_t i = 0;
    while (i < c->entries.len && !(kz_str_eq(c->entries.at[i]->name, name) &&
                                   kz_str_eq(c->entries.at[i]->folder, folder)))
        i++;
    return i;
}

static int put(struct kz_credentials *c, struct kz_str name, struct kz_str folder,
               const struct kz_named_value *values, size_t n, struct kz_err *err)
{
    size_t at = find_name(c, name, folder);
    struct entry *e = NULL;
    if (at < c->entries.len) {
        c->entries.at[at]->seen = true; /* also when the new content is bad: the old one stays */
        if (kz_hash_eq(c->entries.at[at]->hash, hash_of(values, n)))
            return 0;
    }
    int rc = entry_new(&e, name, folder, values, n, err);
    if (rc < 0)
        return rc;
    kz_assert(e != NULL);
    e->cred.version = ++c->version;
    if (at < c->entries.len) {
        entry_free(c->entries.at[at]);
        c->entries.at[at] = e;
    } else {
        kz_vec_push(&c->entries, e);
    }
    return 0;
}

int kz_credentials_put(struct kz_credentials *c, struct kz_str name,
                       const struct kz_named_value *values, size_t n, struct kz_err *err)
{
    return put(c, name, KZ_STR(""), values, n, err);
}

void kz_credentials_drop(struct kz_credentials *c, struct kz_str name)
{
    size_t at = find_name(c, name, KZ_STR(""));
    if (at < c->entries.len) {
        entry_free(c->entries.at[at]);
        kz_vec_swap_out(&c->entries, at);
    }
}

const struct kz_credential *kz_credentials_find(const struct kz_credentials *c,
                                                const struct kz_url *u)
{
    const struct entry *best = NULL;
    for (size_t i = 0; i < c->entries.len; i++) {
        const struct entry *e = c->entries.at[i];
        if (!kz_url_under(u, &e->cred.url))
            continue;
        size_t have = best == NULL ? 0 : best->cred.url.path.len, len = e->cred.url.path.len;
        if (best == NULL || len > have || (len == have && kz_str_cmp(e->name, best->name) < 0))
            best = e;
    }
    return best == NULL ? NULL : &best->cred;
}

/* ---- folders --------------------------------------------------------------------------------------- */

/* A mounted Secret is a link to a folder of links that is swapped as a whole: links are followed. */
static int read_value(struct kz_str *out, struct kz_arena *a, int dirfd, const char *name,
                      struct kz_err *err)
{
    struct stat st;
    int rc = 0, fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return kz_fail_errno(err, errno, "read '%s'", name);
    char *buf = NULL;
    ssize_t n = 0;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > VALUE_MAX) {
        rc = kz_fail(err, KZ_E_INVALID, "'%s' is not a file of at most %d bytes", name,
                     (int)VALUE_MAX);
    } else {
        buf = kz_arena_bytes(a, (size_t)st.st_size + 1);
        n = read(fd, buf, (size_t)st.st_size);
        if (n < 0)
            rc = kz_fail_errno(err, errno, "read '%s'", name);
    }
    (void)close(fd);
    if (rc == 0)
        *out = kz_str_n(buf, (size_t)n);
    return rc;
}

/* One folder as one credential; 0 also when it has no `url`. */
static int load_one(struct kz_credentials *c, int dirfd, struct kz_str name, struct kz_str folder,
                    struct kz_err *err)
{
    kz_autoarena struct kz_arena *tmp = kz_arena_new((size_t)FILES_MAX * VALUE_MAX);
    struct kz_named_value values[kz_countof(fields) + 1];
    size_t n = 0;
    int rc = 0;

    if (faccessat(dirfd, "url", F_OK, 0) < 0)
        return 0;
    for (size_t i = 0; rc == 0 && i <= kz_countof(fields); i++) {
        const char *file = i == 0 ? "url" : fields[i - 1].name;
        if (faccessat(dirfd, file, F_OK, 0) < 0)
            continue;
        values[n].name = kz_str(file);
        rc = read_value(&values[n].value, tmp, dirfd, file, err);
        n++;
    }
    if (rc == 0)
        return put(c, name, folder, values, n, err);
    size_t at = find_name(c, name, folder);
    if (at < c->entries.len)
        c->entries.at[at]->seen = true;
    return kz_wrap(err, "credential '" KZ_FMT "'", KZ_ARG(name));
}

static int load_folders(struct kz_credentials *c, DIR *dir, struct kz_str folder,
                        struct kz_err *err)
{
    const struct dirent *e;
    int first = 0;
    while ((e = readdir(dir)) != NULL) {
        struct kz_err one;
        if (e->d_name[0] == '.' || is_known(e->d_name))
            continue;
        int fd = openat(dirfd(dir), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            continue;
        int rc = load_one(c, fd, kz_str(e->d_name), folder, &one);
        (void)close(fd);
        if (rc < 0 && first == 0) {
            first = rc;
            *err = one;
        }
    }
    return first;
}

static int load(struct kz_credentials *c, const char *path, struct kz_err *err)
{
    struct kz_str folder = kz_str(path);
    DIR *dir = opendir(path);
    if (dir == NULL)
        return kz_fail_errno(err, errno, "read credentials in '%s'", path);
    for (size_t i = 0; i < c->entries.len; i++)
        c->entries.at[i]->seen = !kz_str_eq(c->entries.at[i]->folder, folder);
    struct kz_err one;
    int rc = load_one(c, dirfd(dir), KZ_STR("."), folder, &one);
    if (rc < 0)
        *err = one;
    struct kz_err *next = rc < 0 ? &one : err;
    int rc2 = load_folders(c, dir, folder, next);
    (void)closedir(dir);
    for (size_t i = c->entries.len; i > 0; i--) {
        if (c->entries.at[i - 1]->seen)
            continue;
        entry_free(c->entries.at[i - 1]);
        kz_vec_swap_out(&c->entries, i - 1);
    }
    return rc < 0 ? rc : rc2;
}

int kz_credentials_load(struct kz_credentials *c, struct kz_str folder, struct kz_err *err)
{
    char *path = strndup(folder.ptr == NULL ? "" : folder.ptr, folder.len);
    kz_assert(path != NULL);
    for (size_t i = 0; i < c->folders.len; i++) {
        if (strcmp(c->folders.at[i], path) == 0) {
            free(path);
            return load(c, c->folders.at[i], err);
        }
    }
    kz_vec_push(&c->folders, path);
    return load(c, path, err);
}

int kz_credentials_refresh(struct kz_credentials *c, struct kz_err *err)
{
    int first = 0;
    for (size_t i = 0; i < c->folders.len; i++) {
        struct kz_err one;
        int rc = load(c, c->folders.at[i], &one);
        if (rc < 0 && first == 0) {
            first = rc;
            *err = one;
        }
    }
    return first;
}
