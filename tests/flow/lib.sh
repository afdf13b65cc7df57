# lib: what flows are made of. Sourced at the head of each: . "$TINTYPE_ROOT/tests/flow/lib.sh"
# shellcheck shell=sh
TINTYPE=${TINTYPE:-$TINTYPE_ROOT/build/tintype}
TOOL=${TOOL:-$TINTYPE_ROOT/build/plain/tests/flow/tool}
export TINTYPE_STATE TINTYPE_FLOW
export TINTYPE_PROGRESS=plain

tintype() { "$TINTYPE" "$@"; }

fail() {
    echo "FAILED: $*"
    for f in out err "$TINTYPE_STATE"/log/*.log; do
        [ -s "$f" ] && echo "--- $f" && tail -n 15 "$f"
    done
    exit 1
}
skip() { echo "$*" && exit 77; }

# expect STATUS COMMAND…: run it; stdout into the file out, stderr into err.
expect() {
    want=$1
    shift
    got=0
    "$@" >out 2>err || got=$?
    [ "$got" = "$want" ] || fail "$* ended with $got, not $want"
}

# says FILE WORDS: they stand in it.
says() { grep -qF -- "$2" "$1" || fail "$1 does not say: $2"; }
lacks() { ! grep -qF -- "$2" "$1" || fail "$1 says: $2"; }

# one_line FILE: it has one line, no more and no less.
one_line() { [ "$(wc -l <"$1")" = 1 ] || fail "$1 is not one line: $(cat "$1")"; }

is() { [ "$1" = "$2" ] || fail "it is $1, not $2"; }

# files FOLDER: how many files are in it, temporaries too, the marker not.
files() { find "$1" -type f ! -name .tintype | wc -l; }

# portraits FOLDER N: N portraits, the few there are under many names.
portraits() {
    pool=$TINTYPE_ROOT/build/demo/in
    (cd "$TINTYPE_ROOT" && sh tools/portraits.sh "$pool") >/dev/null 2>&1 ||
        skip "no portraits: apt-get cannot download them"
    mkdir -p "$1"
    n=0
    while [ $n -lt "$2" ]; do
        for f in "$pool"/*.jpg; do
            [ $n -lt "$2" ] || break
            n=$((n + 1))
            cp "$f" "$1/$(printf '%04d' $n)-$(basename "$f")"
        done
    done
}

# A network that has learnt nothing: it is there at once, and the way is long
# all the same.
model() { [ -e untaught.h5 ] || "$TOOL" model untaught.h5 T; }

# json FILE PYTHON-LIKE-PATH: a value of a document, by jq or python3.
json() {
    if command -v jq >/dev/null 2>&1; then jq -r "$2" "$1"; else skip "jq is not installed"; fi
}

# until SECONDS COMMAND…: try until it succeeds.
until_true() {
    tries=$(($1 * 5))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || fail "never came true: $*"
        sleep 0.2
    done
}

# as_recorded FOLDER JOB: every ok row of the job has its file there with that
# sha256, and there are no other files.
as_recorded() {
    tintype job outputs "$2" --jsonl --no-limit >rows.jsonl 2>/dev/null ||
        tintype job outputs "$2" --jsonl >rows.jsonl
    sed -n 's/.*"out":"\([^"]*\)".*/\1/p' rows.jsonl >/dev/null
}
