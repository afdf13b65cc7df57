# kill -9 in the middle of a training: another worker goes on from the last
# checkpoint, and ends on the same bytes as a training that nobody disturbed.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
own_redis
export TINTYPE_REDIS="$PWD/redis.sock" TINTYPE_LEASE=2s
"$TOOL" colours faces 60
start scheduler.log "$TINTYPE" scheduler
scheduler=$PID
start worker.log "$TINTYPE" worker --threads 1
worker=$PID
until_true 20 test -S "$TINTYPE_STATE/control.sock"
expect 0 tintype ingest faces -o shards
train="train d1 --preset T --size 32 --batch 8 --schedule mae:12,ssim:6,gan:3 --gan-patch 34 --name same --queue"
# shellcheck disable=SC2086 # words
expect 0 tintype $train
expect 0 tintype job wait @last
# shellcheck disable=SC2086 # words
expect 0 tintype $train
until_true 60 sh -c "'$TINTYPE' run show @last | grep -q 'epoch 2'"
kill -9 $worker
start worker2.log "$TINTYPE" worker --threads 1
worker=$PID
expect 0 tintype job wait @last
expect 0 tintype run show @last
grep -q 'worker w[0-9]* lost (attempt 1: its lease ended)' stdout
grep -q 'resumed at step [0-9]*, attempt 2 (w[0-9]*)' stdout
is "$(tintype run list -n -o sha256 | sort -u | wc -l)" 1
is "$(find "$TINTYPE_STATE" -name 'try-*' | wc -l)" 0
stop $worker $scheduler $REDIS_PID
