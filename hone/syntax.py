"""Python source as a syntax tree, from any thread.

CPython 3.11 keeps the depth of the tree that it is building in one place for all threads: two that parse at once
now and then fail with `SystemError: AST constructor recursion depth mismatch`. So one parses at a time.
"""

import ast
import threading
from typing import Literal, overload

_ONE_AT_A_TIME = threading.Lock()


@overload
def parse(source: str, filename: str = ..., mode: Literal["exec"] = ...) -> ast.Module: ...
@overload
def parse(source: str, filename: str = ..., *, mode: Literal["eval"]) -> ast.Expression: ...
@overload
def parse(source: str, filename: str = ..., *, mode: str) -> ast.AST: ...
def parse(source: str, filename: str = "<unknown>", mode: str = "exec") -> ast.AST:
    """As `ast.parse`, and raises what it raises."""
    with _ONE_AT_A_TIME:
        return ast.parse(source, filename, mode)
