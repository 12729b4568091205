/* SPDX-License-Identifier: Apache-2.0
 *
 * Completion scripts: every word in them is known when they are made, so a shell completes without
 * starting kzsync. */
#include "cli/help.h"
#include "cli/options.h"

const char *const kz_shell_words[] = {"bash", "zsh", "fish", NULL};

/* Inside single quotes of a shell: a quote ends them, stands alone, and begins them again. */
static void quoted(struct kz_buf *b, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            kz_buf_puts(b, "'\\''");
        else if (strchr(special, *text) != NULL)
            kz_buf_printf(b, "\\%c", *text);
        else
            kz_buf_putc(b, *text);
    }
}

/* ---- bash ---------------------------------------------------------------------------------- */

static void bash_names(struct kz_buf *b, const struct kz_opt *o)
{
    for (; o != NULL && o->name != NULL; o++) {
        kz_buf_printf(b, " --%s", o->name);
        if (o->letter != 0)
            kz_buf_printf(b, " -%c", o->letter);
    }
}

/* What follows an option: words, files, or something that can't be known. */
static void bash_values(struct kz_buf *b, const char *command, const struct kz_opt *o)
{
    for (; o != NULL && o->name != NULL; o++) {
        if (o->type == KZ_OPT_FLAG)
            continue;
        kz_buf_printf(b, "    %s,--%s", command, o->name);
        if (o->letter != 0)
            kz_buf_printf(b, "|%s,-%c", command, o->letter);
        kz_buf_puts(b, ")\n");
        if (o->type == KZ_OPT_WORD) {
            kz_buf_puts(b, "        words='");
            for (size_t i = 0; o->words[i] != NULL; i++)
                kz_buf_printf(b, "%s%s", i > 0 ? " " : "", o->words[i]);
            kz_buf_puts(b, "' ;;\n");
        } else {
            kz_buf_puts(b, o->type == KZ_OPT_PATH ? "        files=1 ;;\n" : "        none=1 ;;\n");
        }
    }
}

static void bash(struct kz_buf *b, const struct kz_cli *cli)
{
    kz_buf_printf(b,
                  "# bash completion of %s, made by `%s completion bash`\n"
                  "_%s()\n{\n"
                  "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                  "    local command= words= files= none= i\n"
                  "    COMPREPLY=()\n"
                  "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                  "        case ${COMP_WORDS[i]} in\n        ",
                  cli->program, cli->program, cli->program);
    for (size_t i = 0; cli->commands[i] != NULL; i++)
        kz_buf_printf(b, "%s%s", i > 0 ? "|" : "", cli->commands[i]->name);
    /* `--color=al` reaches us as three words. */
    kz_buf_puts(b, ") command=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n"
                   "    if [[ $cur == = ]]; then cur=; fi\n"
                   "    if [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                   "    case $command,$prev in\n");
    for (size_t i = 0; cli->commands[i] != NULL; i++)
        bash_values(b, cli->commands[i]->name, cli->commands[i]->options);
    bash_values(b, "*", kz_common_options);
    kz_buf_puts(b, "    *)\n        case $command in\n");
    for (size_t i = 0; cli->commands[i] != NULL; i++) {
        const struct kz_command *c = cli->commands[i];
        kz_buf_printf(b, "        %s) words='", c->name);
        for (size_t w = 0; c->arg_words != NULL && c->arg_words[w] != NULL; w++)
            kz_buf_printf(b, "%s ", c->arg_words[w]);
        kz_buf_puts(b, "'");
        if (c->args_max > 0 && c->arg_words == NULL)
            kz_buf_puts(b, "; files=1");
        kz_buf_puts(b, "; [[ $cur == -* ]] && words='");
        bash_names(b, c->options);
        bash_names(b, kz_common_options);
        kz_buf_puts(b, "' ;;\n");
    }
    kz_buf_puts(b, "        *) words='");
    for (size_t i = 0; cli->commands[i] != NULL; i++)
        kz_buf_printf(b, "%s ", cli->commands[i]->name);
    kz_buf_puts(b, "help'; [[ $cur == -* ]] && words='");
    bash_names(b, kz_common_options);
    kz_buf_printf(b,
                  "' ;;\n        esac ;;\n    esac\n"
                  "    [[ $none ]] && return\n"
                  "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                  "    if [[ $files && $cur != -* ]]; then\n"
                  "        compopt -o filenames 2>/dev/null\n"
                  "        COMPREPLY+=($(compgen -f -- \"$cur\"))\n    fi\n}\n"
                  "complete -F _%s %s\n",
                  cli->program, cli->program);
}

/* ---- zsh ----------------------------------------------------------------------------------- */

static void zsh_option(struct kz_buf *b, const struct kz_opt *o)
{
    char spelled[2][80];
    size_t n = 1;
    (void)snprintf(spelled[0], sizeof spelled[0], "--%s", o->name);
    if (o->letter != 0)
        (void)snprintf(spelled[n++], sizeof spelled[1], "-%c", o->letter);
    for (size_t i = 0; i < n; i++) {
        bool flag = o->type == KZ_OPT_FLAG;
        kz_buf_printf(b, "        '%s%s%s[", o->type == KZ_OPT_LIST ? "*" : "", spelled[i],
                      flag ? "" : i == 0 ? "=" : "+");
        quoted(b, o->help, "[]:\\");
        kz_buf_puts(b, "]");
        if (!flag)
            kz_buf_printf(b, ":%s:", kz_opt_arg(o));
        if (o->type == KZ_OPT_PATH)
            kz_buf_puts(b, "_files");
        for (size_t w = 0; o->words != NULL && o->words[w] != NULL; w++)
            kz_buf_printf(b, "%s%s", w == 0 ? "(" : " ", o->words[w]);
        if (o->words != NULL)
            kz_buf_puts(b, ")");
        kz_buf_puts(b, "' \\\n");
    }
}

static void zsh(struct kz_buf *b, const struct kz_cli *cli)
{
    kz_buf_printf(b,
                  "#compdef %s\n# zsh completion of %s, made by `%s completion zsh`\n"
                  "_%s() {\n    local -a commands common\n    local context state line\n"
                  "    commands=(\n",
                  cli->program, cli->program, cli->program, cli->program);
    for (size_t i = 0; cli->commands[i] != NULL; i++) {
        kz_buf_printf(b, "        '%s:", cli->commands[i]->name);
        quoted(b, cli->commands[i]->summary, ":\\");
        kz_buf_puts(b, "'\n");
    }
    kz_buf_puts(b, "    )\n    common=( \\\n");
    for (const struct kz_opt *o = kz_common_options; o->name != NULL; o++)
        zsh_option(b, o);
    kz_buf_puts(b, "    )\n    _arguments -C $common '1:command:->command' '*::argument:->argument'\n"
                   "    case $state in\n    command) _describe -t commands command commands ;;\n"
                   "    argument)\n        case $words[1] in\n");
    for (size_t i = 0; cli->commands[i] != NULL; i++) {
        const struct kz_command *c = cli->commands[i];
        kz_buf_printf(b, "        %s) _arguments $common \\\n", c->name);
        for (const struct kz_opt *o = c->options; o != NULL && o->name != NULL; o++)
            zsh_option(b, o);
        kz_buf_puts(b, "        '*:");
        quoted(b, c->args == NULL ? "none" : c->args, "[]:\\");
        kz_buf_puts(b, ":");
        for (size_t w = 0; c->arg_words != NULL && c->arg_words[w] != NULL; w++)
            kz_buf_printf(b, "%s%s", w == 0 ? "(" : " ", c->arg_words[w]);
        kz_buf_puts(b, c->arg_words != NULL ? ")' ;;\n" : c->args_max > 0 ? "_files' ;;\n" : " ' ;;\n");
    }
    kz_buf_printf(b, "        esac ;;\n    esac\n}\n"
                     "if [ \"$funcstack[1]\" = _%s ]; then _%s \"$@\"; else compdef _%s %s; fi\n",
                  cli->program, cli->program, cli->program, cli->program);
}

/* ---- fish ---------------------------------------------------------------------------------- */

static void fish_options(struct kz_buf *b, const struct kz_cli *cli, const char *when,
                         const struct kz_opt *o)
{
    for (; o != NULL && o->name != NULL; o++) {
        kz_buf_printf(b, "complete -c %s%s -l %s", cli->program, when, o->name);
        if (o->letter != 0)
            kz_buf_printf(b, " -s %c", o->letter);
        if (o->type != KZ_OPT_FLAG)
            kz_buf_puts(b, o->type == KZ_OPT_PATH ? " -r -F" : " -x");
        if (o->words != NULL) {
            kz_buf_puts(b, " -a '");
            for (size_t i = 0; o->words[i] != NULL; i++)
                kz_buf_printf(b, "%s%s", i > 0 ? " " : "", o->words[i]);
            kz_buf_puts(b, "'");
        }
        kz_buf_puts(b, " -d '");
        for (const char *p = o->help; *p != '\0'; p++)
            kz_buf_printf(b, "%s%c", *p == '\'' || *p == '\\' ? "\\" : "", *p);
        kz_buf_puts(b, "'\n");
    }
}

static void fish(struct kz_buf *b, const struct kz_cli *cli)
{
    kz_buf_printf(b, "# fish completion of %s, made by `%s completion fish`\ncomplete -c %s -f\n",
                  cli->program, cli->program, cli->program);
    fish_options(b, cli, "", kz_common_options);
    for (size_t i = 0; cli->commands[i] != NULL; i++) {
        const struct kz_command *c = cli->commands[i];
        char when[160];
        kz_buf_printf(b, "complete -c %s -n __fish_use_subcommand -a %s -d '%s'\n", cli->program,
                      c->name, c->summary);
        (void)snprintf(when, sizeof when, " -n '__fish_seen_subcommand_from %s'", c->name);
        fish_options(b, cli, when, c->options);
        if (c->args_max == 0)
            continue;
        kz_buf_printf(b, "complete -c %s%s", cli->program, when);
        for (size_t w = 0; c->arg_words != NULL && c->arg_words[w] != NULL; w++)
            kz_buf_printf(b, "%s%s", w == 0 ? " -a '" : " ", c->arg_words[w]);
        kz_buf_puts(b, c->arg_words != NULL ? "'\n" : " -F\n");
    }
}

void kz_completion_print(struct kz_buf *b, const struct kz_cli *cli, enum kz_shell shell)
{
    static void (*const makers[])(struct kz_buf *b, const struct kz_cli *cli) = {
        [KZ_SHELL_BASH] = bash, [KZ_SHELL_ZSH] = zsh, [KZ_SHELL_FISH] = fish};
    makers[shell](b, cli);
}
