/* SPDX-License-Identifier: Apache-2.0 */
#include "source/git.h"

#include "base/hash.h"
#include "source/git_impl.h"
#include "source/git_secret.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- requests -------------------------------------------------------------------------------------- */

struct kz_request *kz_request_new(struct kz_git *g, struct kz_str known, kz_source_done done,
                                  void *arg)
{
    struct kz_request *r = calloc(1, sizeof *r);
    kz_assert(r != NULL);
    r->id = ++g->last_id;
    r->done = done;
    r->arg = arg;
    if (kz_is_commit_id(known))
        kz_commit_id_copy(r->known, known);
    return r;
}

static void request_free(struct kz_request *r)
{
    if (r->answer != NULL)
        free(r->answer->repo);
    free(r->answer);
    free(r);
}

static void tell(const struct kz_request *r)
{
    const struct kz_answer *a = r->answer;
    struct kz_source_result res = {.err = a->err.code == KZ_OK ? NULL : &a->err};
    if (res.err == NULL) {
        res.tree = (struct kz_tree_at){
            .repo = kz_str(a->repo), .commit = kz_str(a->info.id), .folder = KZ_STR("")};
        res.subject = kz_str(a->info.subject);
        res.author = kz_str(a->info.author);
        res.time = a->info.time;
        res.moved = strcmp(r->known, a->info.id) != 0;
        res.descends = r->descends;
        res.descent_known = r->descent_known;
    }
    r->done(r->arg, r->id, &res);
}

/* One at a time: what a callback cancels is still in the list. */
static void on_tell(void *arg, uint64_t timer)
{
    struct kz_git *g = arg;
    struct kz_request *r = g->ended;
    (void)timer;
    g->telling = 0;
    if (r == NULL)
        return;
    g->ended = r->next;
    if (g->ended != NULL)
        g->telling = kz_env_timer(&g->env, 0, on_tell, g);
    tell(r);
    request_free(r);
}

void kz_request_end(struct kz_git *g, struct kz_request *r, const struct kz_err *err,
                    const struct kz_commit_info *info, const char *repo)
{
    struct kz_request **tail = &g->ended;
    r->answer = calloc(1, sizeof *r->answer);
    kz_assert(r->answer != NULL);
    if (err != NULL) {
        r->answer->err = *err;
    } else {
        r->answer->info = *info;
        r->answer->repo = strdup(repo);
        kz_assert(r->answer->repo != NULL);
    }
    while (*tail != NULL)
        tail = &(*tail)->next;
    r->next = NULL;
    *tail = r;
    if (g->telling == 0)
        g->telling = kz_env_timer(&g->env, 0, on_tell, g);
}

/* ---- jobs and mirrors -------------------------------------------------------------------------------- */

const struct kz_credential *kz_git_credential(const struct kz_git *g, const struct kz_url *u)
{
    return g->credentials == NULL ? NULL : kz_credentials_find(g->credentials, u);
}

static void start_next(struct kz_mirror *m)
{
    if (m->jobs != NULL)
        kz_job_start(m->jobs);
}

static void job_free(struct kz_job *j)
{
    struct kz_request *r;
    while ((r = j->requests) != NULL) {
        j->requests = r->next;
        request_free(r);
    }
    kz_arena_free(j->arena);
    free(j);
}

void kz_job_end(struct kz_job *j)
{
    struct kz_mirror *m = j->m;
    struct kz_request *r;
    kz_assert(m->jobs == j);
    while ((r = j->requests) != NULL) {
        j->requests = r->next;
        kz_request_end(m->g, r, j->err.code == KZ_OK ? NULL : &j->err, &j->info, m->dir);
    }
    if (j->fresh != NULL)
        kz_git_run_remove(m->g->runner, j->fresh);
    m->jobs = j->next;
    job_free(j);
    if (!kz_mirror_tidy(m, start_next))
        start_next(m);
}

static struct kz_mirror *mirror_get(struct kz_git *g, const struct kz_url *u)
{
    char name[KZ_SHA256_TEXT];
    struct kz_err ignored;
    struct kz_mirror *m = kz_map_find(&g->mirrors, u->text);
    if (m != NULL)
        return m;
    m = calloc(1, sizeof *m);
    kz_assert(m != NULL);
    m->g = g;
    m->arena = kz_arena_new(1 << 20);
    kz_assert(kz_url_parse(&m->url, m->arena, u->text, &ignored) ==
              0); /* normalised: stays the same */
    kz_sha256_text(name, u->text);
    m->dir = kz_str_printf(m->arena, "%s/git/%s", g->cache, name).ptr;
    (void)kz_map_put(&g->mirrors, m->url.text, m);
    return m;
}

static void mirror_free(struct kz_mirror *m)
{
    struct kz_job *j;
    while ((j = m->jobs) != NULL) {
        m->jobs = j->next;
        job_free(j);
    }
    kz_ls_http_free(m->ls);
    kz_arena_free(m->arena);
    free(m);
}

static struct kz_job *job_get(struct kz_mirror *m, struct kz_str ref)
{
    struct kz_job **tail = &m->jobs;
    for (; *tail != NULL; tail = &(*tail)->next)
        if (kz_str_eq((*tail)->ref, ref) && kz_job_may_join(*tail))
            return *tail;
    struct kz_job *j = calloc(1, sizeof *j);
    kz_assert(j != NULL);
    j->m = m;
    j->arena = kz_arena_new((size_t)1 << 20);
    j->ref = kz_str_dup(j->arena, ref);
    j->tail = &j->requests;
    *tail = j;
    return j;
}

/* ---- the seam ---------------------------------------------------------------------------------------- */

static int check(struct kz_url *url, struct kz_arena *a, const struct kz_source_ref *ref,
                 struct kz_err *err)
{
    int rc = kz_url_parse(url, a, ref->url, err);
    if (rc == 0)
        rc = kz_ref_check(ref->ref, err);
    if (rc == 0 && url->scheme == KZ_URL_FILE && access(kz_cstr(a, url->path), F_OK) < 0) {
        rc = kz_fail_errno(err, errno, "repository '" KZ_FMT "'", KZ_ARG(url->text));
    }
    return rc;
}

static uint64_t resolve(void *impl, const struct kz_source_ref *ref, struct kz_str known,
                        kz_source_done done, void *arg)
{
    struct kz_git *g = impl;
    kz_autoarena struct kz_arena *tmp = kz_arena_new(1 << 20);
    struct kz_request *r = kz_request_new(g, known, done, arg);
    uint64_t id = r->id;
    struct kz_url url;
    struct kz_err err;
    if (check(&url, tmp, ref, &err) < 0) {
        kz_request_end(g, r, &err, NULL, NULL);
        return id;
    }
    struct kz_mirror *m = mirror_get(g, &url);
    bool idle = m->jobs == NULL && m->tidy == 0;
    struct kz_job *j = job_get(m, ref->ref);
    *j->tail = r;
    j->tail = &r->next;
    if (idle)
        kz_job_start(j);
    return id;
}

static bool cancel_in(struct kz_request **at, struct kz_request ***tail, uint64_t id)
{
    for (; *at != NULL; at = &(*at)->next) {
        struct kz_request *r = *at;
        if (r->id != id)
            continue;
        *at = r->next;
        if (tail != NULL && *at == NULL)
            *tail = at;
        request_free(r);
        return true;
    }
    return false;
}

/* A job goes on without its request: what it fetches is wanted again soon. */
static void cancel(void *impl, uint64_t id)
{
    struct kz_git *g = impl;
    const struct kz_map_slot *slot;
    if (cancel_in(&g->ended, NULL, id))
        return;
    kz_local_cancel(g, id);
    for (size_t i = 0; (slot = kz_map_next(&g->mirrors, &i)) != NULL;) {
        struct kz_mirror *m = slot->val;
        for (struct kz_job *j = m->jobs; j != NULL; j = j->next)
            if (cancel_in(&j->requests, &j->tail, id))
                return;
    }
}

static const struct kz_source_ops ops = {.resolve = resolve, .cancel = cancel};

struct kz_source kz_git_source(struct kz_git *g)
{
    return (struct kz_source){.ops = &ops, .impl = g};
}

void kz_git_distrust(struct kz_git *g, struct kz_str repo)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&g->mirrors, &i)) != NULL;) {
        struct kz_mirror *m = slot->val;
        if (kz_str_is(repo, m->dir))
            m->distrusted = true;
    }
}

/* ---- life ------------------------------------------------------------------------------------------ */

static int make_folder(const char *path, struct kz_err *err)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return kz_fail_errno(err, errno, "make folder '%s'", path);
    return 0;
}

/* With all folders above it. */
static int make_folders(struct kz_arena *a, const char *path, struct kz_err *err)
{
    const char *copy = kz_cstr(a, kz_str(path));
    for (size_t i = 1; copy[i] != '\0'; i++) {
        if (copy[i] != '/')
            continue;
        int rc = make_folder(kz_cstr(a, kz_str_n(copy, i)), err);
        if (rc < 0)
            return rc;
    }
    return make_folder(copy, err);
}

/* What a crash left in tmp. */
static void sweep(struct kz_git *g)
{
    const char *tmp = kz_str_printf(g->arena, "%s/git/tmp", g->cache).ptr;
    const struct dirent *e;
    DIR *dir = opendir(tmp);
    while (dir != NULL && (e = readdir(dir)) != NULL)
        if (e->d_name[0] != '.')
            kz_git_run_remove(g->runner, kz_str_printf(g->arena, "%s/%s", tmp, e->d_name).ptr);
    if (dir != NULL)
        (void)closedir(dir);
}

static int open_cache(struct kz_git *g, const struct kz_git_config *cfg, struct kz_err *err)
{
    if (cfg->cache.len == 0 || cfg->cache.ptr[0] != '/')
        return kz_fail(err, KZ_E_INVALID, "cache folder '" KZ_FMT "' is not an absolute path",
                       KZ_ARG(cfg->cache));
    if (kz_str_index(cfg->run, '\'') < cfg->run.len || kz_str_index(cfg->run, '"') < cfg->run.len ||
        kz_str_index(cfg->cache, '\'') < cfg->cache.len ||
        kz_str_index(cfg->cache, '"') < cfg->cache.len)
        return kz_fail(err, KZ_E_INVALID, "a cache or runtime folder with quotes in its name");
    g->cache = kz_cstr(g->arena, cfg->cache);
    g->run = cfg->run.len > 0 ? kz_cstr(g->arena, cfg->run)
                              : kz_str_printf(g->arena, "%s/run", g->cache).ptr;
    int rc = make_folders(g->arena, kz_str_printf(g->arena, "%s/git/tmp", g->cache).ptr, err);
    if (rc == 0)
        rc = make_folders(g->arena, g->run, err);
    if (rc < 0)
        return rc;
    g->lock = open(kz_str_printf(g->arena, "%s/git/lock", g->cache).ptr,
                   O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (g->lock < 0)
        return kz_fail_errno(err, errno, "open the lock of cache '%s'", g->cache);
    if (flock(g->lock, LOCK_EX | LOCK_NB) < 0) {
        (void)kz_fail(err, KZ_E_CONFLICT, "cache '%s' is in use by another process", g->cache);
        return kz_err_hint(err, "give this one a cache folder of its own");
    }
    return 0;
}

int kz_git_new(struct kz_git **out, struct kz_loop *l, const struct kz_git_config *cfg,
               struct kz_err *err)
{
    struct kz_git *g = calloc(1, sizeof *g);
    kz_assert(g != NULL);
    g->loop = l;
    g->env = kz_loop_env(l);
    g->arena = kz_arena_new((size_t)16 << 20);
    g->lock = -1;
    g->credentials = cfg->credentials;
    kz_map_init(&g->mirrors);
    int rc = open_cache(g, cfg, err);
    if (rc < 0) {
        kz_git_free(g);
        return rc;
    }
    kz_git_secret_sweep(g->run);
    g->runner =
        kz_git_runner_new(l, &(struct kz_git_runner_config){
                                 .program = cfg->program,
                                 .ssh = cfg->ssh == NULL ? NULL : kz_cstr(g->arena, kz_str(cfg->ssh)),
                                 .run = g->run,
                                 .timeout = cfg->timeout > 0 ? cfg->timeout : 60 * KZ_NS_PER_SEC,
                                 .parallel = cfg->parallel > 0 ? cfg->parallel : 4});
    sweep(g);
    *out = g;
    return 0;
}

void kz_git_free(struct kz_git *g)
{
    struct kz_request *r;
    const struct kz_map_slot *slot;
    if (g == NULL)
        return;
    kz_env_timer_stop(&g->env, &g->telling);
    kz_git_runner_free(g->runner);
    kz_local_free_all(g);
    for (size_t i = 0; (slot = kz_map_next(&g->mirrors, &i)) != NULL;)
        mirror_free(slot->val);
    kz_map_done(&g->mirrors);
    while ((r = g->ended) != NULL) {
        g->ended = r->next;
        request_free(r);
    }
    if (g->lock >= 0)
        (void)close(g->lock);
    kz_arena_free(g->arena);
    free(g);
}
