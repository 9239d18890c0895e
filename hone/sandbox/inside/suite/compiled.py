"""Compiling human-written tests, in a fork of its own that sees nothing else of the job.

A few kilobytes of text can make the compiler crash, or grow without end. Here that ends only this fork, and is told
apart from what a candidate does.
"""

import ast
import builtins
import marshal
import socket
import types
import warnings
from collections.abc import Collection

from .. import runner
from ..framing import Channel, receive_job
from .forward import TESTS_FILE


def run_compile(link: socket.socket) -> None:
    """Compile the job's tests and send the code, or what is wrong with them."""
    job = receive_job(link)
    channel = Channel(link, job["nonce"], job["reply_bytes"])
    warnings.simplefilter("ignore")
    try:
        answer = {"code": marshal.dumps(compile(job["tests"], TESTS_FILE, "exec", dont_inherit=True))}
        if job["stars_of"]:  # the referee will do it again, for the names that the candidate offers
            compiled_without_stars(job["tests"], job["stars_of"], ())
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        answer = {"fault": runner.describe(error)[0]}
    channel.send_value(answer)


def compiled_without_stars(source: str, module_name: str, offered: Collection[str]) -> types.CodeType:
    """The tests' code, where `from module import *` brings in what the tests need of the names that are offered."""
    made = _Stars(ast.parse(source), module_name, offered).rewritten()
    return compile(made, TESTS_FILE, "exec", dont_inherit=True)


class _Stars(ast.NodeTransformer):
    """Makes `from module import *` bring in only the names that the tests read and nothing else binds.

    Otherwise a candidate that defines `abs`, `all` or `math` would put its own in the place of the tests'.
    """

    def __init__(self, tree: ast.Module, module_name: str, offered: Collection[str]) -> None:
        self._tree = tree
        self._module_name = module_name
        read, bound = set(), set(dir(builtins))
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                bound.add(node.name)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        self._names = sorted((read - bound).intersection(offered))

    def rewritten(self) -> ast.Module:
        """The tests' tree, its star imports made explicit."""
        return ast.fix_missing_locations(self.visit(self._tree))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:  # the ast module's name
        if node.module != self._module_name or node.names[0].name != "*":
            return node
        names = [ast.alias(name) for name in self._names]
        return ast.copy_location(ast.ImportFrom(self._module_name, names, 0) if names else ast.Pass(), node)
