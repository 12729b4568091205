/* SPDX-License-Identifier: Apache-2.0 */
#include "../kube/fake.h"
#include "base/clock.h"
#include "report/commands.h"
#include "value/json.h"

#include <criterion/criterion.h>

enum { MEMORY = 16 << 20 };
#define SET "00000000000000010000000000000002"

/* An engine and an answering side that write down what is asked of them. */
static struct fake f;
static struct kz_commands *c;
static struct kz_arena *a;
static struct kz_buf said;      /* "steer web pause=x; " "reply web pause taken; " ... */
static struct kz_engine_view view;
static struct kz_module_view module;
static void (*off_done)(void *arg, const struct kz_err *err);
static void *off_arg;
static void (*back_done)(void *arg, const struct kz_err *err);
static void *back_arg;
static enum kz_code back_code; /* of going back, at once */
static char message[512];

static void steer(void *arg, struct kz_str m, const struct kz_wishes *w)
{
    (void)arg;
    kz_buf_printf(&said, "steer " KZ_FMT ":", KZ_ARG(m));
    if (w->pause.reason.len > 0)
        kz_buf_printf(&said, " pause=" KZ_FMT, KZ_ARG(w->pause.reason));
    if (!kz_hash_is_none(w->approval.set))
        kz_buf_puts(&said, " approved");
    if (w->override.reason.len > 0)
        kz_buf_printf(&said, " override=" KZ_FMT, KZ_ARG(w->override.reason));
    kz_buf_puts(&said, "; ");
}

static int sync_now(void *arg, struct kz_str m, struct kz_err *err)
{
    (void)arg;
    kz_buf_printf(&said, "sync " KZ_FMT "; ", KZ_ARG(m));
    return kz_str_is(m, "none") ? kz_fail(err, KZ_E_NOTFOUND, "there is no module 'none'") : 0;
}

static int go_back(void *arg, struct kz_str m, struct kz_str revision, void (*done)(void *arg, const struct kz_err *err),
                   void *done_arg, struct kz_err *err)
{
    (void)arg;
    kz_buf_printf(&said, "back " KZ_FMT " '" KZ_FMT "'; ", KZ_ARG(m), KZ_ARG(revision));
    if (back_code != KZ_OK)
        return kz_fail(err, back_code, "it is at work");
    back_done = done;
    back_arg = done_arg;
    return 0;
}

static void (*some_done)(void *arg, size_t n, size_t written, const struct kz_err *err);
static void *some_arg;

static int sync_objects(void *arg, struct kz_str m, const struct kz_str *words, size_t n,
                        void (*done)(void *arg, size_t n, size_t written, const struct kz_err *err), void *done_arg,
                        struct kz_err *err)
{
    (void)arg;
    kz_buf_printf(&said, "some " KZ_FMT, KZ_ARG(m));
    for (size_t i = 0; i < n; i++)
        kz_buf_printf(&said, " " KZ_FMT, KZ_ARG(words[i]));
    kz_buf_puts(&said, "; ");
    if (back_code != KZ_OK)
        return kz_fail(err, back_code, "it is at work");
    some_done = done;
    some_arg = done_arg;
    return 0;
}

static unsigned looks(void *arg, bool *looking)
{
    (void)arg;
    *looking = view.looking;
    return view.looks;
}

static void reply(void *arg, bool platform, struct kz_str name, const struct kz_reply *r)
{
    (void)arg;
    kz_buf_printf(&said, "reply %s" KZ_FMT " " KZ_FMT " %s; ", platform ? "platform " : "", KZ_ARG(name), KZ_ARG(r->name),
                  r->result);
    (void)snprintf(message, sizeof message, KZ_FMT, KZ_ARG(r->message));
}

static void take_off(void *arg, bool platform, struct kz_str name, struct kz_str annotation, struct kz_str value,
                     void (*done)(void *arg, const struct kz_err *err), void *done_arg)
{
    (void)arg;
    (void)platform;
    (void)name;
    kz_buf_printf(&said, "off " KZ_FMT "=" KZ_FMT "; ", KZ_ARG(kz_str_skip(annotation, 13)), KZ_ARG(value));
    off_done = done;
    off_arg = done_arg;
}

static void look(void *arg)
{
    (void)arg;
    kz_commands_looked(c, &view);
}

static void begin(void)
{
    static const struct kz_steering engine = {steer, sync_now, go_back, sync_objects, looks, NULL};
    static const struct kz_answering out = {reply, take_off, look, NULL};
    fake_init(&f);
    a = kz_arena_new(MEMORY);
    kz_buf_init(&said, 1 << 20);
    module = (struct kz_module_view){.name = KZ_STR("web"), .word = KZ_WORD_OK, .revision = KZ_STR("new"),
                                     .target = KZ_STR("new"), .set = {1, 2}};
    view = (struct kz_engine_view){.platform = KZ_STR("p"), .revision = KZ_STR("new"), .loaded = true, .settled = true,
                                   .complete = true, .leads = true, .modules = &module, .n_modules = 1, .looks = 5};
    view.words[KZ_WORD_OK] = 1;
    back_code = KZ_OK;
    off_done = back_done = NULL;
    c = kz_commands_new(&f.env, &engine, &out);
}

static void end(void)
{
    kz_commands_free(c);
    kz_buf_done(&said);
    kz_arena_free(a);
    fake_done(&f);
}

TestSuite(commands, .init = begin, .fini = end);

/* rest: "annotations":{...},... without the braces of the object. */
static void see_as(bool found, const char *name, const char *annotations, const char *status)
{
    struct kz_value *obj;
    struct kz_err err;
    struct kz_str text = kz_str_printf(a, "{\"metadata\":{\"annotations\":{%s}},\"status\":{%s}}", annotations, status);
    cr_assert_eq(kz_json_read(&obj, a, text, KZ_STR("object"), &err), 0, "%s", err.frame[0]);
    const bool platform = name[0] == '\0';
    kz_commands_seen(c, &(struct kz_mirror_seen){.platform = platform, .name = kz_str(platform ? "p" : name), .found = found,
                                                  .obj = obj});
}

static void see(const char *name, const char *annotations, const char *status)
{
    see_as(false, name, annotations, status);
}

static void off(const struct kz_err *err)
{
    void (*done)(void *arg, const struct kz_err *err) = off_done;
    off_done = NULL;
    cr_assert_not_null(done);
    done(off_arg, err);
}

static void check(const char *want)
{
    cr_expect_str_eq(said.ptr, want, "want %s\n have %s", want, said.ptr);
    kz_buf_clear(&said);
}

Test(commands, a_pause_stands_until_it_is_taken_back)
{
    see("web", "\"kubezero.com/pause\":\"es upgrade\"", "");
    check("reply web pause taken; steer web: pause=es upgrade; ");
    see("web", "\"kubezero.com/pause\":\"es upgrade\",\"other\":\"x\"", "");
    check("");
    see("web", "\"kubezero.com/pause\":\"more\"", "");
    check("reply web pause taken; steer web: pause=more; ");
    see("web", "", "");
    check("reply web pause ended; steer web:; ");
    see("", "\"kubezero.com/pause\":\"all\"", "");
    check("reply platform p pause taken; steer : pause=all; ");
}

Test(commands, a_pause_ends_in_time)
{
    char until[KZ_TIME_TEXT];
    kz_time_text(until, kz_env_wall(&f.env) + 90 * KZ_NS_PER_SEC);
    struct kz_str text = kz_str_printf(a, "\"kubezero.com/pause\":\"{\\\"reason\\\":\\\"r\\\",\\\"until\\\":\\\"%s\\\"}\"", until);
    see("web", text.ptr, "");
    check("reply web pause taken; steer web: pause=r; ");
    fake_run(&f, 80 * KZ_NS_PER_SEC);
    check("");
    fake_run(&f, 11 * KZ_NS_PER_SEC);
    cr_expect(kz_str_starts(kz_buf_str(&said), KZ_STR("reply web pause ended; steer web:; off pause={")), "%s", said.ptr);
    kz_buf_clear(&said);
    off(NULL);
    see("web", "", "");
    check("");
}

Test(commands, what_was_answered_before_is_not_answered_again)
{
    see_as(true, "web", "\"kubezero.com/pause\":\"x\"", "\"command\":{\"name\":\"pause\",\"value\":\"x\",\"result\":\"taken\"}");
    check("steer web: pause=x; ");
    see("shop", "\"kubezero.com/pause\":\"x\"", "\"command\":{\"name\":\"pause\",\"value\":\"x\",\"result\":\"taken\"}");
    check("reply shop pause taken; steer shop: pause=x; "); /* the same once more, after it was taken back */
    see_as(true, "api", "\"kubezero.com/pause\":\"{\"", "\"command\":{\"name\":\"pause\",\"value\":\"{\",\"result\":\"refused\"}");
    check("");
}

Test(commands, wrong_ones_are_refused)
{
    see("web", "\"kubezero.com/pause\":\"{\"", "");
    check("reply web pause refused; ");
    see("web", "", "");
    check("reply web pause ended; "); /* who resumes it waits for an answer */
    see("web", "\"kubezero.com/override-window\":\"\"", "");
    check("reply web override-window refused; off override-window=; ");
    off(NULL);
    see("api", "\"kubezero.com/approve\":\"yes\"", "");
    check("reply api approve refused; off approve=yes; ");
    off(NULL);
    see("", "\"kubezero.com/approve\":\"{\\\"set\\\":\\\"" SET "\\\"}\"", "");
    check("reply platform p approve refused; off approve={\"set\":\"" SET "\"}; ");
    off(NULL);
    see("", "\"kubezero.com/rollback\":\"previous\"", "");
    off(NULL);
    check("off rollback=previous; reply platform p rollback refused; ");
}

Test(commands, once_is_once)
{
    see("web", "\"kubezero.com/rollback\":\"4be\"", "");
    check("off rollback=4be; ");
    see("web", "\"kubezero.com/rollback\":\"4be\"", ""); /* not gone yet */
    check("");
    off(NULL);
    check("back web '4be'; ");
    see("web", "", "");
    back_done(back_arg, NULL);
    check("reply web rollback taken; ");
    see("web", "\"kubezero.com/rollback\":\"previous\"", "");
    off(NULL);
    check("off rollback=previous; back web ''; ");
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_NOTFOUND, "no such revision");
    back_done(back_arg, &err);
    check("reply web rollback refused; ");
    cr_expect_str_eq(message, "no such revision");
    back_code = KZ_E_CONFLICT;
    see("web", "\"kubezero.com/rollback\":\"b\"", "");
    off(NULL);
    check("off rollback=b; back web 'b'; reply web rollback busy; ");
}

Test(commands, one_that_changes_while_it_is_taken_off)
{
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_CONFLICT, "the test failed");
    see("web", "\"kubezero.com/rollback\":\"a\"", "");
    see("web", "\"kubezero.com/rollback\":\"b\"", "");
    check("off rollback=a; ");
    off(&err);
    check("off rollback=b; ");
    off(NULL);
    check("back web 'b'; ");
}

/* The answer of the server comes after the news of the watch, and the same was said once more by then. */
Test(commands, the_same_again_while_it_is_taken_off)
{
    see("web", "\"kubezero.com/sync\":\"now\"", "");
    see("web", "", "");
    see("web", "\"kubezero.com/sync\":\"now\"", "");
    check("off sync=now; ");
    off(NULL);
    check("sync web; reply web sync taken; off sync=now; ");
    off(NULL);
    check("sync web; reply web sync taken; ");
    see("web", "\"kubezero.com/approve\":\"yes\"", "");
    see("web", "", "");
    see("web", "\"kubezero.com/approve\":\"yes\"", "");
    check("reply web approve refused; off approve=yes; reply web approve refused; ");
    off(NULL);
    check("off approve=yes; ");
    off(NULL);
    see("web", "", "");
    check("");
}

Test(commands, one_that_may_not_be_taken_off_is_not_done)
{
    struct kz_err err;
    (void)kz_fail(&err, KZ_E_DENIED, "no");
    see("web", "\"kubezero.com/sync\":\"now\"", "");
    check("off sync=now; ");
    off(&err);
    check("");
    fake_run(&f, 6 * KZ_NS_PER_SEC);
    check("off sync=now; ");
    off(NULL);
    check("sync web; reply web sync taken; ");
}

Test(commands, a_sync_is_done_after_a_look_at_the_source)
{
    view.looking = true; /* one that may have asked before the push */
    see("web", "\"kubezero.com/sync\":\"now\"", "");
    off(NULL);
    check("off sync=now; sync web; reply web sync taken; ");
    view.looks = 6;
    view.looking = false;
    fake_run(&f, KZ_NS_PER_SEC);
    check("");
    view.looks = 7;
    view.settled = false;
    fake_run(&f, KZ_NS_PER_SEC);
    check("");
    view.settled = true;
    fake_run(&f, KZ_NS_PER_SEC);
    check("reply web sync done; ");
    cr_expect_str_eq(message, "ok at revision new");
    module.word = KZ_WORD_FAIL;
    module.note = KZ_STR("it broke");
    see("web", "\"kubezero.com/sync\":\"again\"", "");
    off(NULL);
    view.looks = 8;
    fake_run(&f, KZ_NS_PER_SEC);
    check("off sync=again; sync web; reply web sync taken; reply web sync failed; ");
    module.word = KZ_WORD_HELD;
    see("web", "\"kubezero.com/sync\":\"more\"", "");
    off(NULL);
    view.looks = 9;
    fake_run(&f, KZ_NS_PER_SEC);
    check("off sync=more; sync web; reply web sync taken; reply web sync held; ");
    see("none", "\"kubezero.com/sync\":\"now\"", "");
    off(NULL);
    check("off sync=now; sync none; reply none sync refused; ");
}

/* Whoever led before has taken it; the annotation is off. */
Test(commands, a_sync_is_taken_up_by_who_leads_next)
{
    const char *const others[] = {"\"name\":\"sync\",\"value\":\"now\",\"result\":\"done\"",
                                  "\"name\":\"rollback\",\"value\":\"previous\",\"result\":\"taken\""};
    const char *const sync = "\"command\":{\"name\":\"sync\",\"value\":\"now\",\"result\":\"taken\"}";
    for (size_t i = 0; i < kz_countof(others); i++) {
        see_as(true, "web", "", kz_cstr(a, kz_str_printf(a, "\"command\":{%s}", others[i])));
        check("");
    }
    see("web", "", sync); /* this process has answered so itself */
    check("");
    see_as(true, "web", "", sync);
    check("sync web; reply web sync taken; ");
    see_as(true, "web", "", sync); /* it is at it */
    check("");
    view.looks = 6;
    kz_commands_looked(c, &view);
    check("reply web sync done; ");
}

/* The annotation as it is written, with the quotes of JSON in JSON. */
#define SOME(what) "\"kubezero.com/sync\":\"{\\\"objects\\\":[\\\"" what "\\\"]}\""

Test(commands, a_sync_of_objects_is_done_when_the_engine_says_so)
{
    struct kz_err err;
    see("web", SOME("cm/a"), "");
    off(NULL);
    check("off sync={\"objects\":[\"cm/a\"]}; some web cm/a; reply web sync taken; ");
    view.looks = 9;
    fake_run(&f, KZ_NS_PER_SEC);
    check("");
    see("web", "", "");
    see("web", SOME("cm/b"), "");
    off(NULL);
    check("off sync={\"objects\":[\"cm/b\"]}; reply web sync busy; ");
    some_done(some_arg, 3, 1, NULL);
    check("reply web sync done; ");
    cr_expect_str_eq(message, "3 objects are as in git, 1 written");
    see("web", "", "");
    see("web", SOME("cm/c"), "");
    off(NULL);
    (void)kz_fail(&err, KZ_E_TIMEOUT, "it is not healthy");
    some_done(some_arg, 3, 1, &err);
    check("off sync={\"objects\":[\"cm/c\"]}; some web cm/c; reply web sync taken; reply web sync failed; ");
    cr_expect_str_eq(message, "it is not healthy");
    back_code = KZ_E_INVALID;
    see("web", "", "");
    see("web", SOME("cm/d"), "");
    off(NULL);
    check("off sync={\"objects\":[\"cm/d\"]}; some web cm/d; reply web sync refused; ");
    see("", SOME("cm/d"), "");
    off(NULL);
    check("off sync={\"objects\":[\"cm/d\"]}; reply platform p sync refused; ");
    cr_expect_str_eq(message, "objects are of one module: put it on the Module");
    see("web", "\"kubezero.com/sync\":\"now\"", ""); /* the next one is of the whole again */
    off(NULL);
    check("off sync=now; sync web; reply web sync taken; ");
}

Test(commands, an_approval_is_of_the_newest_set)
{
    module.word = KZ_WORD_HELD;
    module.revision = KZ_STR("old");
    module.set = (struct kz_hash){0}; /* not rendered yet */
    see("web", "\"kubezero.com/approve\":\"{\\\"set\\\":\\\"" SET "\\\"}\"", "");
    fake_run(&f, KZ_NS_PER_SEC);
    check("steer web: approved; ");
    module.set = (struct kz_hash){1, 2};
    fake_run(&f, KZ_NS_PER_SEC);
    check("reply web approve taken; ");
    module.word = KZ_WORD_OK; /* it stands on the old one still */
    fake_run(&f, KZ_NS_PER_SEC);
    check("");
    module.revision = KZ_STR("new");
    fake_run(&f, KZ_NS_PER_SEC);
    check("reply web approve done; steer web:; off approve={\"set\":\"" SET "\"}; ");
    off(NULL);
    /* one that was taken by a process before us: what is newest is not known at once */
    see_as(true, "web", "\"kubezero.com/approve\":\"{\\\"set\\\":\\\"" SET "\\\"}\"",
           "\"command\":{\"name\":\"approve\",\"value\":\"{\\\"set\\\":\\\"" SET "\\\"}\",\"result\":\"taken\"}");
    module.set = (struct kz_hash){7, 7};
    view.settled = false;
    fake_run(&f, KZ_NS_PER_SEC);
    check("steer web: approved; ");
    view.settled = true;
    fake_run(&f, KZ_NS_PER_SEC);
    check("reply web approve ended; steer web:; off approve={\"set\":\"" SET "\"}; ");
    off(NULL);
    see("web", "\"kubezero.com/approve\":\"{\\\"set\\\":\\\"" SET "\\\", \\\"by\\\":\\\"ann\\\"}\"", "");
    fake_run(&f, KZ_NS_PER_SEC);
    cr_expect(kz_str_has(kz_buf_str(&said), KZ_STR("reply web approve refused; steer web:; off approve=")), "%s", said.ptr);
    cr_expect_str_eq(message, "the newest set is 00000000000000070000000000000007 of revision new");
}

Test(commands, an_override_ends_with_its_revision)
{
    see("web", "\"kubezero.com/override-window\":\"{\\\"reason\\\":\\\"it burns\\\",\\\"revision\\\":\\\"new\\\"}\"", "");
    check("reply web override-window taken; steer web: override=it burns; ");
    kz_commands_looked(c, &view);
    check("");
    view.revision = KZ_STR("newer still");
    view.revision = KZ_STR("other");
    kz_commands_looked(c, &view);
    cr_expect(kz_str_starts(kz_buf_str(&said), KZ_STR("reply web override-window ended; steer web:; off override-window={")),
              "%s", said.ptr);
}
