# SPDX-License-Identifier: Apache-2.0
# Compiler flags of every target: one interface library, so that nothing is set globally.
add_library(kz_flags INTERFACE)
target_compile_features(kz_flags INTERFACE c_std_17)
target_compile_definitions(kz_flags INTERFACE _GNU_SOURCE)

# KZ_VERSION is in a header of its own, not on every command line: another version compiles the few files that name it.
set(KZ_RELEASE "${PROJECT_VERSION}" CACHE STRING "version that the programs call themselves")
file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/include/version/kz_version.h" @ONLY CONTENT
"/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KZ_VERSION_H
#define KZ_VERSION_H
#define KZ_VERSION \"@KZ_RELEASE@\"
#endif
")
target_include_directories(kz_flags INTERFACE "${CMAKE_BINARY_DIR}/include/version")

target_compile_options(kz_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wformat=2 -Wstrict-prototypes
    -Wmissing-prototypes -Wold-style-definition -Wwrite-strings -Wcast-qual -Wcast-align
    -Wpointer-arith -Wundef -Wvla -Walloca -Wimplicit-fallthrough -Wnull-dereference
    -Wdouble-promotion -Wredundant-decls -Wdate-time -Wframe-larger-than=16384 -fno-common
    -fstack-protector-strong -fstack-clash-protection -fvisibility=hidden -fPIE)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(kz_flags INTERFACE -fcf-protection)
endif()
# KZ_STATIC_PIE: KzLibs.cmake.
target_link_options(kz_flags INTERFACE
    $<IF:$<BOOL:$<TARGET_PROPERTY:KZ_STATIC_PIE>>,-static-pie,-pie> -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)

if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(kz_flags INTERFACE
        -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init -Wtrampolines
        -Walloc-zero -Wformat-signedness -Wcast-align=strict)
elseif(CMAKE_C_COMPILER_ID MATCHES "Clang")
    target_compile_options(kz_flags INTERFACE
        -Wcomma -Wassign-enum -Wconditional-uninitialized -Wshorten-64-to-32
        -Wunreachable-code-aggressive -Wextra-semi-stmt -Wmissing-variable-declarations)
endif()
if(KZ_WERROR)
    target_compile_options(kz_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE MATCHES "Release|RelWithDebInfo|MinSizeRel")
    target_compile_definitions(kz_flags INTERFACE _FORTIFY_SOURCE=3)
endif()

set(KZ_SANITIZE "" CACHE STRING "sanitizers, for example address,undefined")
if(KZ_SANITIZE)
    target_compile_options(kz_flags INTERFACE -fsanitize=${KZ_SANITIZE} -fno-omit-frame-pointer
                           -fno-sanitize-recover=all)
    target_link_options(kz_flags INTERFACE -fsanitize=${KZ_SANITIZE})
    target_compile_definitions(kz_flags INTERFACE KZ_ARENA_DEBUG=1)
endif()
if(KZ_FUZZ)
    target_compile_options(kz_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(kz_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
set(KZ_COVERAGE OFF CACHE BOOL "count lines and branches (clang only)")
if(KZ_COVERAGE)
    target_compile_options(kz_flags INTERFACE -fprofile-instr-generate -fcoverage-mapping)
    target_link_options(kz_flags INTERFACE -fprofile-instr-generate)
endif()
