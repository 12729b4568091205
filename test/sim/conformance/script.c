/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

#include <stdio.h>
#include <stdlib.h>

#include "normal.h"
#include "value/json.h"
#include "value/yaml.h"

static const int64_t EVENT_PATIENCE = 5 * KZ_NS_PER_SEC;
static const int64_t BOOKMARK_PATIENCE = 10 * KZ_NS_PER_SEC;

struct kept {
    struct kz_str name, uid, version, more;
};

struct stream {
    struct kz_str name;
    struct conform_stream *stream;
    size_t read; /* bytes that were told */
};

struct run {
    const struct conform_script *script;
    struct conform_side *side;
    struct kz_arena *arena;
    struct conform_names names;
    struct kz_str ns;
    KZ_VEC(struct kept) kept;
    KZ_VEC(struct stream) streams;
    struct kept last;
};

/* ---- reading ----------------------------------------------------------------------------------------------------------- */

static bool is_step(struct kz_str line)
{
    static const char *const words[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "=", "watch", "events", "bookmark", "end",
                                        "compact", "served", "last"};
    struct kz_str word;
    (void)kz_str_cut(&word, line, ' ');
    for (size_t i = 0; i < kz_countof(words); i++)
        if (kz_str_is(word, words[i]))
            return true;
    return false;
}

void conform_script_read(struct conform_script *out, struct kz_str name, struct kz_str text)
{
    *out = (struct conform_script){.name = name};
    for (unsigned n = 1; text.len > 0; n++) {
        struct kz_str line;
        text = kz_str_cut(&line, text, '\n');
        line = kz_str_trim(line);
        if (line.len == 0 || line.ptr[0] == '#')
            continue;
        if (is_step(line)) {
            struct conform_step step = {.line = n, .text = line, .body = KZ_STR("")};
            kz_vec_push(&out->steps, step);
            continue;
        }
        if (out->steps.len == 0) {
            (void)fprintf(stderr, "conform: " KZ_FMT ":%u: no step comes before this line\n", KZ_ARG(name), n);
            exit(2);
        }
        struct kz_str *body = &out->steps.at[out->steps.len - 1].body;
        *body = body->len == 0 ? line : kz_str_n(body->ptr, (size_t)(line.ptr + line.len - body->ptr));
    }
}

void conform_script_done(struct conform_script *s)
{
    kz_vec_done(&s->steps);
}

void conform_record_done(struct conform_record *r)
{
    kz_vec_done(&r->said);
}

_Noreturn static void bad(const struct run *r, const struct conform_step *step, const char *why)
{
    (void)fprintf(stderr, "conform: " KZ_FMT ":%u: %s\n", KZ_ARG(r->script->name), step->line, why);
    exit(2);
}

/* ---- words ----------------------------------------------------------------------------------------------------------------- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static const struct {
    const char *word, *lead, *tail; /* around the namespace */
} words[] = {
    {"ns", "", ""},
    {"v1", "/api/v1/namespaces/", ""},
    {"apps", "/apis/apps/v1/namespaces/", ""},
    {"batch", "/apis/batch/v1/namespaces/", ""},
    {"lease", "/apis/coordination.k8s.io/v1/namespaces/", ""},
    {"sim", "/apis/sim.example.com/v1/namespaces/", ""},
};

static struct kz_str value_of(const struct run *r, const struct conform_step *step, struct kz_str name)
{
    struct kz_str part, of = kz_str_cut(&part, name, '.');
    for (size_t i = 0; i < kz_countof(words); i++)
        if (kz_str_is(name, words[i].word))
            return kz_str_printf(r->arena, "%s" KZ_FMT, words[i].lead, KZ_ARG(r->ns));
    for (size_t i = r->kept.len; i > 0; i--) {
        const struct kept *k = &r->kept.at[i - 1];
        if (kz_str_eq(k->name, part))
            return kz_str_is(of, "uid") ? k->uid : kz_str_is(of, "rv") ? k->version : k->more;
    }
    bad(r, step, "a $word that is not known");
}

static struct kz_str filled(const struct run *r, const struct conform_step *step, struct kz_str text)
{
    kz_autobuf struct kz_buf b = KZ_BUF(8 << 20);
    for (;;) {
        size_t at = kz_str_index(text, '$'), len = 0;
        kz_buf_add_str(&b, kz_str_head(text, at));
        if (at == text.len)
            break;
        text = kz_str_skip(text, at + 1);
        while (len < text.len && is_name(text.ptr[len]))
            len++;
        if (len < text.len && text.ptr[len] == '.') /* $a.uid */
            for (len++; len < text.len && is_name(text.ptr[len]);)
                len++;
        kz_buf_add_str(&b, value_of(r, step, kz_str_head(text, len)));
        text = kz_str_skip(text, len);
    }
    return kz_str_dup(r->arena, kz_buf_str(&b));
}

/* ---- what comes back ------------------------------------------------------------------------------------------------------ */

static struct kz_str told(struct run *r, struct kz_str text)
{
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 20);
    struct kz_value *v;
    struct kz_err err;
    if (kz_json_read(&v, r->arena, text, KZ_STR("answer"), &err) < 0)
        return kz_str_printf(r->arena, "text: " KZ_FMT, KZ_ARG(text));
    r->last.uid = kz_str_dup(r->arena, kz_value_path_str(v, "metadata.uid"));
    r->last.version = kz_str_dup(r->arena, kz_value_path_str(v, "metadata.resourceVersion"));
    r->last.more = kz_str_dup(r->arena, kz_value_path_str(v, "metadata.continue"));
    conform_normalise(&r->names, v);
    kz_json_write(&b, v, KZ_JSON_SORTED | KZ_JSON_PRETTY);
    return kz_str_dup(r->arena, kz_buf_str(&b));
}

static struct kz_str as_json(struct run *r, const struct conform_step *step)
{
    kz_autobuf struct kz_buf b = KZ_BUF(8 << 20);
    struct kz_value *v;
    struct kz_err err;
    struct kz_str text = filled(r, step, step->body);
    if (kz_str_starts(text, KZ_STR("raw ")))
        return kz_str_skip(text, 4);
    if (kz_yaml_read(&v, r->arena, text, r->script->name, &err) < 0)
        bad(r, step, err.frame[0]);
    kz_json_write(&b, v, KZ_JSON_COMPACT);
    return kz_str_dup(r->arena, kz_buf_str(&b));
}

static const struct {
    const char *word, *type;
} types[] = {
    {"apply", "application/apply-patch+yaml"},     {"json-patch", "application/json-patch+json"},
    {"merge", "application/merge-patch+json"},     {"strategic", "application/strategic-merge-patch+json"},
    {"json", "application/json"},
};

static struct kz_str request(struct run *r, const struct conform_step *step, enum kz_http_method method, struct kz_str rest)
{
    struct conform_ask ask = {.method = method, .body = KZ_STR("")};
    struct conform_answer answer;
    struct kz_str path, word = kz_str_cut(&path, rest, ' ');
    ask.path = filled(r, step, path);
    if (step->body.len > 0) {
        ask.body = as_json(r, step);
        ask.content_type = "application/json";
    }
    for (size_t i = 0; i < kz_countof(types); i++)
        if (kz_str_is(word, types[i].word))
            ask.content_type = types[i].type;
    if (kz_str_is(word, "metadata"))
        ask.accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    if (kz_str_is(word, "discovery"))
        ask.accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    conform_ask(&answer, r->arena, r->side, &ask);
    return kz_str_printf(r->arena, "HTTP %d\n" KZ_FMT, answer.status, KZ_ARG(told(r, answer.body)));
}

/* ---- streams ------------------------------------------------------------------------------------------------------------------ */

static struct stream *stream_of(struct run *r, const struct conform_step *step, struct kz_str name)
{
    for (size_t i = r->streams.len; i > 0; i--)
        if (kz_str_eq(r->streams.at[i - 1].name, name))
            return &r->streams.at[i - 1];
    bad(r, step, "a stream that was not opened");
}

static const char BOOKMARK[] = "{\"type\":\"BOOKMARK\"";

struct count {
    const struct stream *s;
    uint64_t events;
    bool bookmark;
    struct kz_str last; /* the name in the event that is waited for; "" none */
};

static bool names(struct kz_str line, struct kz_str name)
{
    kz_autoarena struct kz_arena *a = kz_arena_new((size_t)16 << 20);
    struct kz_value *v;
    struct kz_err err;
    return kz_json_read(&v, a, line, KZ_STR("event"), &err) == 0 &&
           kz_str_eq(kz_value_path_str(v, "object.metadata.name"), name);
}

static bool has_come(void *arg)
{
    const struct count *c = arg;
    struct kz_str text = kz_str_skip(kz_buf_str(&c->s->stream->text), c->s->read);
    uint64_t events = 0;
    bool bookmark = false, last = false;
    while (kz_str_index(text, '\n') < text.len) {
        struct kz_str line;
        text = kz_str_cut(&line, text, '\n');
        if (kz_str_starts(line, kz_str(BOOKMARK)))
            bookmark = true;
        else
            events++;
        last = last || (c->last.len > 0 && names(line, c->last));
    }
    return c->s->stream->ended || (events >= c->events && (bookmark || !c->bookmark) && (last || c->last.len == 0));
}

static void tell_line(struct run *r, struct kz_buf *b, struct kz_str line)
{
    struct kz_value *v, *object;
    struct kz_err err;
    if (kz_json_read(&v, r->arena, line, KZ_STR("event"), &err) < 0) {
        kz_buf_printf(b, "text: " KZ_FMT "\n", KZ_ARG(line));
        return;
    }
    if (kz_str_is(kz_value_path_str(v, "type"), "BOOKMARK"))
        kz_value_set(r->arena, kz_value_child(kz_value_child(v, KZ_STR("object")), KZ_STR("metadata")),
                     KZ_STR("resourceVersion"), kz_value_cstr(r->arena, "0"));
    object = kz_value_child(v, KZ_STR("object"));
    conform_normalise(&r->names, object);
    kz_json_write(b, v, KZ_JSON_SORTED | KZ_JSON_PRETTY);
}

/* What came since the last look: events or bookmarks. */
static struct kz_str tell_stream(struct run *r, struct stream *s, bool bookmarks)
{
    kz_autobuf struct kz_buf b = KZ_BUF(16 << 20);
    struct kz_str text = kz_str_skip(kz_buf_str(&s->stream->text), s->read);
    bool told_one = false;
    while (kz_str_index(text, '\n') < text.len) {
        struct kz_str line;
        s->read += kz_str_index(text, '\n') + 1;
        text = kz_str_cut(&line, text, '\n');
        bool is = kz_str_starts(line, kz_str(BOOKMARK));
        if (is == bookmarks && !(is && told_one))
            tell_line(r, &b, line);
        told_one |= is;
    }
    if (s->stream->ended && text.len > 0 && !bookmarks)
        tell_line(r, &b, text);
    if (s->stream->ended)
        kz_buf_puts(&b, "ended\n");
    return kz_str_dup(r->arena, kz_buf_str(&b));
}

static void stream_open(struct run *r, const struct conform_step *step, struct kz_str rest)
{
    struct stream s = {.stream = kz_new(r->arena, struct conform_stream)};
    struct kz_str path = kz_str_cut(&s.name, rest, ' ');
    conform_stream_open(s.stream, r->side, filled(r, step, path));
    kz_vec_push(&r->streams, s);
}

static struct kz_str events(struct run *r, const struct conform_step *step, struct kz_str rest, bool bookmark)
{
    struct kz_str name, number = kz_str_cut(&name, rest, ' ');
    struct stream *s = stream_of(r, step, name);
    struct count c = {.s = s, .bookmark = bookmark};
    if (!bookmark && !kz_str_u64(&c.events, number))
        c.last = number;
    conform_wait(r->side, bookmark ? BOOKMARK_PATIENCE : EVENT_PATIENCE, has_come, &c);
    return tell_stream(r, s, bookmark);
}

/* ---- steps ----------------------------------------------------------------------------------------------------------------------- */

static void served(struct run *r, const struct conform_step *step, struct kz_str path)
{
    struct conform_answer answer = {.status = 404};
    const struct conform_ask ask = {.method = KZ_HTTP_GET, .path = filled(r, step, path), .body = KZ_STR("")};
    for (int i = 0; i < 100 && answer.status == 404; i++) {
        conform_wait(r->side, 20 * KZ_NS_PER_MS, NULL, NULL);
        conform_ask(&answer, r->arena, r->side, &ask);
    }
}

static struct kz_str run_step(struct run *r, const struct conform_step *step)
{
    static const struct {
        const char *word;
        enum kz_http_method method;
    } methods[] = {{"GET", KZ_HTTP_GET}, {"POST", KZ_HTTP_POST}, {"PUT", KZ_HTTP_PUT}, {"PATCH", KZ_HTTP_PATCH},
                   {"DELETE", KZ_HTTP_DELETE}};
    struct kz_str word, rest = kz_str_cut(&word, step->text, ' ');
    for (size_t i = 0; i < kz_countof(methods); i++)
        if (kz_str_is(word, methods[i].word))
            return request(r, step, methods[i].method, rest);
    if (kz_str_is(word, "events") || kz_str_is(word, "last") || kz_str_is(word, "bookmark"))
        return events(r, step, rest, kz_str_is(word, "bookmark"));
    if (kz_str_is(word, "end")) {
        struct count c = {.s = stream_of(r, step, rest), .events = UINT64_MAX};
        conform_wait(r->side, BOOKMARK_PATIENCE, has_come, &c);
        return tell_stream(r, stream_of(r, step, rest), false);
    }
    if (kz_str_is(word, "=")) {
        r->last.name = rest;
        kz_vec_push(&r->kept, r->last);
    } else if (kz_str_is(word, "watch")) {
        stream_open(r, step, rest);
    } else if (kz_str_is(word, "compact")) {
        conform_compact(r->side);
    } else {
        served(r, step, rest);
    }
    return KZ_STR("");
}

static void make_namespace(struct run *r)
{
    struct conform_answer answer;
    const struct conform_ask ask = {
        .method = KZ_HTTP_POST, .path = KZ_STR("/api/v1/namespaces"), .content_type = "application/json",
        .body = kz_str_printf(r->arena, "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"" KZ_FMT "\"}}",
                              KZ_ARG(r->ns))};
    conform_ask(&answer, r->arena, r->side, &ask);
    if (answer.status != 201) {
        (void)fprintf(stderr, "conform: namespace " KZ_FMT ": HTTP %d on the %s server\n", KZ_ARG(r->ns), answer.status,
                      conform_side_name(r->side));
        exit(2);
    }
}

void conform_script_run(struct conform_record *out, struct kz_arena *a, const struct conform_script *s,
                        struct conform_side *side, struct kz_str run)
{
    struct run r = {.script = s, .side = side, .arena = a,
                    .ns = kz_str_printf(a, KZ_FMT "-" KZ_FMT, KZ_ARG(run), KZ_ARG(s->name))};
    *out = (struct conform_record){.said = {0}};
    conform_names_init(&r.names, a);
    make_namespace(&r);
    for (size_t i = 0; i < s->steps.len; i++)
        kz_vec_push(&out->said, run_step(&r, &s->steps.at[i]));
    for (size_t i = 0; i < r.streams.len; i++)
        conform_stream_close(r.streams.at[i].stream);
    kz_vec_done(&r.streams);
    kz_vec_done(&r.kept);
    conform_names_done(&r.names);
}
