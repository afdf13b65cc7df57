# A scheduler and a worker started by hand; ingest, train and evaluate put in
# with --queue; all of it found again in the lists.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
own_redis
export TINTYPE_REDIS="$PWD/redis.sock"
"$TOOL" colours faces 60
start scheduler.log "$TINTYPE" scheduler
scheduler=$PID
start worker.log "$TINTYPE" worker --idle-exit 120s
worker=$PID
until_true 20 test -S "$TINTYPE_STATE/control.sock"

expect 0 tintype ingest faces -o shards --queue
job=$(cat stdout)
expect 0 tintype job wait "$job"
expect 0 tintype dataset list -n
one_line stdout
says stdout "d1"
expect 0 tintype dataset show d1
says stdout "shards"

expect 0 tintype train d1 --preset T --size 32 --batch 8 --epochs 2 --name first --queue
job=$(cat stdout)
expect 0 tintype job wait "$job"
expect 0 tintype run list -n
one_line stdout
says stdout "first"
says stdout "done"
expect 0 tintype run metrics r1
says stdout "val_mae_ab"
expect 0 tintype model list -n
one_line stdout

expect 0 tintype evaluate r1 --queue
job=$(cat stdout)
expect 0 tintype job wait "$job"
expect 0 tintype job show "$job" --json
says stdout "model_mae_ab"
expect 0 tintype job list -n -o kind,state
is "$(tr -s ' ' <stdout | sort | tr '\n' ' ')" "evaluate done ingest done train done "

expect 0 tintype worker list -n
one_line stdout
stop $worker
grep -q "draining" worker.log || fail "the worker did not drain"
stop $scheduler $REDIS_PID
