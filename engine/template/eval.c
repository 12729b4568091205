/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk over the nodes of a template. It recurses as the template nests: the parser bounds nesting
 * within one tree, and kz_eval_step bounds templates inside templates by the C stack they take. */
#include "template/eval_impl.h"

#include "template/print.h"

#include <string.h>
#include <sys/resource.h>

static enum kz_walk walk_list(struct kz_eval *ev, const struct kz_val *dot,
                              const struct kz_tnode *list);

/* ---- budget --------------------------------------------------------------------------------- */
bool kz_eval_spend(struct kz_eval *ev, uint64_t n)
{
    if (n <= ev->steps) {
        ev->steps -= n;
        return !ev->failed;
    }
    ev->steps = 0;
    (void)kz_eval_limit(ev, "the template took more than %llu steps",
                        (unsigned long long)ev->limits.steps);
    return false;
}

static bool stack_ends(const struct kz_eval *ev, size_t reserve)
{
    const char *here = __builtin_frame_address(0);
    const size_t used = (size_t)(ev->stack > here ? ev->stack - here : here - ev->stack);
    return used + reserve > ev->limits.stack;
}

bool kz_eval_step(struct kz_eval *ev)
{
    if (stack_ends(ev, 0)) {
        (void)kz_eval_limit(ev, "templates are nested too deep");
        return false;
    }
    return kz_eval_spend(ev, 1);
}

/* ---- variables ------------------------------------------------------------------------------ */
void kz_eval_push_var(struct kz_eval *ev, struct kz_str name, struct kz_val val)
{
    if (ev->n_vars == ev->vars_cap) {
        const size_t cap = ev->vars_cap == 0 ? 64 : ev->vars_cap * 2;
        struct kz_var *vars = kz_new_n(ev->arena, struct kz_var, cap);
        if (ev->n_vars > 0)
            memcpy(vars, ev->vars, ev->n_vars * sizeof(*vars));
        ev->vars = vars;
        ev->vars_cap = cap;
    }
    ev->vars[ev->n_vars++] = (struct kz_var){.name = name, .val = val};
}

struct kz_var *kz_eval_var(struct kz_eval *ev, struct kz_str name)
{
    for (size_t i = ev->n_vars; i-- > ev->vars_from;) {
        struct kz_var *var = &ev->vars[i];
        if (var->name.len == name.len && memcmp(var->name.ptr, name.ptr, name.len) == 0)
            return var;
    }
    kz_eval_error_at(ev, "undefined variable: " KZ_FMT, KZ_ARG(name));
    return NULL;
}

/* ---- output --------------------------------------------------------------------------------- */
static void add_mark(struct kz_eval *ev, struct kz_mark mark)
{
    struct kz_marks *m = ev->marks;
    if (m->len == m->cap) {
        if (m->cap >= KZ_MARKS_MAX) {
            m->full = true;
            return;
        }
        const size_t cap = m->cap == 0 ? 1024 : m->cap * 2;
        struct kz_mark *at = kz_new_n(ev->arena, struct kz_mark, cap);
        if (m->len > 0)
            memcpy(at, m->at, m->len * sizeof(*at));
        m->at = at;
        m->cap = cap;
    }
    m->at[m->len++] = mark;
}

static size_t marks_len(const struct kz_eval *ev)
{
    return ev->marks == NULL ? 0 : ev->marks->len;
}

static void mark_out(struct kz_eval *ev, const struct kz_tnode *n)
{
    if (ev->marks != NULL)
        add_mark(ev, (struct kz_mark){.kind = KZ_MARK_OUT,
                                      .n = (uint32_t)ev->out->len & 0x3FFFFFFF,
                                      .pos = n->pos,
                                      .as.tmpl = ev->tmpl});
}

/* What has ended had no marks, or they were the last: nothing to say. */
static void mark_call(struct kz_eval *ev, const struct kz_tnode *n, size_t first)
{
    if (marks_len(ev) > first)
        add_mark(ev, (struct kz_mark){.kind = KZ_MARK_CALL,
                                      .n = (uint32_t)(ev->marks->len - first) & 0x3FFFFFFF,
                                      .pos = n->pos,
                                      .as.tmpl = ev->tmpl});
}

static void mark_run(struct kz_eval *ev, struct kz_str text, size_t first)
{
    if (marks_len(ev) == first)
        return;
    if (text.len == 0)
        ev->marks->len = first;
    else
        add_mark(ev, (struct kz_mark){.kind = KZ_MARK_RUN,
                                      .n = (uint32_t)text.len & 0x3FFFFFFF,
                                      .pos = (uint32_t)(ev->marks->len - first),
                                      .as.text = text.ptr});
}

static bool written(struct kz_eval *ev)
{
    if (!kz_buf_bad(ev->out))
        return true;
    (void)kz_eval_limit(ev, "the output is larger than %zu bytes", ev->out->max);
    return false;
}

static enum kz_walk print_action(struct kz_eval *ev, const struct kz_tnode *n, struct kz_val v)
{
    ev->node = n;
    if (kz_val_kind(v) == KZ_GO_FUNC) {
        kz_eval_error_at(ev, "can't print " KZ_FMT " of type %s", KZ_ARG(kz_eval_node_text(ev, n)),
                         kz_val_type_name(v));
        return KZ_WALK_FAIL;
    }
    mark_out(ev, n);
    kz_print_action(ev->out, ev->arena, v);
    return written(ev) ? KZ_WALK_ON : KZ_WALK_FAIL;
}

/* ---- nodes ---------------------------------------------------------------------------------- */
static enum kz_walk walk_branch(struct kz_eval *ev, const struct kz_val *dot,
                                const struct kz_tnode *n)
{
    const size_t vars = ev->n_vars;
    enum kz_walk rc = KZ_WALK_ON;
    const struct kz_val v = kz_eval_pipe(ev, dot, n->as.branch.pipe);
    if (ev->failed)
        return KZ_WALK_FAIL;
    if (kz_val_truth(v))
        rc = walk_list(ev, n->kind == KZ_T_WITH ? &v : dot, n->as.branch.list);
    else if (n->as.branch.else_list != NULL)
        rc = walk_list(ev, dot, n->as.branch.else_list);
    ev->n_vars = vars;
    return rc;
}

/* Sets the variables of {{range $i, $v := ...}} or, with one, the element alone. */
static bool set_range_vars(struct kz_eval *ev, const struct kz_tnode *pipe, struct kz_val index,
                           struct kz_val item)
{
    const size_t n = pipe->as.pipe.decl.len;
    const struct kz_val vals[2] = {n > 1 ? index : item, item};
    for (size_t i = 0; i < n; i++) {
        struct kz_var *var = &ev->vars[ev->n_vars - n + i];
        if (pipe->as.pipe.is_assign)
            var = kz_eval_var(ev, pipe->as.pipe.decl.at[i]->as.path.at[0]);
        if (var == NULL)
            return false;
        var->val = vals[i];
    }
    return true;
}

static enum kz_walk iterate(struct kz_eval *ev, const struct kz_tnode *n, struct kz_val index,
                            struct kz_val item)
{
    const size_t vars = ev->n_vars;
    if (!kz_eval_step(ev) || !set_range_vars(ev, n->as.branch.pipe, index, item))
        return KZ_WALK_FAIL;
    const enum kz_walk rc = walk_list(ev, &item, n->as.branch.list);
    ev->n_vars = vars;
    return rc == KZ_WALK_CONTINUE ? KZ_WALK_ON : rc;
}

static enum kz_walk range_list(struct kz_eval *ev, const struct kz_tnode *n, struct kz_val list)
{
    enum kz_walk rc = KZ_WALK_ON;
    const size_t len = kz_val_len(list);
    for (size_t i = 0; i < len && rc == KZ_WALK_ON; i++)
        rc = iterate(ev, n, kz_val_int((int64_t)i), kz_val_at(list, i));
    return rc;
}

/* Over a copy in order of keys: the body may change the map. */
static enum kz_walk range_map(struct kz_eval *ev, const struct kz_tnode *n, struct kz_val map)
{
    enum kz_walk rc = KZ_WALK_ON;
    struct kz_dict *d = map.as.dict;
    kz_dict_sort(d);
    const size_t len = d->len;
    struct kz_entry *entries = kz_new_n(ev->arena, struct kz_entry, len);
    memcpy(entries, d->at, len * sizeof(*entries));
    for (size_t i = 0; i < len && rc == KZ_WALK_ON; i++) {
        entries[i].val.iface = map.type->elem == NULL;
        rc = iterate(ev, n, kz_val_str(entries[i].key), entries[i].val);
    }
    return rc;
}

static enum kz_walk walk_range(struct kz_eval *ev, const struct kz_val *dot,
                               const struct kz_tnode *n)
{
    const size_t vars = ev->n_vars;
    enum kz_walk rc = KZ_WALK_ON;
    const struct kz_val v = kz_eval_pipe(ev, dot, n->as.branch.pipe);
    if (ev->failed)
        return KZ_WALK_FAIL;
    const enum kz_gokind kind = kz_val_kind(v);
    const bool nothing = kind == KZ_GO_INVALID || (kind == KZ_GO_PTR && v.as.obj == NULL);
    if (!nothing && kind != KZ_GO_SLICE && kind != KZ_GO_MAP) {
        kz_eval_error_at(ev, "range can't iterate over " KZ_FMT, KZ_ARG(kz_val_text(ev->arena, v)));
        return KZ_WALK_FAIL;
    }
    if (nothing || kz_val_len(v) == 0) {
        if (n->as.branch.else_list != NULL)
            rc = walk_list(ev, dot, n->as.branch.else_list);
    } else {
        rc = kind == KZ_GO_MAP ? range_map(ev, n, v) : range_list(ev, n, v);
    }
    ev->n_vars = vars;
    return rc == KZ_WALK_BREAK ? KZ_WALK_ON : rc;
}

/* Runs another template with variables of its own; the caller's state comes back afterwards. */
static bool enter_template(struct kz_eval *ev, const struct kz_template *t, struct kz_val dot)
{
    const struct kz_template *tmpl = ev->tmpl;
    const struct kz_tnode *node = ev->node;
    const size_t vars_from = ev->vars_from, n_vars = ev->n_vars;
    ev->tmpl = t;
    ev->vars_from = n_vars;
    kz_eval_push_var(ev, KZ_STR("$"), dot);
    const bool ok = walk_list(ev, &dot, t->root) != KZ_WALK_FAIL;
    ev->tmpl = tmpl;
    ev->node = node;
    ev->vars_from = vars_from;
    ev->n_vars = n_vars;
    return ok;
}

static enum kz_walk walk_call(struct kz_eval *ev, const struct kz_val *dot,
                              const struct kz_tnode *n)
{
    const struct kz_template *t = kz_tset_find(ev->set, n->as.call.name);
    if (t == NULL) {
        kz_eval_error_at(ev, "template " KZ_FMT " not defined",
                         KZ_ARG(kz_eval_quoted(ev, n->as.call.name)));
        return KZ_WALK_FAIL;
    }
    /* Go's stack grows until its depth ends; ours ends first, at what only endless recursion reaches */
    if (ev->depth == ev->limits.depth || stack_ends(ev, ev->limits.stack / 16)) {
        kz_eval_error_at(ev, "exceeded maximum template depth (%u)", ev->limits.depth);
        ev->over_limit = true;
        return KZ_WALK_FAIL;
    }
    const struct kz_val arg =
        n->as.call.pipe == NULL ? KZ_NIL : kz_eval_pipe(ev, dot, n->as.call.pipe);
    if (ev->failed)
        return KZ_WALK_FAIL;
    const size_t first = marks_len(ev);
    ev->depth++;
    const bool ok = enter_template(ev, t, arg);
    ev->depth--;
    mark_call(ev, n, first);
    if (!ok)
        kz_eval_error_via(ev, n);
    return ok ? KZ_WALK_ON : KZ_WALK_FAIL;
}

static enum kz_walk walk_action(struct kz_eval *ev, const struct kz_val *dot,
                                const struct kz_tnode *n)
{
    const struct kz_val v = kz_eval_pipe(ev, dot, n->as.branch.pipe);
    if (ev->failed)
        return KZ_WALK_FAIL;
    if (n->as.branch.pipe->as.pipe.decl.len > 0)
        return KZ_WALK_ON;
    return print_action(ev, n, v);
}

static enum kz_walk walk(struct kz_eval *ev, const struct kz_val *dot, const struct kz_tnode *n)
{
    if (!kz_eval_step(ev))
        return KZ_WALK_FAIL;
    ev->node = n;
    switch (n->kind) {
    case KZ_T_TEXT:
        mark_out(ev, n);
        kz_buf_add_str(ev->out, n->as.text);
        return written(ev) ? KZ_WALK_ON : KZ_WALK_FAIL;
    case KZ_T_ACTION:
        return walk_action(ev, dot, n);
    case KZ_T_IF:
    case KZ_T_WITH:
        return walk_branch(ev, dot, n);
    case KZ_T_RANGE:
        return walk_range(ev, dot, n);
    case KZ_T_TEMPLATE:
        return walk_call(ev, dot, n);
    case KZ_T_BREAK:
        return KZ_WALK_BREAK;
    case KZ_T_CONTINUE:
        return KZ_WALK_CONTINUE;
    default: /* the parser puts nothing else into lists */
        kz_assert(false);
    }
}

static enum kz_walk walk_list(struct kz_eval *ev, const struct kz_val *dot,
                              const struct kz_tnode *list)
{
    enum kz_walk rc = KZ_WALK_ON;
    for (size_t i = 0; i < list->as.nodes.len && rc == KZ_WALK_ON; i++)
        rc = walk(ev, dot, list->as.nodes.at[i]);
    return rc;
}

/* ---- runs ----------------------------------------------------------------------------------- */
/* Three quarters of what the kernel lets the main thread's stack grow to, and at most 64 MiB. */
static size_t stack_limit(void)
{
    const size_t most = (size_t)64 << 20;
    struct rlimit rl;
    if (getrlimit(RLIMIT_STACK, &rl) < 0)
        return most / 16;
    if (rl.rlim_cur == RLIM_INFINITY || rl.rlim_cur / 4 * 3 > most)
        return most;
    return (size_t)rl.rlim_cur / 4 * 3;
}

struct kz_eval *kz_eval_new(struct kz_arena *a, const struct kz_limits *limits, void *user)
{
    struct kz_eval *ev = kz_new(a, struct kz_eval);
    if (limits != NULL)
        ev->limits = *limits;
    if (ev->limits.steps == 0)
        ev->limits.steps = UINT64_C(200000000);
    if (ev->limits.output == 0)
        ev->limits.output = (size_t)256 << 20;
    if (ev->limits.stack == 0)
        ev->limits.stack = stack_limit();
    if (ev->limits.depth == 0)
        ev->limits.depth = 100000;
    ev->arena = a;
    ev->user = user;
    ev->steps = ev->limits.steps;
    ev->stack = __builtin_frame_address(0); /* functions called outside of a run count from here */
    return ev;
}

void kz_eval_free(struct kz_eval *ev)
{
    if (ev == NULL)
        return;
    for (struct kz_spare *s = ev->spares, *after; s != NULL; s = after) {
        after = s->next;
        kz_buf_done(&s->buf);
    }
    ev->spares = NULL;
}

static bool run(struct kz_buf *out, struct kz_eval *ev, const struct kz_tset *set,
                const struct kz_template *t, struct kz_val dot)
{
    const struct kz_tset *old_set = ev->set;
    struct kz_buf *old_out = ev->out;
    const uint32_t old_depth = ev->depth;
    ev->set = set;
    ev->out = out;
    ev->depth = 0;
    ev->runs++;
    const bool ok = enter_template(ev, t, dot);
    ev->runs--;
    ev->depth = old_depth;
    ev->out = old_out;
    ev->set = old_set;
    return ok;
}

bool kz_eval_template(struct kz_str *out, struct kz_eval *ev, const struct kz_tset *set,
                      const struct kz_template *t, struct kz_val dot)
{
    const size_t first = marks_len(ev);
    struct kz_buf *b = kz_eval_buf(ev);
    const bool ok = kz_eval_step(ev) && run(b, ev, set, t, kz_val_plain(dot));
    const struct kz_str text = kz_eval_text(ev, b);
    mark_run(ev, text, first);
    if (ok)
        *out = text;
    return ok;
}

int kz_eval_run(struct kz_buf *out, struct kz_eval *ev, const struct kz_tset *set,
                const struct kz_template *t, struct kz_val dot, struct kz_marks *marks,
                struct kz_err *err)
{
    kz_assert(ev->runs == 0);
    kz_eval_error_clear(ev);
    ev->stack = __builtin_frame_address(0);
    ev->marks = marks;
    ev->n_vars = 0;
    const bool ok = run(out, ev, set, t, kz_val_plain(dot));
    ev->marks = NULL;
    for (struct kz_spare *s = ev->spares; s != NULL; s = s->next)
        s->busy = false;
    if (ok)
        return 0;
    kz_eval_error_join(ev);
    const struct kz_trace *where = ev->innermost;
    (void)kz_fail(err, ev->over_limit ? KZ_E_LIMIT : KZ_E_INVALID, KZ_FMT, KZ_ARG(ev->error));
    return where == NULL ? kz_err_at(err, t->file, 0, 0)
                         : kz_err_at(err, where->tmpl->file, where->line, where->col + 1);
}

/* ---- for functions -------------------------------------------------------------------------- */
struct kz_arena *kz_eval_arena(struct kz_eval *ev)
{
    return ev->arena;
}

void *kz_eval_user(struct kz_eval *ev)
{
    return ev->user;
}

const struct kz_tset *kz_eval_set(const struct kz_eval *ev)
{
    return ev->set;
}

const struct kz_template *kz_eval_running(const struct kz_eval *ev)
{
    return ev->tmpl;
}

struct kz_buf *kz_eval_buf(struct kz_eval *ev)
{
    struct kz_spare *s = ev->spares;
    while (s != NULL && s->busy)
        s = s->next;
    if (s == NULL) {
        s = kz_new(ev->arena, struct kz_spare);
        kz_buf_init(&s->buf, ev->limits.output);
        s->next = ev->spares;
        ev->spares = s;
    }
    kz_buf_clear(&s->buf); /* a failed function may have left something */
    s->busy = true;
    return &s->buf;
}

struct kz_str kz_eval_text(struct kz_eval *ev, struct kz_buf *b)
{
    enum { KEEP = 1 << 20, BYTES_A_STEP = 64 }; /* larger buffers go back to the system */
    struct kz_spare *s = kz_container_of(b, struct kz_spare, buf);
    struct kz_str text = KZ_STR("");
    if (kz_buf_bad(b))
        (void)kz_eval_limit(ev, "a text is larger than %zu bytes", b->max);
    else if (b->len > 0 && kz_eval_spend(ev, b->len / BYTES_A_STEP))
        text = kz_str_dup(ev->arena, kz_buf_str(b));
    if (b->cap > KEEP) {
        kz_buf_done(b);
        kz_buf_init(b, ev->limits.output);
    } else {
        kz_buf_clear(b);
    }
    s->busy = false;
    return text;
}
