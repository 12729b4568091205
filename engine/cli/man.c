/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"
#include "cli/options.h"

/* roff gives meaning to backslashes, to '-' (a hyphen) and to '.' and '\'' at the start of a line. */
static void roff(struct kz_buf *b, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        bool starts = p == text || p[-1] == '\n';
        if (*p == '\\')
            kz_buf_puts(b, "\\e");
        else if (*p == '-')
            kz_buf_puts(b, "\\-");
        else if (starts && (*p == '.' || *p == '\''))
            kz_buf_printf(b, "\\&%c", *p);
        else
            kz_buf_putc(b, *p);
    }
}

static void line(struct kz_buf *b, const char *text)
{
    roff(b, text);
    kz_buf_putc(b, '\n');
}

/* Sentences of the tables have no full stop. */
static void sentence(struct kz_buf *b, const char *text)
{
    roff(b, text);
    kz_buf_puts(b, ".\n");
}

static void options(struct kz_buf *b, const struct kz_opt *o)
{
    for (; o != NULL && o->name != NULL; o++) {
        kz_buf_puts(b, ".TP\n");
        if (o->letter != 0)
            kz_buf_printf(b, "\\fB\\-%c\\fR, ", o->letter);
        kz_buf_puts(b, "\\fB\\-\\-");
        roff(b, o->name);
        kz_buf_puts(b, "\\fR");
        if (o->type != KZ_OPT_FLAG) {
            kz_buf_puts(b, " \\fI");
            roff(b, kz_opt_arg(o));
            kz_buf_puts(b, "\\fR");
        }
        kz_buf_putc(b, '\n');
        sentence(b, o->help);
        for (size_t i = 0; o->words != NULL && o->words[i] != NULL; i++) {
            kz_buf_puts(b, i == 0 ? "One of: " : ", ");
            roff(b, o->words[i]);
        }
        if (o->words != NULL)
            kz_buf_puts(b, ".\n");
        if (o->type == KZ_OPT_LIST)
            kz_buf_puts(b, "May be given several times.\n");
        if (o->fallback != NULL) {
            kz_buf_puts(b, "Default: ");
            roff(b, o->fallback);
            kz_buf_puts(b, ".\n");
        }
    }
}

static void command(struct kz_buf *b, const struct kz_cli *cli, const struct kz_command *c)
{
    kz_buf_puts(b, ".SS ");
    roff(b, cli->program);
    kz_buf_putc(b, ' ');
    roff(b, c->name);
    if (c->args != NULL) {
        kz_buf_putc(b, ' ');
        roff(b, c->args);
    }
    kz_buf_puts(b, " [options]\n");
    sentence(b, c->summary);
    if (c->details != NULL) {
        kz_buf_puts(b, ".PP\n");
        line(b, c->details);
    }
    options(b, c->options);
    for (const struct kz_example *e = c->examples; e != NULL && e->line != NULL; e++) {
        kz_buf_puts(b, ".TP\n\\fB");
        roff(b, e->line);
        kz_buf_puts(b, "\\fR\n");
        sentence(b, e->text);
    }
}

void kz_man_print(struct kz_buf *b, const struct kz_cli *cli)
{
    kz_buf_puts(b, ".\\\" Made from the option tables by \"");
    kz_buf_printf(b, "%s man\".\n.TH KZSYNC 1 \"\" \"kzsync %s\" \"User Commands\"\n", cli->program,
                  cli->version);
    kz_buf_puts(b, ".SH NAME\nkzsync \\- ");
    line(b, cli->summary);
    kz_buf_printf(b, ".SH SYNOPSIS\n.B %s\n\\fICOMMAND\\fR [arguments] [options]\n", cli->program);
    kz_buf_puts(b, ".SH COMMANDS\n");
    for (size_t i = 0; cli->commands[i] != NULL; i++)
        if ((cli->commands[i]->flags & KZ_CMD_HIDDEN) == 0)
            command(b, cli, cli->commands[i]);
    kz_buf_puts(b, ".SH COMMON OPTIONS\n");
    options(b, kz_common_options);
    kz_buf_puts(b, ".SH OUTPUT\nData goes to the standard output, all else to the standard error.\n"
                   "JSON output only grows; text for people may change in any version.\n"
                   ".SH EXIT STATUS\n");
    for (const struct kz_exit_text *e = kz_exit_texts; e->text != NULL; e++) {
        kz_buf_printf(b, ".TP\n.B %d\n", e->code);
        sentence(b, e->text);
    }
    kz_buf_puts(b, ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNot empty: no colours.\n"
                   ".TP\n.B CLICOLOR_FORCE, FORCE_COLOR\nNot empty: colours, also into files.\n"
                   ".TP\n.B KUBECONFIG\nWhich cluster, as for kubectl(1).\n");
}
