# What verify and recover say of outputs: whole, changed, gone, and with their
# originals gone; what recover writes is the original's grey.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
model
portraits in 6
expect 0 tintype colorize in -o out -m untaught.h5 --force -f png
expect 0 tintype colorize in -o jpegs -m untaught.h5 --force -f jpeg

expect 0 tintype verify out
says stdout "6 outputs, 6 as recorded, 6 give their grey back bit for bit, 6 labelled"
expect 0 tintype verify jpegs
says stdout "0 give their grey back bit for bit, 6 are JPEGs"
expect 0 tintype verify out jpegs --json
says stdout '"outputs": 12'

set -- $(find out -name '*.png' | sort)
expect 0 tintype recover "$1" -o grey.tif
says stdout "identical to "
expect 73 tintype recover "$1" -o grey.tif
expect 0 tintype recover "$1" -o grey.tif --force
expect 64 tintype recover "$1" -o grey.jpg
expect 65 tintype recover "$(find jpegs -name '*.jpg' | head -n 1)" -o no.png
expect 65 tintype recover grey.tif -o no.png # it says nothing of itself
expect 66 tintype recover nothing.png -o no.png
[ ! -e no.png ] || fail "a refusal left a file"

# a folder within the outputs, but none beside them
mkdir -p deep/a/b deep/c
cp "$(find in -name '*.jpg' | head -n 1)" deep/a/b/1.jpg
cp deep/a/b/1.jpg deep/c/2.jpg
expect 0 tintype colorize deep -o shelf -m untaught.h5 --force -f png
expect 0 tintype verify shelf/a
says stdout "1 outputs, 1 as recorded"
expect 0 tintype bag shelf/c -o box
[ -f box/data/2.png ] || fail "the bag has not what lies in the folder"
mkdir shelf/empty
expect 66 tintype verify shelf/empty

# grey that was recovered and coloured again is what it was
mkdir again
cp grey.tif again
expect 0 tintype colorize again -o twice -m untaught.h5 --force
expect 0 tintype recover twice/grey.tif -o grey2.tif
cmp grey.tif grey2.tif

# a moved output is known by its bytes
mv "$2" moved.png
expect 0 tintype recover moved.png -o moved.tif
says stdout "identical to "

# a bag for delivery
expect 0 tintype bag jpegs -o delivery/
says stdout "6 outputs, each as recorded   delivery"
(cd delivery && sha256sum --quiet --strict -c manifest-sha256.txt tagmanifest-sha256.txt)
is "$(wc -l <delivery/metadata/outputs.jsonl)" 6
is "$(sed -n 's/Payload-Oxum: //p' delivery/bag-info.txt)" \
    "$(cat delivery/data/* | wc -c).6"
expect 73 tintype bag jpegs -o delivery
# and on another file system, where this machine has one
if [ -w /dev/shm ]; then
    expect 0 tintype bag jpegs -o "/dev/shm/tintype-bag.$$"
    diff -r -x '*.txt' delivery "/dev/shm/tintype-bag.$$"
    rm -r "/dev/shm/tintype-bag.$$"
fi
expect 66 tintype bag in -o other
printf x >>"$(find jpegs -name '*.jpg' | head -n 1)"
expect 76 tintype bag jpegs -o other
is "$(find . -maxdepth 1 -name 'other' -o -maxdepth 1 -name '.tt-*')" ""

printf x | dd of="$3" bs=1 seek=300 conv=notrunc 2>/dev/null
rm "$(tintype which "$4" --json | sed -n 's/.*"in": "\(.*\)",/\1/p')"
expect 0 tintype which "$2"
says stdout "it is gone"
expect 66 tintype which out/never.png
expect 0 tintype which "$1" "$2" --jsonl
is "$(wc -l <stdout)" 2
expect 64 tintype which "$1" "$2" --json
expect 76 tintype verify out
says stdout "gone       $2"
says stdout "changed    $3: its bytes are not those recorded"
says stdout "unproven   $4: its original is gone"
says stdout "6 outputs, 4 as recorded, 3 give"
expect 2 tintype verify "$4"
expect 0 tintype verify "$5"
expect 66 tintype verify in
expect 66 tintype verify j99

# an output that a later job made anew is held against that job's row
rm "$3"
expect 0 tintype colorize in -o out -m untaught.h5 --force -f png
expect 2 tintype verify out
says stdout "6 outputs, 6 as recorded, 5 give"
expect 2 tintype verify j1
says stdout "4 outputs, 4 as recorded, 3 give"
