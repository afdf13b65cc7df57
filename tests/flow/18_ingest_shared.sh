# Ingest shared by two workers: the same shards, byte for byte, as one makes; so
# too when a worker is killed in the middle.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
own_redis
export TINTYPE_REDIS="$PWD/redis.sock" TINTYPE_LEASE=2s
"$TOOL" colours faces 3000
sums() { (cd "$1" && sha256sum ./*.h5 dataset.json report.jsonl); }
start scheduler.log "$TINTYPE" scheduler
scheduler=$PID
start worker1.log "$TINTYPE" worker --threads 1
worker1=$PID
until_true 20 test -S "$TINTYPE_STATE/control.sock"
expect 0 tintype ingest faces -o alone --shard-records 300 --queue
expect 0 tintype job wait @last
sums alone >wanted

start worker2.log "$TINTYPE" worker --threads 1
worker2=$PID
until_true 20 grep -q ready worker2.log
expect 0 tintype ingest faces -o both --shard-records 300 --queue
expect 0 tintype job wait @last
sums both >got
cmp wanted got || fail "two workers make another set"
is "$(find both -name '.*' | wc -l)" 0
says worker1.log " 2."
says worker2.log " 2."
tintype job show @last >stdout
says stdout "done"

# other rules, which that folder does not take: nothing was kept by them
expect 2 tintype ingest faces -o both --shard-records 300 --min-side 50
says stdout "by other rules"
lacks stdout "kept"
expect 64 tintype ingest faces -o other --train 0.9 --val 0.3

# one of them is killed, whichever makes the set
expect 0 tintype ingest faces -o killed --shard-records 300 --queue
until_true 20 test -e killed/.tt-ingest-at
kill -9 $worker1
expect 0 tintype job wait @last
sums killed >got
cmp wanted got || fail "killed, they make another set"
is "$(find killed -name '.*' | wc -l)" 0
stop $worker2 $scheduler $REDIS_PID
