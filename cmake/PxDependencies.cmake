# SPDX-License-Identifier: Apache-2.0
# Every library Pollux links, in one place. The Debian packages that bring them are named in `dev`.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.40)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(ZLIB REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(GNUTLS REQUIRED IMPORTED_TARGET gnutls)
find_package(wslay CONFIG REQUIRED) # has no pkg-config file
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(MOSQUITTO REQUIRED IMPORTED_TARGET libmosquitto)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl>=3) # which libmosquitto has its TLS from
pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)   # tests
pkg_check_modules(PROTOBUF_C IMPORTED_TARGET libprotobuf-c) # the peer of Sparkplug's tests
find_program(PROTOC_C protoc-c)                            # likewise
pkg_check_modules(JANSSON IMPORTED_TARGET jansson) # the peer in the decode benchmark
find_library(PX_PAHO_C paho-mqtt3c)                # a peer in the stories of the MQTT door
if((NOT CMOCKA_FOUND OR NOT PROTOBUF_C_FOUND OR NOT PROTOC_C) AND NOT PX_FUZZ)
  message(STATUS "cmocka or protobuf-c is not here: the program is built without its tests")
  set(BUILD_TESTING OFF)
endif()
