# Every command that README and docs/operating.md show in a block does what they
# say, in their order; docs/cli.md is what the program says of itself.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
portraits pool 12
mkdir scans
n=0
for f in pool/*.jpg; do
    n=$((n + 1))
    cp "$f" "scans/$(printf '%03d' $n).jpg"
done
cp scans/001.jpg one.jpg
"$TOOL" colours faces 80

# shown FILE: the commands in its blocks, without what is said of them.
shown() {
    awk '/^```/ { in_block = !in_block; next } in_block' "$1" |
        sed -n 's/^\(build\/\)\{0,1\}tintype /tintype /p' | sed 's/ *#.*//'
}

shown "$TINTYPE_ROOT/README.md" >readme
[ "$(wc -l <readme)" -ge 9 ] || fail "README shows few commands"
while read -r line; do
    echo "\$ $line"
    # shellcheck disable=SC2086 # words
    expect 0 $line
done <readme

own_redis
shown "$TINTYPE_ROOT/docs/operating.md" | sed "s|queue-host:6379|$PWD/redis.sock|" >operating
is "$(wc -l <operating)" 2
TINTYPE_STATE=$TINTYPE_FLOW/shared
export TINTYPE_STATE
while read -r line; do
    # shellcheck disable=SC2086 # words
    "$TINTYPE" ${line#tintype } >>daemons.log 2>&1 &
    daemons="${daemons:-} $!"
done <operating
until_true 20 test -S "$TINTYPE_STATE/control.sock"
expect 0 tintype colorize scans -o shared-colour --redis "$PWD/redis.sock"
# shellcheck disable=SC2086 # numbers
stop $daemons "$REDIS_PID"

tintype help --markdown >cli.md
cmp -s cli.md "$TINTYPE_ROOT/docs/cli.md" || fail "docs/cli.md is stale: make docs"
