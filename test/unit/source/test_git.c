/* SPDX-License-Identifier: Apache-2.0
 *
 * The fetcher against real servers on loopback: files, nginx with git http-backend, sshd. */
#include "source/git.h"
#include "source/tree.h"

#include "../../lib/fixture.h"

#include <signal.h>

/* ---- harness --------------------------------------------------------------------------------------- */

struct answer {
    bool called;
    int code;
    char line[700], hint[KZ_ERR_HINT];
    char repo[200], commit[80], subject[100], author[100];
    bool moved, descends, descent_known;
};

struct bench {
    struct kz_arena *a;
    const char *dir;
    struct kz_loop *loop;
    struct kz_credentials *creds;
    struct kz_git *git;
    unsigned open; /* requests that have not been answered */
};

static void on_answer(void *arg, uint64_t id, const struct kz_source_result *res);

static struct bench *the_bench;

static void restart(struct bench *b, const char *program)
{
    struct kz_err err;
    kz_git_free(b->git);
    struct kz_git_config cfg = {.cache = kz_str_printf(b->a, "%s/cache", b->dir),
                                .run = kz_str_printf(b->a, "%s/run", b->dir),
                                .program = program,
                                .timeout = 20 * KZ_NS_PER_SEC,
                                .credentials = b->creds};
    int rc = kz_git_new(&b->git, b->loop, &cfg, &err);
    cr_assert_eq(rc, 0, "%s", rc < 0 ? err.frame[0] : "");
}

static void setup(struct bench *b)
{
    struct kz_err err;
    *b = (struct bench){.a = kz_arena_new(64 << 20)};
    b->dir = scratch(b->a);
    b->creds = kz_credentials_new();
    cr_assert_eq(kz_loop_new(&b->loop, &err), 0);
    restart(b, NULL);
    sh(b->dir,
       "mkdir \"$1/repos\"; git init -q --bare -b main \"$1/repos/a.git\"; git clone -q \"$1/repos/a.git\" \"$1/w\" 2>/dev/null;"
       "cd \"$1/w\"; git checkout -q -b main; echo one > f; git add f; git commit -qm 'first commit'; git push -q origin main");
    the_bench = b;
}

static void teardown(struct bench *b)
{
    kz_git_free(b->git);
    kz_loop_free(b->loop);
    kz_credentials_free(b->creds);
    scrap(b->dir);
    kz_arena_free(b->a);
}

static void on_answer(void *arg, uint64_t id, const struct kz_source_result *res)
{
    struct answer *w = arg;
    (void)id;
    cr_assert(!w->called);
    w->called = true;
    if (res->err != NULL) {
        w->code = (int)res->err->code;
        (void)kz_err_line(w->line, sizeof w->line, res->err);
        (void)snprintf(w->hint, sizeof w->hint, "%s", res->err->hint);
    } else {
        (void)snprintf(w->repo, sizeof w->repo, KZ_FMT, KZ_ARG(res->tree.repo));
        (void)snprintf(w->commit, sizeof w->commit, KZ_FMT, KZ_ARG(res->tree.commit));
        (void)snprintf(w->subject, sizeof w->subject, KZ_FMT, KZ_ARG(res->subject));
        (void)snprintf(w->author, sizeof w->author, KZ_FMT, KZ_ARG(res->author));
    }
    w->moved = res->moved;
    w->descends = res->descends;
    w->descent_known = res->descent_known;
    if (--the_bench->open == 0)
        kz_loop_stop(the_bench->loop);
}

static uint64_t ask(struct bench *b, struct answer *w, const char *url, const char *ref,
                    const char *known)
{
    struct kz_source s = kz_git_source(b->git);
    struct kz_source_ref r = {.url = kz_str(url), .ref = kz_str(ref)};
    *w = (struct answer){0};
    b->open++;
    uint64_t id = s.ops->resolve(s.impl, &r, kz_str(known), on_answer, w);
    cr_assert(!w->called, "answered from inside the call");
    return id;
}

static struct answer get(struct bench *b, const char *url, const char *ref, const char *known)
{
    struct answer w;
    (void)ask(b, &w, url, ref, known);
    kz_loop_run(b->loop);
    cr_assert(w.called, "%s", url);
    return w;
}

static const char *file_url(struct bench *b)
{
    return kz_str_printf(b->a, "file://%s/repos/a.git", b->dir).ptr;
}

static const char *commit_of(struct bench *b, const char *rev)
{
    return sh_out(b->a, b->dir, kz_str_printf(b->a, "git -C \"$1/w\" rev-parse %s", rev).ptr).ptr;
}

static const char *content(struct bench *b, const struct answer *w, const char *path)
{
    struct kz_tree_at at = {.repo = kz_str(w->repo), .commit = kz_str(w->commit)};
    struct kz_tree *t;
    struct kz_str body;
    struct kz_err err;
    int rc = kz_tree_open(&t, &at, &err);
    cr_assert_eq(rc, 0, "%s", rc < 0 ? err.frame[0] : "");
    rc = kz_tree_read(&body, b->a, t, kz_str(path), 0, &err);
    cr_assert_eq(rc, 0, "%s", rc < 0 ? err.frame[0] : "");
    kz_tree_close(t);
    return body.ptr;
}

/* ---- files --------------------------------------------------------------------------------------------- */

Test(git, first_and_next_commit)
{
    struct bench b;
    setup(&b);
    struct answer w = get(&b, file_url(&b), "", "");
    cr_assert_eq(w.code, 0, "%s", w.line);
    cr_expect_str_eq(w.commit, commit_of(&b, "HEAD"));
    cr_expect_str_eq(w.subject, "first commit");
    cr_expect_str_eq(w.author, "Ada");
    cr_expect(w.moved && w.descends && w.descent_known);
    cr_expect_str_eq(content(&b, &w, "f"), "one\n");

    struct answer same = get(&b, file_url(&b), "main", w.commit);
    cr_expect(same.code == 0 && !same.moved && same.descends && same.descent_known);
    cr_expect_str_eq(same.repo, w.repo);

    sh(b.dir, "cd \"$1/w\"; for i in 1 2 3; do echo $i > f; git commit -qam $i; done; git push -q");
    struct answer next = get(&b, file_url(&b), "main", w.commit);
    cr_assert_eq(next.code, 0, "%s", next.line);
    cr_expect(next.moved && next.descends && next.descent_known);
    cr_expect_str_eq(content(&b, &next, "f"), "3\n");

    /* The old commit by its id: nothing has to be fetched; it is a step back. */
    struct answer back = get(&b, file_url(&b), w.commit, next.commit);
    cr_expect(back.code == 0 && back.moved && !back.descends && back.descent_known, "%s",
              back.line);

    restart(&b, NULL);
    struct answer again = get(&b, file_url(&b), "refs/heads/main", next.commit);
    cr_expect(again.code == 0 && !again.moved);
    cr_expect_str_eq(again.subject, "3");
    teardown(&b);
}

Test(git, rewritten_history_does_not_descend)
{
    struct bench b;
    setup(&b);
    sh(b.dir, "cd \"$1/w\"; echo two > f; git commit -qam two; git push -q");
    struct answer w = get(&b, file_url(&b), "main", "");
    sh(b.dir,
       "cd \"$1/w\"; git reset -q --hard HEAD~1; echo other > f; git commit -qam other; git push -qf");
    struct answer next = get(&b, file_url(&b), "main", w.commit);
    cr_expect(next.code == 0 && next.moved && !next.descends && next.descent_known, "%s",
              next.line);
    teardown(&b);
}

/* More commits than one fetch takes: the deeper one tells. */
Test(git, long_way_descends)
{
    struct bench b;
    setup(&b);
    struct answer w = get(&b, file_url(&b), "main", "");
    sh(b.dir, "cd \"$1/w\"; t=$(git rev-parse HEAD^{tree}); c=$(git rev-parse HEAD); i=0;"
              "while [ $i -lt 120 ]; do c=$(git commit-tree -p $c -m $i $t); i=$((i+1)); done;"
              "git reset -q --hard $c; git push -q");
    struct answer next = get(&b, file_url(&b), "main", w.commit);
    cr_expect(next.code == 0 && next.moved && next.descends && next.descent_known, "%s", next.line);
    teardown(&b);
}

Test(git, tags)
{
    struct bench b;
    setup(&b);
    sh(b.dir, "cd \"$1/w\"; git tag light; git tag -am note noted; git push -q --tags");
    cr_expect_str_eq(get(&b, file_url(&b), "light", "").commit, commit_of(&b, "HEAD"));
    cr_expect_str_eq(get(&b, file_url(&b), "noted", "").commit, commit_of(&b, "HEAD"));
    cr_expect_str_eq(get(&b, file_url(&b), commit_of(&b, "noted"), "").commit,
                     commit_of(&b, "HEAD"));
    sh(b.dir,
       "cd \"$1/w\"; git checkout -q -b light; echo x > f; git commit -qam x; git push -q origin refs/heads/light");
    cr_expect_eq(get(&b, file_url(&b), "light", "").code, KZ_E_INVALID);
    teardown(&b);
}

/* A CI checkout: a shallow working copy as the source, by its plain path. */
Test(git, shallow_working_copy)
{
    struct bench b;
    setup(&b);
    sh(b.dir, "cd \"$1/w\"; for i in 1 2 3; do echo $i > f; git commit -qam $i; done; git push -q;"
              "git clone -q --depth=1 \"file://$1/repos/a.git\" \"$1/ci\"");
    const char *ci = kz_str_printf(b.a, "%s/ci", b.dir).ptr;
    struct answer w = get(&b, ci, "", "");
    cr_assert_eq(w.code, 0, "%s", w.line);
    cr_expect_str_eq(content(&b, &w, "f"), "3\n");
    sh(b.dir, "cd \"$1/ci\"; echo 4 > f; git commit -qam 4");
    struct answer next = get(&b, ci, "HEAD", w.commit);
    cr_expect(next.code == 0 && next.descends && next.descent_known, "%s", next.line);
    struct answer far = get(&b, ci, "HEAD", "1111111111111111111111111111111111111111");
    cr_expect(far.code == 0 && !far.descent_known, "%s", far.line);
    teardown(&b);
}

Test(git, bad_input)
{
    struct bench b;
    setup(&b);
    const struct {
        const char *url, *ref;
        int code;
        const char *part;
    } rows[] = {
        {"/nonexistent/repo",  "",       KZ_E_NOTFOUND, "/nonexistent/repo"                       },
        {kz_str_printf(b.a,    "%s/w/f", b.dir).ptr,    "",                                         KZ_E_NOTFOUND, "no git repository"},
        {file_url(&b), "gone",         KZ_E_NOTFOUND,           "'gone'"                                              },
        {file_url(&b),            "1111111111111111111111111111111111111111",                    KZ_E_NOTFOUND,            "commit"},
        {file_url(&b),            "--upload-pack=touch /tmp/x",                    KZ_E_INVALID,           "reference"                                                           },
        {"--upload-pack=touch /tmp/x",         "",                 KZ_E_INVALID,"repository"},
        {"ext::sh -c id",        "",                KZ_E_INVALID,                       "repository"                                                                                          },
        {"https://127.0.0.1:1/x",        "",                KZ_E_REMOTE,"refused"},
        {"ssh://git@127.0.0.1:1/x",           "",                   KZ_E_REMOTE,                        "refused"                                                                                                                              },
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct answer w = get(&b, rows[i].url, rows[i].ref, "");
        cr_expect_eq(w.code, rows[i].code, "%s %s: %s", rows[i].url, rows[i].ref, w.line);
        cr_expect_not_null(strstr(w.line, rows[i].part), "%s", w.line);
    }
    sh(b.dir, "git init -q --bare \"$1/repos/empty.git\"");
    struct answer w = get(&b, kz_str_printf(b.a, "%s/repos/empty.git", b.dir).ptr, "", "");
    cr_expect_eq(w.code, KZ_E_NOTFOUND, "%s", w.line);
    teardown(&b);
}

/* Objects that would write into .git on a checkout do not even reach the mirror. */
Test(git, evil_objects_are_refused)
{
    struct bench b;
    setup(&b);
    sh(b.dir, "cd \"$1/repos/a.git\"; x=$(echo x | git hash-object -w --stdin);"
              "t=$({ printf '100644 .git\\0'; echo $x | xxd -r -p; } |"
              " git hash-object -w -t tree --literally --stdin);"
              "git update-ref refs/heads/evil $(git commit-tree -m x $t)");
    struct answer w = get(&b, file_url(&b), "evil", "");
    cr_expect_eq(w.code, KZ_E_DENIED, "%s", w.line);
    w = get(&b, file_url(&b), "main", "");
    cr_expect_eq(w.code, 0, "%s", w.line);
    teardown(&b);
}

Test(git, sha256_repository_is_told)
{
    struct bench b;
    setup(&b);
    sh(b.dir,
       "git init -q -b main --object-format=sha256 \"$1/s\"; cd \"$1/s\"; git commit -q --allow-empty -m x");
    struct answer w = get(&b, kz_str_printf(b.a, "%s/s", b.dir).ptr, "", "");
    cr_expect_eq(w.code, KZ_E_INVALID, "%s", w.line);
    cr_expect_not_null(strstr(w.line, "SHA-256"), "%s", w.line);
    teardown(&b);
}

Test(git, deleted_branch_is_an_error)
{
    struct bench b;
    setup(&b);
    sh(b.dir, "cd \"$1/w\"; git push -q origin main:dev");
    struct answer w = get(&b, file_url(&b), "dev", "");
    cr_assert_eq(w.code, 0);
    sh(b.dir, "cd \"$1/w\"; git push -q origin :dev");
    struct answer gone = get(&b, file_url(&b), "dev", w.commit);
    cr_expect_eq(gone.code, KZ_E_NOTFOUND);
    teardown(&b);
}

Test(git, requests_share_one_fetch)
{
    struct bench b;
    setup(&b);
    sh(b.dir,
       "printf '#!/bin/sh\\necho \"$*\" | grep -o \" fetch .*\\| ls-remote .*\" >> %s/calls\\nexec git \"$@\"\\n' \"$1\" > \"$1/git\"; chmod 755 \"$1/git\"");
    restart(&b, kz_str_printf(b.a, "%s/git", b.dir).ptr);
    static struct answer w[10];
    for (size_t i = 0; i < kz_countof(w); i++)
        (void)ask(&b, &w[i], file_url(&b), i % 2 == 0 ? "main" : "", "");
    kz_loop_run(b.loop);
    for (size_t i = 0; i < kz_countof(w); i++)
        cr_expect(w[i].called && w[i].code == 0, "%s", w[i].line);
    sh(b.dir,
       "[ $(grep -c ls-remote \"$1/calls\") = 2 ] && [ $(grep -c ' fetch ' \"$1/calls\") = 1 ]");
    teardown(&b);
}

Test(git, cancel)
{
    struct bench b;
    setup(&b);
    struct kz_source s = kz_git_source(b.git);
    struct answer w[3];
    uint64_t id = ask(&b, &w[0], file_url(&b), "main", "");
    (void)ask(&b, &w[1], file_url(&b), "main", "");
    uint64_t bad = ask(&b, &w[2], "nonsense", "", "");
    s.ops->cancel(s.impl, id);
    s.ops->cancel(s.impl, bad);
    s.ops->cancel(s.impl, 999);
    b.open -= 2;
    kz_loop_run(b.loop);
    cr_expect(!w[0].called && w[1].called && !w[2].called);
    (void)ask(&b, &w[0], file_url(&b), "main", ""); /* freed while it runs */
    teardown(&b);
}

Test(git, damaged_mirror_is_cloned_anew)
{
    struct bench b;
    setup(&b);
    struct answer w = get(&b, file_url(&b), "main", "");
    sh(w.repo, "cd \"$1\"; for f in objects/pack/*; do chmod 644 $f; echo damaged > $f; done");
    restart(&b, NULL);
    struct answer again = get(&b, file_url(&b), "main", w.commit);
    cr_assert_eq(again.code, 0, "%s", again.line);
    cr_expect_str_eq(content(&b, &again, "f"), "one\n");

    sh(w.repo, "rm -rf \"$1\"/objects/pack/*"); /* noticed by a worker only */
    kz_git_distrust(b.git, kz_str(w.repo));
    again = get(&b, file_url(&b), "main", w.commit);
    cr_assert_eq(again.code, 0, "%s", again.line);
    cr_expect_str_eq(content(&b, &again, "f"), "one\n");

    sh(w.repo, "rm -rf \"$1\""); /* the cache was emptied under us */
    again = get(&b, file_url(&b), "main", w.commit);
    cr_assert_eq(again.code, 0, "%s", again.line);
    cr_expect_str_eq(content(&b, &again, "f"), "one\n");
    teardown(&b);
}

Test(git, mirror_stays_small)
{
    struct bench b;
    setup(&b);
    struct answer w = {0};
    for (int i = 0; i < 60; i++) {
        sh(b.dir, "cd \"$1/w\"; date +%N > f; git commit -qam x; git push -q");
        w = get(&b, file_url(&b), "main", w.commit);
        cr_assert(w.code == 0 && w.descends, "%s", w.line);
    }
    cr_expect_not_null(content(&b, &w, "f"));
    sh(w.repo, "[ $(ls \"$1\"/objects/pack/*.pack | wc -l) -lt 20 ]");
    sh(w.repo, "[ $(git --git-dir=\"$1\" for-each-ref | wc -l) -le 60 ]");
    teardown(&b);
}

Test(git, one_process_per_cache)
{
    struct bench b;
    setup(&b);
    struct kz_git *second;
    struct kz_err err;
    struct kz_git_config cfg = {.cache = kz_str_printf(b.a, "%s/cache", b.dir)};
    cr_expect_eq(kz_git_new(&second, b.loop, &cfg, &err), -(int)KZ_E_CONFLICT);
    cfg.cache = KZ_STR("relative");
    cr_expect_eq(kz_git_new(&second, b.loop, &cfg, &err), -(int)KZ_E_INVALID);
    teardown(&b);
}

Test(git, hung_git_is_killed)
{
    struct bench b;
    setup(&b);
    struct kz_err err;
    sh(b.dir, "printf '#!/bin/sh\\nsleep 60\\n' > \"$1/git\"; chmod 755 \"$1/git\"");
    kz_git_free(b.git);
    b.git = NULL;
    struct kz_git_config cfg = {.cache = kz_str_printf(b.a, "%s/cache", b.dir),
                                .program = kz_str_printf(b.a, "%s/git", b.dir).ptr,
                                .timeout = KZ_NS_PER_SEC / 5};
    cr_assert_eq(kz_git_new(&b.git, b.loop, &cfg, &err), 0);
    struct answer w = get(&b, file_url(&b), "main", "");
    cr_expect_eq(w.code, KZ_E_TIMEOUT, "%s", w.line);
    teardown(&b);
}

Test(git, local_working_copy)
{
    struct bench b;
    setup(&b);
    struct kz_source_place place;
    struct kz_err err;
    sh(b.dir, "cd \"$1/w\"; mkdir -p sub/dir; echo two > f; git commit -qam two; echo dirty > f");
    cr_assert_eq(
        kz_source_place(&place, b.a, kz_str_printf(b.a, "%s/w/sub/../sub/dir", b.dir), &err), 0);
    cr_expect(kz_str_eq(place.root, kz_str_printf(b.a, "%s/w", b.dir)), KZ_FMT, KZ_ARG(place.root));
    cr_expect(kz_str_is(place.below, "sub/dir"));
    struct answer w = {0};
    b.open++;
    (void)kz_git_local(b.git, &place, KZ_STR("HEAD~1"), on_answer, &w);
    kz_loop_run(b.loop);
    cr_assert_eq(w.code, 0, "%s", w.line);
    cr_expect_str_eq(w.subject, "first commit");
    cr_expect_str_eq(content(&b, &w, "f"), "one\n");
    w = (struct answer){0};
    b.open++;
    (void)kz_git_local(b.git, &place, KZ_STR("--help"), on_answer, &w);
    kz_loop_run(b.loop);
    cr_expect_eq(w.code, KZ_E_NOTFOUND, "%s", w.line);
    cr_assert_eq(kz_source_place(&place, b.a, kz_str_printf(b.a, "%s/repos", b.dir), &err), 0);
    cr_expect(place.repo.len == 0 && place.below.len == 0);
    cr_expect_eq(kz_source_place(&place, b.a, KZ_STR("/nonexistent"), &err), -(int)KZ_E_NOTFOUND);
    teardown(&b);
}

/* ---- servers ------------------------------------------------------------------------------------------- */

struct servers {
    const char *https, *ssh, *password, *bearer;
};

static const char *variable(struct bench *b, const char *name)
{
    return sh_out(b->a, b->dir, kz_str_printf(b->a, ". \"$1/env\"; echo \"$%s\"", name).ptr).ptr;
}

static struct servers serve(struct bench *b)
{
    sh(b->dir, KZ_TEST_DIR "/lib/git-server start \"$1\" </dev/null");
    return (struct servers){.https = variable(b, "KZ_GIT_HTTPS"),
                            .ssh = variable(b, "KZ_GIT_SSH"),
                            .password = variable(b, "KZ_GIT_PASSWORD"),
                            .bearer = variable(b, "KZ_GIT_BEARER")};
}

static void unserve(struct bench *b)
{
    sh(b->dir, KZ_TEST_DIR "/lib/git-server stop \"$1\"");
}

/* A credential from a script that fills the folder "$1/creds/name". */
static void credential(struct bench *b, const char *script)
{
    struct kz_err err;
    sh(b->dir,
       kz_str_printf(b->a, ". \"$1/env\"; mkdir -p \"$1/creds/c\"; cd \"$1/creds/c\"; %s", script)
           .ptr);
    int rc = kz_credentials_load(b->creds, kz_str_printf(b->a, "%s/creds", b->dir), &err);
    cr_assert_eq(rc, 0, "%s", rc < 0 ? err.frame[0] : "");
}

Test(git, https)
{
    struct bench b;
    setup(&b);
    struct servers s = serve(&b);
    const char *open_url = kz_str_printf(b.a, "%s/open/a.git", s.https).ptr;
    struct answer w = get(&b, open_url, "main", "");
    cr_expect_eq(w.code, KZ_E_DENIED, "own CA must not be trusted: %s", w.line);

    credential(
        &b,
        "echo $KZ_GIT_HTTPS > url; cp ../../ca.crt .; echo kz > username; echo $KZ_GIT_PASSWORD > password");
    static const char *const ok[] = {"open", "old", "private"};
    struct answer last = {0};
    for (size_t i = 0; i < kz_countof(ok); i++) {
        last = get(&b, kz_str_printf(b.a, "%s/%s/a.git", s.https, ok[i]).ptr, "main", "");
        cr_expect_eq(last.code, 0, "%s: %s", ok[i], last.line);
        cr_expect_str_eq(last.commit, commit_of(&b, "HEAD"));
    }
    sh(b.dir, "cd \"$1/w\"; echo two > f; git commit -qam two; git push -q");
    struct answer next =
        get(&b, kz_str_printf(b.a, "%s/private/a.git", s.https).ptr, "", last.commit);
    cr_expect(next.code == 0 && next.moved && next.descends && next.descent_known, "%s", next.line);
    cr_expect_str_eq(content(&b, &next, "f"), "two\n");

    const struct {
        const char *path;
        int code;
        const char *part;
    } bad[] = {
        {"open/none.git", KZ_E_NOTFOUND, "no git repository"    },
        {"bearer/a.git",  KZ_E_DENIED,   "401"                  },
        {"moved/a.git",   KZ_E_INVALID,  "redirects"            },
        {"away/a.git",    KZ_E_INVALID,  "redirects"            },
        {"broken/a.git",  KZ_E_REMOTE,   "500"                  },
        {"page/a.git",    KZ_E_PARSE,    "not from a git server"},
    };
    for (size_t i = 0; i < kz_countof(bad); i++) {
        w = get(&b, kz_str_printf(b.a, "%s/%s", s.https, bad[i].path).ptr, "main", "");
        cr_expect_eq(w.code, bad[i].code, "%s: %s", bad[i].path, w.line);
        cr_expect_not_null(strstr(w.line, bad[i].part), "%s", w.line);
        cr_expect_null(strstr(w.line, "canary"), "%s", w.line);
    }
    sh(b.dir, "! grep -q . \"$1/away.log\""); /* nothing went to the other server */
    w = get(&b, open_url, "gone", "");
    cr_expect_eq(w.code, KZ_E_NOTFOUND, "%s", w.line);

    credential(&b, "rm username password; echo $KZ_GIT_BEARER > bearerToken");
    w = get(&b, kz_str_printf(b.a, "%s/bearer/a.git", s.https).ptr, "main", "");
    cr_expect_eq(w.code, 0, "%s", w.line);
    w = get(&b, kz_str_printf(b.a, "%s/private/a.git", s.https).ptr, "main", "");
    cr_expect_eq(w.code, KZ_E_DENIED, "%s", w.line);
    unserve(&b);
    teardown(&b);
}

Test(git, ssh)
{
    struct bench b;
    setup(&b);
    struct servers s = serve(&b);
    const char *url = kz_str_printf(b.a, "%s/a.git", s.ssh).ptr;
    struct answer w = get(&b, url, "main", "");
    cr_expect_eq(w.code, KZ_E_DENIED, "no credential: %s", w.line);

    credential(
        &b,
        "echo ${KZ_GIT_SSH%%/repos} > url; cp ../../client_key identity; cp ../../known_hosts .");
    w = get(&b, url, "main", "");
    cr_expect_eq(w.code, 0, "%s", w.line);
    sh(b.dir, "cd \"$1/w\"; echo two > f; git commit -qam two; git push -q");
    struct answer next = get(&b, url, "main", w.commit);
    cr_expect(next.code == 0 && next.moved && next.descends, "%s", next.line);
    cr_expect_str_eq(content(&b, &next, "f"), "two\n");
    w = get(&b, kz_str_printf(b.a, "%s/none.git", s.ssh).ptr, "main", "");
    cr_expect_eq(w.code, KZ_E_NOTFOUND, "%s", w.line);
    /* Shell text in a path stays text. */
    w = get(&b, kz_str_printf(b.a, "%s/$(touch${IFS}%s/pwned)'`id`.git", s.ssh, b.dir).ptr, "main",
            "");
    cr_expect_eq(w.code, KZ_E_NOTFOUND, "%s", w.line);
    sh(b.dir, "! [ -e \"$1/pwned\" ]");

    static const struct {
        const char *name, *script, *part;
    } bad[] = {
        {"changed host key", "cp ../../known_hosts.changed known_hosts",                         "host key"},
        {"unknown host",     "echo '# nobody' > known_hosts",                                    "host key"},
        {"revoked",          "{ printf '@revoked '; cat ../../known_hosts; } > known_hosts",     "host key"},
        {"stranger",         "cp ../../known_hosts known_hosts; cp ../../stranger_key identity",
         "refused the SSH key"                                                                             },
    };
    for (size_t i = 0; i < kz_countof(bad); i++) {
        credential(&b, bad[i].script);
        w = get(&b, url, "main", "");
        cr_expect_eq(w.code, KZ_E_DENIED, "%s: %s", bad[i].name, w.line);
        cr_expect_not_null(strstr(w.line, bad[i].part), "%s: %s", bad[i].name, w.line);
    }
    unserve(&b);
    teardown(&b);
}

/* The key is replaced while a poll is under way: refused once, read again, accepted. */
Test(git, rotated_credential)
{
    struct bench b;
    setup(&b);
    struct servers s = serve(&b);
    sh(b.dir,
       "printf '#!/bin/sh\\necho x >> %s/calls; cp %s/client_key %s/creds/c/identity\\nexec git \"$@\"\\n'"
       " \"$1\" \"$1\" \"$1\" > \"$1/git\"; chmod 755 \"$1/git\"");
    restart(&b, kz_str_printf(b.a, "%s/git", b.dir).ptr);
    credential(
        &b,
        "echo ${KZ_GIT_SSH%%/repos} > url; cp ../../stranger_key identity; cp ../../known_hosts .");
    struct answer w = get(&b, kz_str_printf(b.a, "%s/a.git", s.ssh).ptr, "main", "");
    cr_expect_eq(w.code, 0, "%s", w.line);
    unserve(&b);
    teardown(&b);
}

/* The program records what an onlooker sees of each run of git and of the programs below it. */
Test(git, secrets_are_not_in_processes)
{
    struct bench b;
    setup(&b);
    struct servers s = serve(&b);
    sh(b.dir,
       "printf '#!/bin/sh\\n{ echo \"$@\"; env; } >> %s/seen\\ncase \"$*\" in *fetch*) ( while :; do for p in /proc/[0-9]*; do tr \"\\\\0\" \" \" < $p/cmdline; tr \"\\\\0\" \" \" < $p/environ; done 2>/dev/null; done >> %s/seen ) & w=$!; git \"$@\"; r=$?; kill $w; exit $r;; esac\\nexec git \"$@\"\\n' \"$1\" \"$1\" > \"$1/git\"; chmod 755 \"$1/git\"");
    restart(&b, kz_str_printf(b.a, "%s/git", b.dir).ptr);
    credential(
        &b,
        "echo $KZ_GIT_HTTPS > url; cp ../../ca.crt .; echo kz > username; echo $KZ_GIT_PASSWORD > password");
    struct answer w = get(&b, kz_str_printf(b.a, "%s/private/a.git", s.https).ptr, "main", "");
    cr_expect_eq(w.code, 0, "%s", w.line);
    sh(b.dir,
       "grep -aq 'fetch --quiet' \"$1/seen\"; ! grep -aq 'canary\\|a3o6Y2FuYXJ5' \"$1/seen\"");
    sh(b.dir, "! grep -rq canary \"$1/cache\"; [ -z \"$(ls -A \"$1/run\")\" ]");
    unserve(&b);
    teardown(&b);
}
