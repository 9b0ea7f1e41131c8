"""Examples: parts of goldloop from outside the package, each named as ``pkg.mod:name``; see the docstring of each."""
