# SPDX-License-Identifier: Apache-2.0
#
# What a node cluster needs of the machine, and all it changes there while it runs: one cgroup per hierarchy
# and one link with two routes. The link ends in the network namespace of the node and goes with it.

# run_node: the inner half becomes process 1 of a new pid namespace.
run_node() {
    run unshare --fork --kill-child --pid --mount-proc --mount --net --uts --ipc --propagation private \
        "$here/node" "$dir"
}

# find_init: process 1 of the namespaces, by its number out here, as soon as its network is its own.
find_init() {
    local pid
    pid=$(cat /proc/"${part_pid[node]}"/task/*/children 2>/dev/null) || return 1
    pid=${pid//[[:space:]]/}
    [ -n "$pid" ] && [ "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/self/ns/net)" ] || return 1
    echo "$pid" >"$dir/init.pid"
}

# plug_cable: the only way between machine and cluster. The cluster has no way further: the machine does not
# forward for it.
plug_cable() {
    local init link=kzc$index
    init=$(<"$dir/init.pid")
    ip link add "$link" type veth peer name eth0 netns "$init" &&
        ip addr add "$host_address/24" dev "$link" &&
        ip link set "$link" up &&
        ip route add "$services" via "$node_address" dev "$link" &&
        ip route add "$pods" via "$node_address" dev "$link"
}

inner_is_done() { [ -e "$dir/up" ] || [ -e "$dir/failed" ]; }

# make_cgroups: kubelet puts the pods below /kzcN. Cgroup namespaces are not used: kubelet compares paths
# with what /proc says about processes it did not start itself.
make_cgroups() {
    local group=kzc$index hierarchy
    if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        mkdir "/sys/fs/cgroup/$group" || return 1
        local controller
        for controller in cpuset cpu io memory pids; do
            echo "+$controller" >"/sys/fs/cgroup/$group/cgroup.subtree_control" 2>/dev/null ||
                say "cgroup v2: controller $controller is not delegated; pods have no limits of that kind"
        done
        return 0
    fi
    for hierarchy in /sys/fs/cgroup/*/; do
        [ "$hierarchy" != /sys/fs/cgroup/unified/ ] && [ ! -L "${hierarchy%/}" ] || continue
        mkdir "$hierarchy$group" || return 1
        # A new cpuset is empty, and nothing can run in it.
        [ ! -e "$hierarchy/cpuset.cpus" ] || {
            cat "$hierarchy/cpuset.cpus" >"$hierarchy$group/cpuset.cpus" &&
                cat "$hierarchy/cpuset.mems" >"$hierarchy$group/cpuset.mems"
        } || return 1
    done
}
