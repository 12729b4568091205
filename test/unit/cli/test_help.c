/* SPDX-License-Identifier: Apache-2.0
 *
 * What is made from the tables: help, man page, completions. The scripts are also read by the shells
 * and programs that will use them, where those are installed. */
#include "cli/help.h"

#include "sample.h"

#include <criterion/criterion.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 20 };

/* Feeds text to a program and collects its output; -1 when it isn't installed, else its exit status. */
static int feed(const char *const *argv, const char *text, char *out, size_t size)
{
    int in[2], back[2], status = 0;
    size_t len = 0;
    ssize_t n;
    FILE *spool = tmpfile(); /* a file: a pipe could fill while nobody reads */
    cr_assert_not_null(spool);
    cr_assert_eq(fwrite(text, 1, strlen(text), spool), strlen(text));
    cr_assert_eq(fflush(spool), 0);
    in[0] = fileno(spool);
    cr_assert_eq(lseek(in[0], 0, SEEK_SET), 0);
    cr_assert_eq(pipe(back), 0);
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        (void)dup2(in[0], 0);
        (void)dup2(back[1], 1);
        (void)dup2(back[1], 2);
        (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    (void)close(back[1]);
    while (len + 1 < size && (n = read(back[0], out + len, size - len - 1)) > 0)
        len += (size_t)n;
    out[len] = '\0';
    (void)close(back[0]);
    (void)fclose(spool);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 127 ? -1 : status;
}

static const struct kz_command *command(const char *name)
{
    for (size_t i = 0; sample.commands[i] != NULL; i++)
        if (strcmp(sample.commands[i]->name, name) == 0)
            return sample.commands[i];
    return NULL;
}

Test(help, command)
{
    struct kz_buf b;
    kz_buf_init(&b, TEXT_MAX);
    kz_help_print(&b, &sample, command("plan"), 80, false);
    static const char *const parts[] = {
        "kzsync plan: show what would change\n", "  kzsync plan [PATH] [options]\n",
        "  -o, --output WORD", "one of: text, json (default text)", "      --timeout DURATION",
        "  -m, --module NAME", "  -h, --help", "  kzsync plan .\n      this folder\n",
    };
    for (size_t i = 0; i < kz_countof(parts); i++)
        cr_expect_not_null(strstr(b.ptr, parts[i]), "'%s' in\n%s", parts[i], b.ptr);
    for (const char *p = b.ptr, *end; (end = strchr(p, '\n')) != NULL; p = end + 1)
        cr_expect_leq(end - p, 80, "%.*s", (int)(end - p), p);
    kz_buf_done(&b);
}

Test(help, overview)
{
    struct kz_buf b;
    kz_buf_init(&b, TEXT_MAX);
    kz_help_print(&b, &sample, NULL, 80, false);
    cr_expect_not_null(strstr(b.ptr, "  plan           show what would change\n"));
    cr_expect_not_null(strstr(b.ptr, "  wait           wait for a module\n"));
    kz_buf_done(&b);
}

Test(man, reads_without_a_warning)
{
    static const char *const groff[] = {"groff", "-man", "-Tutf8", "-ww", "-z", NULL};
    char out[4096];
    struct kz_buf b;
    kz_buf_init(&b, TEXT_MAX);
    kz_man_print(&b, &sample);
    cr_expect_not_null(strstr(b.ptr, "\n\\&.Starts with a dot"), "a dot must not start a request");
    cr_expect_not_null(strstr(b.ptr, "\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fIWORD\\fR"));
    int rc = feed(groff, b.ptr, out, sizeof out);
    cr_expect(rc == -1 || (rc == 0 && out[0] == '\0'), "%s", out);
    kz_buf_done(&b);
}

/* Asks bash itself what it would offer. */
Test(completion, bash)
{
    static const struct {
        const char *words, *want; /* the last word is being typed */
    } rows[] = {
        {"kzsync p", "plan"},
        {"kzsync ''", "plan wait logs help"},
        {"kzsync __", ""},
        {"kzsync logs ''", "store web"},
        {"kzsync logs w", "web"},
        {"kzsync logs --beside s", "store"},
        {"kzsync logs --beside = s", "store"},
        {"kzsync logs -n other ''", "other-one"},
        {"kzsync logs --namespace = other o", "other-one"},
        {"kzsync plan --out", "--output"},
        {"kzsync plan --output ''", "text json"},
        {"kzsync plan --output = j", "json"},
        {"kzsync plan -o j", "json"},
        {"kzsync plan --jobs ''", ""},
        {"kzsync --color n", "never"},
        {"kzsync --color never w", "wait"},
        {"kzsync plan --col", "--color"},
        {"kzsync wait a", "all"},
    };
    static const char *const bash[] = {"bash", "--norc", "-s", NULL};
    struct kz_buf b;
    char out[4096];
    for (size_t i = 0; i < kz_countof(rows); i++) {
        kz_buf_init(&b, TEXT_MAX);
        kz_completion_print(&b, &sample, KZ_SHELL_BASH);
        /* As kzsync __modules would. */
        kz_buf_puts(&b, "kzsync() { case \"$*\" in __modules) echo store; echo web ;;\n"
                        "'__modules -n other'|'__modules --namespace=other') echo other-one ;; esac; }\n");
        kz_buf_printf(&b, "cd /var/empty 2>/dev/null || cd /\nCOMP_WORDS=(%s)\n"
                          "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_kzsync\n"
                          "printf '%%s' \"${COMPREPLY[*]}\"\n", rows[i].words);
        int rc = feed(bash, b.ptr, out, sizeof out);
        if (rc != -1)
            cr_expect_str_eq(out, rows[i].want, "%s: '%s'", rows[i].words, out);
        kz_buf_done(&b);
    }
}

Test(completion, zsh_and_fish_parse)
{
    static const struct {
        enum kz_shell shell;
        const char *argv[4], *has;
    } rows[] = {
        {KZ_SHELL_ZSH, {"zsh", "-n", "/dev/stdin"}, "'--timeout=[how long \\[at most\\]]:DURATION:'"},
        {KZ_SHELL_ZSH, {"zsh", "-n", "/dev/stdin"}, "don'\\''t ask"},
        {KZ_SHELL_FISH, {"fish", "-n", "/dev/stdin"}, "-l yes -s y -d 'don\\'t ask'"},
        {KZ_SHELL_FISH, {"fish", "-n", "/dev/stdin"}, "-l file -s f -r -F"},
        {KZ_SHELL_ZSH, {"zsh", "-n", "/dev/stdin"}, "'--beside=[another module]:MODULE:_kzsync_modules'"},
        {KZ_SHELL_ZSH, {"zsh", "-n", "/dev/stdin"}, "'*:MODULE:_kzsync_modules' ;;"},
        {KZ_SHELL_FISH, {"fish", "-n", "/dev/stdin"}, "from logs' -l beside -s b -x -a '(__kzsync_modules)'"},
    };
    char out[4096];
    for (size_t i = 0; i < kz_countof(rows); i++) {
        struct kz_buf b;
        kz_buf_init(&b, TEXT_MAX);
        kz_completion_print(&b, &sample, rows[i].shell);
        cr_expect_not_null(strstr(b.ptr, rows[i].has), "%s in\n%s", rows[i].has, b.ptr);
        int rc = feed(rows[i].argv, b.ptr, out, sizeof out);
        cr_expect(rc == -1 || (rc == 0 && out[0] == '\0'), "%s", out);
        kz_buf_done(&b);
    }
}
