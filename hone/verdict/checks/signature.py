"""Whether a program kept the signature that its task states: names, order, kinds, defaults and annotations.

The program's tokens are read up to the end of the function's header, and that header alone is parsed: no text of a
program can exhaust a stack here, and nothing of it is executed. An annotation or a default that the task does not state
is the program's own affair; a name that is bound in another way than by `def` at the top of the module is not found.
"""

import io
import tokenize
from collections.abc import Iterator, Sequence

from hone.tasks.signature import Parameter, Signature, parse, stated
from hone.verdict.verdict import Finding

_LONGEST = 64 * 1024
"""Characters; a longer program is not looked at, as by the other static checks."""
_STARRED = ("*", "**")
_OPENING, _CLOSING = ("(", "[", "{"), (")", "]", "}")


def with_signature(others: tuple[Finding, ...], source: str, signature: str) -> tuple[Finding, ...]:
    """The findings, and one more for each way in which the program departs from the signature that was stated.

    Raises:
        HoneError: the task's signature is none.
    """
    if not signature or len(source) > _LONGEST:
        return others
    found = tuple(_departures(stated(signature), source))
    return tuple(sorted((*others, *found), key=lambda finding: (finding.line, finding.tool, finding.rule)))


def _departures(wanted: Signature, source: str) -> Iterator[Finding]:
    line, header = _header(source, wanted.name)
    got = parse(header) if header else None
    if got is None:
        said = f"`{wanted.name}` is not defined by a `def` at the top of the module"
        yield Finding("hone", "signature-missing", max(line, 1), said)
        return
    if wanted.is_async != got.is_async:
        said = f"`{wanted.name}` is {'not ' if wanted.is_async else ''}asynchronous"
        yield Finding("hone", "signature-kind", line, said)
    yield from (Finding("hone", rule, line, said) for rule, said in _differences(wanted, got))


def _differences(wanted: Signature, got: Signature) -> Iterator[tuple[str, str]]:
    """Rules broken, each once, and in what way."""
    names = [_shown(parameter) for parameter in wanted.parameters]
    others = [_shown(parameter) for parameter in got.parameters]
    if sorted(names) != sorted(others):
        yield "signature-names", f"parameters are {_listed(others)}, not {_listed(names)}"
    elif names != others:
        yield "signature-order", f"parameters come in the order {_listed(others)}, not {_listed(names)}"
    theirs = {_shown(parameter): parameter for parameter in got.parameters}
    pairs = [(mine, theirs[name]) for mine in wanted.parameters if (name := _shown(mine)) in theirs]
    for mine, other in pairs:
        if mine.kind != other.kind:
            yield "signature-kind", f"`{mine.name}` is {other.kind}, not {mine.kind}"
            break
    for mine, other in pairs:
        if mine.default != other.default:
            yield "signature-default", f"`{mine.name}` has {_default(other)}, not {_default(mine)}"
            break
    annotated = [(f"`{mine.name}`", mine.annotation, other.annotation) for mine, other in pairs]
    for what, mine, other in (*annotated, ("the answer", wanted.returns, got.returns)):
        if mine is not None and mine != other:
            yield "signature-annotation", f"{what} is annotated {other or 'not at all'}, not {mine}"
            break


def _shown(parameter: Parameter) -> str:
    return parameter.kind + parameter.name if parameter.kind in _STARRED else parameter.name


def _listed(names: Sequence[str]) -> str:
    return f"({', '.join(names)})"


def _default(parameter: Parameter) -> str:
    return "no default" if parameter.default is None else f"the default {parameter.default}"


def _header(source: str, name: str) -> tuple[int, str]:
    """Line and text of the header of the last `def NAME` at the top of the module; 0 and nothing where none is."""
    found = 0, ""
    if name not in source:
        return found
    lines = io.StringIO(source).readlines()
    tokens = tokenize.generate_tokens(iter(lines).__next__)
    try:
        for token in tokens:
            if token.start[1] == 0 and token.string in ("def", "async"):
                words = [token.string]
                last, column = _end_of_header(tokens, words)
                if words[words.index("def") + 1 :][:1] == [name]:
                    first = token.start[0]
                    found = first, "".join([*lines[first - 1 : last - 1], lines[last - 1][:column]])
    except (tokenize.TokenError, SyntaxError, ValueError, UnicodeEncodeError):
        return found  # it does not compile, as its outcome says
    return found


def _end_of_header(tokens: Iterator[tokenize.TokenInfo], words: list[str]) -> tuple[int, int]:
    """Where the colon of the header is whose first words are read; adds the words on the way to `words`.

    Raises:
        SyntaxError: there is none.
    """
    depth = 0
    for token in tokens:
        if token.type == tokenize.OP:
            depth += (token.string in _OPENING) - (token.string in _CLOSING)
            if token.string == ":" and depth == 0:
                return token.start
        elif token.type == tokenize.NEWLINE:
            break
        words.append(token.string)
    raise SyntaxError("a header without a colon")
