// A module of headers alone still needs one source file to be a library.
