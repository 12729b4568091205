/* SPDX-License-Identifier: Apache-2.0 */
#include "source/ls_http.h"

#include "source/pktline.h"
#include "kz_version.h"

static const size_t BODY_MAX = (size_t)4 << 20;
static const int64_t TIMEOUT = 30 * KZ_NS_PER_SEC;

struct kz_ls_http {
    struct kz_arena *arena;
    struct kz_str url, bearer;
    bool has_credential;
    struct kz_http_client *client;
    struct kz_http http;
    bool v2;               /* the server has said so */
    struct kz_arena *work; /* of the question under way */
    struct kz_str ref;
    uint64_t request;
    void (*done)(void *arg, const struct kz_ls_reply *reply);
    void *arg;
};

static void ask_refs(struct kz_ls_http *s);

/* ---- answers --------------------------------------------------------------------------------------- */

static void answer(struct kz_ls_http *s, const struct kz_ls_reply *reply)
{
    s->done(s->arg, reply); /* last: s may be gone afterwards */
}

static void answer_error(struct kz_ls_http *s, struct kz_err *err)
{
    (void)kz_wrap(err, "repository '" KZ_FMT "'", KZ_ARG(s->url));
    answer(s, &(struct kz_ls_reply){.err = err});
}

/* 0 for 200; else what the status means for a repository. */
static int check_status(const struct kz_ls_http *s, const struct kz_http_reply *reply,
                        struct kz_err *err)
{
    int status = reply->status;
    if (reply->err != NULL) {
        *err = *reply->err;
        return -(int)err->code;
    }
    if (status == 200)
        return 0;
    if (status == 401) {
        (void)kz_fail(err, KZ_E_DENIED,
                      s->has_credential ? "the server refused the credential (401)"
                                        : "the server wants a credential (401)");
        return kz_err_hint(err, s->has_credential
                                    ? "is the token still valid, and does it cover this repository?"
                                    : "give a token for this URL; some servers answer so when the "
                                      "repository does not exist");
    }
    if (status == 403)
        return kz_fail(err, KZ_E_DENIED, "the server does not allow reading it (403)");
    if (status == 404 || status == 410) {
        (void)kz_fail(err, KZ_E_NOTFOUND, "there is no git repository at this address (%d)",
                      status);
        return kz_err_hint(err, s->has_credential
                                    ? "check the address, and what the token may read"
                                    : "check the address; a private one needs a token");
    }
    if (status >= 300 && status < 400) {
        (void)kz_fail(err, KZ_E_INVALID, "the server redirects to another address (%d)", status);
        return kz_err_hint(err, "write the final address of the repository; it often ends in .git");
    }
    return kz_fail(err, KZ_E_REMOTE, "the server answered with status %d", status);
}

static void on_caps(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    struct kz_ls_http *s = arg;
    struct kz_pkt_caps caps;
    struct kz_err err;
    (void)id;
    s->request = 0;
    int rc = check_status(s, reply, &err);
    if (rc == 0)
        rc = kz_pkt_caps(&caps, reply->body, &err);
    if (rc == 0 && caps.sha256)
        rc = kz_fail(&err, KZ_E_INVALID, "it uses SHA-256 object ids, which are not supported");
    if (rc < 0) {
        answer_error(s, &err);
        return;
    }
    if (!caps.v2) {
        answer(s, &(struct kz_ls_reply){.old = true});
        return;
    }
    s->v2 = true;
    ask_refs(s);
}

static void on_refs(void *arg, uint64_t id, const struct kz_http_reply *reply)
{
    struct kz_ls_http *s = arg;
    struct kz_ref_pick pick;
    struct kz_err err;
    char commit[KZ_OID_TEXT];
    (void)id;
    s->request = 0;
    kz_ref_pick_init(&pick, s->work, s->ref);
    int rc = check_status(s, reply, &err);
    if (rc == 0)
        rc = kz_pkt_refs(&pick, reply->body, &err);
    if (rc == 0)
        rc = kz_ref_pick_end(commit, &pick, s->ref, &err);
    if (rc < 0) {
        s->v2 = false; /* a server may have been exchanged behind its address: ask it again */
        answer_error(s, &err);
        return;
    }
    answer(s, &(struct kz_ls_reply){.id = commit});
}

/* ---- questions ------------------------------------------------------------------------------------- */

static const struct kz_http_header headers[] = {
    {KZ_STR_INIT("Git-Protocol"), KZ_STR_INIT("version=2")},
};

static void ask_caps(struct kz_ls_http *s)
{
    struct kz_http_request req = {
        .method = KZ_HTTP_GET,
        .path = KZ_STR("/info/refs?service=git-upload-pack"),
        .accept = "application/x-git-upload-pack-advertisement",
        .headers = headers,
        .n_headers = kz_countof(headers),
        .max_body = BODY_MAX,
        .timeout = TIMEOUT,
        .on_done = on_caps,
        .arg = s,
    };
    s->request = s->http.ops->start(s->http.impl, &req);
}

static void ask_refs(struct kz_ls_http *s)
{
    struct kz_ref_names names = kz_ref_names(s->work, s->ref);
    struct kz_buf body;
    kz_buf_init(&body, 1 << 16);
    kz_pkt_ls_refs(&body, &names);
    kz_assert(!kz_buf_bad(&body)); /* references were checked: at most 255 bytes */
    struct kz_http_request req = {
        .method = KZ_HTTP_POST,
        .path = KZ_STR("/git-upload-pack"),
        .body = kz_buf_str(&body),
        .content_type = "application/x-git-upload-pack-request",
        .accept = "application/x-git-upload-pack-result",
        .headers = headers,
        .n_headers = kz_countof(headers),
        .max_body = BODY_MAX,
        .timeout = TIMEOUT,
        .on_done = on_refs,
        .arg = s,
    };
    s->request = s->http.ops->start(s->http.impl, &req);
    kz_buf_done(&body);
}

void kz_ls_http_ask(struct kz_ls_http *s, struct kz_str ref,
                    void (*done)(void *arg, const struct kz_ls_reply *reply), void *arg)
{
    kz_assert(s->request == 0);
    kz_arena_reset(s->work);
    s->ref = kz_str_dup(s->work, ref);
    s->done = done;
    s->arg = arg;
    if (s->v2)
        ask_refs(s);
    else
        ask_caps(s);
}

/* ---- life ------------------------------------------------------------------------------------------ */

static struct kz_str bearer_of(void *arg)
{
    struct kz_ls_http *s = arg;
    return s->bearer;
}

int kz_ls_http_new(struct kz_ls_http **out, struct kz_loop *l, const struct kz_url *url,
                   const struct kz_credential *cred, struct kz_err *err)
{
    struct kz_ls_http *s = calloc(1, sizeof *s);
    kz_assert(s != NULL);
    s->arena = kz_arena_new((size_t)4 << 20);
    s->work = kz_arena_new((size_t)1 << 20);
    s->url = kz_str_dup(s->arena, url->text);
    struct kz_server server = {
        .base = s->url,
        .what = KZ_STR("the git server"),
        .user_agent = KZ_STR("kzsync/" KZ_VERSION),
        .arg = s,
    };
    if (cred != NULL) {
        s->has_credential = cred->bearer.len > 0 || cred->password.len > 0;
        s->bearer = kz_str_dup(s->arena, cred->bearer);
        server.token = cred->bearer.len > 0 ? bearer_of : NULL;
        server.ca_pem = cred->ca_pem;
        server.proxy = cred->proxy;
        server.basic_user = cred->password.len > 0 ? cred->username : KZ_STR("");
        server.basic_password = cred->password;
    }
    int rc = kz_http_client_new(&s->client, l, &server, err);
    if (rc < 0) {
        kz_ls_http_free(s);
        return kz_wrap(err, "repository '" KZ_FMT "'", KZ_ARG(url->text));
    }
    s->http = kz_http_client_http(s->client);
    *out = s;
    return 0;
}

void kz_ls_http_free(struct kz_ls_http *s)
{
    if (s == NULL)
        return;
    if (s->client != NULL)
        kz_http_client_free(s->client);
    if (s->bearer.len > 0)
        explicit_bzero((void *)(uintptr_t)s->bearer.ptr, s->bearer.len);
    kz_arena_free(s->work);
    kz_arena_free(s->arena);
    free(s);
}
