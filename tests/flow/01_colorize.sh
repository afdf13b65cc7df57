# A folder of portraits comes back in colour; the record agrees with the files.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
model
portraits in 30

expect 0 tintype colorize in -o out -m untaught.h5 --force --sheet sheet.png
says stdout "30 coloured, 0 failed, 0 skipped   out   job j1"
is "$(files out)" 30
as_recorded out j1
test -s sheet.png
expect 73 tintype colorize in -o other -m untaught.h5 --sheet sheet.png

# inputs are recorded as they are, and untouched
rows j1 | sed -n 's/.*"in":"\([^"]*\)".*"sha256_in":"\([0-9a-f]*\)".*/\2  \1/p' |
    sha256sum --quiet --strict -c - || fail "inputs are not as recorded"

expect 0 tintype job list -n -o id,kind,state
is "$(tr -s ' ' <stdout)" "j1 colorize done"
expect 0 tintype job show j1 --json
says stdout '"done": 30'
expect 0 tintype job outputs @last --json
says stdout '"schema"'

first=$(find out -name '*.jpg' | sort | head -n 1)
expect 0 tintype which "$first"
says stdout "job j1"
says stdout "untaught"

# again: nothing to do
expect 0 tintype colorize in -o out -m untaught.h5 --force
is "$(files out)" 30

# one file needs no folder
cp "$(find in -name '*.jpg' | sort | head -n 1)" one.jpg
expect 0 tintype colorize one.jpg -o one-colour.jpg -m untaught.h5 --force
test -s one-colour.jpg
