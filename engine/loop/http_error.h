/* SPDX-License-Identifier: Apache-2.0
 *
 * What went wrong with a request, in an operator's words. Private to this folder. */
#ifndef KZ_LOOP_HTTP_ERROR_H
#define KZ_LOOP_HTTP_ERROR_H

#include "base/err.h"

struct kz_http_failure {
    int curl_code;      /* CURLcode */
    long os_errno;      /* of connect, 0: none */
    long verify_result; /* X509_V_*, 0: the chain was fine */
    bool connected;     /* the request was on its way */
    const char *detail; /* libcurl's own words, may be "" */
    const char *what;   /* "the API server" */
    const char *base;   /* its URL, without credentials */
    const char *name;   /* the name expected in its certificate */
    int64_t connect_timeout;
};

void kz_http_explain(struct kz_err *err, const struct kz_http_failure *f);

#endif
