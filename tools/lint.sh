#!/bin/sh
# lint FILE...: the formatter has nothing to say, clang-tidy neither, no
# function above 60 lines, no file above 500, no forbidden word.
set -u
bad=0

clang-format --dry-run --Werror "$@" || bad=1

# A line that must break a rule says why: "// lint: …" or "// long: …".
grep -nE '\b(sprintf|strcpy|strcat|strtok|atoi|gets|gmtime|localtime|strerror|system)\(' "$@" |
    grep -v '// lint:' && bad=1

awk '
    FNR == 1 { if (name) check(); name = FILENAME; start = 0 }
    { lines = FNR }
    /^\{/ { start = FNR; why = 0 }
    /\/\/ long:/ { why = 1 }
    /^\}/ {
        if (start && FNR - start > 61 && !why) {
            printf "%s:%d: a function of %d lines\n", FILENAME, start, FNR - start
            bad = 1
        }
        start = 0
    }
    function check() {
        if (lines > 500) { printf "%s: %d lines\n", name, lines; bad = 1 }
    }
    END { check(); exit bad }
' "$@" || bad=1

sources=$(printf '%s\n' "$@" | grep '\.c$')
# shellcheck disable=SC2086 # the list is words on purpose
clang-tidy --quiet $sources -- -std=c17 -D_GNU_SOURCE -I. -I"$LINT_OUT" -Wall \
    -DTT_VERSION='""' ${LINT_FLAGS:-} $(pkg-config --cflags $LINT_PKG) 2>/dev/null | grep -E 'warning|error' && bad=1
exit $bad
