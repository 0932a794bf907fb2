#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails when a file of src/ includes a room that src/LAYERS does not allow it.
set -eu
cd "$1"
find src -name '*.[ch]' | sort | xargs awk '
    BEGIN {
        while ((getline line < "src/LAYERS") > 0) {
            if (line ~ /^#/ || line !~ /:/) continue
            room = line; sub(/:.*/, "", room)
            rest = line; sub(/^[^:]*:/, "", rest)
            known[room] = 1; may[room, room] = 1
            n = split(rest, parts, " ")
            for (i = 1; i <= n; i++) may[room, parts[i]] = 1
        }
    }
    /^#include "/ {
        split(FILENAME, path, "/"); from = path[2]
        split($2, quoted, "\""); split(quoted[2], target, "/"); to = target[1]
        if (!(from in known)) { print FILENAME ": room " from " is not in src/LAYERS"; bad = 1 }
        if (quoted[2] ~ /\// && (to in known) && !((from, to) in may)) {
            print FILENAME ":" FNR ": " from " may not include " quoted[2]; bad = 1
        }
    }
    END { exit bad }
'
echo "layers hold"
