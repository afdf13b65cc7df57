# What an original says of itself is in its output, by the judgement of another
# program: upright, without a place, valid; or nothing of it, when told so.
. "$TINTYPE_ROOT/tests/flow/lib.sh"
command -v exiftool >/dev/null || skip "no exiftool (libimage-exiftool-perl)"
model
portraits in 1
photo=$(find in -name '*.jpg')
exiftool -q -overwrite_original -Artist="R. M. Rilke" -Copyright="frei & <alt>" \
    -ImageDescription="Ein Bild" -DateTimeOriginal="1925:05:01 12:30:00" \
    -Orientation#=6 -GPSLatitude=48.2 -GPSLatitudeRef=N -SerialNumber=4711 \
    -IPTC:By-line="Rilke" -XMP-dc:Title="Dämmerung" -XMP-dc:Source="Platte 7" \
    -XMP-exif:GPSLongitude=16 -XMP-xmpMM:DocumentID="xmp.did:9" "$photo"
mv "$photo" in/a.jpg

# tag FILE NAME: its value, or nothing.
tag() { exiftool -s3 "-$2" "$1"; }

for format in jpeg png tiff; do
    expect 0 tintype colorize in -o $format -m untaught.h5 --force -f $format
    out=$(find $format -name 'a.*')
    is "$(tag "$out" XMP-dc:Creator)" "R. M. Rilke"
    is "$(tag "$out" XMP-dc:Rights)" "frei & <alt>"
    is "$(tag "$out" XMP-dc:Title)" "Dämmerung"
    is "$(tag "$out" XMP-dc:Source)" "Platte 7"
    is "$(tag "$out" XMP-xmpMM:DerivedFromFilePath)" "a.jpg"
    is "$(tag "$out" XMP-xmpMM:DerivedFromDocumentID)" "xmp.did:9"
    is "$(tag "$out" XMP-xmpMM:HistoryAction)" "derived"
    is "$(tag "$out" GPS:all)$(tag "$out" XMP-exif:GPSLongitude)" ""
    is "$(tag "$out" SerialNumber)$(tag "$out" ThumbnailImage)" ""
    is "$(exiftool -s3 -n -Orientation "$out")" 1
    is "$(tag "$out" DateTimeOriginal)" "1925:05:01 12:30:00"
    # libtiff says bytes where the standard says words
    exiftool -s3 -validate -warning -a "$out" |
        grep -v "IPTC-NAA\|^OK\|^1 Warning" >complaints || true
    is "$(cat complaints)" ""
done
is "$(tag jpeg/a.jpg EXIF:Artist)" "R. M. Rilke"
is "$(tag png/a.png EXIF:Artist)" "R. M. Rilke"
is "$(tag jpeg/a.jpg IPTC:By-line)$(tag tiff/a.tif IPTC:By-line)" "RilkeRilke"

expect 0 tintype colorize in -o bare -m untaught.h5 --force --no-metadata
exiftool bare/a.jpg >bare.txt
lacks bare.txt "Rilke"
lacks bare.txt "Platte"
says bare.txt "Derived From File Path"
