#!/usr/bin/env bash
# Tries the last commit as a container image where there is neither a Docker engine nor an image registry: buildah builds the
# Dockerfile on a base that is made here (a bare Debian with the Node that .nvmrc names), the image is started as its own user, has to
# become ready, to answer a spoken question over WebRTC, and to end in order.
#
#   scripts/try-image.sh
#
# IMAGE_WORK: a folder for it (default /var/tmp/vis-a-vis-image); PORT: where it listens (18199); KEEP=1 leaves the folder, with the logs
# of the build and of the gateway, and the images. Needs root, Debian or Ubuntu, and 3 GB of disk.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib/bare-debian.sh
need_root
need buildah mmdebstrap git curl
work=${IMAGE_WORK:-/var/tmp/vis-a-vis-image} port=${PORT:-18199}

# Namespaces of its own: mounts and processes that are left are gone when the inner run ends.
if [ "${1:-}" != --inside ]; then
  mkdir "$work" 2>/dev/null || give_up "$work is there already; IMAGE_WORK names another"
  leave() { [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$work"; }
  trap leave EXIT
  code=0
  unshare --mount --pid --fork --kill-child --mount-proc "scripts/${0##*/}" --inside || code=$?
  exit "$code"
fi
export BUILDAH_ISOLATION=chroot TMPDIR="$work/tmp"
mkdir "$TMPDIR"
box() { buildah --root "$work/images" --runroot "$work/run" "$@"; }
failed() { say "$1"; [ -z "${2:-}" ] || tail -n 20 "$2"; exit 1; }

# What the image's checks run with is built from the same commit.
npm run --silent build
node=$(NODE=${NODE:-$(ls "$PWD"/.node/node_modules/node*/bin/node 2>/dev/null | head -n 1)} machines_node)
[ "$("$node" --version)" = "v$(cat .nvmrc)" ] || give_up "needs Node $(cat .nvmrc), as the Dockerfile; NODE=/path/to/node names one"
git clone --quiet --depth 1 "file://$(git rev-parse --show-toplevel)" "$work/source"

base=$(sed -n 's/^FROM \([^ ]*\).*/\1/p' "$work/source/Dockerfile" | sort -u)
[ "$(wc -w <<<"$base")" = 1 ] || failed "the Dockerfile has other bases than one: $base"
container=$(box from scratch)
mounted=$(box mount "$container")
bare_debian "$mounted" /usr/local "$node" ca-certificates
chroot "$mounted" useradd --create-home node
box umount "$container" >/dev/null
told=()
while IFS= read -r variable; do told+=(--env "$variable"); done < <(env | grep -E "^($CLIENT_VARIABLES)=" || true)
box config --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${told[@]}" "$container"
box commit --quiet --rm "$container" "docker.io/library/$base" >/dev/null

began=$SECONDS
box build --format docker --pull-never --network host --tag tried "$work/source" >"$work/build.log" 2>&1 || failed "the Dockerfile does not build" "$work/build.log"
say "built in $((SECONDS - began)) s, $(box images --format '{{.Size}}' localhost/tried)"

container=$(box from --pull-never localhost/tried)
mapfile -t command < <(box inspect --type container --format '{{range .OCIv1.Config.Cmd}}{{println .}}{{end}}' "$container" | sed '/^$/d')
user=$(box inspect --type container --format '{{.OCIv1.Config.User}}' "$container")
case "$user" in '' | root | 0) failed "the image runs as root" ;; esac
# As an orchestrator starts it beside a service of that name.
box run --env VISAVIS_HOST=127.0.0.1 --env VISAVIS_PORT="$port" --env VISAVIS_ICE_HOSTS=127.0.0.1 --env VISAVIS_SERVICE_HOST=10.0.0.1 \
  "$container" -- "${command[@]}" >"$work/gateway.log" 2>&1 &
gateway=$!
began=$SECONDS
until curl --silent --fail --output /dev/null "http://127.0.0.1:$port/health"; do
  kill -0 "$gateway" 2>/dev/null || failed "the gateway ended" "$work/gateway.log"
  [ $((SECONDS - began)) -lt 60 ] || failed "the gateway did not become ready" "$work/gateway.log"
  sleep 1
done
mapfile -t check < <(box inspect --type container --format '{{range .Docker.Config.Healthcheck.Test}}{{println .}}{{end}}' "$container" | sed '/^$/d')
box run --env VISAVIS_PORT="$port" "$container" -- "${check[@]:1}" || failed "the image's health check does not find it"
say "ready after $((SECONDS - began)) s, as user $user"

call=test/fixtures/call
answer=$("$node" test/support/spoken-question.mjs "http://127.0.0.1:$port/" $call/table.ivf $call/colour.ogg) || failed "no answer" "$work/gateway.log"
say "$answer"
grep -q '"status":"completed"' <<<"$answer" || failed "the answer is not complete" "$work/gateway.log"

# buildah passes no signal on: the gateway is the last of those that it started.
last=$gateway
while child=$(cat /proc/"$last"/task/*/children | awk '{ print $1; exit }') && [ -n "$child" ]; do last=$child; done
kill -TERM "$last"
code=0
wait "$gateway" || code=$?
[ "$code" = 0 ] || failed "the gateway ended with $code" "$work/gateway.log"
say "it ended in order"
