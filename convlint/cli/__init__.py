"""The command line: words to arguments, one call into the API, print, exit."""
