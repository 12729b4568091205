# SPDX-License-Identifier: Apache-2.0
#
# kz_embed(OUT FOLDER NAME HEADER): writes the C file OUT with the table NAME of struct kz_embedded (declared in HEADER):
# all files of FOLDER by their paths in it, but for image/ and ci/, which its .helmignore names, too. Chart.yaml and the
# definitions of kinds get the version that is built. The files are data, so they are found, not listed: a list could differ from what Helm packs.
function(kz_embed out folder name header)
    file(GLOB_RECURSE files RELATIVE "${folder}" CONFIGURE_DEPENDS "${folder}/*")
    list(FILTER files EXCLUDE REGEX "^(image|ci)/")
    list(SORT files)
    set(data "")
    set(rows "")
    set(n 0)
    foreach(file ${files})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${folder}/${file}")
        if(file STREQUAL "Chart.yaml" OR file MATCHES "^files/crds/")
            file(READ "${folder}/${file}" text)
            string(REGEX REPLACE "\n((version|appVersion| *kubezero.com/kzsync-version): )[^\n]*" "\n\\1${KZ_RELEASE}" text "${text}")
            string(HEX "${text}" bytes)
        else()
            file(READ "${folder}/${file}" bytes HEX)
        endif()
        string(LENGTH "${bytes}" len)
        math(EXPR len "${len} / 2")
        string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
        string(APPEND data "static const unsigned char file${n}[] = {${bytes}0};\n")
        string(APPEND rows "    {\"${file}\", file${n}, ${len}},\n")
        math(EXPR n "${n} + 1")
    endforeach()
    file(CONFIGURE OUTPUT "${out}" @ONLY CONTENT "#include \"${header}\"
${data}
const struct kz_embedded ${name}[] = {
${rows}    {0},
};
")
endfunction()
