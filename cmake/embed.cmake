# sauda_embed(TARGET NAME FILE): the text of FILE in the program, as `extern const std::string_view NAME`, which a header
# of TARGET declares in namespace sauda. A changed FILE is embedded again by the next build.
function(sauda_embed target name file)
    set(generated ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} content)
    file(CONFIGURE OUTPUT ${generated} @ONLY CONTENT "#include <string_view>
namespace sauda {
extern const std::string_view @name@;
const std::string_view @name@ = R\"embedded(@content@)embedded\";
}  // namespace sauda
")
    target_sources(${target} PRIVATE ${generated})
endfunction()
