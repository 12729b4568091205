# SPDX-License-Identifier: Apache-2.0
#
# The fault proxy in front of the cluster of platform.sh, for tests. Sourced after platform.sh.

FAULTPROXY=${FAULTPROXY:-$top/build/dev/test/faultproxy/kz_faultproxy}

# proxy_certs: once for all tests of a script: who the proxy is, and whom it is to the API server. In
# $KZ_AUDIT_DIR, which goes with the script.
proxy_certs() {
    [ -x "$FAULTPROXY" ] || { echo "FAIL faultproxy: there is no program '$FAULTPROXY'"; exit 1; }
    proxy_dir=$KZ_AUDIT_DIR/proxy
    mkdir "$proxy_dir"
    "$top/test/lib/make_certs.sh" "$proxy_dir" 2>/dev/null || { echo "FAIL faultproxy: no certificates"; exit 1; }
    local what
    for what in clusters:certificate-authority users:client-certificate users:client-key; do
        kubectl config view --raw --minify -o "jsonpath={.${what%:*}[0].*.${what#*:}-data}" | base64 -d >"$proxy_dir/${what#*:}"
    done
}

# proxy DIR [OPTION...]: starts one with its files in DIR: kubeconfig (kzsync through it), requests (its log),
# victim (who is killed). Its process in $proxy; the caller ends it.
proxy() {
    local dir=$1 port
    shift
    coproc PROXY { exec "$FAULTPROXY" --target "${KZ_API_SERVER#https://}" --ca "$proxy_dir/certificate-authority" \
        --cert "$proxy_dir/client-certificate" --key "$proxy_dir/client-key" --own-cert "$proxy_dir/good.pem" \
        --own-key "$proxy_dir/good.key" --log "$dir/requests" --victim "$dir/victim" "$@" 2>"$dir/proxy.err"; }
    proxy=$PROXY_PID
    echo "$proxy" >"$dir/proxy.pid"
    read -r _ port <&"${PROXY[0]}" || { echo "the proxy did not start: $(cat "$dir/proxy.err")" >&2; return 1; }
    cat >"$dir/kubeconfig" <<END
apiVersion: v1
kind: Config
clusters:
- {name: via, cluster: {server: "https://127.0.0.1:$port", certificate-authority: $proxy_dir/ca.pem}}
users: [{name: via, user: {}}]
contexts: [{name: via, context: {cluster: via, user: via}}]
current-context: via
END
}

end_proxy() {
    kill -TERM "$proxy" 2>/dev/null
    wait "$proxy" 2>/dev/null || true
    ! grep -E 'Sanitizer|runtime error|assert' "$1/proxy.err" >&2 # about the proxy itself
}

# api PATH: a GET without the proxy, cheaper than kubectl.
api() {
    curl -sf --max-time 20 --cacert "$proxy_dir/certificate-authority" --cert "$proxy_dir/client-certificate" \
        --key "$proxy_dir/client-key" "$KZ_API_SERVER$1"
}

# How many requests of a sort the proxy saw: any (default) or a regular expression on "METHOD PATH".
requests_seen() { grep -cE "^> [0-9]+ ${2:-}" "$1/requests"; }
