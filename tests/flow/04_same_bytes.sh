# The same photos give the same bytes on one worker and on two, with one thread
# and with two.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
model
portraits in 40
expect 0 tintype colorize in -o one -m untaught.h5 --force --workers 1 --threads 1
expect 0 tintype colorize in -o two -m untaught.h5 --force --workers 2 --threads 1
expect 0 tintype colorize in -o wide -m untaught.h5 --force --workers 1 --threads 3
rm -f one/.tintype two/.tintype wide/.tintype
diff -r one two || fail "two workers give other bytes"
diff -r one wide || fail "three threads give other bytes"
