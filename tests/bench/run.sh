#!/bin/sh
# bench: what the program reaches on this machine, each figure beside its bound
# in the same run. Called by make bench.
#
#   PHOTOS=DIR   portraits to colour (default: those of make demo, repeated)
#   FACES=WHERE  photos to ingest, a folder or an archive (default: the same)
#   BARE=DIR     a folder with bare programs to compare with: compute/onednn.c,
#                compute/onednn_ops.c, image/vbench.c; without it only our own
#                figures are printed
#   ONLY=word    one part: model, colorize, ingest or history
set -eu
root=$(pwd)
out=$root/build/bench
programs=$root/build/plain/tests/bench
tintype=$root/build/tintype
mkdir -p "$out"

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
field() { sed -n "s/^$1.* \([0-9.]*\) images\/s.*/\1/p" "$2" | head -n 1; }
part() { [ -z "${ONLY:-}" ] || [ "$ONLY" = "$1" ]; }

echo "machine: $(nproc) x $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), load $(cut -d' ' -f1 /proc/loadavg)"

if part model; then
    "$programs/bench_model" 5 | tee "$out/model"
    if [ -n "${BARE:-}" ]; then
        cc -O3 -march=native -fopenmp "$BARE/compute/onednn.c" -ldnnl -lm -o "$out/onednn"
        cc -O3 -march=native -fopenmp "$BARE/compute/onednn_ops.c" -ldnnl -lm -o "$out/onednn_ops"
        head -c 31349512 /dev/zero > "$out/zero"
        for type in f32 bf16; do
            "$out/onednn" "$out/zero" "$out/zero" "$out/zero" 2 5 "$type nhwc, corner 2x2, concat" > "$out/bare.$type"
            grep 'images/s' "$out/bare.$type"
            bare=$(field "$type nhwc" "$out/bare.$type")
            ours=$(field "infer $type" "$out/model")
            echo "inference $type: $(ratio "$ours" "$bare") of the bare operations"
        done
        for row in "8 128" "32 64"; do
            # shellcheck disable=SC2086 # two words
            OMP_NUM_THREADS=1 "$out/onednn_ops" $row 2 > "$out/ops"
            sum=$(awk '/^bf16 nhwc/ { on = 1 } on && /sum, corner/ { print $(NF - 6) }' "$out/ops")
            px=${row#* }
            cpu=$(sed -n "s/^train bf16 $px.*cpu *\([0-9.]*\) ms.*/\1/p" "$out/model")
            echo "training step bf16 $px px: $(ratio "$sum" "$cpu") of the bare operations ($sum ms of one core an image)"
        done
    fi
fi

portraits=${PHOTOS:-$root/build/demo/in}
[ -d "$portraits" ] || sh tools/portraits.sh "$portraits"

if part colorize; then
    rm -rf "$out/in" "$out/colour" "$out/state"
    mkdir -p "$out/in"
    n=0
    while [ $n -lt 500 ]; do
        for photo in "$portraits"/*.jpg; do
            [ $n -lt 500 ] || break
            cp "$photo" "$out/in/$n.jpg"
            n=$((n + 1))
        done
    done
    start=$(date +%s%N)
    "$tintype" colorize "$out/in" -o "$out/colour" --state "$out/state" --force --progress none > "$out/colorize" &
    job=$!
    peak=0
    first=
    while kill -0 $job 2>/dev/null; do
        if [ -z "$first" ] && find "$out/colour" -name '*.jpg' 2>/dev/null | grep -q .; then
            first=$(( ($(date +%s%N) - start) / 1000000 ))
        fi
        for pid in $(pgrep -f "worker --state $out/state" || true); do
            kb=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null || echo 0)
            [ "${kb:-0}" -gt $peak ] && peak=$kb
        done
        sleep 0.05
    done
    wait $job || true
    ms=$(( ($(date +%s%N) - start) / 1000000 ))
    cat "$out/colorize"
    echo "colorize: 500 portraits in $ms ms, $(ratio 500000 $ms) a second, first output after ${first:-?} ms, worker at most $((peak / 1024)) MB"
fi

if part ingest; then
    FACES=${FACES:-$portraits} sh tests/bench/ingest.sh
fi

if part history; then
    rm -rf "$out/history"
    "$programs/bench_history" "$out/history" 100000
    for ask in "job list" "job show j50000" "which /out/a.jpg"; do
        best=999999
        for _ in 1 2 3 4 5 6 7; do
            start=$(date +%s%N)
            # shellcheck disable=SC2086 # words
            "$tintype" $ask --state "$out/history" >/dev/null 2>&1 || true
            us=$(( ($(date +%s%N) - start) / 1000 ))
            [ $us -lt $best ] && best=$us
        done
        echo "history: $ask: $(ratio $best 1000) ms, shell to shell, 100,000 jobs"
    done
    rm -rf "$out/history"
fi
