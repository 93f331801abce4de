#!/bin/sh
# What a person would write to get a sandbox like Burrow's, and to be rid of it: control groups with limits of
# memory and processes, eight namespaces, root mapped, /proc, a tmpfs, a host name, and a veth pair with addresses
# on both ends, up.
set -eu
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	memory=/sys/fs/cgroup/bench-sh pids=/sys/fs/cgroup/bench-sh memory_file=memory.max
else
	memory=/sys/fs/cgroup/memory/bench-sh pids=/sys/fs/cgroup/pids/bench-sh memory_file=memory.limit_in_bytes
fi
mkdir -p "$memory" "$pids"
echo 268435456 >"$memory/$memory_file"
echo 100 >"$pids/pids.max"
ready=$(mktemp -u)
mkfifo "$ready"
export memory pids
sh -c '
    echo $$ >"$memory/cgroup.procs" && echo $$ >"$pids/cgroup.procs" &&
    exec unshare --user --map-root-user --mount --pid --net --ipc --uts --cgroup --time --fork --kill-child sh -c "
        mount -t proc proc /proc && mount -t tmpfs tmpfs /tmp && hostname bench-sh && echo up >&3 && exec sleep 3600
    "
' 3>"$ready" &
outer=$!
read -r _ <"$ready"
rm "$ready"
init=$(cat "/proc/$outer/task/$outer/children")
init=${init% }
ip link add bwbench type veth peer name eth0 netns "$init"
ip address add 198.51.100.9/30 dev bwbench
ip link set bwbench up
nsenter --target "$init" --user --net sh -c 'ip address add 198.51.100.10/30 dev eth0 && ip link set eth0 up && ip link set lo up'
ip link delete bwbench
kill -KILL "$outer"
wait "$outer" 2>/dev/null || :
while ! rmdir "$memory" 2>/dev/null; do sleep 0.001; done
[ ! -d "$pids" ] || while ! rmdir "$pids" 2>/dev/null; do sleep 0.001; done
