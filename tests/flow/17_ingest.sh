# Ingest killed anywhere ends in the same shards, byte for byte, in any number
# of threads; photos that are added are all that is looked at; a full disk is
# one line and no half shard.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
portraits faces 250
# one folder a person, so that all three parts have some
for f in faces/*.jpg; do
    d=faces/$(basename "$f" | cut -c1-3)
    mkdir -p "$d"
    # a comment of its own, behind the first mark: no copies
    { printf '\377\330\377\376\000\020'; printf '%014d' "$(basename "$f" | cut -c1-4 | sed 's/^0*//')"; tail -c +3 "$f"; } >"$d/$(basename "$f")"
    rm "$f"
done
sums() { (cd "$1" && sha256sum ./*.h5 dataset.json report.jsonl); }
shards() { (cd "$1" && sha256sum ./*.h5 report.jsonl); }

gone() { [ -z "$(pids state-kill)" ]; }

expect 0 tintype ingest faces -o whole --shard-records 40
sums whole >wanted
expect 0 tintype job list --jsonl
says stdout '"items":"250/250"'

# --- killed at any moment, by another number of threads each time (make
# crashtest does it more often) ---
n=0
while [ $n -lt "${KILLS:-5}" ]; do
    n=$((n + 1))
    if [ -e killed/dataset.json ]; then # it was too late for the kill
        sums killed >got
        cmp wanted got || fail "killed and gone on, it is another set"
        rm -rf killed
    fi
    rm -rf state-kill
    "$TINTYPE" ingest faces -o killed --shard-records 40 --state state-kill \
        --threads $((n % 3 + 1)) >run.out 2>run.err &
    job=$!
    sleep "0.$(printf '%02d' $((n * 37 % 90 + 10)))"
    kill_nine " worker --state" || true
    kill -9 $job 2>/dev/null || true
    wait $job 2>/dev/null || true
    until_true 30 gone
done
expect 0 tintype ingest faces -o killed --shard-records 40
sums killed >got
cmp wanted got || fail "killed and gone on, it is another set"
is "$(find killed -name '.*' -type f | wc -l)" 0

# --- more photos: as if made at once ---
mkdir faces/more
for f in faces/001/*.jpg; do
    { printf '\377\330\377\376\000\004no'; tail -c +3 "$f"; } >"faces/more/$(basename "$f")"
done
expect 0 tintype ingest faces -o killed --shard-records 40
expect 0 tintype ingest faces -o whole2 --shard-records 40
shards killed >got
shards whole2 >wanted
cmp wanted got || fail "grown, it is another set"

# --- the disk is full ---
[ "$(id -u)" = 0 ] || exit 0
mkdir small
mount -t tmpfs -o size=1m none small 2>/dev/null || exit 0
trap 'finish; umount -l small' EXIT
TINTYPE_STATE=$PWD/state-full
expect 73 tintype ingest faces -o small/set --shard-records 40 --quiet
one_line stderr
says stderr "No space left"
is "$(find small -name '*.h5' | wc -l)" 0
is "$(find small -name dataset.json | wc -l)" 0
mount -o remount,size=100m small
expect 0 tintype ingest faces -o small/set --shard-records 40
shards small/set >got
cmp wanted got || fail "after a full disk it is another set"
