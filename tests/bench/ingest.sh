#!/bin/sh
# ingest: photos into shards, beside bare programs that do less, from the same
# files in the same run; memory with few and many photos; the shards read back.
# Called by make bench-ingest and make bench.
#
#   FACES=WHERE   a folder or an archive of photos (default: those of make demo)
#   BARE=DIR      bare programs to compare with: image/vbench.c (decoding,
#                 resizing and Lab alone) and image/ingest_py.py (Pillow,
#                 scikit-image and h5py, if they are installed)
#   PYTHON=FILE   the interpreter for it (default python3)
#   ROUNDS=N      the best of N counts (default 3)
#   MANY=N        photos of the long run for memory (default 40000; 0: none)
set -eu
root=$(pwd)
out=$root/build/bench/ingest
bench=$root/build/plain/tests/bench/bench_ingest
tintype=$root/build/tintype
faces=$(realpath "${FACES:-$root/build/demo/in}")
[ -e "$faces" ] || sh tools/portraits.sh "$faces"
rm -rf "$out"
mkdir -p "$out/flat"

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
# least and most of NAME=VALUE in a file
least() { sed -n "s/.*$1=\([0-9.]*\).*/\1/p" "$2" | sort -n | head -n 1; }
most() { sed -n "s/.*$1=\([0-9.]*\).*/\1/p" "$2" | sort -n | tail -n 1; }

archive=$faces
if [ -d "$faces" ]; then
    archive=$out/faces.tar
    tar -C "$faces" -cf "$archive" .
else
    mkdir "$out/faces"
    tar -C "$out/faces" -xf "$faces"
    faces=$out/faces
fi
# Files, not links: everybody pays for opening them.
find "$faces" -type f -name '*.jp*g' | awk -v to="$out/flat" \
    '{ printf "%s\n%s/%06d.jpg\n", $0, to, NR }' | xargs -d '\n' -n 2 cp
photos=$(find "$out/flat" -type f | wc -l)
cores=$(nproc)
echo "ingest: $photos photos, $cores cores, load $(cut -d' ' -f1 /proc/loadavg)"

# --- the engine, and bare decoding, resizing and Lab ---
if [ -n "${BARE:-}" ]; then
    # shellcheck disable=SC2046 # flags are words
    cc -O3 -D_GNU_SOURCE "$BARE/image/vbench.c" -o "$out/vbench" $(pkg-config --cflags --libs vips libturbojpeg) -lpthread -lm
fi
round=0
while [ $round -lt "${ROUNDS:-3}" ]; do
    for threads in 1 "$cores"; do
        rm -rf "$out/shards"
        "$bench" make "$out/shards" "$threads" "$out/flat" >> "$out/make.$threads"
        [ -z "${BARE:-}" ] || "$out/vbench" turbolab "$out/flat" -t "$threads" -r 1 -s 128 >> "$out/bare.$threads"
    done
    round=$((round + 1))
done
ours=$(most photos_per_s "$out/make.$cores")
cpu=$(least cpu_ms_per_photo "$out/make.1")
echo "ingest: $ours photos a second, $cpu ms of CPU each (one thread), at most $(most peak_mb "$out/make.$cores") MB"
echo "ingest: the 460,723 faces of IMDB would take $(awk -v r="$ours" 'BEGIN { printf "%.1f", 460723 / r / 60 }') minutes"
if [ -n "${BARE:-}" ]; then
    bare=$(most photos_per_s "$out/bare.$cores")
    bare_cpu=$(least cpu_ms_per_photo "$out/bare.1")
    echo "ingest: $(ratio "$ours" "$bare") of bare decoding, resizing and Lab ($bare a second), by CPU $(ratio "$bare_cpu" "$cpu") ($bare_cpu ms)"
    python=${PYTHON:-python3}
    if "$python" -c 'import PIL, skimage, h5py' 2>/dev/null; then
        "$python" "$BARE/image/ingest_py.py" "$out/flat" "$out/py.h5" > "$out/py"
        py=$(most photos_per_s "$out/py")
        echo "ingest: $(ratio "$ours" "$py") times one process of Pillow, scikit-image and h5py ($py a second), by CPU $(ratio "$(least cpu_ms_per_photo "$out/py")" "$cpu") times"
    fi
fi

# --- the whole command on a cold stack; shared by two workers ---
# whole OPTION…: how long the command takes, and the job of it, in ms
whole() {
    rm -rf "$out/shards" "$out/state"
    start=$(date +%s%N)
    "$tintype" ingest "$out/flat" -o "$out/shards" --state "$out/state" --progress none "$@" >/dev/null 2>&1 || true
    ms=$(( ($(date +%s%N) - start) / 1000000 ))
    job=$("$tintype" job list --state "$out/state" --jsonl | sed -n 's/.*"elapsed_ms":\([0-9]*\).*/\1/p' | head -n 1)
}
whole
echo "ingest: the whole command on a cold stack $(ratio "${photos}000" "$ms") photos a second, the job $(ratio "${photos}000" "$job")"
whole --workers 1 --threads 1
alone=$job
whole --workers 2 --threads 1
echo "ingest: two workers of one thread $(ratio "$alone" "$job") times as fast as one ($alone and $job ms)"

# --- memory ---
for n in 1000 "${MANY:-40000}"; do
    [ "$n" -gt 0 ] || continue
    "$bench" repeat "$archive" "$out/many.tar" "$n"
    rm -rf "$out/many"
    "$bench" make "$out/many" "$cores" "$out/many.tar" > "$out/many.$n"
    echo "ingest: $n photos from an archive, $(most photos_per_s "$out/many.$n") a second, at most $(most peak_mb "$out/many.$n") MB"
done

# --- what training reads ---
[ -d "$out/many" ] || mv "$out/shards" "$out/many"
"$bench" read "$out/many" 2 > "$out/read"
echo "shards: $(most records_per_s "$out/read") shuffled records a second on one thread, $(most ratio "$out/read") of bare pread"
rm -rf "$out"
