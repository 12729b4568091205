/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/http_reply.h"

#include <curl/curl.h>
#include <strings.h>

/* No server may park us for longer. */
static const int64_t retry_after_max = INT64_C(24) * 3600 * KZ_NS_PER_SEC;

void kz_http_head_init(struct kz_http_head *h)
{
    *h = (struct kz_http_head){.retry_after = -1};
}

static void keep(char *dst, size_t size, struct kz_str val)
{
    dst[0] = '\0';
    if (val.len >= size)
        return;
    memcpy(dst, val.ptr, val.len);
    dst[val.len] = '\0';
}

/* RFC 9110, 10.2.3: seconds, or an HTTP date. Anything else: as if absent. */
static int64_t retry_after(struct kz_str val, int64_t wall)
{
    char text[64];
    uint64_t sec;
    if (kz_str_u64(&sec, val)) {
        if (sec > (uint64_t)(retry_after_max / KZ_NS_PER_SEC))
            return retry_after_max;
        return (int64_t)sec * KZ_NS_PER_SEC;
    }
    keep(text, sizeof text, val);
    time_t at = text[0] != '\0' ? curl_getdate(text, NULL) : -1;
    if (at < 0)
        return -1;
    int64_t ahead = (int64_t)at - wall / KZ_NS_PER_SEC;
    if (ahead <= 0)
        return 0;
    return ahead > retry_after_max / KZ_NS_PER_SEC ? retry_after_max : ahead * KZ_NS_PER_SEC;
}

static int64_t date(struct kz_str val)
{
    char text[64];
    keep(text, sizeof text, val);
    const time_t at = text[0] != '\0' ? curl_getdate(text, NULL) : -1;
    return at > 0 && at < INT64_MAX / KZ_NS_PER_SEC ? (int64_t)at * KZ_NS_PER_SEC : 0;
}

static bool name_is(struct kz_str name, const char *want)
{
    return name.len == strlen(want) && strncasecmp(name.ptr, want, name.len) == 0;
}

void kz_http_head_line(struct kz_http_head *h, struct kz_str line, int64_t wall)
{
    struct kz_str name;
    if (kz_str_starts(line, KZ_STR("HTTP/"))) {
        kz_http_head_init(h);
        return;
    }
    struct kz_str val = kz_str_trim(kz_str_cut(&name, line, ':'));
    if (val.len == 0)
        return;
    if (name_is(name, "content-type"))
        keep(h->content_type, sizeof h->content_type, val);
    else if (name_is(name, "etag"))
        keep(h->etag, sizeof h->etag, val);
    else if (name_is(name, "date"))
        h->date = date(val);
    else if (name_is(name, "retry-after"))
        h->retry_after = retry_after(val, wall);
}
