#!/bin/sh
# debian RELEASE [COMMAND...]: run COMMAND (make test) on a bare Debian of
# another release: 12, 13, or its name. As root.
#
# The system is made once, by debootstrap, in DEBIAN_ROOT (build/debian-13) and
# kept; deleting that folder undoes all of it. The tree, as it stands and
# without what git ignores, is copied to /src in it; what was built there
# before is kept. /proc, /dev and /tmp are mounted in a namespace that ends
# with the command, so none is left behind however that ends, nor a process.
# MIRROR says where packages come from, if not where debootstrap looks.
set -eu

fail() { # status, words
    status=$1
    shift
    echo "debian.sh: $*" >&2
    exit "$status"
}

case ${1-} in
12 | bookworm) release=12 name=bookworm ;;
13 | trixie) release=13 name=trixie ;;
*) fail 64 "which release? 12 or 13, then a command (make test)" ;;
esac
shift
[ $# -gt 0 ] || set -- make test

cd "$(dirname "$0")/.."
root=${DEBIAN_ROOT:-build/debian-$release}
[ "$(id -u)" = 0 ] || fail 69 "only root can make a system and enter it"
for tool in debootstrap unshare chroot git tar; do
    command -v $tool >/dev/null || fail 69 "$tool is missing (apt-get install $tool)"
done
unshare --mount --pid --fork true || fail 69 "this root may not mount (a container?)"

# Its own namespace takes along what debootstrap mounts. A half-made system has
# another name, so that the next call begins anew.
if [ ! -e "$root/etc/debian_version" ]; then
    echo "making Debian $release in $root" >&2
    mkdir -p "$(dirname "$root")"
    rm -rf "$root.part"
    unshare --mount --pid --fork --kill-child debootstrap --variant=minbase \
        --include=make "$name" "$root.part" ${MIRROR:-} >"$root.log" 2>&1 ||
        fail 69 "debootstrap could not; the last it said: $(tail -n 1 "$root.log")"
    mv "$root.part" "$root"
fi

mkdir -p "$root/src"
find "$root/src" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
git ls-files -z --cached --others --exclude-standard |
    xargs -0 sh -c 'for f; do [ -e "$f" ] && printf "%s\0" "$f"; done' sh |
    tar -c --null -T - | tar -x -C "$root/src"
cp -L /etc/resolv.conf "$root/etc/resolv.conf"

# shellcheck disable=SC2016 # $1 is the inner shell's
exec unshare --mount --pid --fork --kill-child sh -c '
    root=$1
    shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs tmpfs "$root/tmp"
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        LANG=C.UTF-8 TERM="${TERM-dumb}" sh -c "cd /src && exec \"\$@\"" sh "$@"
' sh "$root" "$@"
