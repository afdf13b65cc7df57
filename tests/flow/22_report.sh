# A job of colouring as a page: pictures in it, words that HTML would obey made
# harmless, what failed, and nothing that it would fetch.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
model
portraits in 5
mkdir odd
for photo in in/*.jpg; do cp "$photo" odd; done
cp "$photo" 'odd/<script>&"one.jpg'
echo "no picture" >odd/bad.jpg

expect 2 tintype colorize odd -o out -m untaught.h5 --force
expect 64 tintype job report
expect 0 tintype job report @last -o page.html
says page.html "j1: 6 coloured, 0 skipped, 1 failed, of 7"
says page.html "&lt;script&gt;&amp;&quot;one.jpg"
says page.html "not_an_image"
is "$(grep -c '<script' page.html)" 0
is "$(grep -o 'src="data:image/jpeg;base64,' page.html | wc -l)" 12
is "$(grep -c -E 'https?:|href|@import' page.html)" 0
expect 73 tintype job report @last -o page.html
expect 0 tintype job report @last -o page.html --force --photos 2
is "$(grep -o 'src="data:image/jpeg;base64,' page.html | wc -l)" 4
expect 66 tintype job report j9 -o other.html

# originals that are gone leave a gap
rm odd/*
expect 0 tintype job report @last -o page.html --force
says page.html 'alt="not there"'
