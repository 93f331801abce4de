#!/bin/sh
# A Debian machine as people have it: systemd, cgroup v2 alone, AppArmor, logind, the container engines, and two users.
#   SUITE=trixie NAME=trixie IMAGES=folder ./debian.sh     makes NAME.img (ext4), NAME.kernel and NAME.initrd; needs root
#   KERNEL_SUITE=SUITE  the kernel of another suite, as trixie-backports        PACKAGES="…"  besides those below
#   SELINUX=1           labels all files, and lets systemd load the policy      MIRROR=URL    otherwise the one of apt here
. "$(dirname "$0")/lib.sh"
suite=${SUITE:?the suite}

packages="
    systemd systemd-sysv systemd-container udev dbus dbus-user-session libpam-systemd libnss-systemd polkitd openssh-server openssh-client
    docker.io containerd runc crun podman conmon uidmap slirp4netns passt fuse-overlayfs netavark aardvark-dns lxc bubblewrap
    util-linux iproute2 iputils-ping iptables nftables procps psmisc kmod libcap2-bin strace sudo passwd busybox-static python3-minimal
    e2fsprogs gcc libc6-dev xz-utils zstd fish zsh ca-certificates
    linux-image-amd64 ${PACKAGES:-}"
[ -n "${SELINUX:-}" ] && packages="$packages selinux-basics selinux-policy-default" || packages="$packages apparmor"
# From Debian 13 on the docker command is a package of its own.
[ "$suite" = bookworm ] || packages="$packages docker-cli"

set -- --mode=root --variant=minbase --components=main --include="$(joined $packages)" $exclusions \
    --aptopt='Acquire::Check-Valid-Until "false"'
if [ -n "${KERNEL_SUITE:-}" ]; then
    printf 'Package: linux-image-* linux-base*\nPin: release n=%s\nPin-Priority: 900\n' "$KERNEL_SUITE" >"$images/$name.pref"
    set -- --setup-hook='mkdir -p "$1/etc/apt/preferences.d"' \
        --setup-hook="cp '$images/$name.pref' \"\$1/etc/apt/preferences.d/kernel\"" "$@" \
        "$suite" "$tree" "deb $mirror $suite main" "deb $mirror $KERNEL_SUITE main"
else
    set -- "$@" "$suite" "$tree" "$mirror"
fi
mmdebstrap "$@"
rm -f "$images/$name.pref"

# What a machine has beyond its packages: a name, two users, a job to do.
echo vm >"$tree/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 vm\n::1 localhost\n' >"$tree/etc/hosts"
echo '/dev/vda / ext4 defaults 0 1' >"$tree/etc/fstab"
chroot "$tree" passwd -d root >/dev/null
for user in ann bob; do
    chroot "$tree" useradd --create-home --shell /bin/bash "$user"
    echo "$user:$user" | chroot "$tree" chpasswd
done
grep -qs ann: "$tree/etc/subuid" || printf 'ann:100000:65536\nbob:165536:65536\n' | tee "$tree/etc/subuid" >"$tree/etc/subgid"
echo 'ann ALL=(ALL) NOPASSWD: ALL' >"$tree/etc/sudoers.d/ann"
cat >"$tree/etc/systemd/system/vm-job.service" <<'UNIT'
[Unit]
Description=The job that this machine was started for
After=multi-user.target systemd-user-sessions.service
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/vm-job
ExecStopPost=/usr/bin/systemctl poweroff --no-block
StandardOutput=journal+console
KillMode=process
[Install]
WantedBy=multi-user.target
UNIT
cp "$(dirname "$0")/vm-job" "$tree/usr/local/sbin/vm-job"
chroot "$tree" systemctl enable --quiet vm-job.service
# Nothing waits for a network that never comes, and nobody asks for a login on the console.
chroot "$tree" systemctl mask --quiet systemd-networkd-wait-online.service getty@tty1.service serial-getty@ttyS0.service \
    apt-daily.timer apt-daily-upgrade.timer
if [ -n "${SELINUX:-}" ]; then
    sed -i 's/^SELINUX=.*/SELINUX=permissive/' "$tree/etc/selinux/config"
    chroot "$tree" setfiles -F -e /proc -e /sys /etc/selinux/default/contexts/files/file_contexts /
fi

initrd virtio_pci virtio_blk ext4 crc32c-intel crc32c_generic
disk
