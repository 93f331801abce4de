#!/bin/sh
# Where /etc/subuid does not exist, usermod(8) refuses to add the first range to it, and useradd(8), which gives a new user a range
# where the file is there, gives none and says nothing. An empty file is enough for both. The manual page of usermod names no such
# condition at --add-subuids.
# Seen: passwd 1:4.13+dfsg1-1+deb12u2 of Debian 12, amd64. Needs apt-get and dpkg-deb.
set -eu
version=1:4.13+dfsg1-1+deb12u2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

apt-get -o APT::Sandbox::User=root download -q "passwd=$version" >/dev/null
dpkg-deb -x passwd_*.deb shadow
mkdir -p place/etc

# usermod [WORDS] on a machine of two users, with or without the file
try() {
  printf 'root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n' >place/etc/passwd
  printf 'root:x:0:\nann:x:1000:\n' >place/etc/group
  rm -f place/etc/subuid
  [ "$1" = without ] || : >place/etc/subuid
  status=0
  ./shadow/usr/sbin/usermod --prefix "$folder/place" --add-subuids 100000-165535 ann 2>/dev/null || status=$?
  ./shadow/usr/sbin/useradd --prefix "$folder/place" bob
  echo "$1 the file: usermod ends with $status, ranges: $(cat place/etc/subuid 2>/dev/null | tr '\n' ' ')"
}

echo "passwd $version"
{ try without; try with; } | tee seen
printf 'without the file: usermod ends with 2, ranges: \nwith the file: usermod ends with 0, ranges: ann:100000:65536 bob:165536:65536 \n' >expected
cmp seen expected || { echo 'That has changed.' >&2; exit 1; }
