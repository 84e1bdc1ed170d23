# sauda_module(NAME DEPENDS module... LIBRARIES target...): one library per folder of src/ or services/.
#
# A module sees its own headers and those of the modules it names, and no others: each module publishes its
# folder through a private link, build/<preset>/view/<name>/<name>, and only those links are include paths.
# A wrong arrow between modules therefore does not compile.
#
# DEPENDS    modules whose headers may be included (they are re-exported: includes are transitive)
# LIBRARIES  third parties, from cmake/dependencies.cmake
#
# Unit tests (*_test.cpp) beside the sources become one executable, <name>_test, run by ctest.
# A folder inside that has a CMakeLists.txt of its own is another module and no part of this one.
# Files under testing/ belong to the tests of this module and of those that depend on it: <name>_testing.
function(sauda_module name)
    cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES;TEST_DEPENDS" ${ARGN})
    set(view ${CMAKE_BINARY_DIR}/view/${name})
    file(MAKE_DIRECTORY ${view})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${view}/${name} SYMBOLIC)

    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *.h)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cpp)
    file(GLOB nested CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} */CMakeLists.txt)
    foreach(file IN LISTS nested)
        get_filename_component(folder ${file} DIRECTORY)
        list(FILTER headers EXCLUDE REGEX "^${folder}/")
        list(FILTER sources EXCLUDE REGEX "^${CMAKE_CURRENT_SOURCE_DIR}/${folder}/")
    endforeach()
    set(testing_sources ${sources})
    list(FILTER sources EXCLUDE REGEX "(_test\\.cpp|/testing/.*\\.cpp)$")
    list(FILTER headers EXCLUDE REGEX "(^|/)testing/")
    list(TRANSFORM headers PREPEND ${view}/${name}/)

    if(NOT sources)
        set(sources ${CMAKE_SOURCE_DIR}/cmake/empty.cpp)
    endif()
    add_library(${name} STATIC ${sources})
    target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${view} FILES ${headers})
    target_compile_features(${name} PUBLIC cxx_std_20)
    target_compile_options(${name} PRIVATE ${SAUDA_WARNINGS})
    target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} ${ARG_LIBRARIES})
    set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)

    set(unit_sources ${testing_sources})
    list(FILTER unit_sources INCLUDE REGEX "_test\\.cpp$")
    list(FILTER testing_sources INCLUDE REGEX "/testing/.*\\.cpp$")
    list(FILTER testing_sources EXCLUDE REGEX "_test\\.cpp$")
    if(testing_sources)
        add_library(${name}_testing STATIC ${testing_sources})
        target_compile_options(${name}_testing PRIVATE ${SAUDA_WARNINGS})
        target_link_libraries(${name}_testing PUBLIC ${name} ${ARG_TEST_DEPENDS})
    endif()
    if(unit_sources)
        add_executable(${name}_test ${unit_sources})
        target_compile_options(${name}_test PRIVATE ${SAUDA_WARNINGS})
        target_link_libraries(${name}_test PRIVATE ${name} ${ARG_TEST_DEPENDS} sauda_test_support)
        if(testing_sources)
            target_link_libraries(${name}_test PRIVATE ${name}_testing)
        endif()
        set_property(GLOBAL APPEND PROPERTY SAUDA_UNIT_TESTS ${name}_test)
        add_test(NAME unit_${name} COMMAND ${name}_test --gtest_brief=1)
        set_tests_properties(unit_${name} PROPERTIES TIMEOUT 900 LABELS unit)
    endif()
endfunction()
