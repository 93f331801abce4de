# What both makers of images share: where packages come from, and how a tree of files becomes a machine that QEMU starts.
set -eu
images=${IMAGES:?the folder for images} name=${NAME:?the name of the image}
tree=$images/$name.tree
PATH=$PATH:/usr/sbin:/sbin
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)}
: "${mirror:?apt names no Debian mirror here: set MIRROR}"
mkdir -p "$images"
# Nothing of this machine that may be mounted below it goes along.
rm -rf --one-file-system "$tree"
trap 'rm -rf --one-file-system "$tree" "$images/$name.initrd.tree" "$images/$name.modules"' EXIT

joined() { echo $* | tr ' ' ,; }

# Packages of all images: nothing is read in there by people, and no image needs an initramfs of its distribution.
exclusions="--dpkgopt=path-exclude=/usr/share/doc/* --dpkgopt=path-exclude=/usr/share/man/* --dpkgopt=path-exclude=/usr/share/locale/*
    --dpkgopt=path-exclude=*/kernel/postinst.d/*"

# initrd MODULE…: a small initramfs, which loads the modules that the disk needs and goes over to the machine itself.
initrd() {
    release=$(ls "$tree/usr/lib/modules" | sort -V | tail -n 1)
    initrd=$images/$name.initrd.tree
    rm -rf "$initrd"
    mkdir -p "$initrd/bin" "$initrd/proc" "$initrd/dev" "$initrd/root" "$initrd/lib/modules"
    cp "$tree/usr/bin/busybox" "$initrd/bin/busybox" 2>/dev/null || cp "$tree/bin/busybox" "$initrd/bin/busybox"
    depmod -b "$tree" "$release"
    for module; do
        modprobe -d "$tree" -S "$release" --show-depends "$module" 2>/dev/null | sed -n 's/^insmod //p'
    done | awk '!seen[$1]++ { print $1 }' >"$images/$name.modules"
    : >"$initrd/load"
    while read -r file; do
        module=$(basename "$file")
        case $module in
        *.xz) module=${module%.xz}; xz -dc "$file" >"$initrd/lib/modules/$module" ;;
        *.zst) module=${module%.zst}; zstd -qdc "$file" >"$initrd/lib/modules/$module" ;;
        *) cp "$file" "$initrd/lib/modules/$module" ;;
        esac
        echo "$module" >>"$initrd/load"
    done <"$images/$name.modules"
    cat >"$initrd/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
while read -r module; do /bin/busybox insmod /lib/modules/$module; done </load
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 100 ]; do /bin/busybox sleep 0.1; tries=$((tries + 1)); done
/bin/busybox mount -t ext4 /dev/vda /root
/bin/busybox mount -o move /dev /root/dev
/bin/busybox umount /proc
exec /bin/busybox switch_root /root /sbin/init
INIT
    chmod 755 "$initrd/init"
    (cd "$initrd" && find . | cpio --quiet -o -H newc) | gzip -1 >"$images/$name.initrd"
    cp "$tree/boot/vmlinuz-$release" "$images/$name.kernel"
}

# disk: the tree as a file system. It takes its name last: an image that is there is whole.
disk() {
    rm -f "$images/$name.img.new"
    truncate -s "${SIZE:-8G}" "$images/$name.img.new"
    mkfs.ext4 -q -F -m 0 -E lazy_itable_init=1 -d "$tree" "$images/$name.img.new"
    mv "$images/$name.img.new" "$images/$name.img"
}
