# SPDX-License-Identifier: Apache-2.0
#
# Certificates and kubeconfigs of one cluster. Everything is ECDSA P-256: with RSA, making keys was more than
# half of the start-up time of a cluster on a busy machine.

# issue NAME SUBJECT [ALTERNATIVE_NAMES]: pki/NAME.crt and .key, signed by the cluster's CA.
issue() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "pki/$1.key" -out "pki/$1.csr" \
        -subj "$2" 2>/dev/null &&
        openssl x509 -req -in "pki/$1.csr" -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -days 365 \
            -out "pki/$1.crt" -extfile <(
                echo 'extendedKeyUsage=clientAuth,serverAuth'
                [ -z "${3-}" ] || echo "subjectAltName=$3"
            ) 2>/dev/null
}

# kubeconfig NAME FILE: with the certificates inside, so that the file works wherever it is copied.
kubeconfig() {
    cat >"$2" <<END
apiVersion: v1
kind: Config
clusters:
- name: $name
  cluster:
    server: https://$api_host:$api_port
    certificate-authority-data: $(base64 -w0 pki/ca.crt)
users:
- name: $1
  user:
    client-certificate-data: $(base64 -w0 "pki/$1.crt")
    client-key-data: $(base64 -w0 "pki/$1.key")
contexts:
- name: $name
  context: {cluster: $name, user: $1}
current-context: $name
END
}

# make_pki: in the folder of the cluster, for the parts it has.
make_pki() {
    local dns=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
    local addresses=IP:127.0.0.1,IP:${services%.*}.1${node_address:+,IP:$node_address}
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout pki/ca.key -out pki/ca.crt \
        -days 365 -subj /CN=kzsync-test-ca 2>/dev/null &&
        openssl ecparam -name prime256v1 -genkey -noout -out pki/sa.key &&
        openssl ec -in pki/sa.key -pubout -out pki/sa.pub 2>/dev/null &&
        issue kube-apiserver /CN=kube-apiserver "$dns,$addresses" &&
        issue admin /O=system:masters/CN=admin &&
        kubeconfig admin kubeconfig.new &&
        mv kubeconfig.new kubeconfig || return 1
    local who
    for who in kube-controller-manager kube-scheduler kube-proxy; do
        [[ ,$parts, == *,$who,* ]] || continue
        issue "$who" "/CN=system:$who" && kubeconfig "$who" "pki/$who.kubeconfig" || return 1
    done
    [ "$mode" = node ] || return 0
    issue kubelet /O=system:nodes/CN=system:node:node1 "DNS:node1,IP:$node_address" &&
        kubeconfig kubelet pki/kubelet.kubeconfig
}
