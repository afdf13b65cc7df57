# The lines of a newcomer's first ten minutes, in their order.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
portraits scans 12
model
cp untaught.h5 portrait.h5
export TINTYPE_MODEL="$PWD/portrait.h5"

# minute 1: one file; a folder that is only looked at; a folder
cp "$(find scans -name '*.jpg' | sort | head -n 1)" one.jpg
expect 0 tintype colorize one.jpg -o one-colour.jpg
head -c 5000 "$(find scans -name '*.jpg' | sort | sed -n 2p)" >scans/086.jpg
expect 0 tintype colorize scans/ -o colour/ --dry-run
says stdout "would colour"
[ ! -e colour ] || fail "a dry run wrote something"
expect 2 tintype colorize scans/ -o colour/
says stdout "failed  scans/086.jpg  truncated"
expect 0 tintype job outputs @last --failed
says stdout "086.jpg"
cp "$(find scans -name '*.jpg' | sort | sed -n 2p)" scans/086.jpg
expect 0 tintype job retry @last --failed

# minute 3: the operator
"$TOOL" colours faces 60
expect 0 tintype ingest faces/ -o shards/ --dry-run
says stdout "nothing written"
expect 0 tintype ingest faces/ -o shards/
says stdout "kept "
says stdout "dataset d1"
expect 0 tintype ingest faces/ -o shards/ --report all.jsonl
cmp all.jsonl shards/report.jsonl
expect 73 tintype ingest faces/ -o shards/ --report all.jsonl
one_line stderr
expect 0 tintype dataset verify d1
says stdout "all as they were made"
expect 0 tintype dataset sample d1 -o sheet.png --n 6
says stdout "6 of "
expect 73 tintype dataset sample shards/ -o sheet.png
expect 0 tintype dataset sample shards/ --refused -o refused.png
says stdout "refused"
cp -r shards damaged
printf x | dd of=damaged/train-00000.h5 bs=1 seek=9000 conv=notrunc 2>/dev/null
expect 76 tintype dataset verify damaged/
says stdout "damaged  train-00000.h5"
expect 76 tintype dataset verify damaged/ --json
says stdout '"whole": false'
expect 0 tintype up --threads 1
expect 0 tintype train d1 --preset T --size 32 --batch 8 --epochs 3 --name first --queue
RUN=$(cat stdout)
expect 0 tintype run list
says stdout "first"
is "$(head -n 1 stdout | tr -s ' ')" "ID NAME STATE EPOCH VAL_MAE_AB VAL_SSIM LOSS AGE ETA"
expect 0 tintype worker list -n -o pid
kill -0 "$(cat stdout)"
expect 0 tintype job wait "$RUN"
expect 0 tintype run show @last
says stdout "checkpoint"
expect 0 tintype run plot @last -m val_mae_ab
says stdout "─ val_mae_ab"
says stdout "┄ lookup"
expect 0 tintype run plot "$RUN" -o loss.svg
says loss.svg "<svg"
expect 73 tintype run plot @last -o loss.svg
one_line stderr
expect 64 tintype run plot @last -o loss.gif
expect 0 tintype train d1 --preset T --size 32 --batch 8 --epochs 2 --rate 0.003
expect 0 tintype run compare r1 r2
says stdout "rate"
says stdout "val_mae_ab"
expect 0 tintype run metrics r1 --csv
is "$(head -n 1 stdout | tr -d '\r')" "run,metric,step,epoch,value"
is "$(grep -c '^r1,val_mae_ab,' stdout)" 3
expect 0 tintype evaluate r1 --by skin
says stdout "lookup"
says stdout "gray"
[ "$(wc -l <stdout)" -gt 4 ] || fail "no photo is in a band of skin"
expect 0 tintype evaluate r1 --csv
is "$(head -n 1 stdout | tr -d '\r')" "group,method,n,measure,mean,low,high"
expect 0 tintype evaluate r1 faces/ --grey rec601 --json
says stdout '"photos": 60'
expect 0 tintype model show r1
says stdout "evaluated "
expect 66 tintype evaluate r1 scans/nothing

# minute 7: history
expect 0 tintype job list -S "1 hour ago" -s partial,failed,done -o id,kind,state,items,elapsed,exit
says stdout "colorize"
expect 0 tintype job list --jsonl
says stdout '"kind":"colorize"'
first=$(find colour -name '*.jpg' | sort | head -n 1)
expect 0 tintype which "$first"
says stdout "from scans/"

# minute 10: the last mean trick
expect 0 tintype colorize scans/ -o again/ --force --queue
redis-cli -s "$TINTYPE_STATE/redis.sock" flushall >/dev/null
expect 0 tintype job wait @last
expect 0 tintype down

expect 0 tintype verify colour/
expect 0 tintype bag colour/ -o delivery/
