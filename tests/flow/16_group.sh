# Training in two processes under mpirun, by the command of docs/operating.md:
# one of them is killed in the middle, mpirun ends the other, and a new crew
# goes on from the last checkpoint and ends on the same bytes.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
command -v mpirun >/dev/null || skip "mpirun is not installed (openmpi-bin)"
[ -e "$(dirname "$TINTYPE")/tintype-mpi.so" ] || skip "built without MPI"
own_redis
export TINTYPE_REDIS="$PWD/redis.sock" TINTYPE_LEASE=2s
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
# more processes than processors, in Open MPI 4 and 5
export OMPI_MCA_rmaps_base_oversubscribe=1
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe

expect 66 tintype worker --reduce pigeons
says stderr "reduce pigeons: "
one_line stderr

"$TOOL" colours faces 60
start scheduler.log "$TINTYPE" scheduler
scheduler=$PID
start worker.log "$TINTYPE" worker --classes g --threads 1
worker=$PID
until_true 20 test -S "$TINTYPE_STATE/control.sock"
expect 0 tintype ingest faces -o shards

# crew LOG: start it as the document says, here
command=$(awk '/^```/ { in_block = !in_block; next } in_block && /^mpirun/' \
    "$TINTYPE_ROOT/docs/operating.md" | sed "s|queue-host:6379|$PWD/redis.sock|")
crew() {
    # shellcheck disable=SC2086 # words
    start "$1" ${command%%tintype *}"$TINTYPE" ${command#*tintype }
    crew=$PID
}
[ "$(echo "$command" | wc -l)" = 1 ] || fail "docs/operating.md: $command"
crew crew.log
train="train d1 --preset T --size 32 --batch 8 --epochs 8 --name same --queue"
# shellcheck disable=SC2086 # words
expect 0 tintype $train
expect 0 tintype job wait @last
says crew.log "process 2 of 2"
expect 0 tintype run show @last

# shellcheck disable=SC2086 # words
expect 0 tintype $train
until_true 60 sh -c "'$TINTYPE' run show @last | grep -q 'epoch 2'"
kill -9 "$(pids "worker --reduce" | tail -n 1)" # the last of them
wait $crew && fail "mpirun did not mind"
nobody() { [ -z "$(pids "worker --reduce")" ]; }
until_true 10 nobody
crew crew2.log
expect 0 tintype job wait @last
expect 0 tintype run show @last
says stdout "resumed at step"
is "$(tintype run list -n -o sha256 | sort -u | wc -l)" 1
# SIGTERM to the first process ends it in peace
kill "$(sed -n 's/.*worker\[\([0-9]*\)\].*process 1 of 2.*/\1/p' crew2.log)"
wait $crew || fail "the crew did not end in peace"
stop $worker $scheduler $REDIS_PID
