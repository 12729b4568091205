/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line as tables: commands, their options, examples. Parsing, --help, the man page and the
 * shell completions are made from them, so they can't disagree. stdout is data, stderr is talk.
 *
 * Knows nothing of what a command does. A command is one file cmd_<name>.c that ends in a const
 * struct kz_command; main.c lists them. */
#ifndef KZ_CLI_CLI_H
#define KZ_CLI_CLI_H

#include "base/buf.h"
#include "base/err.h"

/* Exit codes: part of the interface, listed in the man page. */
enum kz_exit {
    KZ_EXIT_OK = 0,           /* done, or no difference */
    KZ_EXIT_ERROR = 1,        /* any other error */
    KZ_EXIT_USAGE = 2,        /* the command line */
    KZ_EXIT_FAILED = 3,       /* a render, gate or apply failed */
    KZ_EXIT_HELD = 4,         /* partly held */
    KZ_EXIT_DENIED = 5,       /* not allowed */
    KZ_EXIT_BUSY = 6,         /* stale or busy */
    KZ_EXIT_UNREACHABLE = 7,  /* cluster or forge does not answer */
    KZ_EXIT_TIMEOUT = 8,
    KZ_EXIT_DIFFERENT = 10,   /* plan --exit-code, diff */
    KZ_EXIT_BUG = 70,
    KZ_EXIT_INTERRUPTED = 130,
};

enum kz_opt_type {
    KZ_OPT_FLAG,
    KZ_OPT_TEXT,
    KZ_OPT_PATH,     /* text; shells complete file names */
    KZ_OPT_INT,      /* min..max */
    KZ_OPT_DURATION, /* "10m" */
    KZ_OPT_WORD,     /* one of words */
    KZ_OPT_LIST,     /* text, may be given several times */
    KZ_OPT_MAYBE,    /* text that may be left out: --name or --name=TEXT */
};

struct kz_opt {
    const char *name;         /* without "--"; NULL ends a table */
    char letter;              /* 0: long form only */
    enum kz_opt_type type;
    const char *arg;          /* "FILE"; NULL: a word made from the type; "MODULE": completed as such */
    const char *const *words; /* ends in NULL */
    int64_t min, max;
    const char *fallback;     /* default as the user would type it; NULL: none */
    const char *help;         /* without a full stop at the end */
};

struct kz_example {
    const char *line, *text; /* line NULL ends */
};

struct kz_args;
struct kz_command {
    const char *name;
    const char *summary;      /* lower case, no full stop: "show what would change" */
    const char *args;         /* positional arguments as shown: "[PATH]"; NULL: none. Where MODULE stands in it,
                               * shells complete names of modules */
    unsigned args_min, args_max;
    const char *const *arg_words; /* what they can be, for completion; NULL: file names */
    const char *details;      /* paragraphs for --help and the man page; NULL: none */
    const struct kz_opt *options; /* NULL: only the common ones */
    const struct kz_opt *hidden;  /* more that are taken but shown nowhere; NULL: none */
    const struct kz_example *examples;
    unsigned flags;
    /* Returns an enum kz_exit, or a negative code with err filled. */
    int (*run)(const struct kz_args *args, struct kz_err *err);
};
enum {
    KZ_CMD_WORKERS = 1 << 0,  /* needs the zygote: see kz_cli.before */
    KZ_CMD_GO_FLAGS = 1 << 1, /* stands in for a program written in Go: its command line is refused in
                               * the words of pflag, and errors read "Error: ..." with exit code 1 */
    KZ_CMD_HIDDEN = 1 << 2,   /* not for people: neither listed nor suggested */
};

struct kz_cli {
    const char *program, *summary, *version;
    const struct kz_command *const *commands; /* ends in NULL */
    const char *usual;        /* command that runs without arguments, short help when it fails; NULL: help */
    /* Called when the command line is understood and before the command runs. Nothing but argv has
     * been read by then, so this is where the zygote starts (render/zygote.h). NULL: nothing. */
    int (*before)(struct kz_cli *cli, const struct kz_command *cmd, struct kz_err *err);
    void *app;                /* of main.c and the commands */
};

/* Options of every command: help, color, progress, verbose. */
extern const struct kz_opt kz_common_options[];

/* Parses, runs, prints an error. Returns the exit code of the process. */
int kz_cli_main(struct kz_cli *cli, int argc, char **argv);

/* ---- what a command reads ------------------------------------------------------------------ */
struct kz_opt_given {
    const struct kz_opt *opt;
    const char *text; /* NULL for a flag */
};
struct kz_args {
    struct kz_cli *cli;
    const struct kz_command *command;
    struct kz_opt_given *given;
    size_t n_given;
    const char **at; /* positional arguments */
    size_t n;
    bool usual;      /* the command was not named: kz_cli.usual */
};

/* name must be an option of this command or a common one; the last one given counts. Values are
 * already checked, so these can't fail. */
bool kz_args_flag(const struct kz_args *args, const char *name); /* --name, --name=true, not =false */
struct kz_str kz_args_str(const struct kz_args *args, const char *name); /* "" without a default */
int64_t kz_args_int(const struct kz_args *args, const char *name);
int64_t kz_args_duration(const struct kz_args *args, const char *name);  /* ns */
unsigned kz_args_word(const struct kz_args *args, const char *name);     /* position in words */
bool kz_args_given(const struct kz_args *args, const char *name);
const struct kz_opt *kz_args_option(const struct kz_args *args, const char *name); /* its row */
/* The i-th value of a LIST; false: there is none. */
bool kz_args_list(const struct kz_args *args, const char *name, size_t i, struct kz_str *out);
struct kz_str kz_args_pos(const struct kz_args *args, size_t i); /* "" when not given */

/* Whether progress on fd is redrawn in place: --progress live, or auto on a terminal that can move its
 * cursor. With --progress none nothing is printed at all: see kz_args_quiet. */
bool kz_args_live(const struct kz_args *args, int fd);
bool kz_args_quiet(const struct kz_args *args);

/* Writes a whole buffer to stdout. KZ_E_IO, also when the buffer went bad; EPIPE is success: the
 * reader has seen enough. */
KZ_MUST_USE int kz_cli_out(const struct kz_buf *b, struct kz_err *err);

/* ---- commands of this folder --------------------------------------------------------------- */
extern const struct kz_command kz_cmd_version, kz_cmd_completion, kz_cmd_man, kz_cmd_explain;

#endif
