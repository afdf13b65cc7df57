# SIGTERM in the middle of a chunk: what is done is recorded, the rest is done
# by another worker, no attempt is counted.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
own_redis
export TINTYPE_REDIS="$PWD/redis.sock"
model S
portraits in 120
start scheduler.log "$TINTYPE" scheduler --chunk 120
scheduler=$PID
start first.log "$TINTYPE" worker --threads 1 --grace 0
first=$PID
until_true 20 test -S "$TINTYPE_STATE/control.sock"
expect 0 tintype colorize in -o out -m untaught.h5 --force --queue
job=$(cat stdout)
until_true 20 at_least 10 out
kill $first
status=0
wait $first || status=$?
is $status 0
some=$(files out)
[ "$some" -lt 120 ] || fail "it was too fast to be drained"
until_true 10 sh -c "'$TINTYPE' job show $job --json | grep -q '\"done\": $some'"
start second.log "$TINTYPE" worker
second=$PID
expect 0 tintype job wait "$job"
is "$(files out)" 120
as_recorded out "$job"
is "$(rows "$job" | grep -c '"attempt":1')" 120
stop $second $scheduler $REDIS_PID
