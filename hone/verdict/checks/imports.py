"""Which modules a program imports that its task does not allow. A finding, not a refusal: the jail decides what runs.

Read from the program's tokens, which takes no recursion that a hostile text could exhaust. What is imported by a call
(`__import__`, `importlib`) is not found.
"""

import io
import sys
import tokenize
from collections.abc import Iterator, Sequence

from hone.verdict.verdict import Finding

_LONGEST = 64 * 1024
"""Characters; a longer program is not looked at, as by the other static checks."""
_UNRESOLVED = ("unresolved-import", "import-not-found")
"""The type checker's rule, under its former name and its present one."""
_BREAKS = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.COMMENT)


def with_disallowed(others: tuple[Finding, ...], source: str, allowed: Sequence[str]) -> tuple[Finding, ...]:
    """The findings, and one more for each line that imports a module neither of the standard library nor allowed.

    What the type checker says of the import of anything beyond the standard library is left out, allowed or not: that
    depends on what is installed beside Hone.
    """
    found: dict[int, Finding] = {}
    beyond: set[int] = set()
    for line, name in _imports(source) if "import" in source and len(source) <= _LONGEST else ():
        if name in sys.stdlib_module_names:
            continue
        beyond.add(line)
        if name not in allowed:
            said = f"`{name}` is neither of the standard library nor allowed by the task"
            found.setdefault(line, Finding("hone", "disallowed-import", line, said))
    if not beyond:
        return others
    kept = [other for other in others if other.rule not in _UNRESOLVED or other.line not in beyond]
    return tuple(sorted((*kept, *found.values()), key=lambda finding: (finding.line, finding.tool, finding.rule)))


def _imports(source: str) -> Iterator[tuple[int, str]]:
    """Line and top-level name of every imported module, as far as the program can be read."""
    statement: list[str] = []
    line = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type in _BREAKS or token.string in (";", ":"):
                if statement[:1] in (["import"], ["from"]):
                    yield from ((line, name) for name in _modules(statement))
                statement = []
            else:
                line = line if statement else token.start[0]
                statement.append(token.string)
    except (tokenize.TokenError, SyntaxError, UnicodeEncodeError):  # it does not compile, as its outcome says
        return


def _modules(statement: list[str]) -> list[str]:
    """Top-level names in `import a.b as c, d` or `from a.b import c`; none in a relative import."""
    if statement[0] == "from":
        return statement[1:2] if statement[1:2] != ["."] and statement[1:2] != ["..."] else []
    starts = [0, *(index for index, word in enumerate(statement) if word == ",")]
    return [statement[index + 1] for index in starts if index + 1 < len(statement)]
