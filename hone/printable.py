"""Foreign text on its way to a terminal: an escape sequence in it must be shown, never obeyed."""


def printable(text: str) -> str:
    """One line in which control characters, escapes, changes of direction and lone surrogates are spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def printable_lines(text: str) -> str:
    """As `printable`, but for the ends of lines, which stay."""
    return "\n".join(map(printable, text.split("\n")))
