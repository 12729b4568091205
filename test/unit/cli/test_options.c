/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/goflags.h"
#include "cli/options.h"

#include "sample.h"

#include <criterion/criterion.h>

/* Splits at blanks; argv[0] is added. A word "''" is the empty argument. */
static int parse(struct kz_args *args, const char *line, char *text, size_t size, struct kz_err *err)
{
    static char name[] = "kzsync";
    static char *argv[32];
    int argc = 1;
    argv[0] = name;
    (void)snprintf(text, size, "%s", line);
    for (char *p = text; *p != '\0';) {
        argv[argc++] = p;
        while (*p != '\0' && *p != ' ')
            p++;
        if (*p == ' ')
            *p++ = '\0';
        if (strcmp(argv[argc - 1], "''") == 0)
            argv[argc - 1][0] = '\0';
    }
    return kz_args_parse(args, &sample, argc, argv, err);
}

Test(options, accepts)
{
    static const struct {
        const char *in, *output, *modules;
        int64_t jobs;
        bool yes;
        size_t n;
    } rows[] = {
        {"plan", "text", "", 4, false, 0},
        {"plan .", "text", "", 4, false, 1},
        {"plan -o json .", "json", "", 4, false, 1},
        {"plan -ojson -y", "json", "", 4, true, 0},
        {"plan -yojson", "json", "", 4, true, 0},
        {"plan -yj 8 .", "text", "", 8, true, 1},
        {"plan --output=json --jobs=2", "json", "", 2, false, 0},
        {"plan --output json --output text", "text", "", 4, false, 0},
        {"plan -m a --module=b -mc", "text", "a b c ", 4, false, 0},
        {"plan -- -y", "text", "", 4, false, 1},
        {"plan -", "text", "", 4, false, 1},
        {"plan ''", "text", "", 4, false, 1},
        {"--color never plan -y", "text", "", 4, true, 0},
        {"plan --module=", "text", " ", 4, false, 0},
        {"plan --module=a=b", "text", "a=b ", 4, false, 0},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_args args;
        struct kz_err err;
        char text[256], modules[64] = "";
        size_t len = 0;
        struct kz_str m;
        cr_assert_eq(parse(&args, rows[i].in, text, sizeof text, &err), 0, "%s: %s", rows[i].in,
                     err.frame[0]);
        cr_expect(kz_str_is(kz_args_str(&args, "output"), rows[i].output), "%s", rows[i].in);
        cr_expect_eq(kz_args_int(&args, "jobs"), rows[i].jobs, "%s", rows[i].in);
        cr_expect_eq(kz_args_flag(&args, "yes"), rows[i].yes, "%s", rows[i].in);
        cr_expect_eq(args.n, rows[i].n, "%s", rows[i].in);
        cr_expect_eq(kz_args_duration(&args, "timeout"), 300 * KZ_NS_PER_SEC);
        for (size_t j = 0; kz_args_list(&args, "module", j, &m); j++)
            len += (size_t)snprintf(modules + len, sizeof modules - len, KZ_FMT " ", KZ_ARG(m));
        cr_expect_str_eq(modules, rows[i].modules, "%s", rows[i].in);
        kz_args_done(&args);
    }
}

Test(options, refuses)
{
    static const struct {
        const char *in, *want, *hint;
    } rows[] = {
        {"paln", "unknown command 'paln', did you mean 'plan'?", "kzsync --help lists all commands"},
        {"xyzzy", "unknown command 'xyzzy'", "kzsync --help lists all commands"},
        {"plan --outptu json", "unknown option '--outptu' of kzsync plan, did you mean '--output'?",
         "kzsync plan --help lists all options"},
        {"plan --colr=x", "unknown option '--colr' of kzsync plan, did you mean '--color'?",
         "kzsync plan --help lists all options"},
        {"plan -z", "unknown option '-z' of kzsync plan", "kzsync plan --help lists all options"},
        {"plan -yz", "unknown option '-z' of kzsync plan", "kzsync plan --help lists all options"},
        {"--yes plan", "unknown option '--yes' of kzsync", "kzsync --help lists all options"},
        {"plan --output", "option '--output' needs a value", "--output WORD"},
        {"plan -o", "option '--output' needs a value", "--output WORD"},
        {"plan --yes=maybe", "option '--yes' is true or false, not 'maybe'", ""},
        {"plan -o jsn", "option '--output' can't be 'jsn', did you mean 'json'?",
         "one of: text, json"},
        {"plan -o ''", "option '--output' can't be ''", "one of: text, json"},
        {"plan -j 0", "option '--jobs' is 0, but must be 1 to 64", ""},
        {"plan -j many", "option '--jobs' needs a number, not 'many'", ""},
        {"plan --timeout 5", "option '--timeout' needs a duration, not '5'",
         "write it like 30s, 10m or 1h30m"},
        {"plan a b", "'b' is one argument too many", "usage: kzsync plan [PATH]"},
        {"wait", "kzsync wait needs MODULE", "usage: kzsync wait MODULE"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_args args;
        struct kz_err err;
        char text[256];
        cr_assert_eq(parse(&args, rows[i].in, text, sizeof text, &err), -(int)KZ_E_USAGE, "%s",
                     rows[i].in);
        cr_expect_str_eq(err.frame[0], rows[i].want);
        cr_expect_str_eq(err.hint, rows[i].hint);
        kz_args_done(&args);
    }
}

Test(options, help_wins)
{
    static const char *const rows[] = {"wait --help", "wait -h a b", "help wait", "plan -yh"};
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_args args;
        struct kz_err err;
        char text[256];
        cr_assert_eq(parse(&args, rows[i], text, sizeof text, &err), 0, "%s", rows[i]);
        cr_expect(kz_args_flag(&args, "help") && args.command != NULL, "%s", rows[i]);
        kz_args_done(&args);
    }
}

Test(options, no_words)
{
    struct kz_args args;
    struct kz_err err;
    char text[8];
    cr_assert_eq(parse(&args, "", text, sizeof text, &err), 0);
    cr_expect_null(args.command);
    cr_expect_eq(kz_args_word(&args, "color"), 0);
    cr_expect_not(kz_args_quiet(&args));
    kz_args_done(&args);
}

/* ---- in the words of Go's pflag ----------------------------------------------------------------- */

static const struct kz_opt go_options[] = {
    {.name = "flag", .letter = 'g', .help = "a flag"},
    {.name = "list", .letter = 'l', .type = KZ_OPT_LIST, .help = "a list"},
    {.name = NULL},
};
static const struct kz_opt go_hidden[] = {
    {.name = "maybe", .type = KZ_OPT_MAYBE, .help = ""},
    {.name = "time", .type = KZ_OPT_DURATION, .help = ""},
    {.name = "count", .type = KZ_OPT_INT, .help = ""},
    {.name = NULL},
};
static const struct kz_command go_command = {.name = "go", .summary = "x", .args_max = 9,
                                             .options = go_options, .hidden = go_hidden,
                                             .flags = KZ_CMD_GO_FLAGS};
static const struct kz_command *const go_commands[] = {&go_command, NULL};

static int parse_go(struct kz_args *args, const char *line, char text[256], struct kz_err *err)
{
    static struct kz_cli cli = {.program = "kzsync", .commands = go_commands};
    static char name[] = "kzsync", command[] = "go";
    char *argv[16] = {name, command};
    int argc = 2;
    (void)snprintf(text, 256, "%s", line);
    for (char *rest = text, *word; (word = strtok_r(rest, " ", &rest)) != NULL;)
        argv[argc++] = word;
    return kz_args_parse(args, &cli, argc, argv, err);
}

Test(goflags, refuses)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"--nope", "unknown flag: --nope"},
        {"--nope=1", "unknown flag: --nope"},
        {"-gx", "unknown shorthand flag: 'x' in -x"},
        {"--list", "flag needs an argument: --list"},
        {"-gl", "flag needs an argument: 'l' in -l"},
        {"--flag=x", "invalid argument \"x\" for \"-g, --flag\" flag: strconv.ParseBool: parsing \"x\": invalid syntax"},
        {"--flag=", "invalid argument \"\" for \"-g, --flag\" flag: strconv.ParseBool: parsing \"\": invalid syntax"},
        {"--time=5", "invalid argument \"5\" for \"--time\" flag: time: missing unit in duration \"5\""},
        {"--time x", "invalid argument \"x\" for \"--time\" flag: time: invalid duration \"x\""},
        {"--count x", "invalid argument \"x\" for \"--count\" flag: strconv.ParseInt: parsing \"x\": invalid syntax"},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_args args;
        struct kz_err err;
        char text[256];
        cr_expect_lt(parse_go(&args, rows[i].in, text, &err), 0, "%s", rows[i].in);
        cr_expect_str_eq(err.frame[0], rows[i].want, "%s: %s", rows[i].in, err.frame[0]);
        kz_args_done(&args);
    }
}

Test(goflags, flags)
{
    static const struct {
        const char *in;
        bool flag;
        size_t words; /* arguments that are no options */
    } rows[] = {
        {"", false, 0},           {"--flag", true, 0},        {"-g", true, 0},
        {"--flag=false", false, 0}, {"--flag=T", true, 0},    {"-g=0", false, 0},
        {"--flag --flag=0", false, 0}, {"--flag=0 -g", true, 0}, {"--flag false", true, 1},
        {"--maybe x", false, 1},  {"--maybe=x", false, 0},    {"-l=x", false, 0},
    };
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_args args;
        struct kz_err err;
        char text[256];
        cr_assert_eq(parse_go(&args, rows[i].in, text, &err), 0, "%s", rows[i].in);
        cr_expect_eq(kz_args_flag(&args, "flag"), rows[i].flag, "%s", rows[i].in);
        cr_expect_eq(args.n, rows[i].words, "%s", rows[i].in);
        kz_args_done(&args);
    }
}

Test(goflags, strings)
{
    static const struct {
        const char *in, *want; /* values with '|' between, or the error */
    } rows[] = {
        {"", ""},
        {"-l a,b -l c", "a|b|c|"},
        {"-l=a --list b,", "a|b||"},
        {"-l \"a,b\",c", "a,b|c|"},
        {"-l \"a\"\"b\"", "a\"b|"},
        {"-l a\"b", "invalid argument \"a\\\"b\" for \"-l, --list\" flag: parse error on line 1, column 2: bare \" in non-quoted-field"},
        {"-l \"a\"b", "invalid argument \"\\\"a\\\"b\" for \"-l, --list\" flag: parse error on line 1, column 3: extraneous or missing \" in quoted-field"},
        {"-l a,\"b", "invalid argument \"a,\\\"b\" for \"-l, --list\" flag: parse error on line 1, column 5: extraneous or missing \" in quoted-field"},
    };
    kz_autoarena struct kz_arena *a = kz_arena_new(1 << 20);
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_args args;
        struct kz_err err;
        struct kz_value *list;
        char text[256], got[512] = "";
        cr_assert_eq(parse_go(&args, rows[i].in, text, &err), 0, "%s", rows[i].in);
        if (kz_goflags_strings(&list, a, &args, "list", &err) < 0)
            (void)snprintf(got, sizeof got, "%s", err.frame[0]);
        else
            for (size_t k = 0; k < kz_value_len(list); k++)
                (void)snprintf(got + strlen(got), sizeof got - strlen(got), KZ_FMT "|",
                               KZ_ARG(kz_value_as_str(kz_value_at(list, k))));
        cr_expect_str_eq(got, rows[i].want, "%s: %s", rows[i].in, got);
        kz_args_done(&args);
    }
}
