/* SPDX-License-Identifier: Apache-2.0
 *
 * A working copy on this machine, for `plan` and `apply` at a laptop, asked for a commit by the git
 * program, so that every way of naming one works. */
#include "source/git_impl.h"

#include <string.h>

struct kz_local {
    struct kz_local *next;
    struct kz_git *g;
    struct kz_request *request;
    struct kz_arena *arena;
    const char *repo, *rev;
    uint64_t run;
    struct kz_commit_info info;
};

/* ---- the commit ------------------------------------------------------------------------------------ */

static void local_free(struct kz_local *l)
{
    struct kz_local **at = &l->g->locals;
    while (*at != l)
        at = &(*at)->next;
    *at = l->next;
    kz_arena_free(l->arena);
    free(l);
}

static void end(struct kz_local *l, const struct kz_err *err)
{
    kz_request_end(l->g, l->request, err, &l->info, l->repo);
    local_free(l);
}

static void ask(struct kz_local *l, const struct kz_git_call *call,
                void (*done)(void *arg, uint64_t id, const struct kz_child_result *res))
{
    struct kz_git_call full = *call;
    full.git_dir = l->repo;
    full.max_output = 1 << 20;
    l->run = kz_git_run(l->g->runner, &full, done, l);
}

static void on_show(void *arg, uint64_t id, const struct kz_child_result *res)
{
    struct kz_local *l = arg;
    struct kz_err err;
    bool known;
    (void)id;
    if (res->err != NULL || res->exit_code != 0 || !kz_commit_info_parse(&l->info, res->out)) {
        (void)kz_git_run_error(&err, &known, NULL, res);
        end(l, &err);
        return;
    }
    l->request->descends = l->request->descent_known = true;
    end(l, NULL);
}

/* Two lines: the folder of the repository's objects (which linked working copies share), the commit. */
static void on_parse(void *arg, uint64_t id, const struct kz_child_result *res)
{
    struct kz_local *l = arg;
    struct kz_str commit, repo;
    struct kz_err err;
    (void)id;
    (void)kz_str_cut(&commit, kz_str_cut(&repo, res->out, '\n'), '\n');
    if (res->err != NULL) {
        end(l, res->err);
        return;
    }
    if (res->exit_code != 0 || !kz_is_commit_id(commit) || repo.len == 0) {
        (void)kz_fail(&err, KZ_E_NOTFOUND, "'%s' is no commit of the repository '%s'", l->rev,
                      l->repo);
        end(l, &err);
        return;
    }
    l->repo = kz_cstr(l->arena, repo);
    ask(l,
        &(struct kz_git_call){
            .args = {"log", "-1", "--no-show-signature", "--no-color", kz_commit_info_format,
                     kz_str_printf(l->arena, KZ_FMT, KZ_ARG(commit)).ptr, "--"}
    },
        on_show);
}

uint64_t kz_git_local(struct kz_git *g, const struct kz_source_place *place, struct kz_str rev,
                      kz_source_done done, void *arg)
{
    struct kz_request *r = kz_request_new(g, KZ_STR(""), done, arg);
    struct kz_err err;
    uint64_t id = r->id;
    if (place->repo.len == 0 || memchr(rev.len > 0 ? rev.ptr : "", '\0', rev.len) != NULL) {
        (void)kz_fail(&err, KZ_E_NOTFOUND, "'" KZ_FMT "' is in no git repository",
                      KZ_ARG(place->root));
        kz_request_end(g, r, &err, NULL, NULL);
        return id;
    }
    struct kz_local *l = calloc(1, sizeof *l);
    kz_assert(l != NULL);
    *l = (struct kz_local){.next = g->locals, .g = g, .request = r, .arena = kz_arena_new(1 << 20)};
    g->locals = l;
    l->repo = kz_cstr(l->arena, place->repo);
    l->rev = kz_cstr(l->arena, rev.len == 0 ? KZ_STR("HEAD") : rev);
    ask(l,
        &(struct kz_git_call){
            .args = {"rev-parse", "--path-format=absolute", "--git-common-dir", "--verify",
                     "--quiet", "--end-of-options",
                     kz_str_printf(l->arena, "%s^{commit}", l->rev).ptr}
    },
        on_parse);
    return id;
}

void kz_local_cancel(struct kz_git *g, uint64_t id)
{
    for (struct kz_local *l = g->locals; l != NULL; l = l->next) {
        if (l->request->id != id)
            continue;
        kz_git_run_cancel(g->runner, l->run);
        free(l->request);
        local_free(l);
        return;
    }
}

void kz_local_free_all(struct kz_git *g)
{
    while (g->locals != NULL) {
        free(g->locals->request);
        local_free(g->locals);
    }
}
