#!/bin/sh
# embed FILE: the file as a C string literal, to be included in an initializer.
sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$/\\n"/' "$1"
