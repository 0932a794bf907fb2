#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails when src/LAYERS goes in a circle, when a file of src/ includes a room that it does not allow, or when
# a room's CMakeLists.txt links one (USES). layers_refuses.sh shows that it does fail.
set -eu
cd "$1"
find src -name '*.[ch]' -o -path 'src/*/CMakeLists.txt' | sort | xargs awk '
    BEGIN {
        while ((getline line < "src/LAYERS") > 0) {
            if (line ~ /^#/ || line !~ /:/) continue
            room = line; sub(/:.*/, "", room)
            rest = line; sub(/^[^:]*:/, "", rest)
            known[room] = 1; may[room, room] = 1; below[room] = rest
            n = split(rest, parts, " ")
            for (i = 1; i <= n; i++) may[room, parts[i]] = 1
        }
        find_circle()
    }
    # Takes away the rooms that stand on nothing that is left, until none can be taken: the rest is a circle.
    function find_circle(    room, i, n, parts, free, taken, gone) {
        do {
            taken = 0
            for (room in known) {
                if (room in gone) continue
                n = split(below[room], parts, " "); free = 1
                for (i = 1; i <= n; i++) {
                    if (!(parts[i] in known)) { print "src/LAYERS: " room " may include " parts[i] ", which is no room"; bad = 1 }
                    else if (!(parts[i] in gone)) free = 0
                }
                if (free) { gone[room] = 1; taken = 1 }
            }
        } while (taken)
        for (room in known)
            if (!(room in gone)) { print "src/LAYERS: " room " is in a circle, or above one"; bad = 1 }
    }
    FNR == 1 {
        split(FILENAME, path, "/"); from = path[2]; uses = 0
        if (!(from in known)) { print FILENAME ": room " from " is not in src/LAYERS"; bad = 1 }
    }
    FILENAME ~ /CMakeLists.txt$/ {
        n = split($0, words, /[ ()]+/)
        for (i = 1; i <= n; i++) {
            if (words[i] ~ /^[A-Z]+$/) uses = words[i] == "USES"
            else if (uses && (words[i] in known) && !((from, words[i]) in may)) {
                print FILENAME ":" FNR ": " from " may not use " words[i]; bad = 1
            }
        }
        next
    }
    /^#include "/ {
        split($2, quoted, "\""); split(quoted[2], target, "/"); to = target[1]
        if (quoted[2] ~ /\// && (to in known) && !((from, to) in may)) {
            print FILENAME ":" FNR ": " from " may not include " quoted[2]; bad = 1
        }
    }
    END { exit bad }
'
echo "layers hold"
