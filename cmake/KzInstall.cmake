# SPDX-License-Identifier: Apache-2.0
#
# What is installed and packed. Packages are reproducible: with SOURCE_DATE_EPOCH set, equal input
# gives equal bytes.
get_property(made GLOBAL PROPERTY KZ_MADE)
install(TARGETS kzsync RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS kzsync_cluster kzsync_ssh RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/kzsync)
install(FILES "${made}/kzsync.1" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES "${made}/kzsync.bash" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME kzsync)
install(FILES "${made}/_kzsync" DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES "${made}/kzsync.fish" DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES "${made}/platform.json" "${made}/module.json"
        DESTINATION ${CMAKE_INSTALL_DATADIR}/kzsync/schema)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_PACKAGE_NAME kzsync)
set(CPACK_PACKAGE_VENDOR KubeZero)
set(KZ_CONTACT "kzsync maintainers <maintainers@kzsync.invalid>" CACHE STRING "maintainer in packages")
set(CPACK_PACKAGE_CONTACT "${KZ_CONTACT}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_PACKAGE_FILE_NAME "kzsync_${PROJECT_VERSION}_linux_${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_GENERATOR TGZ DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# The program `git` is the transport of all fetching.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "git, ca-certificates")
include(CPack)
