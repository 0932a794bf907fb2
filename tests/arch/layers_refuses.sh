#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Small trees that break one rule each: layers.sh must refuse them, and say which rule it was.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# A house of two rooms that keeps to its layers.
build_house() {
    rm -rf "$tree/src"
    mkdir -p "$tree/src/low" "$tree/src/high"
    printf '# a room: what it may include\nlow:\nhigh: low\n' >"$tree/src/LAYERS"
    printf '#include <stdio.h>\n' >"$tree/src/low/noun.h"
    printf '#include "low/noun.h"\n#include "noun.h"\n' >"$tree/src/high/noun.c"
    printf 'px_room(low\n  SOURCES noun.c LINKS m)\n' >"$tree/src/low/CMakeLists.txt"
    printf 'px_room(high SOURCES noun.c\n  USES low\n  LINKS m)\n' >"$tree/src/high/CMakeLists.txt"
}

# refused WORDS: the house as it is now fails, and the complaint has these words.
refused() {
    if said=$("$here/layers.sh" "$tree" 2>&1); then
        echo "a tree passed where this was wrong: $1"
        exit 1
    fi
    case $said in
    *"$1"*) ;;
    *)
        printf 'wanted: %s\nsaid: %s\n' "$1" "$said"
        exit 1
        ;;
    esac
    build_house
}

build_house
"$here/layers.sh" "$tree" >/dev/null
printf '#include "high/noun.h"\n' >>"$tree/src/low/noun.h"
refused 'src/low/noun.h:2: low may not include high/noun.h'
printf 'px_room(low SOURCES noun.c USES high)\n' >"$tree/src/low/CMakeLists.txt"
refused 'src/low/CMakeLists.txt:1: low may not use high'
mkdir "$tree/src/attic"
: >"$tree/src/attic/empty.c"
printf 'int x;\n' >"$tree/src/attic/noun.c"
refused 'room attic is not in src/LAYERS'
printf 'low: high\nhigh: low\n' >"$tree/src/LAYERS"
refused 'low is in a circle'
printf 'low: cellar\nhigh: low\n' >"$tree/src/LAYERS"
refused 'cellar, which is no room'
echo "layers.sh refuses what it should"
