#!/bin/sh
# portraits FOLDER: portraits free of rights, from Debian packages, into FOLDER.
# The packages are downloaded and unpacked, not installed.
#   gramps                  GPL-2+: the example family's portraits, mostly historic
#   python-matplotlib-data  grace_hopper.jpg, a photograph of the U.S. Navy (public domain)
set -eu
folder=$1
[ -e "$folder/.complete" ] && exit 0

mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

get() {
    (cd "$work" && apt-get -qq download gramps python-matplotlib-data)
}
if ! get 2>/dev/null; then
    if [ "$(id -u)" = 0 ]; then apt-get -qq update; else sudo -n apt-get -qq update; fi
    get || { echo "apt-get cannot download gramps and python-matplotlib-data" >&2; exit 69; }
fi
for deb in "$work"/*.deb; do
    dpkg-deb -x "$deb" "$work/tree"
done
cp "$work"/tree/usr/share/doc/gramps/example/gramps/*.jpg "$folder/"
find "$work/tree" -name grace_hopper.jpg -exec cp {} "$folder/" \;
touch "$folder/.complete"
