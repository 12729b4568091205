/* SPDX-License-Identifier: Apache-2.0
 *
 * Completion scripts: every word in them is known when they are made, so a shell completes without
 * starting kzsync; but for names of modules, which `kzsync __modules` reads from the cluster that the command line
 * names. */
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

/* Names of modules stand here. */
static bool takes_modules(const struct kz_command *c)
{
    return c->args != NULL && strstr(c->args, "MODULE") != NULL;
}

static bool is_module(const struct kz_opt *o)
{
    return o->arg != NULL && strcmp(o->arg, "MODULE") == 0;
}

static bool is_listed(const struct kz_command *c)
{
    return (c->flags & KZ_CMD_HIDDEN) == 0;
}

/* What says which cluster is meant. */
#define WHERE "-n|--namespace|--context|--kubeconfig|--platform"

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
            kz_buf_puts(b, o->type == KZ_OPT_PATH ? "        files=1 ;;\n"
                           : is_module(o)         ? "        modules=1 ;;\n"
                                                  : "        none=1 ;;\n");
        }
    }
}

static void bash(struct kz_buf *b, const struct kz_cli *cli)
{
    kz_buf_printf(b,
                  "# bash completion of %s, made by `%s completion bash`\n"
                  "_%s_modules()\n{\n"
                  "    local where=() i\n"
                  "    for ((i = 1; i < COMP_CWORD - 1; i++)); do\n"
                  "        case ${COMP_WORDS[i]} in\n"
                  "        " WHERE ")\n"
                  "            [[ ${COMP_WORDS[i+1]} == = ]] && where+=(\"${COMP_WORDS[i]}=${COMP_WORDS[i+2]}\") ||\n"
                  "                where+=(\"${COMP_WORDS[i]}\" \"${COMP_WORDS[i+1]}\") ;;\n"
                  "        esac\n    done\n"
                  "    \"${COMP_WORDS[0]}\" __modules \"${where[@]}\" 2>/dev/null </dev/null\n}\n"
                  "_%s()\n{\n"
                  "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                  "    local command= words= files= none= modules= i\n"
                  "    COMPREPLY=()\n"
                  "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                  "        case ${COMP_WORDS[i]} in\n        ",
                  cli->program, cli->program, cli->program, cli->program);
    for (size_t i = 0, n = 0; cli->commands[i] != NULL; i++)
        if (is_listed(cli->commands[i]))
            kz_buf_printf(b, "%s%s", n++ > 0 ? "|" : "", cli->commands[i]->name);
    /* `--color=al` reaches us as three words. */
    kz_buf_puts(b, ") command=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n"
                   "    if [[ $cur == = ]]; then cur=; fi\n"
                   "    if [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                   "    case $command,$prev in\n");
    for (size_t i = 0; cli->commands[i] != NULL; i++)
        if (is_listed(cli->commands[i]))
            bash_values(b, cli->commands[i]->name, cli->commands[i]->options);
    bash_values(b, "*", kz_common_options);
    kz_buf_puts(b, "    *)\n        case $command in\n");
    for (size_t i = 0; cli->commands[i] != NULL; i++) {
        const struct kz_command *c = cli->commands[i];
        if (!is_listed(c))
            continue;
        kz_buf_printf(b, "        %s) words='", c->name);
        for (size_t w = 0; c->arg_words != NULL && c->arg_words[w] != NULL; w++)
            kz_buf_printf(b, "%s ", c->arg_words[w]);
        kz_buf_puts(b, "'");
        if (c->args_max > 0 && c->arg_words == NULL)
            kz_buf_puts(b, takes_modules(c) ? "; modules=1" : "; files=1");
        kz_buf_puts(b, "; [[ $cur == -* ]] && words='");
        bash_names(b, c->options);
        bash_names(b, kz_common_options);
        kz_buf_puts(b, "' ;;\n");
    }
    kz_buf_puts(b, "        *) words='");
    for (size_t i = 0; cli->commands[i] != NULL; i++)
        if (is_listed(cli->commands[i]))
            kz_buf_printf(b, "%s ", cli->commands[i]->name);
    kz_buf_puts(b, "help'; [[ $cur == -* ]] && words='");
    bash_names(b, kz_common_options);
    kz_buf_printf(b,
                  "' ;;\n        esac ;;\n    esac\n"
                  "    [[ $none ]] && return\n"
                  "    [[ $modules && $cur != -* ]] && words+=\" $(_%s_modules)\"\n"
                  "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                  "    if [[ $files && $cur != -* ]]; then\n"
                  "        compopt -o filenames 2>/dev/null\n"
                  "        COMPREPLY+=($(compgen -f -- \"$cur\"))\n    fi\n}\n"
                  "complete -F _%s %s\n",
                  cli->program, cli->program, cli->program);
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
        if (is_module(o))
            kz_buf_puts(b, "_kzsync_modules");
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
                  "_kzsync_modules() {\n    local -a where names\n    local i\n"
                  "    for ((i = 1; i < CURRENT; i++)); do\n"
                  "        case $words[i] in\n"
                  "        " WHERE ") where+=($words[i] $words[i+1]) ;;\n"
                  "        --namespace=*|--context=*|--kubeconfig=*|--platform=*) where+=($words[i]) ;;\n"
                  "        esac\n    done\n"
                  "    names=(${(f)\"$(command %s __modules $where 2>/dev/null </dev/null)\"})\n"
                  "    compadd -a names\n}\n"
                  "_%s() {\n    local -a commands common\n    local context state line\n"
                  "    commands=(\n",
                  cli->program, cli->program, cli->program, cli->program, cli->program);
    for (size_t i = 0; cli->commands[i] != NULL; i++) {
        if (!is_listed(cli->commands[i]))
            continue;
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
        if (!is_listed(c))
            continue;
        kz_buf_printf(b, "        %s) _arguments $common \\\n", c->name);
        for (const struct kz_opt *o = c->options; o != NULL && o->name != NULL; o++)
            zsh_option(b, o);
        kz_buf_puts(b, "        '*:");
        quoted(b, c->args == NULL ? "none" : c->args, "[]:\\");
        kz_buf_puts(b, ":");
        for (size_t w = 0; c->arg_words != NULL && c->arg_words[w] != NULL; w++)
            kz_buf_printf(b, "%s%s", w == 0 ? "(" : " ", c->arg_words[w]);
        kz_buf_puts(b, c->arg_words != NULL ? ")' ;;\n"
                       : takes_modules(c)   ? "_kzsync_modules' ;;\n"
                       : c->args_max > 0    ? "_files' ;;\n"
                                            : " ' ;;\n");
    }
    kz_buf_printf(b, "        esac ;;\n    esac\n}\n"
                     "if [ \"$funcstack[1]\" = _%s ]; then _%s \"$@\"; else compdef _%s %s; fi\n",
                  cli->program, cli->program, cli->program, cli->program);
}

/* ---- fish ---------------------------------------------------------------------------------- */

static void fish_text(struct kz_buf *b, const char *text)
{
    for (; *text != '\0'; text++)
        kz_buf_printf(b, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
}

static void fish_options(struct kz_buf *b, const struct kz_cli *cli, const char *when,
                         const struct kz_opt *o)
{
    for (; o != NULL && o->name != NULL; o++) {
        kz_buf_printf(b, "complete -c %s%s -l %s", cli->program, when, o->name);
        if (o->letter != 0)
            kz_buf_printf(b, " -s %c", o->letter);
        if (o->type != KZ_OPT_FLAG)
            kz_buf_puts(b, o->type == KZ_OPT_PATH ? " -r -F" : " -x");
        if (is_module(o))
            kz_buf_puts(b, " -a '(__kzsync_modules)'");
        if (o->words != NULL) {
            kz_buf_puts(b, " -a '");
            for (size_t i = 0; o->words[i] != NULL; i++)
                kz_buf_printf(b, "%s%s", i > 0 ? " " : "", o->words[i]);
            kz_buf_puts(b, "'");
        }
        kz_buf_puts(b, " -d '");
        fish_text(b, o->help);
        kz_buf_puts(b, "'\n");
    }
}

static void fish(struct kz_buf *b, const struct kz_cli *cli)
{
    kz_buf_printf(b, "# fish completion of %s, made by `%s completion fish`\ncomplete -c %s -f\n"
                     "function __kzsync_modules\n    set -l words (commandline -opc)\n    set -l where\n"
                     "    for i in (seq 2 (count $words))\n        switch $words[$i]\n"
                     "            case -n --namespace --context --kubeconfig --platform\n"
                     "                set -a where $words[$i] $words[(math $i + 1)]\n"
                     "            case '--namespace=*' '--context=*' '--kubeconfig=*' '--platform=*'\n"
                     "                set -a where $words[$i]\n        end\n    end\n"
                     "    command %s __modules $where 2>/dev/null </dev/null\nend\n",
                  cli->program, cli->program, cli->program, cli->program);
    fish_options(b, cli, "", kz_common_options);
    for (size_t i = 0; cli->commands[i] != NULL; i++) {
        const struct kz_command *c = cli->commands[i];
        char when[160];
        if (!is_listed(c))
            continue;
        kz_buf_printf(b, "complete -c %s -n __fish_use_subcommand -a %s -d '", cli->program, c->name);
        fish_text(b, c->summary);
        kz_buf_puts(b, "'\n");
        (void)snprintf(when, sizeof when, " -n '__fish_seen_subcommand_from %s'", c->name);
        fish_options(b, cli, when, c->options);
        if (c->args_max == 0)
            continue;
        kz_buf_printf(b, "complete -c %s%s", cli->program, when);
        for (size_t w = 0; c->arg_words != NULL && c->arg_words[w] != NULL; w++)
            kz_buf_printf(b, "%s%s", w == 0 ? " -a '" : " ", c->arg_words[w]);
        kz_buf_puts(b, c->arg_words != NULL ? "'\n" : takes_modules(c) ? " -a '(__kzsync_modules)'\n" : " -F\n");
    }
}

void kz_completion_print(struct kz_buf *b, const struct kz_cli *cli, enum kz_shell shell)
{
    static void (*const makers[])(struct kz_buf *b, const struct kz_cli *cli) = {
        [KZ_SHELL_BASH] = bash, [KZ_SHELL_ZSH] = zsh, [KZ_SHELL_FISH] = fish};
    makers[shell](b, cli);
}
