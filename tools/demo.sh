#!/bin/sh
# demo: the main job on real photographs, alone on a bare Debian: installs,
# builds, gets portraits from Debian packages, colours them, shows the record
# and a contact sheet. Each command is printed as it is run.
set -eu

make deps
make -s -j"$(nproc 2>/dev/null || echo 2)" all
sh tools/portraits.sh build/demo/in

run() {
    echo "\$ $*" >&2
    "$@"
}

# A set that was coloured before is coloured again, so that the demo shows it.
rm -rf build/demo/out build/demo/contact.png
status=0
run build/tintype colorize build/demo/in -o build/demo/out \
    --sheet build/demo/contact.png || status=$?
run build/tintype job list -l 5
run build/tintype job outputs @last
run build/tintype which "$(find build/demo/out -type f -name '*.jpg' | sort | head -n 1)"
exit $status
