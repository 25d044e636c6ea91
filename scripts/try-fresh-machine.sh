#!/usr/bin/env bash
# Tries the last commit as somebody does who has just got a machine: on a bare Debian with Node, npm and git alone, made from this
# machine's packages in a folder of its own. What a set-up step forgot is missing there.
#
#   scripts/try-fresh-machine.sh                              npm run demo, then npm test
#   scripts/try-fresh-machine.sh 'npm test -- --only unit'    these commands, until one fails
#
# FRESH_ROOT: the folder (default /var/tmp/vis-a-vis-fresh); KEEP=1 leaves it to look at; NODE: the Node that it gets. Needs root,
# Debian or Ubuntu, and 2 GB of disk beside what the commands take.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/bare-debian.sh
need_root
need mmdebstrap git
folder=${FRESH_ROOT:-/var/tmp/vis-a-vis-fresh}
mkdir "$folder" 2>/dev/null || give_up "$folder is there already; FRESH_ROOT names another"
leave() { [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$folder"; }
trap leave EXIT

node=$(machines_node)
bare_debian "$folder" /usr "$node" ca-certificates git libatomic1
git clone --quiet "$(git rev-parse --show-toplevel)" "$folder/root/project"
say "Node $("$node" --version), commit $(git rev-parse --short HEAD)"

# Namespaces of its own: mounts, and whatever a command left running, are gone when it ends.
mapfile -t told < <(env | grep -E "^(CI|$CLIENT_VARIABLES)=" || true)
there() {
  env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb "${told[@]}" \
    unshare --mount --pid --fork --kill-child bash -ec '
      mount -t proc proc "$0/proc"; mount --rbind /sys "$0/sys"; mount --rbind /dev "$0/dev"
      exec chroot "$0" bash -c "cd /root/project && $1"' "$folder" "$1"
}
[ $# -gt 0 ] || set -- 'npm run demo' 'npm test'
for command; do
  printf '\n── %s\n' "$command"
  began=$SECONDS code=0
  there "$command" || code=$?
  say "'$command' ended with $code after $((SECONDS - began)) s"
  [ "$code" = 0 ] || exit "$code"
done
