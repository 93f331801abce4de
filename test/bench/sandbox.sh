#!/bin/sh
# What a person would write to get a sandbox like Burrow's, and to be rid of it: eight namespaces, root
# mapped, /proc, a tmpfs, a host name, and a veth pair with addresses on both ends, up.
set -eu
ready=$(mktemp -u)
mkfifo "$ready"
unshare --user --map-root-user --mount --pid --net --ipc --uts --cgroup --time --fork --kill-child sh -c '
    mount -t proc proc /proc && mount -t tmpfs tmpfs /tmp && hostname bench-sh && echo up >&3 && exec sleep 3600
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
