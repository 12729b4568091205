# SPDX-License-Identifier: Apache-2.0
#
# kz_library(NAME TARGET ARCHIVE...)
#
# kz_lib_NAME is a library as each program wants it: the shared one (TARGET), or its archives in programs with the
# property KZ_STATIC. `kzsync` has it, because it starts for milliseconds: to load and relocate the shared libraries
# takes longer than to render a chart. Where an archive is not installed the shared library serves.
function(kz_library name shared)
    set(archives)
    foreach(archive ${ARGN})
        find_library(KZ_ARCHIVE_${archive} NAMES lib${archive}.a)
        mark_as_advanced(KZ_ARCHIVE_${archive})
        if(KZ_ARCHIVE_${archive})
            list(APPEND archives "${KZ_ARCHIVE_${archive}}")
        else()
            set(archives "${shared}")
            break()
        endif()
    endforeach()
    add_library(kz_lib_${name} INTERFACE)
    target_link_libraries(kz_lib_${name} INTERFACE
        "$<IF:$<BOOL:$<TARGET_PROPERTY:KZ_STATIC>>,${archives},${shared}>")
endfunction()

# kz_link_static(TARGET): without a dynamic linker, where the C library's archive is installed and no sanitizer wants to
# load its own library; else with the libraries of the compiler from archives.
find_library(KZ_ARCHIVE_c NAMES libc.a)
find_library(KZ_ARCHIVE_m NAMES libm.a)
mark_as_advanced(KZ_ARCHIVE_c KZ_ARCHIVE_m)
function(kz_link_static target)
    if(KZ_ARCHIVE_c AND KZ_ARCHIVE_m AND NOT KZ_SANITIZE)
        set_target_properties(${target} PROPERTIES KZ_STATIC_PIE ON)
        # libcrypto can load modules and ask name servers. Here it does neither: the warnings are about that.
        target_link_options(${target} PRIVATE -Wl,--no-warnings)
    else()
        target_link_options(${target} PRIVATE -static-libgcc -static-libstdc++)
    endif()
endfunction()

kz_library(xxhash PkgConfig::XXHASH xxhash)
kz_library(openssl PkgConfig::OPENSSL crypto)
kz_library(re2 PkgConfig::RE2 re2)
kz_library(yaml PkgConfig::YAML yaml)
kz_library(jansson PkgConfig::JANSSON jansson)
kz_library(crypt PkgConfig::CRYPT crypt)
kz_library(z z z)
