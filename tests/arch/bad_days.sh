#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails when a table of docs/bad-days.md names a test that is not there.
set -eu
cd "$1"
awk '
    function has_line(file, text,    line, found) {
        while ((getline line < file) > 0)
            if (index(line, text)) found = 1
        close(file)
        return found
    }
    function has_test(name,    part) {
        if (name == "sim") return has_line("tests/sim/CMakeLists.txt", "sim")
        split(name, part, ".")
        if (part[1] == "story")
            return has_line("tests/integration/" part[2] ".py", "main(") || has_line("tests/integration/" part[2] ".py", "with Echo(")
        return has_line("tests/unit/" part[1] "/" part[2] "_test.c", "(" part[3] ")")
    }
    /^\| / && !/^\| (day|way in) \|/ {
        n = split($0, cell, "|"); rows++
        count = split(cell[4], piece, "`")
        if (count < 2) { print "no test: " cell[2]; bad = 1 }
        for (i = 2; i <= count; i += 2)
            if (piece[i] !~ /^\.\/dev / && !has_test(piece[i])) { print "there is no test " piece[i]; bad = 1 }
    }
    END {
        if (rows == 0) { print "docs/bad-days.md has no table"; bad = 1 }
        exit bad
    }' docs/bad-days.md
