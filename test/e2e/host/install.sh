#!/usr/bin/env bash
# Installs the workbench that the end-to-end tests drive, into node_modules beside this file: code-server, and the
# Node 24 that it needs. Does nothing when that is done. Needs npm, g++, make and python3.
#
# code-server's own install script is not used: it refuses any Node but 24 and compiles eight native modules, one of
# which needs Kerberos' headers. Two of them are wanted: spdlog (without it output channels and log files stay empty)
# and native-watchdog (without it the extension host logs an error). The others come built inside their packages.
set -euo pipefail
cd "$(dirname "$0")"
host=$PWD

stamp=$(cat package.json package-lock.json install.sh | sha256sum)
if [ "$(cat .installed 2>/dev/null)" = "$stamp" ]; then exit 0; fi
rm -f .installed
echo "Installing the workbench for the end-to-end tests (about a minute)"

quiet=(--no-audit --no-fund --loglevel=error)
npm ci --ignore-scripts "${quiet[@]}"

# From here on npm is run by the Node that will load the modules, and with its headers. Of the two packages npm has
# installed the one for this machine; as they are optional to it, it says nothing when it could not.
ours=$(echo "$host"/node_modules/node-linux-*)
if [ ! -x "$ours/bin/node" ]; then echo "npm did not install the Node of the workbench for $(uname -m)" >&2; exit 1; fi
export PATH="$ours/bin:$PATH"
export npm_config_nodedir="$ours"

cd node_modules/code-server/lib/vscode
# Not 'npm ci': the shrinkwrap shipped there lacks one entry. 'npm install' keeps to the versions in it all the same.
npm install --ignore-scripts --omit=dev "${quiet[@]}"
(cd extensions && npm install --ignore-scripts --omit=dev "${quiet[@]}")
npm rebuild @vscode/spdlog @vscode/native-watchdog "${quiet[@]}"
# The two links that its install script makes: the command line inside terminals, and $BROWSER.
ln -sf code-linux.sh bin/remote-cli/code-server
ln -sf browser-linux.sh bin/helpers/browser.sh

cd "$host"
for module in @vscode/spdlog @vscode/native-watchdog node-pty; do
  node -e "require('./node_modules/code-server/lib/vscode/node_modules/$module')"
done
echo "$stamp" >.installed
