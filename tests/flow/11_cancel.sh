# Pause, resume, cancel, wait: from the command line, while workers are at it.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
model S
portraits in 150
expect 0 tintype up --threads 1
expect 0 tintype colorize in -o out -m untaught.h5 --force --queue
job=$(cat stdout)
until_true 20 at_least 5 out
expect 0 tintype job pause "$job"
until_true 20 sh -c "'$TINTYPE' job show $job | grep -q paused"
expect 0 tintype job resume "$job" --queue
until_true 20 at_least 40 out
expect 0 tintype job cancel "$job"
expect 130 tintype job wait "$job"
[ "$(files out)" -lt 150 ] || fail "it was too fast to be cancelled"
# of each photo that was done, also of those that were in hand, there is a row
expect 0 tintype down
as_recorded out "$job"
expect 0 tintype up

# a photo that failed is tried again, and only that
mkdir two && cp in/0001* two/ && echo none >two/none.jpg
expect 2 tintype colorize two -o two-out -m untaught.h5 --force
expect 2 tintype job retry @last
is "$(rows @last | wc -l)" 2
expect 0 tintype down
is "$(pids state/redis.sock)" ""
