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
