# Sourced by try-fresh-machine.sh and try-image.sh: a Debian on which nothing was ever installed.
# What it gets of this machine is its Node, npm, and what package clients here are told: certificates, proxies, their configuration. For
# trying alone: that may hold passwords, so nothing that is made with it is to be given away.

say() { printf '%s: %s\n' "${0##*/}" "$*"; }
give_up() { say "$*" >&2; exit 2; }

need_root() { [ "$(id -u)" = 0 ] || give_up "needs root, to make a system of its own"; }

# need PROGRAM…: those that are missing are installed, under their own names.
need() {
  local missing=() each
  for each; do command -v "$each" >/dev/null || missing+=("$each"); done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || give_up "needs ${missing[*]}, and a Debian or Ubuntu to install them"
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || give_up "could not install ${missing[*]}"
}

# machines_node: the Node of this machine (NODE names another), not the one that the repository brought itself.
machines_node() {
  local found=${NODE:-$(type -ap node | grep -v '/\.node/' | head -n 1)}
  [ -n "$found" ] || give_up "found no Node on PATH; NODE=/path/to/node names one"
  readlink -f "$found"
}

# bare_debian FOLDER PREFIX NODE PACKAGE…: makes it in FOLDER, with NODE and npm under PREFIX and these packages beside the base system.
bare_debian() {
  local folder=$1 prefix=$2 node=$3 npm release sources log; shift 3
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:?no release of Debian or Ubuntu}")
  log=$(mktemp)
  sources=$(ls /etc/apt/sources.list.d/{debian,ubuntu}.sources 2>/dev/null || true)
  mmdebstrap --quiet --variant=minbase --include="$(IFS=,; echo "$*")" "$release" "$folder" ${sources:-/etc/apt/sources.list} 2>"$log" \
    || { tail -n 5 "$log" >&2; give_up "could not make a bare $release"; }
  rm "$log"
  npm=$(readlink -f "$(type -ap npm | grep -v '/\.node/' | head -n 1)")
  install -D "$node" "$folder$prefix/bin/node"
  mkdir -p "$folder$prefix/lib/node_modules"
  cp -a "${npm%/bin/*}" "$folder$prefix/lib/node_modules/npm"
  ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$folder$prefix/bin/npm"
  ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$folder$prefix/bin/npx"
  as_told_here "$folder" "$prefix"
  chroot "$folder" "$prefix/bin/node" --version >/dev/null || give_up "$node does not run there; NODE=/path/to/node names another"
}

# as_told_here FOLDER PREFIX: package clients are told there what they are told here.
as_told_here() {
  local folder=$1 prefix=$2 file
  cp /etc/resolv.conf /etc/hosts "$folder/etc/" 2>/dev/null || true
  cp -a /etc/ssl/certs/. "$folder/etc/ssl/certs/"
  for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
    if grep -qsE '^ *Acquire' "$file"; then copy "$file" "$folder/etc/apt/apt.conf.d/${file##*/}"; fi
  done
  copy "$(npm config get userconfig)" "$folder/root/.npmrc"
  copy "$(npm config get globalconfig)" "$folder$prefix/etc/npmrc"
  for file in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do copy "$file" "$folder${file/#$HOME//root}"; done
  for file in "$(npm config get cafile)" ${NODE_EXTRA_CA_CERTS:-} ${SSL_CERT_FILE:-} ${PIP_CERT:-} ${REQUESTS_CA_BUNDLE:-} ${CURL_CA_BUNDLE:-}; do
    copy "$file" "$folder$file"
  done
}

copy() { [ ! -f "$1" ] || install -D -m 0644 "$1" "$2"; }

# Names of the variables that package clients go by.
CLIENT_VARIABLES='NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|PIP_CERT|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY'
