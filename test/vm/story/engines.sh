#!/bin/bash
# The engines of this machine as its distribution installed them, each with one thing that runs in it: engines.sh start, or pid NAME.
# Beside the fixtures of the tests, which bring daemons of their own, this is what people have: services, scopes and sessions of systemd.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
FX_ROOT=/var/tmp/burrow-story
FX_RUN=$FX_ROOT/run
set -- "$@"
words=("$@")
set --
main() { :; }
. "$here/../../fixtures/lib.sh"

service() { systemd-run --quiet --collect --unit="$1" "${@:2}"; }
as_ann() { ssh -o BatchMode=yes ann@localhost "$@"; }

start_docker() {
    systemctl start docker
    docker load --quiet --input "$IMAGE_TAR"
    docker run --detach --name story-docker --network none "$IMAGE"
    docker run --detach --name story-docker-less --network none --user 1000:1000 --cap-drop ALL --read-only --memory 64m \
        --security-opt no-new-privileges --env FX=less "$IMAGE"
}
pid_docker() { docker inspect -f '{{.State.Pid}}' story-docker; }
pid_docker_less() { docker inspect -f '{{.State.Pid}}' story-docker-less; }

start_podman() {
    podman load --quiet --input "$IMAGE_TAR"
    podman run --detach --name story-podman --network none "$IMAGE"
    podman run --detach --rm --name story-podman-rm --network none "$IMAGE"
}
pid_podman() { podman inspect -f '{{.State.Pid}}' story-podman; }
pid_podman_rm() { podman inspect -f '{{.State.Pid}}' story-podman-rm; }

start_rootless() {
    loginctl enable-linger ann
    chmod 755 "$FX_ROOT"
    as_ann "podman load --quiet --input $IMAGE_TAR && podman run --detach --name story-rootless --network none $IMAGE"
}
pid_rootless() { as_ann "podman inspect -f '{{.State.Pid}}' story-rootless"; }

start_nspawn() {
    cp -a "$ROOTFS" /var/lib/machines/story-nspawn
    service story-nspawn --property=Delegate=yes --setenv=SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn --quiet --keep-unit \
        --machine=story-nspawn --private-network --directory=/var/lib/machines/story-nspawn /bin/sleep 3600
}
pid_nspawn() { machinectl show story-nspawn --property=Leader --value; }

start_lxc() {
    mkdir -p /var/lib/lxc/story-lxc
    cat >/var/lib/lxc/story-lxc/config <<CONF
lxc.uts.name = story-lxc
lxc.rootfs.path = dir:$ROOTFS
lxc.rootfs.options = ro
lxc.init.cmd = /bin/sleep 3600
lxc.apparmor.profile = unconfined
lxc.autodev = 1
lxc.mount.auto = proc:mixed sys:ro
lxc.net.0.type = empty
CONF
    service story-lxc --property=Type=forking --property=KillMode=process lxc-start --name story-lxc --daemon
}
pid_lxc() { lxc-info --name story-lxc --pid --no-humanize; }

oci() {
    bundle "$FX_ROOT/$1" "story-$1" \
        '"namespaces": [{"type": "pid"}, {"type": "network"}, {"type": "ipc"}, {"type": "uts"}, {"type": "mount"}, {"type": "cgroup"}]'
    "$1" run --detach --bundle "$FX_ROOT/$1" "story-$1" </dev/null >"$FX_RUN/$1.log" 2>&1
}
oci_pid() { "$1" state "story-$1" | json_num pid; }
start_runc() { oci runc; }
pid_runc() { oci_pid runc; }
start_crun() { oci crun; }
pid_crun() { oci_pid crun; }

start_service() { service story-private --property=PrivateNetwork=yes --property=PrivateTmp=yes sleep 3600; }
pid_service() { systemctl show story-private.service --property=MainPID --value; }

start_userservice() { systemd-run --quiet --user --machine=ann@.host --collect --unit=story-user unshare --user --net sleep 3600; }
pid_userservice() { systemctl --user --machine=ann@.host show story-user.service --property=MainPID --value; }

case ${words[0]} in
start)
    mkdir -p "$FX_RUN"
    rootfs
    image_tar
    chmod 644 "$IMAGE_TAR"
    "start_${words[1]}" >"$FX_RUN/start-${words[1]}.log" 2>&1 || { cat "$FX_RUN/start-${words[1]}.log" >&2; exit 1; }
    ;;
# Nothing while it is not there yet.
pid) "pid_${words[1]}" 2>/dev/null || : ;;
esac
