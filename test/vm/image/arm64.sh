#!/bin/sh
# A Debian machine for arm64, made on any other one without running a program of it: packages are unpacked and not configured, and
# busybox is init.
#   SUITE=trixie NAME=arm64 IMAGES=folder ./arm64.sh     makes NAME.img (ext4), NAME.kernel and NAME.initrd; needs root
#   PAGES=16k           a kernel with pages of 16 KiB      PACKAGES="…"  besides those below      MIRROR=URL  otherwise apt's here
. "$(dirname "$0")/lib.sh"

packages="
    base-files base-passwd bash busybox-static coreutils dash diffutils findutils gawk grep gzip hostname sed tar libc-bin ncurses-base
    util-linux bsdutils mount login passwd sudo procps psmisc kmod iproute2 iputils-ping iptables netbase libcap2-bin attr acl strace perl-base
    bubblewrap runc crun uidmap e2fsprogs xz-utils zstd fish zsh python3-minimal gcc libc6-dev libstdc++6 libatomic1
    linux-image-arm64${PAGES:+-$PAGES} ${PACKAGES:-}"

# `extract` runs no maintainer script: neither qemu-user nor binfmt_misc is needed on this machine.
mmdebstrap --mode=root --variant=extract --architectures=arm64 --components=main --skip=chroot/mount,check/qemu \
    --include="$(joined $packages)" $exclusions --aptopt='Acquire::Check-Valid-Until "false"' "${SUITE:?the suite}" "$tree" "$mirror"

# What the scripts of the packages would have made.
cp "$tree/usr/share/base-passwd/passwd.master" "$tree/etc/passwd"
cp "$tree/usr/share/base-passwd/group.master" "$tree/etc/group"
sed -i 's/^root:\*:/root::/' "$tree/etc/passwd"
for user in ann:1000:100000 bob:1001:165536; do
    IFS=: read -r who id first <<WORDS
$user
WORDS
    echo "$who::$id:$id::/home/$who:/bin/bash" >>"$tree/etc/passwd"
    echo "$who:x:$id:" >>"$tree/etc/group"
    echo "$who:$first:65536" | tee -a "$tree/etc/subuid" >>"$tree/etc/subgid"
    mkdir -p "$tree/home/$who"
    chown "$id:$id" "$tree/home/$who"
done
echo 'ann ALL=(ALL) NOPASSWD: ALL' >"$tree/etc/sudoers.d/ann"
chmod 440 "$tree/etc/sudoers.d/ann"
for kind in auth account password session; do echo "$kind required pam_permit.so" >"$tree/etc/pam.d/common-$kind"; done
cp "$tree/etc/pam.d/common-session" "$tree/etc/pam.d/common-session-noninteractive"
echo vm >"$tree/etc/hostname"
printf '127.0.0.1 localhost vm\n::1 localhost\n' >"$tree/etc/hosts"
for pair in awk:gawk which:which.debianutils iptables:iptables-nft; do
    [ -e "$tree/usr/bin/${pair%:*}" ] || ln -s "${pair#*:}" "$tree/usr/bin/${pair%:*}"
done
ln -sf gcc "$tree/usr/bin/cc"
rm -f "$tree/usr/sbin/init"
ln -s /bin/busybox "$tree/usr/sbin/init"
printf '::wait:/usr/local/sbin/vm-start\n' >"$tree/etc/inittab"
mkdir -p "$tree/share" "$tree/mnt" "$tree/opt" "$tree/srv" "$tree/usr/local/bin" "$tree/usr/local/sbin"
cp "$(dirname "$0")/vm-job" "$tree/usr/local/sbin/vm-job"

# What systemd would do at the start, cgroup2 mounted with its own options; the job is in a group below the top.
cat >"$tree/usr/local/sbin/vm-start" <<'START'
#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sys /sys
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t mqueue mqueue /dev/mqueue
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs -o mode=1777 tmp /tmp
mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 /sys/fs/cgroup
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control; done
mkdir /sys/fs/cgroup/job.service && echo $$ >/sys/fs/cgroup/job.service/cgroup.procs
mount --make-rshared /
ulimit -Hn 1048576
ulimit -Sn 1024
hostname -F /etc/hostname
ip link set lo up
for module in overlay veth bridge virtio_net nf_tables; do modprobe "$module" 2>/dev/null; done
/usr/local/sbin/vm-job
busybox poweroff -f
START
chmod 755 "$tree/usr/local/sbin/vm-start"

# depmod reads modules of any architecture.
initrd virtio_pci virtio_blk ext4 crc32c_generic
rm -rf "$tree/var/cache/apt" "$tree/var/lib/apt/lists"
disk
