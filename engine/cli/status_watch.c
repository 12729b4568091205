/* SPDX-License-Identifier: Apache-2.0
 *
 * A watch on the ConfigMap tells of changes; a timer draws, at most ten times a second, and once a second because
 * ages grow. */
#include "cli/status_watch.h"
#include "cli/screen.h"
#include "cli/status_news.h"
#include "kube/watch.h"
#include "report/status.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum { DRAW_MS = 100, AGE_MS = 1000, TROUBLE_SEC = 90, DOC_BYTES = 256 << 20 };

struct watching {
    struct kz_look *l;
    struct kz_watch *watch;
    struct kz_arena *arena; /* of doc */
    const struct kz_value *doc;
    struct kz_err err; /* code 0: none; ends it */
    struct kz_screen screen;
    struct kz_news *news;
    bool live;                 /* redrawn in place */
    bool dirty;                /* there is news that is not shown */
    char trouble[KZ_ERR_TEXT]; /* why nothing newer comes; "": it would */
    int64_t troubled;          /* mono ns: when that was said last */
    size_t width;              /* of the last picture */
    uint64_t timer;
    int64_t drawn; /* mono ns */
};

static void stop(struct watching *w, const struct kz_err *err)
{
    w->err = *err;
    kz_loop_stop(kz_app_loop(w->l->app));
}

static size_t height(void)
{
    struct winsize size = {0};
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

/* The choice is looked at each time: a module may come later, but a word that never was one is an error. */
static bool choose(struct watching *w, struct kz_arena *a, struct kz_value **modules)
{
    struct kz_err err;
    const struct kz_look now = {.app = w->l->app, .args = w->l->args, .arena = a, .status = w->doc};
    if (kz_look_choose(modules, &now, kz_args_str(w->l->args, "state"), &err) >= 0)
        return true;
    if (w->drawn == 0)
        stop(w, &err);
    *modules = kz_value_list(a);
    return w->drawn != 0;
}

static void add_trouble(struct kz_buf *b, const struct watching *w)
{
    if (w->trouble[0] == '\0')
        return;
    kz_buf_puts(b, "stale: ");
    kz_text_add(b, kz_str(w->trouble));
    kz_buf_putc(b, '\n');
}

static void add_lines(struct watching *w, struct kz_buf *out, struct kz_arena *a, struct kz_value *modules)
{
    struct kz_page page = kz_status_paper(w->l);
    if (w->trouble[0] != '\0' && kz_status_for_people(w->l->args))
        add_trouble(out, w);
    if (w->trouble[0] != '\0')
        return;
    if (!kz_status_for_people(w->l->args))
        kz_status_print(out, a, w->l, w->doc, modules, &page);
    else
        kz_news_tell(out, w->news, w->doc, modules);
    if (out->len > 0 && out->ptr[out->len - 1] != '\n')
        kz_buf_putc(out, '\n');
}

static void draw(struct watching *w)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(DOC_BYTES);
    kz_autobuf struct kz_buf picture = KZ_BUF(16 << 20), out = KZ_BUF(32 << 20);
    struct kz_page page = kz_status_paper(w->l);
    struct kz_value *modules;
    struct kz_err err;
    if (w->doc == NULL || !choose(w, a, &modules))
        return;
    if (w->live) {
        kz_status_print(&picture, a, w->l, w->doc, modules, &page);
        add_trouble(&picture, w);
        kz_screen_draw(&out, &w->screen, kz_buf_str(&picture), height(), page.width != w->width);
        w->width = page.width;
    } else {
        add_lines(w, &out, a, modules);
    }
    w->drawn = kz_env_mono(kz_app_env(w->l->app));
    w->dirty = false;
    if (kz_cli_out(&out, &err) < 0)
        stop(w, &err);
}

static void on_timer(void *arg, uint64_t id);

static void later(struct watching *w, int64_t ms)
{
    const struct kz_env *env = kz_app_env(w->l->app);
    kz_env_timer_stop(env, &w->timer);
    w->timer = kz_env_timer(env, ms * KZ_NS_PER_MS, on_timer, w);
}

static void on_timer(void *arg, uint64_t id)
{
    struct watching *w = arg;
    (void)id;
    w->timer = 0;
    /* A watch that goes on where it was does not say so. */
    if (kz_env_mono(kz_app_env(w->l->app)) - w->troubled > TROUBLE_SEC * KZ_NS_PER_SEC)
        w->trouble[0] = '\0';
    if (w->dirty || w->live)
        draw(w);
    if (w->live)
        later(w, AGE_MS);
}

static void draw_soon(struct watching *w)
{
    const int64_t since = (kz_env_mono(kz_app_env(w->l->app)) - w->drawn) / KZ_NS_PER_MS;
    w->dirty = true;
    later(w, since >= DRAW_MS ? 0 : DRAW_MS - since);
}

static void take(struct watching *w, const struct kz_value *configmap)
{
    struct kz_arena *a = kz_arena_new(DOC_BYTES);
    struct kz_value *list = kz_value_list(a);
    const struct kz_value *doc = NULL;
    struct kz_err err;
    kz_value_push(a, list, kz_value_copy(a, configmap));
    if (kz_look_pick(&doc, w->l, a, list, &err) < 0) { /* another platform's, or not one that we can read */
        kz_arena_free(a);
        return;
    }
    if (w->doc != NULL && !kz_str_eq(kz_value_path_str(doc, "platform"), kz_value_path_str(w->doc, "platform"))) {
        (void)kz_fail(&err, KZ_E_INVALID, "there are several platforms: " KZ_FMT ", " KZ_FMT,
                      KZ_ARG(kz_value_path_str(w->doc, "platform")), KZ_ARG(kz_value_path_str(doc, "platform")));
        (void)kz_err_hint(&err, "choose one with --platform NAME");
        stop(w, &err);
    }
    kz_arena_free(w->arena);
    w->arena = a;
    w->doc = doc;
    w->trouble[0] = '\0';
    draw_soon(w);
}

static void set_trouble(struct watching *w, const struct kz_err *err)
{
    char line[KZ_ERR_TEXT] = "";
    if (err != NULL)
        (void)kz_err_line(line, sizeof line, err);
    w->troubled = kz_env_mono(kz_app_env(w->l->app));
    if (strcmp(line, w->trouble) == 0)
        return;
    memcpy(w->trouble, line, sizeof w->trouble);
    draw_soon(w);
}

static void on_event(void *arg, struct kz_watch *watch, enum kz_watch_event ev, const struct kz_value *obj,
                     const struct kz_err *err)
{
    struct watching *w = arg;
    (void)watch;
    if (ev == KZ_WATCH_OBJECT)
        take(w, obj);
    else if (ev == KZ_WATCH_ERROR && w->doc == NULL)
        stop(w, err);
    if (ev == KZ_WATCH_ERROR || ev == KZ_WATCH_SYNCED) /* it goes on by itself */
        set_trouble(w, ev == KZ_WATCH_ERROR ? err : NULL);
}

int kz_status_watch(struct kz_look *l, struct kz_err *err)
{
    struct watching w = {
        .l = l, .news = kz_news_new(), .live = kz_args_live(l->args, STDOUT_FILENO) && kz_status_for_people(l->args)};
    int rc = kz_look_status(l, 0, err); /* says what is wrong where there is nothing to watch */
    if (rc >= 0)
        rc = kz_query_discover(l->app, 0, err);
    if (rc >= 0) {
        kz_screen_init(&w.screen);
        w.watch = kz_watch_open(kz_app_kube(l->app), KZ_STR(""), KZ_STR("ConfigMap"), l->ns, KZ_STR(KZ_STATUS_LABEL),
                                on_event, &w);
        kz_loop_run(kz_app_loop(l->app));
        kz_env_timer_stop(kz_app_env(l->app), &w.timer);
        kz_watch_close(w.watch);
        kz_screen_done(&w.screen);
        if (w.err.code != KZ_OK)
            *err = w.err;
        rc = -(int)w.err.code;
    }
    kz_news_free(w.news);
    kz_arena_free(w.arena);
    return rc;
}
