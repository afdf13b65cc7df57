# Three files that are no photos, among twenty that are: three rows, with
# reasons; all else goes on.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
model
portraits in 20
head -c 3000 "$(find in -name '*.jpg' | sort | head -n 1)" >in/corrupt.jpg
: >in/empty.jpg
echo "a text file" >in/notes.txt

expect 2 tintype colorize in -o out -m untaught.h5 --force
says stdout "20 coloured, 3 failed, 0 skipped"
is "$(files out)" 20
as_recorded out @last
rows @last --failed >failed
is "$(wc -l <failed)" 3
says failed '"reason":"truncated"'
says failed '"reason":"empty"'
says failed '"reason":"not_an_image"'

# after the re-scan only what failed is done again
cp "$(find in -name '*.jpg' | sort | sed -n 2p)" in/corrupt.jpg
expect 2 tintype job retry @last
is "$(files out)" 21
