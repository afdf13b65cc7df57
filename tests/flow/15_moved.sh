# A state folder that is moved in the middle of jobs: they go on where they were,
# and what has failed can be done again.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
model
portraits in 40
echo "no photo" >in/none.jpg
"$TOOL" colours faces 60
expect 0 tintype up
expect 0 tintype ingest faces -o shards
expect 0 tintype train d1 --preset T --size 32 --batch 8 --epochs 40 --name more --queue
expect 0 tintype colorize in -o out -m untaught.h5 --force --queue --priority first
until_true 60 at_least 8 out
expect 0 tintype down
until_true 1 sh -c "'$TINTYPE' job list -n -o state | grep -q running"

mv "$TINTYPE_STATE" elsewhere
TINTYPE_STATE=$PWD/elsewhere
expect 0 tintype up
expect 2 tintype job wait j3
is "$(rows j3 | wc -l)" 41
as_recorded out j3
expect 2 tintype job retry j3
expect 0 tintype job wait j2
expect 0 tintype run show more
expect 0 tintype model show more-1
says stdout "$PWD/elsewhere/runs/"
[ ! -e state ] || fail "the folder that was left is made again"
expect 0 tintype down
