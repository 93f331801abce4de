#!/bin/sh
# Installs Debian packages, and lets none of their daemons be started: apt-install.sh 'PACKAGE, A | B…', as in debian/control.
set -eu
export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes BURROW_STARTS_NOTHING=1
ours=$(dirname "$0")/policy-rc.d
# invoke-rc.d and deb-systemd-invoke ask it before they start anything (README.policy-rc.d in init-system-helpers). One of
# the machine's own stays, and decides; one of ours that a kill left there is taken over.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ] || cmp -s "$ours" "$policy"; then
    trap 'rm -f "$policy"' EXIT
    trap 'exit 130' INT TERM HUP
    cp "$ours" "$policy"
fi
# What another package manager does meanwhile is waited for. Nothing that somebody installed gives way.
apt-get update -qq >/dev/null
apt-get satisfy -y -qq --no-install-recommends --no-remove -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=false "$1" >/dev/null
