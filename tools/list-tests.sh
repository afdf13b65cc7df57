#!/bin/sh
# list-tests FILE...: every TEST(name) as T(name), for the runner to include.
# SLOW(name, seconds) is a test with a time limit of its own.
sed -n -e 's/^TEST(\([a-z0-9_]*\)).*/T(\1, 20)/p' \
       -e 's/^SLOW(\([a-z0-9_]*\), *\([0-9]*\)).*/T(\1, \2)/p' "$@"
