#!/bin/sh
# Starts a machine that image/ made, runs one script in it as root, and ends with its exit code. Nothing stays of what happens to the image.
#   boot.sh IMAGE RESULT SCRIPT [FILE…]
# The FILEs lie beside the script, which is the working directory there; what it writes under $OUT comes back in the folder RESULT,
# its output as RESULT/log, and what the machine wrote on its console as RESULT/console.
#   TIMEOUT=SECONDS  MEMORY=MIB  APPEND="more words for the kernel's command line"   ARCH=x64|arm64
set -eu
image=${1:?an image} result=${2:?a folder for what comes back} script=${3:?a script}
shift 3
base=${image%.img}
rm -rf "$result"
mkdir -p "$result"
share=$(mktemp -d "$result.XXXXXX")
trap 'rm -rf "$share"' EXIT
mkdir "$share/out"
cp "$script" "$share/job"
chmod 755 "$share/job"
for file; do cp -a "$file" "$share/"; done

case ${ARCH:-x64} in
arm64) qemu=qemu-system-aarch64 machine='-M virt,gic-version=3' console=ttyAMA0 native=aarch64 ;;
*) qemu=qemu-system-x86_64 machine='-M pc' console=ttyS0 native=x86_64 ;;
esac

# Some clouds' /dev/kvm only starts kernels made for it: one second tells.
accelerated() {
    [ "$(uname -m)" = $native ] && [ -w /dev/kvm ] || return 1
    timeout 10 $qemu $machine -accel kvm -cpu host -m 512 -display none -nodefaults -no-reboot -serial stdio \
        -kernel "$base.kernel" -append "console=$console panic=-1" 2>/dev/null </dev/null | grep -q 'Linux version'
}
if accelerated; then accel=kvm cpu=host; else accel=tcg,thread=multi cpu=max; fi

TMPDIR=$(dirname "$share") timeout --foreground "${TIMEOUT:-7200}" $qemu $machine -accel $accel -cpu $cpu -m "${MEMORY:-4096}" -smp 2 \
    -display none -nodefaults -no-reboot -serial file:"$result/console" -device virtio-rng-pci,romfile= \
    -drive file="$image",if=virtio,format=raw,snapshot=on \
    -virtfs local,path="$share",mount_tag=share,security_model=none \
    -netdev user,id=net,restrict=on -device virtio-net-pci,netdev=net,romfile= \
    -kernel "$base.kernel" -initrd "$base.initrd" -append "console=$console root=/dev/vda rw panic=-1 ${APPEND:-}" </dev/null ||
    echo "boot.sh: the machine ended with $?; see $result/console" >&2
cp -a "$share/out/." "$result/"
[ -s "$share/rc" ] || { echo "boot.sh: the script did not end; see $result/log and $result/console" >&2; exit 125; }
exit "$(cat "$share/rc")"
