"""Libraries that nobody has seen: names, signatures, error contracts and behaviour drawn from a seed.

One specification (`spec`) gives what calls come to (`meaning`), the package (`package`), its wheel and a local index
(`wheel`), the documentation (`docs`), later versions with breaking changes (`changes`), and environments of libraries
that need one another (`conflicts`).
"""
