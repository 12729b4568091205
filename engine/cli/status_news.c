/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/status_news.h"
#include "base/hash.h"
#include "base/map.h"
#include "cli/words.h"
#include "spec/revision.h"

enum { STATE = 8 }; /* columns */

struct told {
    struct kz_hash state, note, revision;
    unsigned round; /* in which it was seen last */
    size_t len;
    char name[];
};

struct kz_news {
    struct kz_map modules; /* name -> struct told * */
    unsigned round;
};

struct kz_news *kz_news_new(void)
{
    struct kz_news *n = calloc(1, sizeof *n);
    kz_assert(n != NULL);
    kz_map_init(&n->modules);
    return n;
}

void kz_news_free(struct kz_news *n)
{
    const struct kz_map_slot *slot;
    if (n == NULL)
        return;
    for (size_t i = 0; (slot = kz_map_next(&n->modules, &i)) != NULL;)
        free(slot->val);
    kz_map_done(&n->modules);
    free(n);
}

static struct told *told_of(struct kz_news *n, struct kz_str name)
{
    struct told *t = kz_map_find(&n->modules, name);
    if (t != NULL)
        return t;
    t = calloc(1, sizeof *t + name.len + 1);
    kz_assert(t != NULL);
    memcpy(t->name, name.ptr, name.len);
    t->len = name.len;
    (void)kz_map_put(&n->modules, kz_str_n(t->name, t->len), t);
    return t;
}

static void add_line(struct kz_buf *b, struct kz_str time, const struct kz_value *m)
{
    struct kz_str note = kz_value_path_str(m, "note");
    kz_text_pad(b, time, 0);
    kz_text_pad(b, kz_value_path_str(m, "state"), STATE);
    kz_text_add(b, kz_value_path_str(m, "name"));
    kz_buf_printf(b, " objects=%lld healthy=%lld", (long long)kz_value_path_int(m, "objects", 0),
                  (long long)kz_value_path_int(m, "healthy", 0));
    if (kz_value_path_str(m, "revision").len > 0)
        kz_buf_puts(b, " revision=");
    kz_text_add(b, kz_revision_short(kz_value_path_str(m, "revision")));
    if (note.len > 0) {
        kz_buf_puts(b, "  ");
        kz_text_add(b, note);
    }
    kz_buf_putc(b, '\n');
}

/* Those that this document does not have any more. */
static void tell_gone(struct kz_buf *b, struct kz_news *n, struct kz_str time)
{
    const struct kz_map_slot *slot;
    for (size_t i = 0; (slot = kz_map_next(&n->modules, &i)) != NULL;) {
        struct told *t = slot->val;
        if (t->round == n->round)
            continue;
        kz_text_pad(b, time, 0);
        kz_text_pad(b, KZ_STR("gone"), STATE);
        kz_text_add(b, kz_str_n(t->name, t->len));
        kz_buf_putc(b, '\n');
        (void)kz_map_del(&n->modules, slot->key);
        free(t);
        i = 0; /* the table may have moved */
    }
}

void kz_news_tell(struct kz_buf *b, struct kz_news *n, const struct kz_value *status, const struct kz_value *modules)
{
    struct kz_str time = kz_value_path_str(status, "time");
    n->round++;
    for (size_t i = 0; i < kz_value_len(modules); i++) {
        const struct kz_value *m = kz_value_at(modules, i);
        struct told *t = told_of(n, kz_value_path_str(m, "name"));
        const struct kz_hash state = kz_hash(kz_value_path_str(m, "state")),
                             note = kz_hash(kz_value_path_str(m, "note"));
        const struct kz_hash revision = kz_hash(kz_value_path_str(m, "revision"));
        t->round = n->round;
        if (kz_hash_eq(state, t->state) && kz_hash_eq(note, t->note) && kz_hash_eq(revision, t->revision))
            continue;
        t->state = state;
        t->note = note;
        t->revision = revision;
        add_line(b, time, m);
    }
    tell_gone(b, n, time);
}
