/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether and how output is coloured. Colour is by meaning, eight base colours only, and laid over
 * finished text: width and alignment never depend on it. */
#ifndef KZ_CLI_COLOR_H
#define KZ_CLI_COLOR_H

#include "base/buf.h"

enum kz_tone {
    KZ_TONE_PLAIN,
    KZ_TONE_BOLD,  /* headline word */
    KZ_TONE_DIM,   /* heads of tables */
    KZ_TONE_OK,    /* green; also what is added */
    KZ_TONE_RUN,   /* cyan */
    KZ_TONE_WAIT,  /* yellow: waiting, held, changed */
    KZ_TONE_FAIL,  /* bold red */
    KZ_TONE_DEL,   /* red: what is deleted */
    KZ_TONE_DRIFT, /* magenta; also restarts */
    KZ_TONES_,
};

enum kz_color_when { KZ_COLOR_AUTO, KZ_COLOR_ALWAYS, KZ_COLOR_NEVER }; /* words of --color */

/* The facts that decide; NULL and "" are the same: not set. */
struct kz_color_facts {
    const char *no_color, *clicolor_force, *force_color, *term;
    bool terminal;
};
bool kz_color_decide(enum kz_color_when when, const struct kz_color_facts *facts);

/* The same from the environment and the descriptor. */
bool kz_color_for(enum kz_color_when when, int fd);

/* Appends text in a tone; control bytes of the text become '?', so that no text from a cluster or a
 * repository can steer the terminal. */
void kz_color_add(struct kz_buf *b, bool color, enum kz_tone tone, struct kz_str text);
void kz_text_add(struct kz_buf *b, struct kz_str text); /* without a tone */

/* Columns that a text takes: code points, which for the words that we print is the same. */
size_t kz_text_width(struct kz_str text);

/* Columns to fill: a terminal's width within 60..160; 120 for anything else (*terminal false). */
size_t kz_term_width(int fd, bool *terminal);
bool kz_term_utf8(int fd); /* box drawing and the one-column ellipsis may be used */

#endif
