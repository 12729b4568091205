/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/follow.h"
#include "base/clock.h"
#include "base/map.h"
#include "cli/color.h"

#include <unistd.h>

enum { LIVE_ROWS = 12, ARENA = 64 << 20, NOTE = 200 };

struct seen { /* of one module, as last printed */
    enum kz_word word;
    char note[NOTE];
    char name[];
};

struct kz_follow {
    int fd;
    bool live, silent, color;
    size_t width;
    size_t drawn;          /* lines on the screen that the next picture replaces */
    struct kz_map modules; /* name -> struct seen * */
    char source[NOTE];     /* last trouble of the source */
};

static const enum kz_tone tones[KZ_WORD_COUNT_] = {
    [KZ_WORD_OK] = KZ_TONE_OK,     [KZ_WORD_RUN] = KZ_TONE_RUN,   [KZ_WORD_WAIT] = KZ_TONE_WAIT,
    [KZ_WORD_HELD] = KZ_TONE_WAIT, [KZ_WORD_FAIL] = KZ_TONE_FAIL, [KZ_WORD_DRIFT] = KZ_TONE_DRIFT,
    [KZ_WORD_SKIP] = KZ_TONE_DIM,  [KZ_WORD_BACK] = KZ_TONE_WAIT, [KZ_WORD_UNKNOWN] = KZ_TONE_DIM,
    [KZ_WORD_PAUSED] = KZ_TONE_DIM};

enum { PROGRESS_AUTO, PROGRESS_LIVE, PROGRESS_LINES, PROGRESS_NONE }; /* words of --progress */

static bool live_on(unsigned how, int fd)
{
    const char *term = getenv("TERM");
    if (how != PROGRESS_AUTO)
        return how == PROGRESS_LIVE;
    return isatty(fd) == 1 && term != NULL && strcmp(term, "dumb") != 0;
}

struct kz_follow *kz_follow_new(const struct kz_args *args, int fd)
{
    struct kz_follow *f = calloc(1, sizeof *f);
    bool terminal;
    kz_assert(f != NULL);
    f->fd = fd;
    f->width = kz_term_width(fd, &terminal);
    f->color = kz_color_for((enum kz_color_when)kz_args_word(args, "color"), fd);
    f->live = live_on(kz_args_word(args, "progress"), fd);
    f->silent = kz_args_word(args, "progress") == PROGRESS_NONE;
    kz_map_init(&f->modules);
    return f;
}

void kz_follow_free(struct kz_follow *f)
{
    const struct kz_map_slot *s;
    if (f == NULL)
        return;
    for (size_t i = 0; (s = kz_map_next(&f->modules, &i)) != NULL;)
        free(s->val);
    kz_map_done(&f->modules);
    free(f);
}

static void flush(struct kz_follow *f, struct kz_buf *b)
{
    size_t at = 0;
    while (!kz_buf_bad(b) && at < b->len) {
        ssize_t n = write(f->fd, b->ptr + at, b->len - at);
        if (n <= 0)
            return; /* progress that nobody can see must not stop the sync */
        at += (size_t)n;
    }
}

static struct seen *seen_of(struct kz_follow *f, struct kz_str name)
{
    struct seen *s = kz_map_find(&f->modules, name);
    if (s != NULL)
        return s;
    s = calloc(1, sizeof *s + name.len + 1);
    kz_assert(s != NULL);
    memcpy(s->name, name.ptr, name.len);
    s->word = KZ_WORD_COUNT_;
    (void)kz_map_put(&f->modules, kz_str_n(s->name, name.len), s);
    return s;
}

/* ---- lines ------------------------------------------------------------------------------------- */

static void add_line(struct kz_buf *b, const struct kz_module_view *v, int64_t now)
{
    char time[KZ_TIME_TEXT], took[KZ_TIME_TEXT];
    kz_time_text(time, now);
    kz_duration_text(took, v->took);
    kz_buf_printf(b, "%s %-7s " KZ_FMT, time, kz_word_name(v->word), KZ_ARG(v->name));
    if (v->word == KZ_WORD_OK)
        kz_buf_printf(b, " objects=%zu applied=%zu removed=%zu time=%s", v->objects, v->applied, v->removed, took);
    if (v->note.len > 0) {
        kz_buf_puts(b, "  ");
        kz_text_add(b, v->note);
    }
    kz_buf_putc(b, '\n');
}

static void show_lines(struct kz_follow *f, struct kz_buf *b, const struct kz_engine_view *v, int64_t now)
{
    for (size_t i = 0; i < v->n_modules; i++) {
        const struct kz_module_view *m = &v->modules[i];
        struct seen *s = seen_of(f, m->name);
        bool news = s->word != m->word ||
                    (m->word != KZ_WORD_RUN && strncmp(s->note, m->note.ptr == NULL ? "" : m->note.ptr,
                                                       m->note.len < NOTE - 1 ? m->note.len + 1 : NOTE - 1) != 0);
        if (!news || m->word == KZ_WORD_UNKNOWN)
            continue;
        s->word = m->word;
        (void)snprintf(s->note, sizeof s->note, KZ_FMT, KZ_ARG(m->note));
        add_line(b, m, now);
    }
}

static void show_source(struct kz_follow *f, struct kz_buf *b, const struct kz_engine_view *v, int64_t now)
{
    char time[KZ_TIME_TEXT], line[NOTE] = "";
    if (v->source_err != NULL)
        (void)kz_err_line(line, sizeof line, v->source_err);
    if (strcmp(line, f->source) == 0)
        return;
    memcpy(f->source, line, sizeof line);
    if (line[0] == '\0' || f->live)
        return;
    kz_time_text(time, now);
    kz_buf_printf(b, "%s stale   source  ", time);
    kz_text_add(b, kz_str(line));
    kz_buf_putc(b, '\n');
}

/* ---- the live picture ---------------------------------------------------------------------------- */

static void add_row(struct kz_follow *f, struct kz_buf *b, const struct kz_module_view *v, size_t name_width)
{
    char word[16];
    size_t left = f->width - 2 - 8 - name_width - 2;
    (void)snprintf(word, sizeof word, "%-7s", kz_word_name(v->word));
    kz_buf_puts(b, "  ");
    kz_color_add(b, f->color, tones[v->word], kz_str(word));
    kz_buf_putc(b, ' ');
    kz_text_add(b, v->name);
    kz_buf_fill(b, ' ', name_width - (v->name.len < name_width ? v->name.len : name_width) + 2);
    if (v->note.len > 0)
        kz_text_add(b, kz_str_head(v->note, left));
    else if (v->word == KZ_WORD_OK)
        kz_buf_printf(b, "%zu objects, %zu applied", v->objects, v->applied);
    kz_buf_putc(b, '\n');
}

static size_t name_width(const struct kz_engine_view *v)
{
    size_t w = 8;
    for (size_t i = 0; i < v->n_modules; i++)
        w = v->modules[i].name.len > w && v->modules[i].name.len <= 32 ? v->modules[i].name.len : w;
    return w;
}

static void add_bar(struct kz_buf *b, const struct kz_engine_view *v)
{
    size_t healthy = 0;
    enum { CELLS = 28 };
    for (size_t i = 0; i < v->n_modules; i++)
        healthy += v->modules[i].healthy;
    size_t full = v->objects == 0 ? 0 : healthy * CELLS / v->objects;
    kz_buf_puts(b, "  [");
    kz_buf_fill(b, '#', full);
    kz_buf_fill(b, '.', CELLS - full);
    kz_buf_printf(b, "] %zu of %zu objects healthy, %zu of %zu modules ok\n", healthy, v->objects,
                  v->words[KZ_WORD_OK], v->n_modules);
}

/* What moves comes first; what is fine only when there is room. */
static void draw(struct kz_follow *f, struct kz_buf *b, const struct kz_engine_view *v, bool all)
{
    size_t rows = 0, width = name_width(v), hidden = 0;
    if (f->drawn > 0)
        kz_buf_printf(b, "\033[%zuA\033[J", f->drawn);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < v->n_modules; i++) {
            bool calm = v->modules[i].word == KZ_WORD_OK || v->modules[i].word == KZ_WORD_UNKNOWN;
            if (calm != (pass == 1))
                continue;
            if (!all && rows >= LIVE_ROWS) {
                hidden++;
                continue;
            }
            add_row(f, b, &v->modules[i], width);
            rows++;
        }
    if (hidden > 0)
        kz_buf_printf(b, "          %zu more\n", hidden);
    add_bar(b, v);
    f->drawn = rows + (hidden > 0) + 1;
}

static void show(struct kz_follow *f, const struct kz_engine *e, int64_t now, bool last)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(ARENA);
    kz_autobuf struct kz_buf b = KZ_BUF(4 << 20);
    struct kz_engine_view v;
    if (f->silent)
        return;
    kz_engine_look(&v, a, e);
    show_source(f, &b, &v, now);
    if (!f->live)
        show_lines(f, &b, &v, now);
    else if (v.n_modules > 0)
        draw(f, &b, &v, last && v.n_modules <= 40);
    flush(f, &b);
}

void kz_follow_show(struct kz_follow *f, const struct kz_engine *e, int64_t now)
{
    show(f, e, now, false);
}

void kz_follow_end(struct kz_follow *f, const struct kz_engine *e, int64_t now)
{
    show(f, e, now, true);
    f->drawn = 0;
}
