# What goes wrong is said in one clear line, with the right exit status, and no
# stack is left running.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
model
portraits in 2

expect 64 tintype dataset sample one two three # it opens pictures
one_line stderr
expect 64 tintype colourise in
one_line stderr
says stderr "colorize" # what was meant

expect 66 tintype colorize nowhere -o out -m untaught.h5
one_line stderr
says stderr "nowhere"

: >file
expect 73 tintype colorize in -o file/out -m untaught.h5
one_line stderr
says stderr "file"

mkdir full && : >full/something
expect 73 tintype colorize in -o full -m untaught.h5
one_line stderr

TINTYPE_REDIS_SERVER=no-such-redis-server expect 69 tintype colorize in -o out -m untaught.h5
one_line stderr
says stderr "no-such-redis-server"

TINTYPE_REDIS_SERVER=false expect 69 tintype colorize in -o out -m untaught.h5
one_line stderr

head -c 20000 untaught.h5 >damaged.h5
expect 76 tintype colorize in -o out -m damaged.h5
one_line stderr
says stderr "damaged.h5"
cp untaught.h5 changed.h5
printf 'x' | dd of=changed.h5 bs=1 seek=150000 conv=notrunc 2>/dev/null
expect 76 tintype colorize in -o out -m changed.h5
one_line stderr
expect 66 tintype colorize in -o out -m no-such-model
one_line stderr

# what is said must arrive, help as well; a list is not taken for all
for words in --help --version "job --help" "train --help" "job list"; do
    expect 73 sh -c "'$TINTYPE' $words >/dev/full"
    one_line stderr
done
mkdir many
seq 101 | while read -r i; do echo none >many/$i.jpg; done
expect 2 tintype colorize many -o none -m untaught.h5
expect 0 tintype job outputs
says stderr "there are more"
is "$(wc -l <stdout)" 101 # with the header
expect 0 tintype job outputs -l 0
lacks stderr "there are more"

# a record of a newer version
expect 0 tintype colorize in -o made -m untaught.h5 --force
if command -v sqlite3 >/dev/null; then
    sqlite3 "$TINTYPE_STATE/tintype.db" 'PRAGMA user_version=999' >/dev/null
else
    # the version is a big-endian word at byte 60 of the file
    printf '\000\000\003\347' | dd of="$TINTYPE_STATE/tintype.db" bs=1 seek=60 conv=notrunc 2>/dev/null
fi
expect 76 tintype job list
one_line stderr
says stderr "newer"
expect 76 tintype colorize in -o other -m untaught.h5
one_line stderr
is "$(pids redis-server)" ""
