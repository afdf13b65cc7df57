# lib: what flows are made of; each begins with  . "$TINTYPE_ROOT/tests/flow/lib.sh"
# shellcheck shell=sh
TINTYPE=${TINTYPE:-$TINTYPE_ROOT/build/tintype}
TOOL=${TOOL:-$TINTYPE_ROOT/build/plain/tests/flow/tool}
export TINTYPE_STATE TINTYPE_FLOW
export TINTYPE_PROGRESS=plain

tintype() { "$TINTYPE" "$@"; }

# start LOG COMMAND…: in the background; PID is its number. What a flow has
# started goes with it, also when it fails.
STARTED=
start() {
    log=$1
    shift
    "$@" >"$log" 2>&1 &
    PID=$!
    STARTED="$STARTED $PID"
}
finish() {
    # shellcheck disable=SC2086 # numbers
    [ -z "$STARTED" ] || kill $STARTED 2>/dev/null || true
    [ ! -e "$TINTYPE_STATE/stack.lock" ] || "$TINTYPE" down >/dev/null 2>&1 || true
}
trap finish EXIT
trap 'exit 143' TERM

fail() {
    echo "FAILED: $*"
    for f in stdout stderr run.out run.err "$TINTYPE_STATE"/log/*.log ./*.log; do
        [ -f "$f" ] && [ -s "$f" ] && echo "--- $f" && tail -n 12 "$f"
    done
    exit 1
}
skip() { echo "$*" && exit 77; }

# expect STATUS COMMAND…: run it; its words go into the files stdout and stderr.
expect() {
    want=$1
    shift
    got=0
    "$@" >stdout 2>stderr || got=$?
    [ "$got" = "$want" ] || fail "$* ended with $got, not $want"
}

# says FILE WORDS: they stand in it; lacks: they do not.
says() { grep -qF -- "$2" "$1" || fail "$1 does not say: $2"; }
lacks() { ! grep -qF -- "$2" "$1" || fail "$1 says: $2"; }

# one_line FILE: it has one line, no more and no less.
one_line() { [ "$(wc -l <"$1")" = 1 ] || fail "$1 is not one line"; }

# is GOT WANTED
is() { [ "$1" = "$2" ] || fail "it is $1, not $2"; }

# files FOLDER: how many files are in it, temporaries too, but not the marker.
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

# model [PRESET]: a network that has learnt nothing: it is there at once, and
# the way through all rooms is the same. S takes its time, for work that is to
# be disturbed; else it is T.
model() { [ -e untaught.h5 ] || "$TOOL" model untaught.h5 "${1:-T}"; }

# until_true SECONDS COMMAND…: try until it succeeds. A busy machine, which has
# done no wrong, gets ten times as long.
until_true() {
    tries=$(($1 * 50))
    shift
    while ! "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || fail "never came true: $*"
        sleep 0.2
    done
}

# at_least N FOLDER: that many files are there.
at_least() { [ "$(files "$2" 2>/dev/null)" -ge "$1" ]; }

# rows JOB [OPTION]: its rows as JSON lines, all of them.
rows() { tintype job outputs "$@" --jsonl -l 0; }

# as_recorded FOLDER JOB: each file below it is an ok row of the job, with that
# sha256, and the other way round.
as_recorded() {
    rows "$2" --ok | sed -n 's/.*"out":"\([^"]*\)".*"sha256_out":"\([0-9a-f]*\)".*/\2  \1/p' >recorded
    is "$(wc -l <recorded)" "$(files "$1")"
    [ ! -s recorded ] || sha256sum --quiet --strict -c recorded ||
        fail "files are not as recorded"
    is "$(sort -u recorded | wc -l)" "$(wc -l <recorded)"
}

# pids WORDS: processes of this flow whose command line has these words.
pids() {
    for f in $(grep -lsaF -- "$TINTYPE_FLOW" /proc/[0-9]*/cmdline); do
        tr '\0' ' ' <"$f" 2>/dev/null | grep -qF -- "$1" && echo "$f" | cut -d/ -f3
    done
    true
}

# kill_nine WORDS: kill -9 the first of them, if there is one.
kill_nine() {
    victim=$(pids "$1" | head -n 1)
    [ -n "$victim" ] || return 1
    kill -9 "$victim"
}

# own_redis: a Redis of the flow's own at $PWD/redis.sock, for a stack by hand.
own_redis() {
    command -v redis-server >/dev/null || skip "redis-server is not installed"
    start redis.log redis-server --port 0 --unixsocket "$PWD/redis.sock" \
        --save '' --maxmemory-policy noeviction --dir "$PWD"
    REDIS_PID=$PID
    until_true 10 test -S redis.sock
}

# stop PID…: SIGTERM, and wait for its end.
stop() {
    for pid in "$@"; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
}
