#!/bin/sh
# check-rooms TABLE FILE...: fail where a file includes a room, or a library,
# that the table does not give its own room.
table=$1
shift
awk -v table="$table" '
    function room(path) { sub(/\/[^\/]*$/, "", path); return path }
    function complain(what) {
        printf "%s:%d: %s/ may not include %s\n", FILENAME, FNR, here, what
        bad = 1
    }
    BEGIN {
        while ((getline line <table) > 0) {
            if (line ~ /^#/ || split(line, col, "|") < 3)
                continue
            gsub(/ /, "", col[1])
            rooms[col[1]] = " " col[1] " " col[2] " "
            libs[col[1]] = " " col[3] " "
            n = split(col[3], list, " ")
            for (i = 1; i <= n; i++)
                known[list[i]] = 1
        }
    }
    FNR == 1 {
        here = room(FILENAME)
        if (!(here in rooms)) {
            printf "%s: %s/ is not a room in %s\n", FILENAME, here, table
            bad = 1
        }
    }
    /^#include "/ {
        split($0, q, "\"")
        if (!index(rooms[here], " * ") && !index(rooms[here], " " room(q[2]) " "))
            complain(room(q[2]) "/")
    }
    /^#include </ {
        lib = $0
        sub(/^#include </, "", lib)
        sub(/[^a-z0-9].*$/, "", lib)
        if (lib in known && !index(libs[here], " " lib " "))
            complain("<" lib ">")
    }
    END { exit bad }
' "$@"
