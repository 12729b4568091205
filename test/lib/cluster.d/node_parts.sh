# SPDX-License-Identifier: Apache-2.0
#
# containerd, kubelet and kube-proxy of a node cluster: their configuration and how they are started.

write_node_files() {
    mkdir -p cni plugins
    write_containerd_config >containerd.toml
    write_cni_config >cni/10-cluster.conflist
    write_kubelet_config >kubelet.yaml
    write_proxy_config >kube-proxy.yaml
    echo "nameserver ${services%.*}.10" >resolv.conf
}

# restrict_oom_score_adj: without CAP_SYS_RESOURCE nobody may lower a score, and every pod wants to.
write_containerd_config() {
    cat <<END
version = 2
root = "$dir/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
    "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$dir/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.local/pause:1"
  disable_apparmor = true
  disable_tcp_service = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$dir/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
END
}

# No masquerading: the machine has a route to the pods, and they go no further.
write_cni_config() {
    cat <<END
{"cniVersion": "0.4.0", "name": "cluster", "plugins": [
  {"type": "bridge", "bridge": "pods", "isGateway": true, "isDefaultGateway": true, "hairpinMode": true, "ipMasq": false,
   "ipam": {"type": "host-local", "dataDir": "/run/cni-addresses", "ranges": [[{"subnet": "${pods%.*}.0/24"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
END
}

# Eviction and image collection look at the machine's disk: a full disk would evict pods and delete images that
# nobody can pull again, so both are all but off.
write_kubelet_config() {
    cat <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
readOnlyPort: 0
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /kzc$index
enforceNodeAllocatable: [pods]
failSwapOn: false
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $dir/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $dir/pki/kubelet.crt
tlsPrivateKeyFile: $dir/pki/kubelet.key
volumePluginDir: $dir/plugins
resolvConf: $dir/resolv.conf
clusterDNS: [${services%.*}.10]
clusterDomain: cluster.local
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
imageMinimumGCAge: 24h
evictionHard: {memory.available: 50Mi, nodefs.available: 1Mi, nodefs.inodesFree: "0%", imagefs.available: 1Mi}
evictionPressureTransitionPeriod: 5s
nodeStatusUpdateFrequency: 2s
nodeStatusReportFrequency: 10s
syncFrequency: 10s
configMapAndSecretChangeDetectionStrategy: Watch
serializeImagePulls: false
maxPods: 100
containerLogMaxSize: 5Mi
END
}

# conntrack: outside of the first network namespace its limits cannot be written, and kube-proxy ends on that.
# minSyncPeriod: an endpoint that ends is out of the rules after 100 ms, well before its preStop sleep is over.
write_proxy_config() {
    cat <<END
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: {kubeconfig: $dir/pki/kube-proxy.kubeconfig}
clusterCIDR: $pods
hostnameOverride: node1
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
iptables: {minSyncPeriod: 100ms, syncPeriod: 30s}
END
}

run_containerd() { run containerd --config "$dir/containerd.toml"; }

run_kubelet() {
    run "$bin/kubelet" --config="$dir/kubelet.yaml" --kubeconfig="$dir/pki/kubelet.kubeconfig" \
        --root-dir="$dir/kubelet" --cert-dir="$dir/kubelet/pki" --hostname-override=node1 --node-ip="$node_address"
}

run_proxy() { run "$bin/kube-proxy" --config="$dir/kube-proxy.yaml"; }
