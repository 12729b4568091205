/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/utf8.h"
#include "source/git_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEEP_REFS = 50, MANY_PACKS = 50, SHALLOW_MAX = 1 << 20 };

bool kz_mirror_exists(const struct kz_mirror *m)
{
    return access(m->dir, F_OK) == 0;
}

int kz_mirror_exchange(struct kz_mirror *m, const char *fresh, struct kz_err *err)
{
    if (!kz_mirror_exists(m))
        return rename(fresh, m->dir) == 0 ? 0
                                          : kz_fail_errno(err, errno, "put '%s' in place", m->dir);
    if (renameat2(AT_FDCWD, fresh, AT_FDCWD, m->dir, RENAME_EXCHANGE) < 0)
        return kz_fail_errno(err, errno, "exchange '%s'", m->dir);
    kz_git_run_remove(m->g->runner, fresh); /* which is now the old one */
    return 0;
}

/* git's own list of the commits whose parents were left out; one id per line. */
bool kz_mirror_is_cut(const char *dir, struct kz_str ids)
{
    char path[PATH_MAX];
    struct kz_buf text;
    struct kz_str rest, id;
    bool cut = false;
    (void)snprintf(path, sizeof path, "%s/shallow", dir);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno != ENOENT;
    kz_buf_init(&text, SHALLOW_MAX);
    for (;;) {
        char *room = kz_buf_reserve(&text, 4096);
        ssize_t n = room == NULL ? -1 : read(fd, room, 4096);
        cut = n < 0; /* too long or unreadable: we do not know, which counts as cut */
        if (n <= 0)
            break;
        text.len += (size_t)n;
    }
    (void)close(fd);
    rest = kz_buf_str(&text);
    while (!cut && rest.len > 0) {
        rest = kz_str_cut(&id, rest, '\n');
        cut = id.len == 40 && kz_str_has(ids, id);
    }
    kz_buf_done(&text);
    return cut;
}

/* ---- keeping it small ---------------------------------------------------------------------------------- */

static unsigned count_packs(const struct kz_mirror *m)
{
    char path[PATH_MAX];
    const struct dirent *e;
    unsigned n = 0;
    (void)snprintf(path, sizeof path, "%s/objects/pack", m->dir);
    DIR *dir = opendir(path);
    while (dir != NULL && (e = readdir(dir)) != NULL)
        n += kz_str_ends(kz_str(e->d_name), KZ_STR(".pack"));
    if (dir != NULL)
        (void)closedir(dir);
    return n;
}

static void on_tidy(void *arg, uint64_t id, const struct kz_child_result *res);

static void tidy_run(struct kz_mirror *m, const struct kz_git_call *call)
{
    struct kz_git_call full = *call;
    full.git_dir = m->dir;
    full.max_output = 1 << 20;
    m->tidy = kz_git_run(m->g->runner, &full, on_tidy, m);
}

/* Names sort by time of fetch: all but the last KEEP_REFS go. */
static void drop_old(struct kz_mirror *m, struct kz_str refs)
{
    struct kz_buf orders;
    struct kz_str rest = refs, name;
    size_t n = 0;
    while (rest.len > 0) {
        rest = kz_str_cut(&name, rest, '\n');
        n += name.len > 0;
    }
    kz_buf_init(&orders, 1 << 20);
    for (rest = refs; n > KEEP_REFS; n--) {
        rest = kz_str_cut(&name, rest, '\n');
        kz_buf_printf(&orders, "delete " KZ_FMT "\n", KZ_ARG(name));
    }
    tidy_run(m, &(struct kz_git_call){
                    .args = {"update-ref", "--stdin"},
                      .input = kz_buf_str(&orders)
    });
    kz_buf_done(&orders);
}

static void on_tidy(void *arg, uint64_t id, const struct kz_child_result *res)
{
    struct kz_mirror *m = arg;
    bool ok =
        res->err == NULL && res->exit_code == 0; /* else: larger than needed, tried again later */
    (void)id;
    m->tidy = 0;
    m->tidy_step++;
    if (ok && m->tidy_step == 1)
        drop_old(m, res->out);
    else if (ok && m->tidy_step == 2)
        tidy_run(m, &(struct kz_git_call){
                        .args = {"gc", "--quiet", "--prune=now"}
        });
    else
        m->tidied(m);
}

bool kz_mirror_tidy(struct kz_mirror *m, void (*done)(struct kz_mirror *m))
{
    if (m->tidy != 0 || count_packs(m) <= MANY_PACKS)
        return false;
    m->tidied = done;
    m->tidy_step = 0;
    tidy_run(m, &(struct kz_git_call){
                    .args = {"for-each-ref", "--sort=refname", "--format=%(refname)", "refs/kz/"}
    });
    return true;
}

/* ---- commits for people ------------------------------------------------------------------------------ */

const char kz_commit_info_format[] = "--format=%H%x00%ct%x00%an%x00%s%x00";

/* One line of printable UTF-8. */
static void put_text(char out[KZ_SUBJECT_MAX + 1], struct kz_str s)
{
    size_t n = 0;
    while (s.len > 0) {
        uint32_t rune;
        size_t len = kz_utf8_next(s, &rune);
        bool bad = len == 0, control = !bad && (rune < 0x20 || (rune >= 0x7f && rune < 0xa0) ||
                                                (rune >= 0x202a && rune <= 0x202e) ||
                                                (rune >= 0x2066 && rune <= 0x2069));
        if (bad)
            len = 1;
        if (!bad && !control) {
            if (n + len > KZ_SUBJECT_MAX)
                break;
            memcpy(out + n, s.ptr, len);
            n += len;
        }
        s = kz_str_skip(s, len);
    }
    out[n] = '\0';
}

bool kz_commit_info_parse(struct kz_commit_info *out, struct kz_str text)
{
    struct kz_commit_info info = {0};
    struct kz_str id, time, author, subject;
    int64_t seconds;
    text = kz_str_cut(&id, text, '\0');
    text = kz_str_cut(&time, text, '\0');
    text = kz_str_cut(&author, text, '\0');
    (void)kz_str_cut(&subject, text, '\0');
    if (!kz_is_commit_id(id))
        return false;
    memcpy(info.id, id.ptr, id.len);
    if (kz_str_i64(&seconds, time) && seconds >= 0 && seconds < INT64_MAX / KZ_NS_PER_SEC)
        info.time = seconds * KZ_NS_PER_SEC;
    put_text(info.author, author);
    put_text(info.subject, subject);
    *out = info;
    return true;
}
