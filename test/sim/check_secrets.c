/* SPDX-License-Identifier: Apache-2.0 */
#include "check_secrets.h"

#include <sys/mman.h>
#include <sys/stat.h>

static bool tells(struct kz_str text)
{
    return kz_str_has(text, KZ_STR(SIM_CANARY)) || kz_str_has(text, KZ_STR(SIM_CANARY64));
}

void sim_secrets_sent(struct sim_world *w, const struct sim_request *r)
{
    const bool secret = r->kind != NULL && kz_str_is(r->kind->kind, "Secret");
    if (tells(r->path) || tells(r->query) || (!secret && tells(r->body)))
        sim_violation(w, "I8", "a request to " KZ_FMT " holds what a Secret holds", KZ_ARG(r->path));
}

static bool is_told_by(const struct kz_err *err)
{
    bool told = false;
    for (unsigned i = 0; err != NULL && i < err->depth; i++)
        told |= tells(kz_str(err->frame[i]));
    return told || (err != NULL && (tells(kz_str(err->hint)) || tells(kz_str(err->detail))));
}

void sim_secrets_shown(struct sim_world *w, const struct kz_engine_view *view)
{
    if (is_told_by(view->source_err))
        sim_violation(w, "I8", "the source's error tells what a Secret holds");
    for (size_t i = 0; i < view->n_modules; i++)
        if (tells(view->modules[i].note) || is_told_by(view->modules[i].err))
            sim_violation(w, "I8", "module " KZ_FMT " tells what a Secret holds", KZ_ARG(view->modules[i].name));
}

void sim_secrets_logged(struct sim_world *w)
{
    struct stat st;
    if (fstat(w->log_fd, &st) < 0 || st.st_size == 0)
        return;
    const char *text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, w->log_fd, 0);
    kz_assert(text != MAP_FAILED);
    struct kz_str rest = kz_str_n(text, (size_t)st.st_size), line;
    if (tells(rest))
        while (rest.len > 0) {
            rest = kz_str_cut(&line, rest, '\n');
            if (tells(line))
                sim_violation(w, "I8", "the log tells what a Secret holds: " KZ_FMT, KZ_ARG(line));
        }
    (void)munmap((void *)(uintptr_t)text, (size_t)st.st_size);
}
