/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "cli/color.h"
#include "cli/options.h"

const struct kz_exit_text kz_exit_texts[] = {
    {KZ_EXIT_OK, "done, or no difference"},
    {KZ_EXIT_ERROR, "any other error"},
    {KZ_EXIT_USAGE, "the command line was wrong"},
    {KZ_EXIT_FAILED, "a render, a gate or an apply failed"},
    {KZ_EXIT_HELD, "done in part, the rest is held"},
    {KZ_EXIT_DENIED, "not allowed"},
    {KZ_EXIT_BUSY, "stale or busy: somebody else was faster"},
    {KZ_EXIT_UNREACHABLE, "the cluster or the forge does not answer"},
    {KZ_EXIT_TIMEOUT, "the time given was over"},
    {KZ_EXIT_DIFFERENT, "differences were found and asked for as exit code"},
    {KZ_EXIT_BUG, "a bug of kzsync"},
    {KZ_EXIT_INTERRUPTED, "interrupted"},
    {0, NULL},
};

/* Words with line breaks so that no line passes width; the first line starts at column `at`. */
static void wrap(struct kz_buf *b, const char *text, size_t indent, size_t at, size_t width)
{
    struct kz_str rest = kz_str(text);
    bool first = true;
    while (rest.len > 0) {
        struct kz_str word;
        rest = kz_str_cut(&word, rest, ' ');
        if (!first && at + 1 + word.len > width) {
            kz_buf_putc(b, '\n');
            kz_buf_fill(b, ' ', indent);
            at = indent;
            first = true;
        }
        if (!first)
            kz_buf_putc(b, ' ');
        at += word.len + !first;
        kz_buf_add_str(b, word);
        first = false;
    }
    kz_buf_putc(b, '\n');
}

static void head(struct kz_buf *b, bool color, const char *text)
{
    kz_buf_putc(b, '\n');
    kz_color_add(b, color, KZ_TONE_BOLD, kz_str(text));
    kz_buf_putc(b, '\n');
}

/* "-o, --output FORMAT" into out; returns its length. */
static size_t spelled(char out[96], const struct kz_opt *o)
{
    char letter[5] = "    ";
    if (o->letter != 0)
        (void)snprintf(letter, sizeof letter, "-%c, ", o->letter);
    bool flag = o->type == KZ_OPT_FLAG;
    int n = snprintf(out, 96, "%s--%s%s%s", letter, o->name, flag ? "" : " ", kz_opt_arg(o));
    return n < 0 ? 0 : (size_t)n;
}

static void option_rows(struct kz_buf *b, const struct kz_opt *o, size_t column, size_t width)
{
    for (; o != NULL && o->name != NULL; o++) {
        char text[96], help[512];
        size_t n = spelled(text, o);
        int len = snprintf(help, sizeof help, "%s", o->help);
        for (size_t i = 0; o->words != NULL && o->words[i] != NULL && len > 0; i++)
            len += snprintf(help + len, sizeof help - (size_t)len, "%s%s", i == 0 ? "; one of: " : ", ",
                            o->words[i]);
        if (o->fallback != NULL && len > 0)
            (void)snprintf(help + len, sizeof help - (size_t)len, " (default %s)", o->fallback);
        kz_buf_printf(b, "  %s", text);
        kz_buf_fill(b, ' ', n + 4 <= column ? column - n - 2 : 2);
        wrap(b, help, column, n + 4 <= column ? column : n + 4, width);
    }
}

static size_t option_column(const struct kz_opt *own)
{
    size_t most = 0;
    const struct kz_opt *tables[] = {own, kz_common_options};
    for (size_t t = 0; t < kz_countof(tables); t++)
        for (const struct kz_opt *o = tables[t]; o != NULL && o->name != NULL; o++) {
            char text[96];
            size_t n = spelled(text, o);
            most = n > most ? n : most;
        }
    return (most > 28 ? 28 : most) + 4;
}

static void examples(struct kz_buf *b, const struct kz_example *e, bool color)
{
    if (e == NULL)
        return;
    head(b, color, "Examples:");
    for (; e->line != NULL; e++)
        kz_buf_printf(b, "  %s\n      %s\n", e->line, e->text);
}

static void command_help(struct kz_buf *b, const struct kz_cli *cli, const struct kz_command *cmd,
                         size_t width, bool color)
{
    size_t column = option_column(cmd->options);
    kz_buf_printf(b, "%s %s: %s\n", cli->program, cmd->name, cmd->summary);
    head(b, color, "Usage:");
    kz_buf_printf(b, "  %s %s%s%s [options]\n", cli->program, cmd->name, cmd->args == NULL ? "" : " ",
                  cmd->args == NULL ? "" : cmd->args);
    if (cmd->details != NULL) {
        kz_buf_putc(b, '\n');
        struct kz_str rest = kz_str(cmd->details);
        while (rest.len > 0) {
            char line[1024];
            struct kz_str para;
            rest = kz_str_cut(&para, rest, '\n');
            (void)snprintf(line, sizeof line, KZ_FMT, KZ_ARG(para));
            wrap(b, line, 0, 0, width);
        }
    }
    if (cmd->options != NULL && cmd->options->name != NULL) {
        head(b, color, "Options:");
        option_rows(b, cmd->options, column, width);
    }
    head(b, color, "Common options:");
    option_rows(b, kz_common_options, column, width);
    examples(b, cmd->examples, color);
}

/* The first example of the first five commands that have one: the way in. */
static void first_examples(struct kz_buf *b, const struct kz_cli *cli, bool color)
{
    size_t shown = 0;
    for (size_t i = 0; cli->commands[i] != NULL && shown < 5; i++) {
        const struct kz_example *e = cli->commands[i]->examples;
        if (e == NULL || e->line == NULL)
            continue;
        if (shown++ == 0)
            head(b, color, "Examples:");
        kz_buf_printf(b, "  %s\n      %s\n", e->line, e->text);
    }
}

void kz_help_short(struct kz_buf *b, const struct kz_cli *cli, bool color)
{
    kz_buf_printf(b, "%s: %s\n", cli->program, cli->summary);
    first_examples(b, cli, color);
    kz_buf_printf(b, "\n%s --help lists all commands.\n", cli->program);
}

void kz_help_print(struct kz_buf *b, const struct kz_cli *cli, const struct kz_command *cmd,
                   size_t width, bool color)
{
    if (cmd != NULL) {
        command_help(b, cli, cmd, width, color);
        return;
    }
    kz_buf_printf(b, "%s: %s\n", cli->program, cli->summary);
    head(b, color, "Usage:");
    kz_buf_printf(b, "  %s COMMAND [arguments] [options]\n", cli->program);
    head(b, color, "Commands:");
    for (size_t i = 0; cli->commands[i] != NULL; i++)
        if ((cli->commands[i]->flags & KZ_CMD_HIDDEN) == 0)
            kz_buf_printf(b, "  %-14s %s\n", cli->commands[i]->name, cli->commands[i]->summary);
    head(b, color, "Common options:");
    option_rows(b, kz_common_options, option_column(NULL), width);
    first_examples(b, cli, color);
    kz_buf_printf(b, "\n%s COMMAND --help says more about a command.\n", cli->program);
}
