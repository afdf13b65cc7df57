# Interrupted: what is in hand is finished, the rest can be done later, and nothing
# is half there.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
model S
portraits in 150
"$TINTYPE" colorize in -o out -m untaught.h5 --force --threads 1 >run.out 2>run.err &
job=$!
until_true 20 at_least 5 out
kill -TERM $job
status=0
wait $job || status=$?
is $status 130
some=$(files out)
[ "$some" -lt 150 ] || fail "it was too fast to be interrupted"
is "$(find out -name '.tt-*' | wc -l)" 0
as_recorded out j1

expect 0 tintype colorize in -o out -m untaught.h5 --force
is "$(files out)" 150

# interrupted in the moment in which the scheduler has died: it is told once it
# is there again
portraits third 40
"$TINTYPE" colorize third -o third-out -m untaught.h5 --force --threads 1 >run.out 2>run.err &
job=$!
until_true 20 at_least 3 third-out
kill_nine " scheduler --state" || fail "no scheduler to kill"
kill -TERM $job
status=0
wait $job || status=$?
is $status 130
is "$(tintype job list -n -l 1 -o state)" paused
is "$(grep -c stopping run.err)" 1

# All processes are told to end in the same moment, as when a machine is shut
# down, so that nobody hears what the worker still says: the command waits for
# nothing that cannot come.
portraits few 40
"$TINTYPE" colorize few -o late -m untaught.h5 --force --threads 1 >run.out 2>run.err &
job=$!
until_true 20 at_least 3 late
worker=$(pids " worker " | head -n 1)
kill -STOP "$worker"
kill -TERM $job "$(pids "tintype supervise" | head -n 1)" \
    "$(pids "redis-server" | head -n 1)"
sleep 2
kill -CONT "$worker"
until_true 20 sh -c "! kill -0 $job"
status=0
wait $job || status=$?
is $status 130
expect 0 tintype colorize few -o late -m untaught.h5 --force
is "$(files late)" 40
