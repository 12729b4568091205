# SPDX-License-Identifier: Apache-2.0
#
# Which clusters exist on this machine, and what each may use. A cluster is a folder below $registry (or a link
# to one, with --dir); its keeper holds a lock on the file `alive` in it, so a cluster is dead when that lock
# is free: no guess by process id. Whatever a dead cluster left is swept by the next `up` or by `down`.
#
# A cluster gets the lowest free index N; all its names and numbers follow from N:
#     ports        21000 + 4 N ...          (control-plane mode, on loopback)
#     addresses    the Nth /22 of 198.18.0.0/15, which is set aside for tests (RFC 2544): node mode
#     link kzcN, cgroup kzcN                (node mode)

# Tests of the registry itself have one of their own, with $KZ_CLUSTERS and, since a registry does not see the
# clusters of another, a range of N of their own, from $KZ_FIRST_INDEX on.

registry=${KZ_CLUSTERS:-${TMPDIR:-/tmp}/kzsync-clusters-$(id -u)}

cluster_names() {
    local entry
    for entry in "$registry"/*/settings; do
        [ ! -e "$entry" ] || basename "$(dirname "$entry")"
    done
}

# find_cluster NAME|DIR: prints the folder.
find_cluster() {
    local candidate
    for candidate in "$registry/$1" "$1"; do
        if [ -e "$candidate/settings" ]; then
            (cd "$candidate" && pwd -P)
            return
        fi
    done
    return 1
}

is_alive() { ! flock -n "$1/alive" true 2>/dev/null; }

check_programs() {
    local missing=() pair
    local need=(openssl:openssl setpriv:util-linux flock:util-linux ss:iproute2)
    [ "$1" = control-plane ] || need+=(containerd:containerd ctr:containerd runc:runc iptables:iptables
        conntrack:conntrack ip:iproute2 nsenter:util-linux unshare:util-linux ethtool:ethtool socat:socat
        gcc:gcc busybox:busybox-static /usr/lib/cni/bridge:containernetworking-plugins)
    for pair in "${need[@]}"; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    [ ${#missing[@]} = 0 ] ||
        die "packages are missing for mode $1: apt-get install $(printf '%s\n' "${missing[@]}" | sort -u | paste -sd' ')"
}

# claim_cluster: makes the folder of a new cluster under the lock of the registry. Leaves two locks open for
# start_keeper: $alive_fd, which the keeper inherits, and $registry_fd.
claim_cluster() {
    mkdir -p -m 700 "$registry" || die "cannot make '$registry': set KZ_CLUSTERS to a folder that can be written"
    exec {registry_fd}>"$registry/.lock"
    flock -w 60 "$registry_fd" || die "another 'cluster up' holds '$registry/.lock' for 60 s: does it hang?"
    sweep_dead
    choose_index
    name=${name:-c$index}
    [ ! -e "$registry/$name" ] || die "a cluster '$name' runs already: cluster down $name, or choose another --name"
    claim_folder
    exec {alive_fd}>"$dir/alive"
    flock -n "$alive_fd" || die "the folder '$dir' is in use"
    mkdir -p "$dir"/{log,parts,pki}
    write_settings
}

claim_folder() {
    if [ -z "$dir" ]; then
        dir=$registry/$name
        mkdir -m 700 "$dir"
    else
        mkdir -p -m 700 "$dir" || die "cannot make '$dir'"
        dir=$(cd "$dir" && pwd -P)
        [ -z "$(ls -A "$dir")" ] || die "'$dir' is not empty: give a new folder with --dir"
        ln -s "$dir" "$registry/$name"
    fi
    case $mode:$dir/ in
    node:/run/* | node:/var/lib/* | node:/var/log/*)
        rm -rf "$dir" "${registry:?}/$name"
        die "'$dir' is hidden inside a node cluster, which has its own /run, /var/lib and /var/log: give another --dir" ;;
    esac
}

# choose_index: the lowest N whose names, ports and addresses nobody uses.
choose_index() {
    local taken listening
    taken=" $(find -L "$registry" -maxdepth 2 -name settings -exec sed -n 's/^index=//p' {} + | paste -sd' ') "
    listening=$(ss -Htln 2>/dev/null)
    for ((index = ${KZ_FIRST_INDEX:-0}; index < 128; index++)); do
        [[ $taken != *" $index "* ]] || continue
        api_port=$((21000 + 4 * index))
        [[ $listening != *":$api_port "* ]] || continue
        if [ "$mode" = node ]; then
            [ ! -e "/sys/class/net/kzc$index" ] && [ -z "$(ls -d /sys/fs/cgroup/{,*/}kzc"$index" 2>/dev/null)" ] &&
                block_is_free || continue
        fi
        return 0
    done
    die "128 clusters, or their ports or addresses, are in use: cluster list, cluster down --all"
}

# subnet K: the Kth /24 of the cluster's four, without its last number.
subnet() { echo "198.$((18 + index / 64)).$((index % 64 * 4 + $1))"; }

# block_is_free: our routes must not catch what the machine sends elsewhere: no route of its own there, and none
# of its name servers and peers, which it may reach by the default route.
block_is_free() {
    local k
    [ -z "$(overlapping_routes "$(subnet 0).0/22")" ] || return 1
    for k in 0 1 2 3; do
        ! { cat /etc/resolv.conf; ss -Htun; } 2>/dev/null | grep -qF " $(subnet $k)." || return 1
    done
}

# overlapping_routes PREFIX: routes below it, and routes that contain it other than the default.
overlapping_routes() {
    ip -4 route show table all root "$1"
    ip -4 route show table all match "$1" | grep -v '^default\|^0\.0\.0\.0/0' || true
}

# write_settings: what the keeper, the node and later commands source to know a cluster. Addresses end in what
# all scripts expect: the first of $services is the API's, the tenth would be DNS.
write_settings() {
    local services=10.0.0.0/16 pods=10.1.0.0/16 api_host=127.0.0.1 node_address='' host_address=''
    if [ "$mode" = node ]; then
        api_port=6443 node_address=$(subnet 0).1 host_address=$(subnet 0).254 api_host=$(subnet 0).1
        services=$(subnet 1).0/24 pods=$(subnet 2).0/24
    fi
    local key
    for key in name mode version dir owner parts bin images index api_host api_port services pods node_address \
        host_address; do
        printf '%s=%q\n' "$key" "${!key}"
    done >"$dir/settings.new"
    printf 'extra=(' >>"$dir/settings.new"
    printf '%q ' ${extra[@]+"${extra[@]}"} | sed "s/^'' \$//" >>"$dir/settings.new"
    echo ')' >>"$dir/settings.new"
    mv "$dir/settings.new" "$dir/settings"
}

# take_down DIR: asks the keeper to end and waits; sweeps when the keeper is dead.
take_down() {
    local pid tries
    pid=$(cat "$1/keeper.pid" 2>/dev/null) || pid=
    if is_alive "$1"; then
        [ -z "$pid" ] || kill -TERM "$pid" 2>/dev/null || true
        for ((tries = 0; tries < 600; tries++)); do
            [ -d "$1" ] && is_alive "$1" || break
            sleep 0.05
        done
        if [ -d "$1" ] && is_alive "$1"; then
            say "the keeper of '$1' (process $pid) does not end within 30 s: kill -9 $pid, then run this again"
            return 1
        fi
    fi
    [ ! -d "$1" ] || remove_remains "$1"
}

sweep_dead() {
    local entry
    for entry in "$registry"/*; do
        if [ -L "$entry" ] && [ ! -e "$entry/settings" ]; then
            rm -f "$entry"
        elif [ -d "$entry" ] && ! is_alive "$entry"; then
            remove_remains "$(cd "$entry" && pwd -P)"
        fi
    done
}

# remove_remains DIR: what outlives the processes of a cluster: its cgroups and its folder. Links, routes,
# mounts and firewall rules live in the namespaces and go with the last process.
remove_remains() (
    index='' name='' mode=''
    [ ! -e "$1/settings" ] || . "$1/settings"
    if [ "$mode" = node ]; then
        local tries
        for ((tries = 0; tries < 100; tries++)); do
            find /sys/fs/cgroup/{,*/}kzc"$index" -depth -type d -exec rmdir {} + 2>/dev/null
            [ -n "$(ls -d /sys/fs/cgroup/{,*/}kzc"$index" 2>/dev/null)" ] || break
            sleep 0.05
        done
        [ "$tries" -lt 100 ] || say "cgroup kzc$index cannot be removed: a process is still in it"
        ip link del "kzc$index" 2>/dev/null
    fi
    [ -z "${KZ_CLUSTER_KEEP_LOGS-}" ] || cp -r "$1/log" "$KZ_CLUSTER_KEEP_LOGS"
    rm -rf --one-file-system "$1"
    [ -z "$name" ] || [ ! -L "$registry/$name" ] || rm -f "$registry/$name"
    return 0
)
