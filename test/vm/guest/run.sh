#!/bin/bash
# What the layer runs in a machine, as root: the tests whose files `only` lists, one by one. Beside it: the archive of pack.ts.
# $OUT/facts.json is the machine, $OUT/NAME.jsonl what the reporter wrote of a file, $OUT/NAME.log what the file said.
set -u
suite=/opt/burrow
mkdir -p $suite && tar --zstd -xf suite-*.tar.zst -C $suite --no-same-owner
export PATH=$suite/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export FX_ROOT=/var/tmp/burrow-fixtures BURROW_TEST_PATIENCE=8
unset LANG
mkdir -p $FX_ROOT && chmod 755 $FX_ROOT
printf '#!/bin/sh\nexec %s/bin/node %s/dist/burrow.cjs "$@"\n' $suite $suite >/usr/local/bin/burrow
chmod 755 /usr/local/bin/burrow
# ann logs in by ssh, as a person does.
if [ -d /run/systemd/system ]; then
    ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
    install -d -o ann -g ann -m 700 /home/ann/.ssh
    install -o ann -g ann -m 600 /root/.ssh/id_ed25519.pub /home/ann/.ssh/authorized_keys
    ssh-keyscan localhost >/root/.ssh/known_hosts 2>/dev/null
    # Rootless engines want an address and a way out, though nothing answers there.
    link=$(ls /sys/class/net | grep -v '^lo$' | head -n 1)
    ip link set "$link" up; ip addr add 10.0.2.15/24 dev "$link"; ip route add default via 10.0.2.2
fi

cd $suite && node out/test/vm/guest/facts.js >"$OUT/facts.json" || exit 1
while read -r name; do
    began=$(date +%s)
    timeout -k 10 3000 node --test --test-concurrency=1 --test-timeout=1500000 \
        --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=./out/test/vm/reporter.js --test-reporter-destination="$OUT/${name//\//_}.jsonl" \
        "out/test/$name.js" >"$OUT/${name//\//_}.log" 2>&1
    echo "$name: $? after $(($(date +%s) - began)) s" | tee -a "$OUT/files" >/dev/console
done </share/only
