# The record is copied while a stack writes it; a copy is checked, stands in for
# the record, and says so when it is damaged.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
model
portraits in 12

expect 66 tintype db backup copy.db # there is no record yet
one_line stderr
expect 0 tintype up
expect 0 tintype colorize in -o out -m untaught.h5 --force --queue
expect 0 tintype db backup early.db # by the scheduler
expect 0 tintype job wait @last
expect 0 tintype db backup copy.db
expect 73 tintype db backup copy.db
expect 73 tintype db backup /dev/null
expect 0 tintype down
expect 0 tintype db backup later.db # without one
for db in early.db copy.db later.db; do
    expect 0 tintype db check $db
    says stdout "$db is sound"
done
expect 0 tintype db check
expect 66 tintype db check nothing.db

mkdir other
cp copy.db other/tintype.db
expect 0 tintype job list -n -o id,state,items --state "$PWD/other"
is "$(tr -s ' ' <stdout)" "j1 done 12/12"
expect 0 tintype verify out --state "$PWD/other"

# some pages in the middle
head -c 16384 /dev/zero | tr '\0' x | dd of=copy.db bs=4096 seek=3 conv=notrunc 2>/dev/null
expect 76 tintype db check copy.db
printf 'nonsense nonsense' | dd of=later.db bs=1 conv=notrunc 2>/dev/null
expect 76 tintype db check later.db
one_line stderr
