# SPDX-License-Identifier: Apache-2.0
#
# What every script of the test cluster uses: messages, time marks, and the parts. A part is one program of
# the cluster (etcd, kubelet, ...). The script that sources this is the parent of its parts; it calls
# `tend_parts` in a loop, which starts what should run, stops what should not and notices what ended.
#
# Files of part P in $dir: parts/P.pid while it runs, parts/P.stop when it must not run (its content is the
# signal to use), log/P.log what it wrote.

say() { echo "cluster: $*" >&2; }
die() {
    say "$@"
    exit 1
}

# mark EVENT: one line in the times file, "seconds since the start of the cluster, event".
mark() {
    local now=${EPOCHREALTIME/[.,]/}
    [ -s "$dir/started" ] || echo "$now" >"$dir/started"
    local ms=$(((now - $(<"$dir/started")) / 1000))
    printf '%d.%03d %s\n' $((ms / 1000)) $((ms % 1000)) "$1" >>"$dir/times"
}

# pause SECONDS: sleeps without starting a process, and ends early on a trapped signal.
exec {pause_fd}<> <(:)
pause() { read -r -t "$1" -u "$pause_fd" || true; }

declare -A part_pid=() part_command=()
part_order=()

# part NAME FUNCTION: declares a part; FUNCTION execs its program.
part() {
    part_order+=("$1")
    part_command[$1]=$2
}

# start_part NAME: PDEATHSIG makes the program go when we go, even by kill -9.
start_part() {
    [ -z "${part_pid[$1]-}" ] || return 0
    ("${part_command[$1]}") >>"$dir/log/$1.log" 2>&1 </dev/null &
    part_pid[$1]=$!
    echo $! >"$dir/parts/$1.pid"
}

# run PROGRAM ARG...: what the function of a part ends with. Nothing of ours stays open in the program.
run() {
    close_inherited
    exec setpriv --pdeathsig KILL -- "$@"
}

close_inherited() {
    local fd
    for fd in /proc/"$BASHPID"/fd/*; do
        fd=${fd##*/}
        [ "$fd" -le 2 ] || [ "$fd" = 255 ] || eval "exec $fd>&-" 2>/dev/null || true
    done
}

# tend_parts: one round. Before the cluster is ready, a part that ends is fatal (fail_start is the caller's).
tend_parts() {
    local one pid status
    for one in "${part_order[@]}"; do
        pid=${part_pid[$one]-}
        if [ -n "$pid" ] && [ -e "$dir/parts/$one.stop" ]; then
            kill -"$(<"$dir/parts/$one.stop")" "$pid" 2>/dev/null || true
        fi
        if [ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null; then
            status=0
            wait "$pid" 2>/dev/null || status=$?
            part_pid[$one]=
            rm -f "$dir/parts/$one.pid"
            say "$one ended with status $status"
            [ -e "$dir/ready" ] || fail_start "$one ended with status $status: $(last_words "$one")"
        elif [ -z "$pid" ] && [ -e "$dir/ready" ] && [ ! -e "$dir/parts/$one.stop" ]; then
            say "starting $one again"
            start_part "$one"
        fi
    done
}

last_words() {
    local line
    line=$(grep -v '^ *$\|^  \|^goroutine' "$dir/log/$1.log" 2>/dev/null | tail -n 1 | cut -c1-400)
    echo "${line:-it wrote nothing}"
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds; looks after the parts meanwhile.
wait_for() {
    local limit=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$limit" ] || fail_start "$what took longer than it may; the machine may be too busy"
        on_wait
        tend_parts
        pause 0.1
    done
}
