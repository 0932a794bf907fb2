#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails when the table of docs/limits.md names a limit that src/base/limits.h does not have, or a test that is not
# there.
set -eu
cd "$1"
awk '
    BEGIN {
        while ((getline line < "src/base/limits.h") > 0)
            if (line ~ /^#define PX_/) { split(line, word, " "); known[substr(word[2], 4)] = 1 }
    }
    function has_test(name,    part, file, line, found) {
        split(name, part, ".")
        file = "tests/unit/" part[1] "/" part[2] "_test.c"
        while ((getline line < file) > 0)
            if (index(line, "(" part[3] ")") || index(line, "(" part[3] ",")) found = 1
        close(file)
        return found
    }
    # The names between backquotes of one cell.
    function names(cell, ret,    n, piece, i, count) {
        n = split(cell, piece, "`")
        for (i = 2; i <= n; i += 2) ret[++count] = piece[i]
        return count
    }
    /^## / { inside = $0 == "## Where each is tested" }
    inside && /^\| `/ {
        split($0, cell, "|"); rows++
        n = names(cell[2], limit)
        for (i = 1; i <= n; i++)
            if (!(limit[i] in known)) { print "src/base/limits.h has no PX_" limit[i]; bad = 1 }
        n = names(cell[3], test)
        for (i = 1; i <= n; i++)
            if (!has_test(test[i])) { print "there is no test " test[i]; bad = 1 }
    }
    END {
        if (rows == 0) { print "docs/limits.md has no table of tests"; bad = 1 }
        exit bad
    }' docs/limits.md
