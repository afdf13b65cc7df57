# A model as ONNX: what it says in onnxruntime is what tintype says; it comes
# back bit for bit. PYTHON is one that has onnxruntime; PHOTOS=FOLDER are photos
# to compare by, else those of the demo, and MODEL the network, else the one
# that ships.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
MODEL=${MODEL:-portrait-1}
expect 0 tintype model export "$MODEL" -o a.h5
expect 0 tintype model export "$MODEL" --onnx -o a.onnx
expect 0 tintype model export "$MODEL" --onnx --plain -o plain.onnx
expect 0 tintype model import a.onnx -o b.h5
cmp a.h5 b.h5 || fail "it came back as another"
expect 0 tintype model show b.h5
says stdout "terms"
expect 73 tintype model export "$MODEL" -o a.h5
expect 73 tintype model import a.onnx -o b.h5
expect 0 tintype model import a.onnx -o b.h5 --force
expect 64 tintype model export "$MODEL" --plain -o x.h5
expect 64 tintype model export "$MODEL" --side 100 -o x.h5
expect 65 tintype model import a.h5 -o x.h5
one_line stderr
says stderr "a.h5: not an ONNX file, or a damaged one"
head -c 1000000 a.onnx >cut.onnx
expect 65 tintype model import cut.onnx -o x.h5
[ ! -e x.h5 ] || fail "something was made of nothing"

PYTHON=${PYTHON:-python3}
"$PYTHON" -c 'import numpy, onnxruntime' 2>/dev/null ||
    skip "onnxruntime was not asked: $PYTHON has none (PYTHON=…)"
if [ -z "${PHOTOS:-}" ]; then
    portraits pool 12
    PHOTOS=pool
fi
find "$PHOTOS" -type f -name '*.jpg' | sort | head -n "${COUNT:-12}" >photos
# shellcheck disable=SC2046 # paths without blanks
"$TOOL" ab a.h5 planes $(cat photos)
"$PYTHON" - "$(wc -l <photos)" <<'END'
import sys
import numpy
import onnxruntime

n = int(sys.argv[1])
planes = numpy.fromfile("planes", "f4")
side = int((planes.size / n / 3) ** 0.5)
planes = planes.reshape(n, 3, side, side)


def says(file, light):
    return onnxruntime.InferenceSession(file).run(["ab"], {"L": light})[0]


ab = says("a.onnx", planes[:, :1])
one = says("plain.onnx", planes[:, :1])
two = says("plain.onnx", planes[:, :1, :, ::-1].copy())[..., ::-1]
far = abs(ab - planes[:, 1:]).max(), abs((one + two) / 2 - ab).max()
print(f"{n} photos, ab {ab.min():.1f} to {ab.max():.1f}: "
      f"farthest from tintype {far[0]:.2e}, mirrored by hand {far[1]:.2e}")
sys.exit(bool(max(far) > 5e-3))
END
