#!/bin/sh
# fuzz FOLDER TESTS SECONDS: FOLDER/run on each target for so long, from the
# seeds that the tests make. What brings a target down stays in FOLDER/found.
set -eu
folder=$1 tests=$2 seconds=$3
here=$(pwd)
FUZZ_SEEDS=$here/$folder/seeds "$tests" fuzz_targets_take_their_seeds
mkdir -p "$folder/found"
for target in name archive mat meta; do
    leaks=1 more=
    # libmatio leaks, takes all memory and goes in circles on damaged files: its
    # child is bounded for that. What it must not do is to have us crash.
    [ $target != mat ] || leaks=0 more='-fork=1 -ignore_timeouts=1 -ignore_ooms=1'
    echo "== $target"
    mkdir -p "$folder/corpus/$target"
    # shellcheck disable=SC2086 # words
    ASAN_OPTIONS=detect_leaks=$leaks:allocator_may_return_null=1 \
        FUZZ_TARGET=$target "$folder/run" \
        -max_total_time="$seconds" -timeout=3 -rss_limit_mb=2048 $more \
        -artifact_prefix="$folder/found/$target-" -print_final_stats=1 \
        "$folder/corpus/$target" "$folder/seeds/$target" 2>&1 |
        grep -E 'ERROR|SUMMARY|stat::num|DONE|cov:|Test unit' | tail -n 4
done
rm -f "$folder"/found/mat-timeout-* "$folder"/found/mat-oom-*
[ -z "$(ls -A "$folder/found")" ] || { ls "$folder/found" && exit 1; }
echo "nothing found"
