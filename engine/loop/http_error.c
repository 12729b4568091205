/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/http_error.h"

#include <curl/curl.h>
#include <errno.h>
#include <openssl/x509_vfy.h>

#include "base/clock.h"

static void explain_connect(struct kz_err *err, const struct kz_http_failure *f)
{
    char text[128];
    int errnum = (int)f->os_errno;
    if (errnum == ECONNREFUSED)
        (void)kz_fail(err, KZ_E_REMOTE, "%s at %s refused the connection", f->what, f->base);
    else if (errnum == EHOSTUNREACH || errnum == ENETUNREACH)
        (void)kz_fail(err, KZ_E_REMOTE, "%s at %s can't be reached: no route", f->what, f->base);
    else if (errnum != 0)
        (void)kz_fail(err, KZ_E_REMOTE, "can't connect to %s at %s: %s", f->what, f->base,
                      strerror_r(errnum, text, sizeof text));
    else
        (void)kz_fail(err, KZ_E_REMOTE, "can't connect to %s at %s: %s", f->what, f->base,
                      f->detail);
    (void)kz_err_hint(err, "is it running, and is the address right?");
}

static void explain_timeout(struct kz_err *err, const struct kz_http_failure *f)
{
    char text[KZ_TIME_TEXT];
    kz_duration_text(text, f->connect_timeout);
    (void)kz_fail(err, KZ_E_TIMEOUT, "no connection to %s at %s within %s", f->what, f->base, text);
    (void)kz_err_hint(err, "a firewall, or a wrong address?");
}

/* A chain that does not verify, or (verify_result 0) one that is for another name. */
static void explain_certificate(struct kz_err *err, const struct kz_http_failure *f)
{
    switch (f->verify_result) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED: /* libcurl checks the name itself, and this is its initial value */
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        (void)kz_fail(err, KZ_E_DENIED, "the certificate of %s at %s is not for '%s'", f->what,
                      f->base, f->name);
        (void)kz_err_hint(err, "use a name that is in the certificate, or set the TLS server name");
        return;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        (void)kz_fail(err, KZ_E_DENIED, "the certificate of %s at %s has expired", f->what,
                      f->base);
        (void)kz_err_hint(err, "renew it on the server; and is this machine's clock right?");
        return;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        (void)kz_fail(err, KZ_E_DENIED, "the certificate of %s at %s is not valid yet", f->what,
                      f->base);
        (void)kz_err_hint(err, "is this machine's clock right?");
        return;
    default:
        (void)kz_fail(err, KZ_E_DENIED, "the certificate of %s at %s is not trusted: %s", f->what,
                      f->base, X509_verify_cert_error_string(f->verify_result));
        (void)kz_err_hint(err, "give the certificate of the authority that signed it");
        return;
    }
}

static void explain_default(struct kz_err *err, const struct kz_http_failure *f)
{
    const char *detail = f->detail;
    if (detail[0] == '\0')
        detail = curl_easy_strerror((CURLcode)f->curl_code);
    if (f->connected)
        (void)kz_fail(err, KZ_E_REMOTE, "%s at %s broke off before its reply was complete: %s",
                      f->what, f->base, detail);
    else
        (void)kz_fail(err, KZ_E_REMOTE, "can't talk to %s at %s: %s", f->what, f->base, detail);
}

void kz_http_explain(struct kz_err *err, const struct kz_http_failure *f)
{
    switch (f->curl_code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        (void)kz_fail(err, KZ_E_INVALID, "the request to %s at %s is not a valid URL", f->what,
                      f->base);
        return;
    case CURLE_COULDNT_RESOLVE_HOST:
        (void)kz_fail(err, KZ_E_REMOTE, "the host name of %s at %s is not known to DNS", f->what,
                      f->base);
        (void)kz_err_hint(err, "check the name, and the name servers of this machine");
        return;
    case CURLE_COULDNT_RESOLVE_PROXY:
        (void)kz_fail(err, KZ_E_REMOTE, "the name of the proxy for %s is not known to DNS",
                      f->what);
        return;
    case CURLE_COULDNT_CONNECT:
        explain_connect(err, f);
        return;
    case CURLE_OPERATION_TIMEDOUT:
        explain_timeout(err, f);
        return;
    case CURLE_PEER_FAILED_VERIFICATION:
        explain_certificate(err, f);
        return;
    case CURLE_SSL_CACERT_BADFILE:
        (void)kz_fail(err, KZ_E_INVALID, "the CA certificates given for %s are not valid PEM",
                      f->what);
        return;
    case CURLE_SSL_CERTPROBLEM:
        (void)kz_fail(err, KZ_E_INVALID, "the client certificate or key for %s can't be used: %s",
                      f->what, f->detail);
        return;
    case CURLE_SSL_CONNECT_ERROR:
        (void)kz_fail(err, KZ_E_REMOTE, "no TLS session with %s at %s: %s", f->what, f->base,
                      f->detail);
        (void)kz_err_hint(err, "does this port speak TLS, and want a client certificate?");
        return;
    default:
        explain_default(err, f);
        return;
    }
}
