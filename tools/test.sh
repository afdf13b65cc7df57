#!/bin/sh
# test: everything, alone on a bare Debian: installs what is missing, builds,
# checks the rooms, runs unit tests, then flows. The last line is the sum.
set -u

make deps-optional || exit $?
jobs=$(nproc 2>/dev/null || echo 2)
make -s -j"$jobs" all || exit 1
# A second make, since what deps installed was not there for the first to see.
make -s -j"$jobs" build/plain/tests/run || exit 1

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=0
passed=0
skipped=0

sum() { # file: add up its last "N passed, N failed, N skipped"
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$1" | tail -n 1)
    [ -n "$line" ] || { failed=$((failed + 1)); return; }
    set -- $(echo "$line" | tr -dc '0-9 ')
    passed=$((passed + $1)) failed=$((failed + $2))
    skipped=$((skipped + ${3:-0}))
}

part() { # name, command...
    name=$1
    shift
    echo "== $name"
    "$@" 2>&1 | tee "$out/$name"
    sum "$out/$name"
}

make -s rooms && passed=$((passed + 1)) || failed=$((failed + 1))
part units make -s check
part flows make -s flow
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
