# SPDX-License-Identifier: Apache-2.0
option(PX_WERROR "warnings are errors" OFF)
option(PX_FUZZ "build libFuzzer targets" OFF)
option(PX_HARDEN "hardening flags" OFF)
option(PX_LTO "link-time optimisation" OFF)
set(PX_SANITIZE "" CACHE STRING "sanitizers, comma separated")

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_STANDARD_REQUIRED ON)

# -ffp-contract=off: the same journal gives the same answer on every machine.
add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes
  -Wundef -Wvla -Wformat=2 -Wcast-qual -Wpointer-arith -Wwrite-strings -Wimplicit-fallthrough
  -Wdouble-promotion -ffp-contract=off -fno-strict-aliasing -fno-common)
add_compile_definitions(_GNU_SOURCE _FILE_OFFSET_BITS=64)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT PX_SANITIZE)
  add_compile_options(-Wnull-dereference)
endif()
if(PX_WERROR)
  add_compile_options(-Werror)
endif()
if(PX_SANITIZE)
  add_compile_options(-fsanitize=${PX_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PX_SANITIZE})
endif()
if(PX_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link) # every room tells the fuzzer which edges it took
endif()
if(PX_HARDEN)
  add_compile_options(-fstack-protector-strong -fstack-clash-protection -fPIE)
  add_compile_definitions($<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
  add_link_options(-pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
endif()
if(PX_LTO)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    set(CMAKE_C_COMPILE_OPTIONS_IPO -flto=auto -fno-fat-lto-objects) # all cores, and no warning about one
    set(CMAKE_C_LINK_OPTIONS_IPO -flto=auto)
  endif()
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
endif()
