/* SPDX-License-Identifier: Apache-2.0 */
#include "helm/manifest.h"

#include "helm/text.h"

#include <string.h>

/* ---- splitting --------------------------------------------------------------------------------- */

static bool blank(char c) /* \s of a regular expression */
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

/* (?:^|\s*\n)---\s*: a separator is "---" at the start of the text or behind a newline, with the blanks
 * around it; a second one right behind it is content, because its newline is taken. */
bool kz_manifest_split(struct kz_str *piece, struct kz_str *rest, bool *first)
{
    const struct kz_str s = *rest;
    size_t from = s.len, to = s.len; /* of the separator */
    if (s.ptr == NULL)
        return false;
    if (*first && kz_str_starts(s, KZ_STR("---"))) {
        from = 0;
        to = 3;
    } else {
        for (size_t at = 0; at + 3 < s.len && to == s.len; at++) {
            const char *nl = memchr(s.ptr + at, '\n', s.len - at - 3);
            if (nl == NULL)
                break;
            at = (size_t)(nl - s.ptr);
            if (memcmp(nl + 1, "---", 3) != 0)
                continue;
            for (from = at; from > 0 && blank(s.ptr[from - 1]);)
                from--;
            to = at + 4;
            break;
        }
    }
    *first = false;
    *piece = kz_str_head(s, from);
    if (from == s.len && to == s.len) {
        *rest = KZ_STR_NONE;
        return true;
    }
    while (to < s.len && blank(s.ptr[to]))
        to++;
    *rest = kz_str_n(s.ptr + to, s.len - to);
    return true;
}

/* ---- what a document says of itself ------------------------------------------------------------ */

static int wrong_type(const struct kz_value *v, const char *where, const char *want,
                      struct kz_err *err)
{
    (void)kz_fail(err, KZ_E_INVALID, "json: cannot unmarshal %s into Go %s of type %s",
                  kz_go_json_kind(v), where, want);
    return kz_wrap(err, "error unmarshaling JSON: while decoding JSON");
}

static int head_text(struct kz_str *out, struct kz_arena *a, const struct kz_value *map,
                     const char *name, const char *where, struct kz_err *err)
{
    const struct kz_value *v = kz_go_field(map, name);
    if (v == NULL || v->kind == KZ_NULL || kz_go_as_text(out, a, v))
        return 0;
    return wrong_type(v, where, "string", err);
}

static int check_annotations(const struct kz_value *v, struct kz_arena *a, struct kz_err *err)
{
    struct kz_str text;
    if (v == NULL || v->kind == KZ_NULL)
        return 0;
    if (v->kind != KZ_MAP)
        return wrong_type(v, "struct field .metadata.annotations", "map[string]string", err);
    for (size_t i = 0; i < v->as.map.len; i++) {
        const struct kz_value *item = v->as.map.at[i].val;
        if (item->kind != KZ_NULL && !kz_go_as_text(&text, a, item))
            return wrong_type(item, "struct field .metadata.annotations", "string", err);
    }
    return 0;
}

/* Reads the kind, and finds the annotations. */
static int read_head(struct kz_manifest *m, const struct kz_value **annotations, struct kz_arena *a,
                     struct kz_err *err)
{
    static const char go_metadata[] =
        "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }";
    struct kz_str ignored = KZ_STR("");
    if (m->doc->kind == KZ_NULL)
        return 0;
    if (m->doc->kind != KZ_MAP) {
        (void)kz_fail(err, KZ_E_INVALID,
                      "json: cannot unmarshal %s into Go value of type releaseutil.SimpleHead",
                      kz_go_json_kind(m->doc));
        return kz_wrap(err, "error unmarshaling JSON: while decoding JSON");
    }
    const struct kz_value *meta = kz_go_field(m->doc, "metadata");
    if (head_text(&ignored, a, m->doc, "apiVersion", "struct field SimpleHead.apiVersion", err) <
            0 ||
        head_text(&m->kind, a, m->doc, "kind", "struct field SimpleHead.kind", err) < 0)
        return -(int)err->code;
    if (meta == NULL || meta->kind == KZ_NULL)
        return 0;
    if (meta->kind != KZ_MAP)
        return wrong_type(meta, "struct field SimpleHead.metadata", go_metadata, err);
    *annotations = kz_go_field(meta, "annotations");
    if (check_annotations(*annotations, a, err) < 0)
        return -(int)err->code;
    return head_text(&ignored, a, meta, "name", "struct field .metadata.name", err);
}

/* false: it names a hook that Helm does not know, and is dropped. */
static bool read_hook(struct kz_manifest *m, struct kz_arena *a, const struct kz_value *annotations)
{
    static const char *const known[] = {
        "pre-install",  "post-install", "pre-delete",    "post-delete", "pre-upgrade",
        "post-upgrade", "pre-rollback", "post-rollback", "test",        "test-success"};
    const struct kz_value *v = kz_value_get(annotations, "helm.sh/hook");
    struct kz_str text = KZ_STR("");
    if (v == NULL)
        return true;
    m->is_hook = true;
    (void)kz_go_as_text(&text, a, v);
    for (bool more = true; more;) {
        struct kz_str event;
        bool found = false;
        more = kz_str_index(text, ',') < text.len;
        text = kz_str_cut(&event, text, ',');
        event = kz_go_trim(event);
        for (size_t i = 0; i < kz_countof(known) && !found; i++)
            found = kz_go_fold_eq(event, known[i]);
        if (!found)
            return false;
        m->on_install = m->on_install || kz_go_fold_eq(event, "pre-install") ||
                        kz_go_fold_eq(event, "post-install");
        m->on_upgrade = m->on_upgrade || kz_go_fold_eq(event, "pre-upgrade") ||
                        kz_go_fold_eq(event, "post-upgrade");
        m->is_test =
            m->is_test || kz_go_fold_eq(event, "test") || kz_go_fold_eq(event, "test-success");
    }
    return true;
}

/* ---- order ------------------------------------------------------------------------------------- */

static const char *const install_order[] = {
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
};

static size_t rank(struct kz_str kind)
{
    size_t i = 0;
    while (i < kz_countof(install_order) && !kz_str_is(kind, install_order[i]))
        i++;
    return i;
}

int kz_manifest_kind_cmp(struct kz_str x, struct kz_str y)
{
    const size_t a = rank(x), b = rank(y);
    if (a != b)
        return a < b ? -1 : 1;
    return a == kz_countof(install_order) ? kz_str_cmp(x, y) : 0;
}

struct sorted { /* qsort is not stable: the place breaks ties */
    struct kz_manifest m;
    size_t place;
};

static int by_kind(const void *x, const void *y)
{
    const struct sorted *a = x, *b = y;
    const int c = kz_manifest_kind_cmp(a->m.kind, b->m.kind);
    return c != 0 ? c : a->place < b->place ? -1 : a->place > b->place;
}

/* Those that are hooks, or those that are none. */
static struct kz_manifest *sorted_part(size_t *n, struct kz_arena *a, const struct kz_manifest *all,
                                       size_t total, bool hooks)
{
    struct sorted *s = kz_new_n(a, struct sorted, total + 1);
    struct kz_manifest *out = kz_new_n(a, struct kz_manifest, total + 1);
    size_t len = 0;
    for (size_t i = 0; i < total; i++) {
        if (all[i].is_hook == hooks) {
            s[len] = (struct sorted){.m = all[i], .place = len};
            len++;
        }
    }
    if (len > 1)
        qsort(s, len, sizeof *s, by_kind);
    for (size_t i = 0; i < len; i++)
        out[i] = s[i].m;
    *n = len;
    return out;
}

/* ---- all of it --------------------------------------------------------------------------------- */

struct all {
    struct kz_manifest *at;
    size_t n, cap;
};

static void push(struct all *l, struct kz_arena *a, const struct kz_manifest *m)
{
    if (l->n == l->cap) {
        l->cap = l->cap == 0 ? 64 : 2 * l->cap;
        struct kz_manifest *at = kz_new_n(a, struct kz_manifest, l->cap);
        if (l->n > 0)
            memcpy(at, l->at, l->n * sizeof *at);
        l->at = at;
    }
    l->at[l->n++] = *m;
}

static int add_file(struct all *l, struct kz_manifests *out, struct kz_arena *a,
                    const struct kz_rendered *f, struct kz_helm_notes *notes, struct kz_err *err)
{
    struct kz_str rest = kz_go_trim(f->text), piece;
    bool first = true;
    if (rest.len == 0 || kz_go_base(f->path).ptr[0] == '_')
        return 0;
    while (kz_manifest_split(&piece, &rest, &first)) {
        struct kz_manifest m = {.file = f, .text = kz_go_trim(piece), .kind = KZ_STR("")};
        const struct kz_value *annotations = NULL;
        if (piece.len == 0)
            continue;
        if (kz_go_yaml(&m.doc, a, m.text, f->path, err) < 0 ||
            read_head(&m, &annotations, a, err) < 0) {
            out->bad_file = f;
            out->bad = m.text;
            return kz_wrap(err, "YAML parse error on " KZ_FMT, KZ_ARG(f->path));
        }
        if (read_hook(&m, a, annotations))
            push(l, a, &m);
        else
            kz_helm_note(notes, "skipping unknown hook in " KZ_FMT, KZ_ARG(f->path));
    }
    return 0;
}

static int by_path(const void *x, const void *y)
{
    return kz_str_cmp(((const struct kz_rendered *)x)->path, ((const struct kz_rendered *)y)->path);
}

int kz_manifests_make(struct kz_manifests *out, struct kz_arena *a, struct kz_rendered *files,
                      size_t n, struct kz_helm_notes *notes, struct kz_err *err)
{
    struct all l = {0};
    if (n > 1)
        qsort(files, n, sizeof *files, by_path);
    for (size_t i = 0; i < n; i++)
        if (add_file(&l, out, a, &files[i], notes, err) < 0)
            return -(int)err->code;
    out->at = sorted_part(&out->n, a, l.at, l.n, false);
    out->hooks = sorted_part(&out->n_hooks, a, l.at, l.n, true);
    return 0;
}
