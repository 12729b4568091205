/* SPDX-License-Identifier: Apache-2.0
 *
 * What a plan shows of values that were generated, and of Secrets: never the value. The server is the test. */
#include "rig.h"
#include "value/json.h"

#include <criterion/criterion.h>

#define CM     "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"namespace\":\"shop\"},\"data\":"
#define SECRET "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"a\",\"namespace\":\"shop\"},\"data\":"

static struct rig r;

static const struct row {
    const char *name, *wanted;
    const char *live;   /* NULL: there is none */
    const char *answer; /* to the dry run; NULL: as wanted; "": refused */
    bool forbidden;     /* the key of generated values may not be read */
    const char *want;   /* the diff */
} rows[] = {
    {"new", CM "{\"p\":\"hunter2\",\"q\":\"1\"}}", NULL, NULL, false, "+ data\n    p: (generated)\n    q: \"1\"\n"},
    {"the same", CM "{\"p\":\"hunter2\",\"q\":\"1\"}}", CM "{\"p\":\"hunter2\",\"q\":\"1\"}}", NULL, false, ""},
    {"another one", CM "{\"p\":\"hunter2\",\"q\":\"1\"}}", CM "{\"p\":\"hunter1\",\"q\":\"1\"}}", NULL, false,
     "~ data.p  (hidden) -> (generated)\n"},
    {"there was none", CM "{\"p\":\"hunter2\",\"q\":\"1\"}}", CM "{\"q\":\"1\"}}", NULL, false, "+ data.p  (generated)\n"},
    {"other fields are shown", CM "{\"p\":\"hunter2\",\"q\":\"1\"}}", CM "{\"p\":\"hunter2\",\"q\":\"2\"}}", NULL, false,
     "~ data.q  2 -> 1\n"},
    {"copied by the server", CM "{\"p\":\"hunter2\",\"q\":\"1\"}}", CM "{\"p\":\"hunter2\",\"q\":\"1\"}}",
     CM "{\"p\":\"hunter2\",\"q\":\"1\",\"r\":\"hunter2\"}}", false, "+ data.r  (generated)\n"},
    {"refused by the server", CM "{\"p\":\"hunter2\",\"q\":\"1\"}}", CM "{\"p\":\"hunter1\",\"q\":\"2\"}}", "", false,
     "~ data.p  (hidden) -> (generated)\n~ data.q  2 -> 1\n"},
    {"without the key it is taken to stay", CM "{\"p\":\"hunter2\",\"q\":\"1\"}}", CM "{\"p\":\"hunter1\",\"q\":\"1\"}}", NULL, true, ""},
    {"in a Secret", SECRET "{\"p\":\"aHVudGVyMg==\",\"q\":\"YQ==\"}}", SECRET "{\"p\":\"aHVudGVyMQ==\",\"q\":\"YQ==\"}}", NULL, false,
     "~ data.p  #.... -> (generated)\n"},
    {"a Secret's other values", SECRET "{\"p\":\"aHVudGVyMg==\",\"q\":\"YQ==\"}}",
     SECRET "{\"p\":\"aHVudGVyMg==\",\"q\":\"Yg==\"}}", NULL, false, "~ data.q  #.... -> #....\n"},
    {"a new Secret", SECRET "{\"p\":\"aHVudGVyMg==\",\"q\":\"YQ==\"}}", NULL, NULL, false,
     "+ data\n    p: (generated)\n    q: '#....'\n"},
};

static void nothing(void *arg, const struct kz_err *err)
{
    (void)arg;
    (void)err;
}

static struct kz_mod *begin(const struct row *row, struct kz_module *spec)
{
    static const struct kz_str paths[] = {KZ_STR_INIT("/data/p")};
    const struct kz_want_row text = {.json = kz_str(row->wanted)};
    struct kz_err err;
    rig_init(&r, &(struct kz_engine_options){.mode = KZ_MODE_PLAN});
    rig_store(&r, NULL, 0);
    r.e->seed = kz_seed_new(&r.f.env, r.kube, &(struct kz_seed_options){.ns = KZ_STR("kz"), .platform = KZ_STR("p"), .read_only = true});
    if (row->forbidden) {
        kz_seed_want(r.e->seed, false, nothing, NULL);
        fake_answer(&r.f, "GET /api/v1/namespaces/kz/secrets/kzsync-seed-p", 403, rig_forbidden);
        fake_run(&r.f, 0);
    }
    *spec = (struct kz_module){.name = KZ_STR("m"), .prune = true, .enabled = true, .concurrency = 4};
    struct kz_mod *m = rig_mod(&r, "m", spec);
    cr_assert_eq(kz_want_restore(&m->want, KZ_STR("4be91d2"), KZ_STR(""), (struct kz_hash){7, 7}, &text, 1, &err), 0, "%s", err.frame[0]);
    m->want->at[0].generated = paths;
    m->want->at[0].n_generated = 1;
    m->steps = calloc(2, sizeof *m->steps);
    m->steps[0].o = &m->want->at[0];
    return m;
}

/* Random by design: "#a81f" as "#....". */
static void blot(struct kz_buf *b)
{
    for (size_t i = 0; i + 4 < b->len; i++)
        if (b->ptr[i] == '#')
            memset(b->ptr + i + 1, '.', 4);
}

Test(plan_only, what_is_shown_of_generated_values)
{
    for (size_t i = 0; i < kz_countof(rows); i++) {
        const struct row *row = &rows[i];
        struct kz_module spec;
        struct kz_mod *m = begin(row, &spec);
        kz_mod_plan(m);
        while (!fake_has(&r.f, "/configmaps/a") && !fake_has(&r.f, "/secrets/a")) /* its namespace, its schema */
            fake_answer(&r.f, "GET ", 404, rig_missing);
        if (row->live == NULL)
            fake_answer(&r.f, "GET ", 404, rig_missing);
        else
            fake_answer(&r.f, "GET ", 200, row->live);
        if (row->live != NULL && row->answer != NULL && row->answer[0] == '\0')
            fake_answer(&r.f, "PATCH ", 403, rig_forbidden);
        else if (row->live != NULL)
            fake_answer(&r.f, "PATCH ", 200, row->answer == NULL ? row->wanted : row->answer);
        fake_run(&r.f, 0);
        cr_assert(m->planned, "%s", row->name);
        kz_autobuf struct kz_buf b = KZ_BUF(1 << 16);
        kz_diff_text(&b, &m->plan->steps[0].diff, 0, false);
        kz_buf_putc(&b, '\0');
        blot(&b);
        cr_expect_str_eq(b.ptr, row->want, "%s:\n%s", row->name, b.ptr);
        cr_expect_null(strstr(b.ptr, "hunter"), "%s: %s", row->name, b.ptr);
        cr_expect_null(strstr(b.ptr, "aHVudGVy"), "%s: %s", row->name, b.ptr);
        rig_done(&r);
    }
}
