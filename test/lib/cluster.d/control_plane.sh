# SPDX-License-Identifier: Apache-2.0
#
# etcd, API server, controller manager and scheduler, for both modes. Runs in the folder of the cluster.

# etcd listens on Unix sockets in that folder: no port to choose, and nobody else can reach it. The paths are
# relative, since etcd reads them as HOST:PORT.
run_etcd() {
    run "$bin/etcd" --data-dir etcd --unsafe-no-fsync=true --log-level warn \
        --listen-client-urls unix://etcd-client:0 --advertise-client-urls unix://etcd-client:0 \
        --listen-peer-urls unix://etcd-peer:0 --initial-advertise-peer-urls unix://etcd-peer:0 \
        --initial-cluster default=unix://etcd-peer:0
}

run_apiserver() {
    local address=(--bind-address=127.0.0.1 --advertise-address=127.0.0.1 --endpoint-reconciler-type=none)
    # Pods reach the API through the Service `kubernetes`, so in node mode it needs a real endpoint.
    [ "$mode" != node ] || address=(--bind-address=0.0.0.0 --advertise-address="$node_address"
        --kubelet-client-certificate=pki/admin.crt --kubelet-client-key=pki/admin.key
        --kubelet-preferred-address-types=InternalIP)
    run "$bin/kube-apiserver" --etcd-servers=unix://etcd-client:0 --secure-port="$api_port" "${address[@]}" \
        --tls-cert-file=pki/kube-apiserver.crt --tls-private-key-file=pki/kube-apiserver.key \
        --client-ca-file=pki/ca.crt --service-cluster-ip-range="$services" \
        --service-account-key-file=pki/sa.pub --service-account-signing-key-file=pki/sa.key \
        --service-account-issuer=https://kubernetes.default.svc \
        --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged \
        ${extra[@]+"${extra[@]}"}
}

# Each controller makes its own client at start; with the default of 20 requests a second, the first pod runs
# four seconds later.
run_controller_manager() {
    local cidrs=()
    [ "$mode" != node ] || cidrs=(--allocate-node-cidrs=true --cluster-cidr="$pods" --node-monitor-period=1s)
    run "$bin/kube-controller-manager" --kubeconfig=pki/kube-controller-manager.kubeconfig --secure-port=0 \
        --service-account-private-key-file=pki/sa.key --root-ca-file=pki/ca.crt \
        --use-service-account-credentials --leader-elect=false --kube-api-qps=300 --kube-api-burst=500 \
        --flex-volume-plugin-dir="$dir/plugins" "${cidrs[@]}"
}

run_scheduler() {
    run "$bin/kube-scheduler" --kubeconfig=pki/kube-scheduler.kubeconfig --leader-elect=false --secure-port=0
}

has_part() { [[ ,$parts, == *,$1,* ]]; }

kubectl() { KUBECACHEDIR=$dir/kubectl-cache "$bin/kubectl" --kubeconfig "$dir/kubeconfig" --request-timeout=5s "$@"; }

api_is_ready() { kubectl get --raw /readyz; }
# Pods need the ServiceAccount of their namespace; a controller makes it a moment after the API is ready.
can_make_pods() { kubectl get serviceaccount default; }

start_control_plane() {
    ! has_part etcd || { part etcd run_etcd; start_part etcd; }
    ! has_part kube-apiserver || { part kube-apiserver run_apiserver; start_part kube-apiserver; }
    has_part kube-apiserver || return 0
    wait_for 60 "the API server" api_is_ready
    mark apiserver-ready
    ! has_part kube-scheduler || { part kube-scheduler run_scheduler; start_part kube-scheduler; }
    has_part kube-controller-manager || return 0
    part kube-controller-manager run_controller_manager
    start_part kube-controller-manager
    wait_for 60 "the controller manager" can_make_pods
    mark controllers-ready
}
