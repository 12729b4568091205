/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "base/clock.h"
#include "cli/goflags.h"
#include "base/near.h"

#include <unistd.h>

static const char *const color_words[] = {"auto", "always", "never", NULL};
static const char *const progress_words[] = {"auto", "live", "lines", "none", NULL};

const struct kz_opt kz_common_options[] = {
    {.name = "help", .letter = 'h', .help = "show this help"},
    {.name = "verbose", .letter = 'v', .help = "say more: each step that led to an error"},
    {.name = "color", .type = KZ_OPT_WORD, .arg = "WHEN", .words = color_words, .fallback = "auto",
     .help = "colours; NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR are honoured"},
    {.name = "progress", .type = KZ_OPT_WORD, .arg = "HOW", .words = progress_words,
     .fallback = "auto", .help = "progress on stderr: redrawn in place, one line per event, or none"},
    {.name = NULL},
};

const struct kz_command *kz_command_find(const struct kz_cli *cli, struct kz_str name)
{
    for (size_t i = 0; cli->commands[i] != NULL; i++)
        if (kz_str_is(name, cli->commands[i]->name))
            return cli->commands[i];
    return NULL;
}

const char *kz_opt_arg(const struct kz_opt *o)
{
    static const char *const names[] = {
        [KZ_OPT_FLAG] = "",        [KZ_OPT_TEXT] = "TEXT", [KZ_OPT_PATH] = "PATH",
        [KZ_OPT_INT] = "N",        [KZ_OPT_DURATION] = "DURATION",
        [KZ_OPT_WORD] = "WORD",    [KZ_OPT_LIST] = "TEXT", [KZ_OPT_MAYBE] = "TEXT",
    };
    return o->arg != NULL ? o->arg : names[o->type];
}

/* ---- looking up ---------------------------------------------------------------------------- */

static const struct kz_opt *find_in(const struct kz_opt *table, struct kz_str name, char letter)
{
    for (; table != NULL && table->name != NULL; table++)
        if (letter != 0 ? table->letter == letter : kz_str_is(name, table->name))
            return table;
    return NULL;
}

static const struct kz_opt *find(const struct kz_args *args, struct kz_str name, char letter)
{
    const struct kz_opt *own = args->command == NULL ? NULL : args->command->options;
    const struct kz_opt *o = find_in(own, name, letter);
    if (o == NULL && args->command != NULL)
        o = find_in(args->command->hidden, name, letter);
    return o != NULL ? o : find_in(kz_common_options, name, letter);
}

bool kz_args_in_go(const struct kz_args *args)
{
    return args->command != NULL && (args->command->flags & KZ_CMD_GO_FLAGS) != 0;
}

/* "kzsync plan" */
static const char *whose(char out[128], const struct kz_args *args)
{
    (void)snprintf(out, 128, "%s%s%s", args->cli->program, args->command == NULL ? "" : " ",
                   args->command == NULL ? "" : args->command->name);
    return out;
}

static int help_hint(const struct kz_args *args, struct kz_err *err)
{
    char who[128];
    return kz_err_hint(err, "%s --help lists all options", whose(who, args));
}

static int unknown_long(const struct kz_args *args, struct kz_str name, struct kz_err *err)
{
    char who[128];
    struct kz_near near = kz_near(name);
    const struct kz_opt *tables[] = {args->command == NULL ? NULL : args->command->options,
                                     kz_common_options};
    for (size_t t = 0; t < kz_countof(tables); t++)
        for (const struct kz_opt *o = tables[t]; o != NULL && o->name != NULL; o++)
            kz_near_try(&near, kz_str(o->name));
    if (kz_args_in_go(args)) {
        (void)kz_goflags_unknown(name, err);
        return near.best.len == 0 ? help_hint(args, err)
                                  : kz_err_hint(err, "did you mean '--" KZ_FMT "'?", KZ_ARG(near.best));
    }
    (void)kz_fail(err, KZ_E_USAGE, "unknown option '--%.*s' of %s%s%.*s%s",
                  name.len > 80 ? 80 : (int)name.len, name.ptr, whose(who, args),
                  near.best.len > 0 ? ", did you mean '--" : "", KZ_ARG(near.best),
                  near.best.len > 0 ? "'?" : "");
    return help_hint(args, err);
}

static int unknown_command(const struct kz_args *args, const char *name, struct kz_err *err)
{
    struct kz_near near = kz_near(kz_str(name));
    for (size_t i = 0; args->cli->commands[i] != NULL; i++)
        if ((args->cli->commands[i]->flags & KZ_CMD_HIDDEN) == 0)
            kz_near_try(&near, kz_str(args->cli->commands[i]->name));
    (void)kz_fail(err, KZ_E_USAGE, "unknown command '%.80s'" KZ_NEAR_FMT, name, KZ_NEAR_ARGS(near));
    return kz_err_hint(err, "%s --help lists all commands", args->cli->program);
}

/* ---- values -------------------------------------------------------------------------------- */

static int check_word(const struct kz_opt *o, const char *text, struct kz_err *err)
{
    char list[KZ_ERR_HINT];
    size_t len = 0;
    struct kz_near near = kz_near(kz_str(text));
    list[0] = '\0';
    for (const char *const *w = o->words; *w != NULL; w++) {
        if (strcmp(*w, text) == 0)
            return 0;
        kz_near_try(&near, kz_str(*w));
        int n = snprintf(list + len, sizeof list - len, "%s%s", len > 0 ? ", " : "", *w);
        if (n > 0 && (size_t)n < sizeof list - len)
            len += (size_t)n;
    }
    (void)kz_fail(err, KZ_E_USAGE, "option '--%s' can't be '%.80s'" KZ_NEAR_FMT, o->name, text,
                  KZ_NEAR_ARGS(near));
    return kz_err_hint(err, "one of: %s", list);
}

static int check_value(const struct kz_opt *o, const char *text, struct kz_err *err)
{
    int64_t n;
    switch (o->type) {
    case KZ_OPT_INT:
        if (!kz_str_i64(&n, kz_str(text)))
            return kz_fail(err, KZ_E_USAGE, "option '--%s' needs a number, not '%.80s'", o->name,
                           text);
        if (o->min < o->max && (n < o->min || n > o->max))
            return kz_fail(err, KZ_E_USAGE, "option '--%s' is %lld, but must be %lld to %lld",
                           o->name, (long long)n, (long long)o->min, (long long)o->max);
        return 0;
    case KZ_OPT_DURATION:
        if (kz_duration_parse(&n, kz_str(text)))
            return 0;
        (void)kz_fail(err, KZ_E_USAGE, "option '--%s' needs a duration, not '%.80s'", o->name, text);
        return kz_err_hint(err, "write it like 30s, 10m or 1h30m");
    case KZ_OPT_WORD:
        return check_word(o, text, err);
    case KZ_OPT_FLAG:
        if (kz_goflags_bool(kz_str(text)) >= 0)
            return 0;
        return kz_fail(err, KZ_E_USAGE, "option '--%s' is true or false, not '%.80s'", o->name, text);
    case KZ_OPT_TEXT:
    case KZ_OPT_PATH:
    case KZ_OPT_LIST:
    case KZ_OPT_MAYBE:
        return 0;
    }
    return 0;
}

/* The same mistakes in pflag's words. */
static int in_go_words(const struct kz_opt *o, const char *text, struct kz_err *err)
{
    static const char *const calls[] = {
        [KZ_OPT_FLAG] = "strconv.ParseBool: parsing ",
        [KZ_OPT_INT] = "strconv.ParseInt: parsing ",
        [KZ_OPT_DURATION] = "time: invalid duration ",
    };
    char why[256];
    int64_t n;
    if (o->type >= kz_countof(calls) || calls[o->type] == NULL)
        return -(int)err->code;
    const bool no_unit = o->type == KZ_OPT_DURATION && kz_str_i64(&n, kz_str(text));
    (void)snprintf(why, sizeof why, "%s\"%.100s\"%s",
                   no_unit ? "time: missing unit in duration " : calls[o->type], text,
                   o->type == KZ_OPT_DURATION ? "" : ": invalid syntax");
    return kz_goflags_invalid(o, kz_str(text), why, err);
}

static int give(struct kz_args *args, const struct kz_opt *o, const char *text, struct kz_err *err)
{
    int rc = text == NULL ? 0 : check_value(o, text, err);
    if (rc < 0 && kz_args_in_go(args))
        return in_go_words(o, text, err);
    if (rc == 0)
        args->given[args->n_given++] = (struct kz_opt_given){.opt = o, .text = text};
    return rc;
}

/* ---- one argument -------------------------------------------------------------------------- */

/* What is left of argv. */
struct rest {
    char **at;
    int n;
};

static const char *shift(struct rest *r)
{
    r->n--;
    return *r->at++;
}

static int needs_value(const struct kz_args *args, const struct kz_opt *o, const char *cluster,
                       struct kz_err *err)
{
    if (kz_args_in_go(args))
        (void)kz_goflags_needs_value(o, cluster, err);
    else
        (void)kz_fail(err, KZ_E_USAGE, "option '--%s' needs a value", o->name);
    return kz_err_hint(err, "--%s %s", o->name, kz_opt_arg(o));
}

/* Whether the next word is its value when none stands behind a '='. */
static bool takes_next(const struct kz_opt *o)
{
    return o->type != KZ_OPT_FLAG && o->type != KZ_OPT_MAYBE;
}

static int take_long(struct kz_args *args, struct kz_str word, struct rest *r, struct kz_err *err)
{
    struct kz_str name;
    struct kz_str text = kz_str_cut(&name, word, '=');
    const struct kz_opt *o = find(args, name, 0);
    bool has_value = name.len < word.len;
    if (o == NULL)
        return unknown_long(args, name, err);
    if (!takes_next(o) && !has_value)
        return give(args, o, NULL, err);
    if (!has_value && r->n == 0)
        return needs_value(args, o, NULL, err);
    return give(args, o, has_value ? text.ptr : shift(r), err);
}

static int take_short(struct kz_args *args, const char *cluster, struct rest *r, struct kz_err *err)
{
    char who[128];
    for (; *cluster != '\0'; cluster++) {
        const struct kz_opt *o = find(args, KZ_STR(""), *cluster);
        if (o == NULL) {
            bool plain = *cluster > ' ' && *cluster < 0x7F;
            if (kz_args_in_go(args)) {
                (void)kz_goflags_unknown_letter(plain ? *cluster : '?', cluster, err);
                return help_hint(args, err);
            }
            (void)kz_fail(err, KZ_E_USAGE, "unknown option '-%c' of %s", plain ? *cluster : '?',
                          whose(who, args));
            return help_hint(args, err);
        }
        if (kz_args_in_go(args) && cluster[1] == '=' && cluster[2] != '\0') /* -n=x as pflag has it */
            return give(args, o, cluster + 2, err);
        if (takes_next(o)) {
            if (cluster[1] == '\0' && r->n == 0)
                return needs_value(args, o, cluster, err);
            return give(args, o, cluster[1] != '\0' ? cluster + 1 : shift(r), err);
        }
        int rc = give(args, o, NULL, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* The command, or an argument of it. `kzsync help plan` is `kzsync plan --help`. */
static int take_plain(struct kz_args *args, const char *word, struct kz_err *err)
{
    if (args->command == NULL) {
        if (strcmp(word, "help") == 0)
            return give(args, find_in(kz_common_options, KZ_STR("help"), 0), NULL, err);
        args->command = kz_command_find(args->cli, kz_str(word));
        return args->command == NULL ? unknown_command(args, word, err) : 0;
    }
    args->at[args->n++] = word;
    return 0;
}

static int check_count(const struct kz_args *args, struct kz_err *err)
{
    const struct kz_command *c = args->command;
    if (c == NULL || kz_args_flag(args, "help"))
        return 0;
    if (args->n > c->args_max) {
        (void)kz_fail(err, KZ_E_USAGE, "'%.80s' is one argument too many", args->at[c->args_max]);
    } else if (args->n < c->args_min) {
        (void)kz_fail(err, KZ_E_USAGE, "%s %s needs %s", args->cli->program, c->name, c->args);
    } else {
        return 0;
    }
    return kz_err_hint(err, "usage: %s %s%s%s", args->cli->program, c->name,
                       c->args == NULL ? "" : " ", c->args == NULL ? "" : c->args);
}

int kz_args_parse(struct kz_args *out, struct kz_cli *cli, int argc, char **argv, struct kz_err *err)
{
    struct rest r = {.at = argv + 1, .n = argc - 1};
    bool plain_only = false;
    size_t room = 1;
    /* Each byte of a short cluster can be a flag. */
    for (int i = 1; i < argc; i++)
        room += strlen(argv[i]) + 1;
    *out = (struct kz_args){.cli = cli, .given = calloc(room, sizeof *out->given),
                            .at = calloc((size_t)(argc > 0 ? argc : 1), sizeof *out->at)};
    kz_assert(out->given != NULL && out->at != NULL);
    while (r.n > 0) {
        const char *word = shift(&r);
        int rc;
        if (!plain_only && strcmp(word, "--") == 0) {
            plain_only = true;
            continue;
        }
        if (!plain_only && word[0] == '-' && word[1] == '-')
            rc = take_long(out, kz_str(word + 2), &r, err);
        else if (!plain_only && word[0] == '-' && word[1] != '\0')
            rc = take_short(out, word + 1, &r, err);
        else
            rc = take_plain(out, word, err);
        if (rc < 0)
            return rc;
    }
    return check_count(out, err);
}

void kz_args_done(struct kz_args *args)
{
    free(args->given);
    free(args->at);
    *args = (struct kz_args){0};
}

/* ---- reading ------------------------------------------------------------------------------- */

static const struct kz_opt *get(const struct kz_args *args, const char *name)
{
    const struct kz_opt *o = find(args, kz_str(name), 0);
    kz_assert(o != NULL);
    return o;
}

static const char *text_of(const struct kz_args *args, const char *name)
{
    const struct kz_opt *o = get(args, name);
    for (size_t i = args->n_given; i > 0; i--)
        if (args->given[i - 1].opt == o)
            return args->given[i - 1].text;
    return o->fallback;
}

bool kz_args_given(const struct kz_args *args, const char *name)
{
    const struct kz_opt *o = get(args, name);
    for (size_t i = 0; i < args->n_given; i++)
        if (args->given[i].opt == o)
            return true;
    return false;
}

bool kz_args_flag(const struct kz_args *args, const char *name)
{
    const struct kz_opt *o = get(args, name);
    for (size_t i = args->n_given; i > 0; i--)
        if (args->given[i - 1].opt == o)
            return args->given[i - 1].text == NULL ||
                   kz_goflags_bool(kz_str(args->given[i - 1].text)) == 1;
    return false;
}

const struct kz_opt *kz_args_option(const struct kz_args *args, const char *name)
{
    return get(args, name);
}

struct kz_str kz_args_str(const struct kz_args *args, const char *name)
{
    const char *text = text_of(args, name);
    return text == NULL ? KZ_STR("") : kz_str(text);
}

int64_t kz_args_int(const struct kz_args *args, const char *name)
{
    int64_t n = 0;
    (void)kz_str_i64(&n, kz_args_str(args, name));
    return n;
}

int64_t kz_args_duration(const struct kz_args *args, const char *name)
{
    int64_t ns = 0;
    return kz_duration_parse(&ns, kz_args_str(args, name)) ? ns : 0;
}

unsigned kz_args_word(const struct kz_args *args, const char *name)
{
    const struct kz_opt *o = get(args, name);
    struct kz_str text = kz_args_str(args, name);
    unsigned i = 0;
    while (o->words[i] != NULL && !kz_str_is(text, o->words[i]))
        i++;
    return i;
}

bool kz_args_list(const struct kz_args *args, const char *name, size_t i, struct kz_str *out)
{
    const struct kz_opt *o = get(args, name);
    for (size_t j = 0; j < args->n_given; j++)
        if (args->given[j].opt == o && i-- == 0) {
            *out = kz_str(args->given[j].text);
            return true;
        }
    return false;
}

struct kz_str kz_args_pos(const struct kz_args *args, size_t i)
{
    return i < args->n ? kz_str(args->at[i]) : KZ_STR("");
}

bool kz_args_live(const struct kz_args *args, int fd)
{
    struct kz_str how = kz_args_str(args, "progress");
    const char *term = getenv("TERM");
    if (!kz_str_is(how, "auto"))
        return kz_str_is(how, "live");
    return isatty(fd) == 1 && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

bool kz_args_quiet(const struct kz_args *args)
{
    return kz_str_is(kz_args_str(args, "progress"), "none");
}
