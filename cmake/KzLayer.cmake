# SPDX-License-Identifier: Apache-2.0
#
# kz_layer(NAME [HOT] SOURCES file... [DEPENDS layer...] [LIBS library...])
#
# A layer is a folder and a target. Its headers are reached as "NAME/file.h" through an include path
# of its own, and DEPENDS hands on the include paths of the layers below: an #include of a layer that
# is not below does not compile. Libraries given in LIBS stay private, so <ev.h> or <git2.h> can only
# be included by the layer that names them.
# HOT: kz_hot(TARGET), for what renders charts. -O3 takes 6 % off its time; a profile of training runs or optimising at
# link time gave no more.
function(kz_hot target)
    if(CMAKE_BUILD_TYPE MATCHES "Release|RelWithDebInfo")
        target_compile_options(${target} PRIVATE -O3)
    endif()
endfunction()

function(kz_layer name)
    cmake_parse_arguments(L "HOT" "" "SOURCES;DEPENDS;LIBS" ${ARGN})
    add_library(kz_${name} STATIC ${L_SOURCES})
    set(view "${CMAKE_BINARY_DIR}/include/${name}")
    file(MAKE_DIRECTORY "${view}")
    file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${view}/${name}" SYMBOLIC)
    target_include_directories(kz_${name} PUBLIC "${view}")
    if(L_HOT)
        kz_hot(kz_${name})
    endif()
    list(TRANSFORM L_DEPENDS PREPEND kz_)
    target_link_libraries(kz_${name} PUBLIC ${L_DEPENDS} PRIVATE ${L_LIBS} kz_flags)
endfunction()
