#!/bin/sh
# run [WORD]: the real program, a real Redis, whole jobs. Runs each NN_*.sh of
# this folder (whose name has the word) in an empty folder with a state of its
# own, and looks afterwards for processes that were left behind. The last line
# is the sum.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
word=${1:-}
passed=0 failed=0 skipped=0

# Processes of a flow: its folder is their place, or in their words or
# environment.
of_flow() {
    {
        grep -lsaF "$1" /proc/[0-9]*/environ /proc/[0-9]*/cmdline
        find /proc/[0-9]*/cwd -maxdepth 0 -lname "$1*" 2>/dev/null
    } | cut -d/ -f3 | sort -un | grep -vx $$
}

# What still runs after a moment, by number and name; all of it is ended.
leftovers() {
    i=0
    left=$(of_flow "$1")
    while [ -n "$left" ] && [ $i -lt 50 ]; do
        sleep 0.2
        i=$((i + 1))
        left=$(of_flow "$1")
    done
    for pid in $left; do
        words=$(cat "/proc/$pid/cmdline" 2>/dev/null | tr '\0' ' ')
        [ -z "$words" ] || echo "left behind: $pid $words"
        kill -9 "$pid" 2>/dev/null
    done
}

for script in "$here"/[0-9][0-9]_*.sh; do
    name=$(basename "$script" .sh)
    case $name in *"$word"*) ;; *) continue ;; esac
    work=$(mktemp -d "${TMPDIR:-/tmp}/tintype-flow-XXXXXX")
    log=$work.log
    start=$(date +%s)
    (
        cd "$work" || exit 1
        TINTYPE_FLOW=$work TINTYPE_STATE=$work/state TINTYPE_ROOT=$root \
            HOME=$work LC_ALL=C.UTF-8 timeout -k 10 "${FLOW_SECONDS:-300}" \
            sh -eu "$script" >"$log" 2>&1 </dev/null
    )
    status=$?
    leftovers "$work" >>"$log"
    grep -q '^left behind: ' "$log" && [ $status = 0 ] && status=99
    took=$(($(date +%s) - start))
    case $status in
    0) passed=$((passed + 1)) && echo "ok   $name (${took}s)" ;;
    77) skipped=$((skipped + 1)) && echo "skip $name: $(tail -n 1 "$log")" ;;
    *)
        failed=$((failed + 1))
        echo "FAIL $name (${took}s, status $status)"
        { grep '^FAILED' "$log"; tail -n 40 "$log" | grep -v '^FAILED'; } | sed 's/^/     /'
        ;;
    esac
    [ -n "${FLOW_KEEP:-}" ] && echo "     kept: $work $log" || rm -rf "$work" "$log"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $((passed + skipped)) -gt 0 ]
