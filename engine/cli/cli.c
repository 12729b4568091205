/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "cli/color.h"
#include "cli/help.h"
#include "cli/options.h"
#include "cli/report.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

enum { TEXT_MAX = 4 << 20 };

int kz_cli_out(const struct kz_buf *b, struct kz_err *err)
{
    size_t at = 0;
    if (kz_buf_bad(b))
        return kz_fail(err, KZ_E_LIMIT, "the output is larger than %zu bytes", b->max);
    while (at < b->len) {
        ssize_t n = write(STDOUT_FILENO, b->ptr + at, b->len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EPIPE)
            return 0;
        if (n < 0)
            return kz_fail_errno(err, errno, "write to the standard output");
        at += (size_t)n;
    }
    return 0;
}

static int show_help(struct kz_cli *cli, const struct kz_command *cmd, bool color, struct kz_err *err)
{
    struct kz_buf b;
    bool terminal;
    size_t width = kz_term_width(STDOUT_FILENO, &terminal);
    kz_buf_init(&b, TEXT_MAX);
    kz_help_print(&b, cli, cmd, terminal ? width : 100, color);
    int rc = kz_cli_out(&b, err);
    kz_buf_done(&b);
    return rc;
}

/* Of who only wanted to see what this is: the way in, and why there is nothing to see. */
static int show_short_help(struct kz_cli *cli, struct kz_err *err)
{
    char why[KZ_ERR_TEXT];
    kz_autobuf struct kz_buf b = KZ_BUF(TEXT_MAX);
    (void)fprintf(stderr, "no status: %s\n", kz_err_line(why, sizeof why, err));
    kz_help_short(&b, cli, kz_color_for(KZ_COLOR_AUTO, STDOUT_FILENO));
    return kz_cli_out(&b, err);
}

static int run(struct kz_cli *cli, struct kz_args *args, int argc, char **argv, struct kz_err *err)
{
    int rc = kz_args_parse(args, cli, argc, argv, err);
    if (rc < 0)
        return rc;
    bool color = kz_color_for((enum kz_color_when)kz_args_word(args, "color"), STDOUT_FILENO);
    if (kz_args_flag(args, "help"))
        return show_help(cli, args->command, color, err);
    if (args->command == NULL && cli->usual != NULL && argc == 1) {
        args->command = kz_command_find(cli, kz_str(cli->usual));
        args->usual = true;
    }
    if (args->command == NULL)
        return show_help(cli, NULL, color, err);
    rc = cli->before == NULL ? 0 : cli->before(cli, args->command, err);
    return rc < 0 ? rc : args->command->run(args, err);
}

static void print_error(const struct kz_args *args, const struct kz_err *err)
{
    struct kz_buf b;
    /* Options that were read before the mistake count. */
    unsigned when = args->cli == NULL ? KZ_COLOR_AUTO : kz_args_word(args, "color");
    bool verbose = args->cli != NULL && kz_args_flag(args, "verbose");
    kz_buf_init(&b, TEXT_MAX);
    if (kz_args_in_go(args))
        kz_report_go(&b, err);
    else
        kz_report_error(&b, "error", err, verbose, kz_color_for((enum kz_color_when)when, STDERR_FILENO));
    (void)fwrite(b.ptr, 1, b.len, stderr);
    kz_buf_done(&b);
}

int kz_cli_main(struct kz_cli *cli, int argc, char **argv)
{
    struct kz_args args = {0};
    struct kz_err err = {0};
    (void)signal(SIGPIPE, SIG_IGN);
    int rc = run(cli, &args, argc, argv, &err);
    if (rc < 0 && args.usual)
        rc = show_short_help(cli, &err);
    if (rc < 0) {
        print_error(&args, &err);
        rc = kz_args_in_go(&args) ? KZ_EXIT_ERROR : kz_report_exit(err.code);
    }
    kz_args_done(&args);
    return rc;
}
