/* SPDX-License-Identifier: Apache-2.0
 *
 * kzsync __modules: names of modules for a shell that completes a word. It never says what is wrong and never takes
 * long: names that were read within the last second are in a file, and 200 ms after its start it is over. */
#include "base/fs.h"
#include "base/hash.h"
#include "base/io.h"
#include "cli/look.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_MS = 200, FRESH_MS = 1000, NAMES_MAX = 1 << 20 };

static void on_alarm(int signum)
{
    (void)signum;
    _exit(KZ_EXIT_OK);
}

/* Whatever it is at: a slow kubeconfig plugin, a server that is away. */
static void end_soon(void)
{
    const struct itimerval at = {.it_value = {.tv_usec = PATIENCE_MS * 1000}};
    (void)signal(SIGALRM, on_alarm);
    (void)setitimer(ITIMER_REAL, &at, NULL);
}

/* One file for each cluster, namespace and platform, as far as the command line and the environment tell. "": none. */
static struct kz_str file_of(struct kz_arena *a, const struct kz_args *args)
{
    static const char *const options[] = {"kubeconfig", "context", "namespace", "platform"};
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME"), *kubeconfig = getenv("KUBECONFIG");
    struct kz_hasher *h = kz_hasher_new(a);
    char name[KZ_HASH_TEXT];
    struct kz_err err;
    for (size_t i = 0; i < kz_countof(options); i++)
        kz_hasher_add(h, kz_args_str(args, options[i]));
    kz_hasher_add(h, kz_str(kubeconfig));
    kz_hash_text(name, kz_hasher_end(h));
    struct kz_str folder = xdg != NULL && xdg[0] == '/'     ? kz_str_printf(a, "%s/kzsync/names", xdg)
                           : home != NULL && home[0] == '/' ? kz_str_printf(a, "%s/.cache/kzsync/names", home)
                                                            : KZ_STR("");
    if (folder.len == 0 || kz_dir_make(folder.ptr, &err) < 0)
        return KZ_STR("");
    return kz_str_printf(a, KZ_FMT "/%s", KZ_ARG(folder), name);
}

static bool is_fresh(const char *path)
{
    struct stat st;
    struct timespec now;
    if (stat(path, &st) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return false;
    const int64_t age = (now.tv_sec - st.st_mtim.tv_sec) * 1000 + (now.tv_nsec - st.st_mtim.tv_nsec) / 1000000;
    return age >= 0 && age < FRESH_MS;
}

/* Whole or not at all: a shell may read it meanwhile. */
static void keep(struct kz_arena *a, struct kz_str path, const struct kz_buf *names)
{
    const char *tmp = kz_str_printf(a, KZ_FMT ".%ld", KZ_ARG(path), (long)getpid()).ptr;
    const int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    const bool whole = write(fd, names->ptr, names->len) == (ssize_t)names->len;
    if (close(fd) != 0 || !whole || rename(tmp, path.ptr) != 0)
        (void)unlink(tmp);
}

static void ask(struct kz_buf *names, const struct kz_args *args)
{
    struct kz_look l;
    struct kz_err err;
    int rc = kz_look_open(&l, args, 0, &err);
    if (rc >= 0)
        rc = kz_look_status(&l, kz_env_mono(kz_app_env(l.app)) + PATIENCE_MS * KZ_NS_PER_MS, &err);
    const struct kz_value *modules = kz_value_get(l.status, "modules");
    for (size_t i = 0; i < kz_value_len(modules); i++)
        kz_buf_printf(names, KZ_FMT "\n", KZ_ARG(kz_value_path_str(kz_value_at(modules, i), "name")));
    (void)kz_look_end(&l, rc);
}

static int run(const struct kz_args *args, struct kz_err *err)
{
    kz_autoarena struct kz_arena *a = kz_arena_new(16 << 20);
    kz_autobuf struct kz_buf names = KZ_BUF(NAMES_MAX);
    struct kz_str path, text;
    end_soon();
    path = file_of(a, args);
    if (path.len > 0 && is_fresh(path.ptr) && kz_file_read(&text, a, path.ptr, NAMES_MAX, err) >= 0) {
        kz_buf_add_str(&names, text);
    } else {
        ask(&names, args);
        if (path.len > 0 && names.len > 0 && !kz_buf_bad(&names))
            keep(a, path, &names);
    }
    return kz_cli_out(&names, err);
}

static const struct kz_opt options[] = {
    KZ_OPTS_CLUSTER,
    KZ_OPT_PLATFORM,
    {0},
};
const struct kz_command kz_cmd_modules = {
    .name = "__modules",
    .summary = "names of modules, for completion",
    .options = options,
    .flags = KZ_CMD_HIDDEN,
    .run = run,
};
