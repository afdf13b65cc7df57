# kill -9 of a worker, of the scheduler, of redis-server, and a FLUSHALL, in the
# middle of one job: it ends complete, every output once.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
model S
portraits in 150
export TINTYPE_LEASE=2s

"$TINTYPE" colorize in -o out -m untaught.h5 --force --workers 2 --threads 1 >run.out 2>run.err &
job=$!
until_true 20 at_least 10 out
kill_nine " worker --state" || fail "no worker to kill"
until_true 30 at_least 40 out
kill_nine " scheduler --state" || fail "no scheduler to kill"
until_true 30 at_least 70 out
kill_nine "redis-server" || fail "no redis-server to kill"
until_true 30 at_least 100 out
until_true 10 redis-cli -s "$TINTYPE_STATE/redis.sock" flushall
status=0
wait $job || status=$?
is $status 0
says run.out "150 coloured, 0 failed, 0 skipped"
is "$(files out)" 150
as_recorded out j1
says "$TINTYPE_STATE/log/scheduler.log" "its worker died" # no lease had to end
is "$(rows j1 | wc -l)" 150

# two commands share a private stack; it is killed, and so is the command that
# has started it: the other one starts it again, and both jobs come to their end
portraits few 40
export TINTYPE_STATE="$PWD/state2"
start first.log "$TINTYPE" colorize few -o out1 -m untaught.h5 --force
first=$PID
until_true 20 test -S "$TINTYPE_STATE/control.sock"
start second.log "$TINTYPE" colorize few -o out2 -m untaught.h5 --force
second=$PID
until_true 30 at_least 1 out1
until_true 30 sh -c "'$TINTYPE' job list -n | grep -q j2"
kill_nine "supervise --state $TINTYPE_STATE" || fail "no supervisor to kill"
kill -9 $first
status=0
wait $second || status=$?
is $status 0
as_recorded out2 j2
until_true 60 sh -c "'$TINTYPE' job list -n -o state | grep -c done | grep -q 2"
as_recorded out1 j1
