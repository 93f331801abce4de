#!/bin/sh
# What apt-install.sh in the tests of Burrow puts into /usr/sbin for as long as it runs: nothing is started by what it
# installs. Whatever else asks gets the usual answer, so that one that was left behind does no harm; it can be removed.
[ -z "${BURROW_STARTS_NOTHING:-}" ] || exit 101
