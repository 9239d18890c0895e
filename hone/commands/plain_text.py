"""Foreign text in tables and lines that rich prints: rich reads a bare string as markup."""

from rich.text import Text

from hone.printable import printable, printable_lines


def plain(text: object, style: str = "") -> Text:
    """One line of it, as it stands: no markup, no emoji, no escape sequence."""
    return Text(printable(str(text)), style=style)


def plain_lines(text: str) -> Text:
    """Several lines of it."""
    return Text(printable_lines(text))
