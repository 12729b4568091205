# SPDX-License-Identifier: Apache-2.0
#
# Run as a script: writes the man page, the completions and the schemas with the program KZSYNC into
# the folder OUT.
function(made file)
    execute_process(COMMAND ${KZSYNC} ${ARGN} OUTPUT_FILE "${OUT}/${file}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(MAKE_DIRECTORY "${OUT}")
made(kzsync.1 man)
made(kzsync.bash completion bash)
made(_kzsync completion zsh)
made(kzsync.fish completion fish)
made(platform.json explain Platform -o schema)
made(module.json explain Module -o schema)
