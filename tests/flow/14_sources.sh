# Where photos come from: a folder, an archive, a list, standard input, metadata
# of IMDB-WIKI. The same photos in the same order give the same shards.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
"$TOOL" colours faces 24
cp faces/"$(ls faces | head -n 1)" faces/zz-copy.jpg
printf 'no picture' >faces/zz-text.jpg
: >faces/zz-empty.jpg

sum() { cat "$1"/*.h5 | sha256sum; }

expect 0 tintype up --threads 1
expect 0 tintype ingest faces -o a
says stdout "duplicate 1  empty 1  not_an_image 1"
kept=$(head -n 1 stdout)
tar cf faces.tar --sort=name faces
expect 0 tintype ingest faces.tar -o b
is "$(sum b)" "$(sum a)"
find faces -type f | LC_ALL=C sort >list
expect 0 tintype ingest list:list -o c
is "$(sum c)" "$(sum a)"
(cd faces && find . -type f -print0 | LC_ALL=C sort -z) >list0
(cd faces && "$TINTYPE" ingest list:- -o ../d <../list0 >../stdout 2>../stderr) ||
    fail "a list on standard input"
says stdout "$kept"
(cd faces && "$TINTYPE" ingest list:- -o ../d <../list0 >../stdout 2>../stderr) ||
    fail "the same list again"
is "$(sum d)" "$(sum a)"

# A photo each that cannot be told from its name
name=01/nm0000001_rm1_1990-1-1_1980.jpg
mkdir -p crop/01
cp "$(sed -n 's/.*"path":"\([^"]*\)","verdict":"kept".*/\1/p' a/report.jsonl |
    head -n 1)" crop/$name
expect 0 tintype ingest crop --dry-run
says stdout "would keep 1 of 1"
expect 0 tintype ingest imdb:crop --dry-run
says stdout "would refuse 1   age_insane 1"
says stdout "metadata of 1"
expect 0 tintype ingest imdb:crop --dry-run --no-faces
says stdout "would keep 1 of 1"
expect 0 tintype ingest --explain imdb:crop/$name
says stdout "refused: age_insane"
expect 0 tintype ingest --explain crop/$name
says stdout "kept"
printf 'not MATLAB' >crop/imdb.mat
expect 65 tintype ingest imdb:crop -o e
one_line stderr
says stderr "crop/imdb.mat: not a MATLAB level 5 file"
expect 66 tintype ingest imdb:nowhere -o e
one_line stderr
expect 66 tintype ingest list:nowhere -o e
expect 65 tintype ingest faces/zz-text.jpg -o e
