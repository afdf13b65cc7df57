#!/bin/sh
# deps MODULE:PACKAGE...: install from Debian, by name, what is missing:
# modules that pkg-config does not know, oneDNN (which has no module), the
# compilers and redis-server. Without root: say the one command to run.
set -eu

missing=
need() { missing="$missing $1"; }

for tool in gcc:gcc pkg-config:pkg-config redis-server:redis-server \
    protoc:protobuf-compiler protoc-gen-c:protobuf-c-compiler; do
    command -v "${tool%%:*}" >/dev/null 2>&1 || need "${tool#*:}"
done
[ -e /usr/include/stdio.h ] || need libc6-dev
[ -e /usr/include/dnnl.h ] || [ -e /usr/include/oneapi/dnnl/dnnl.h ] ||
    need libdnnl-dev
for pair in "$@"; do
    pkg-config --exists "${pair%%:*}" 2>/dev/null || need "${pair#*:}"
done
[ -n "$missing" ] || exit 0

# "service" stays down: each stack starts a server of its own when it needs one.
install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
    as=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as=sudo
else
    echo "missing:$missing" >&2
    echo "run as root:  apt-get update && $install" >&2
    exit 69
fi
echo "installing$missing (Debian, by apt)" >&2
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    $as sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy"
    trap '$as rm -f $policy' EXIT
fi
$as apt-get -qq update >&2
# shellcheck disable=SC2086 # the list is words on purpose
$as env DEBIAN_FRONTEND=noninteractive $install >/dev/null
