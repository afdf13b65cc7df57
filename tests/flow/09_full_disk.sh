# The disk of the outputs is full: the worker gives its work back, with what was
# done, and says why; no photo is blamed, no file is half there.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
[ "$(id -u)" = 0 ] || skip "a small disk of its own needs root"
mkdir out alone small
mount -t tmpfs -o size=700k none out 2>/dev/null || skip "nothing can be mounted here"
mount -t tmpfs -o size=700k none alone
mount -t tmpfs -o size=3m none small
trap 'finish; umount -l out alone small' EXIT
own_redis
export TINTYPE_REDIS="$PWD/redis.sock"
model
portraits in 30
start scheduler.log "$TINTYPE" scheduler
scheduler=$PID
start worker.log "$TINTYPE" worker
worker=$PID
until_true 20 test -S "$TINTYPE_STATE/control.sock"
expect 0 tintype colorize in -o out -m untaught.h5 --force --queue
status=0
wait $worker || status=$?
is $status 73
says worker.log "No space left"
is "$(find out -name '.tt-*' | wc -l)" 0
until_true 10 sh -c "'$TINTYPE' job show @last | grep -q 'No space left'"
is "$(rows @last --failed | wc -l)" 0
as_recorded out @last

# room again, and a worker: it goes on where it was
mount -o remount,size=100m out
start worker.log "$TINTYPE" worker
worker=$PID
expect 0 tintype job wait @last
is "$(files out)" 30
as_recorded out @last
stop $worker $scheduler $REDIS_PID

# the same with a stack that the command starts: one line, 73, nothing is left
unset TINTYPE_REDIS
TINTYPE_STATE=$PWD/state2
expect 73 tintype colorize in -o alone/out -m untaught.h5 --force --quiet
one_line stderr
says stderr "No space left"
is "$(pids state2)" ""
mount -o remount,size=100m alone
expect 0 tintype colorize in -o alone/out -m untaught.h5 --force
is "$(files alone/out)" 30

# the disk of the state folder is full: it is said, and nothing is lost
TINTYPE_STATE=$PWD/small/state
expect 0 tintype colorize "$(find in -name '*.jpg' | sort | head -n 1)" -o one.jpg -m untaught.h5 --force
dd if=/dev/zero of=small/fill bs=1k 2>dd.err || true
for command in "job list" up "colorize in -o other -m untaught.h5"; do
    # shellcheck disable=SC2086 # words
    expect 73 tintype $command
    one_line stderr
    says stderr "No space left"
done
rm small/fill
is "$(tintype job list -n -o state)" "done"
expect 0 tintype colorize in -o other -m untaught.h5 --force
expect 0 tintype db check
