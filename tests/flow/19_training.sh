# Every command that docs/training.md shows in a block does what it says, in
# their order; what cannot be trained is refused before there is a job.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
"$TOOL" colours faces 60

awk '/^```/ { in_block = !in_block; next } in_block' \
    "$TINTYPE_ROOT/docs/training.md" >training
is "$(grep -c '^tintype ' training)" 6
while read -r line; do
    echo "\$ $line"
    # shellcheck disable=SC2086 # words
    expect 0 $line
done <training

expect 0 tintype run show more
says stdout "stage 3 of 3: gan"
expect 0 tintype run plot try # its losses are of three scales
says stdout "val_mae_ab"
lacks stdout "val_loss"
expect 0 tintype run metrics try
for series in loss3 d_loss g_adv g_l1 val_loss3; do
    says stdout $series
done
run=$(dirname "$(find "$TINTYPE_STATE/runs" -name best-mae.h5 | head -n 1)")
is "$(find "$run" -name 'epoch-*.h5' | wc -l)" 2

jobs=$(tintype job list -n | wc -l)
expect 64 tintype train d1 --schedule mae:2,mse:1
says stderr "losses (mae, ssim, gan)"
expect 64 tintype train d1 --gan-patch 50
says stderr "34 or 70 pixels"
expect 64 tintype train d1 --name r7
expect 64 tintype train d1 --preset X
expect 0 tintype train d1 --time-limit 1h30m --dry-run
says stdout ", 1h30m; nothing written"
expect 64 tintype train d1 --course up
says stderr "cosine, plateau or constant"
expect 66 tintype train d1 --resume r99
is "$(tintype job list -n | wc -l)" "$jobs"

# one that was cancelled left its state, from which another may go on
expect 0 tintype up
small="d1 --preset T --size 32 --batch 8"
# shellcheck disable=SC2086 # words
expect 0 tintype train $small --epochs 90000 --name long --queue
until_true 20 sh -c "'$TINTYPE' run list -n -l 1 -o epoch | grep -q '^[1-9]'"
expect 0 tintype job cancel @last
expect 130 tintype job wait @last
# shellcheck disable=SC2086 # words
expect 2 tintype train $small --resume long --epochs 1
says stdout "more epochs than that are needed"
done=$(sed -n 's/.* has \([0-9]*\) epochs.*/\1/p' stdout | head -n 1)
# shellcheck disable=SC2086 # words
expect 0 tintype train $small --resume long --epochs $((done + 40)) --name rest
expect 0 tintype down
