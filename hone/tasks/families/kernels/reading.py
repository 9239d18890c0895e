"""What a kernel task takes of a program: its kernels, as text. The driver of these tasks is this file and `machine.py`.

It is never imported by Hone. An interpreter of kernels executes them as Python, in the process whose word on them
counts. So a program is not loaded: its imports, constants and functions under `@triton.jit` are read, all else is left
alone, and what is executed is no more than functions written anew from a syntax tree that holds nothing but words of
Triton's language. No attribute but those of a tensor, a descriptor or a type can be asked for: no word leads out of it.
"""

import ast
import linecache
import math
import sys
import types
from typing import Any

import triton
import triton.language as tl
from triton.compiler.code_generator import CodeGenerator
from triton.runtime.jit import ConstexprFunction, JITFunction

_SPOKEN = {module.__name__: module for module in (triton, tl, tl.core, tl.math, tl.standard, tl.random)}
"""Modules that a program may name, and get words of."""
_WORDS_OF_TRITON = ("language", "jit", "cdiv", "next_power_of_2")
_CLASSES = (tl.constexpr, tl.range, tl.static_range, tl.pointer_type)
"""Classes that a kernel may call."""
_TOLD = (*_CLASSES, tl.tensor, tl.dtype, tl.const, tl.block_type, tl.tuple)
"""Classes that say of what type a parameter is."""
_LITERALS = (type(None), int, float, bool, str)
_PYTHONS = {word.__name__: word for word in (len, list, range, float, int, print, min, max)}
"""Functions of Python that a kernel may call."""
_ANNOTATES = {word.__name__: word for word in (int, float, bool, str)}
_RESERVED = {"interpreter_semantic", "_InterpreterComparison"} | {*CodeGenerator.builtin_namespace} - {*_PYTHONS}
"""Names that the interpreter puts into the kernels that it rewrites, and functions that take attributes by name."""
_NOT_GIVEN = ("member",)
"""A keyword of the interpreter's stand-ins for Triton's functions."""
_ATTRIBUTES = frozenset(
    {name for name in (*vars(tl.tensor), *vars(tl.core.tensor_descriptor_base)) if not name.startswith("_")}
    | {name for name in vars(tl.dtype) if name.startswith("is_")}
    | {"dtype", "element_ty", "itemsize", "numel", "primitive_bitwidth", "scalar", "shape", "type", "value"}
)
_OPTIONS = ("debug", "do_not_specialize", "do_not_specialize_on_alignment", "noinline", "version")
"""What `triton.jit` may be given."""
_STATEMENTS = "Assign AugAssign AnnAssign For While If Expr Return Pass Assert"
_EXPRESSIONS = (
    "BoolOp BinOp UnaryOp IfExp Compare Call keyword JoinedStr FormattedValue Constant Attribute Subscript Slice Name "
    "List Tuple ListComp comprehension"
)
_SYNTAX = (
    *(getattr(ast, name) for name in f"{_STATEMENTS} {_EXPRESSIONS}".split()),
    ast.operator,
    ast.unaryop,
    ast.cmpop,
    ast.boolop,
    ast.expr_context,
)


def read_program(text: str) -> dict[str, Any]:
    """What a program's text defines, by name: kernels ready to be compiled, and of what was left alone why it was.

    Raises:
        TypeError: a kernel holds what is none of Triton's language.
        ImportError: it imports what there is not.
    """
    names: dict[str, Any] = {}
    for statement in ast.parse(text).body:
        _take(statement, names)
    written = {name: value for name, value in names.items() if type(value) is _Written}
    for value in written.values():
        _Check(value.node, names).run()
    sys.modules["solution"] = types.ModuleType("solution")
    scope = {name: value for name, value in names.items() if _is_spoken(value) or _is_for_kernels(value)}
    scope |= {"__name__": "solution", "__builtins__": {**_PYTHONS, **_ANNOTATES}}
    made = {name: _compiled(number, value, scope) for number, (name, value) in enumerate(written.items())}
    scope.update(made)
    return names | made


class _LeftAlone:
    """Stands for what was not executed."""

    def __init__(self, why: str) -> None:
        self.why = why

    def __call__(self) -> None:
        raise TypeError(self.why)


class _Written:
    """A function under `@triton.jit`, as it is written."""

    def __init__(self, node: ast.FunctionDef, options: dict[str, Any]) -> None:
        self.node, self.options = node, options


def _take(statement: ast.stmt, names: dict[str, Any]) -> None:
    """Add what a statement at the top of a program binds."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            _import(alias, names)
    elif isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            _import_from(statement.module or "", alias, names)
    elif isinstance(statement, ast.Try):
        for inner in statement.body:
            _take(inner, names)
    elif isinstance(statement, ast.FunctionDef):
        options = _jit_options(statement, names)
        why = "it is no function under @triton.jit alone"
        names[statement.name] = _LeftAlone(why) if options is None else _Written(statement, options)
    elif isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        value = _value_or_why(statement.value, names)
        for target in targets:
            if isinstance(target, ast.Name):
                names[target.id] = value
            else:
                _leave(target, names)
    else:
        _leave(statement, names)


def _leave(node: ast.AST, names: dict[str, Any]) -> None:
    for inner in ast.walk(node):
        bound = getattr(inner, "name", None)
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            bound = inner.id
        if isinstance(inner, ast.alias):
            bound = inner.asname or inner.name.partition(".")[0]
        if isinstance(bound, str):
            names[bound] = _LeftAlone("what binds it is not executed")


def _import(alias: ast.alias, names: dict[str, Any]) -> None:
    first = alias.name.partition(".")[0]
    _must_be_there(first)
    found = _SPOKEN.get(alias.name if alias.asname else first, math if alias.name == "math" else None)
    names[alias.asname or first] = found or _LeftAlone("it is nothing of Triton's")


def _import_from(module: str, alias: ast.alias, names: dict[str, Any]) -> None:
    _must_be_there(module.partition(".")[0])
    source = _SPOKEN.get(module, math if module == "math" else None)
    if source is None:
        names[alias.asname or alias.name] = _LeftAlone("it is nothing of Triton's")
        return
    if alias.name == "*":
        words = {name: _word(source, name) for name in vars(source)}
        names.update((name, word) for name, word in words.items() if word is not None)
        return
    if alias.name not in vars(source):
        raise ImportError(f"cannot import name {alias.name!r} from {module!r}")
    word = _word(source, alias.name)
    names[alias.asname or alias.name] = _LeftAlone("no kernel can use it") if word is None else word


def _must_be_there(package: str) -> None:
    if package not in ("triton", "numpy") and package not in sys.stdlib_module_names:
        raise ImportError(f"No module named {package!r}")


def _word(module: types.ModuleType, name: str) -> Any:
    """What a module has for programs under a name; None if nothing."""
    value = vars(module).get(name)
    if name.startswith("_"):
        return None
    if module is math:
        return value
    if module is triton:
        return value if name in _WORDS_OF_TRITON else None
    if isinstance(value, types.ModuleType):
        return value if _is_spoken(value) else None
    return value if _is_of_triton(value) or any(value is one for one in _TOLD) else None


def _is_spoken(value: Any) -> bool:
    return any(value is module for module in _SPOKEN.values())


def _is_for_kernels(value: Any) -> bool:
    """Whether a kernel may use a value by its name."""
    return type(value) in (tl.constexpr, *_LITERALS) or _is_of_triton(value)


def _is_of_triton(value: Any) -> bool:
    """Whether a kernel may use a value that Triton has."""
    if isinstance(value, types.ModuleType):
        return False
    if type(value) in (JITFunction, ConstexprFunction):
        return True
    if any(value is one for one in _CLASSES) or isinstance(value, tl.dtype):
        return True
    return callable(value) and tl.core.is_builtin(value)


def _jit_options(function: ast.FunctionDef, names: dict[str, Any]) -> dict[str, Any] | None:
    """What the one decorator is given, if it is `triton.jit`; None otherwise."""
    if len(function.decorator_list) != 1:
        return None
    (decorator,) = function.decorator_list
    given: list[ast.keyword] = []
    if isinstance(decorator, ast.Call) and not decorator.args:
        decorator, given = decorator.func, decorator.keywords
    options = {option.arg: _value_or_why(option.value, names) for option in given if option.arg in _OPTIONS}
    known = len(options) == len(given) and not any(type(value) is _LeftAlone for value in options.values())
    return options if known and _value_or_why(decorator, names) is triton.jit else None


def _value_or_why(node: ast.expr, names: dict[str, Any]) -> Any:
    """The value of an expression at the top of a program; what it stands for was left alone, if it has to be."""
    try:
        return _value(node, names)
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        return _LeftAlone(str(error))


_OPERATORS: dict[type[ast.AST], Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
    ast.LShift: lambda a, b: a << b,
    ast.RShift: lambda a, b: a >> b,
    ast.USub: lambda a: -a,
    ast.UAdd: lambda a: +a,
    ast.Invert: lambda a: ~a,
    ast.Not: lambda a: not a,
}


def _value(node: ast.AST, names: dict[str, Any]) -> Any:
    """Literals, what is computed from them, and words of Triton's. Raises TypeError for anything else."""
    if isinstance(node, ast.Constant) and type(node.value) in _LITERALS:
        return node.value
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, names)
        word = _word(owner, node.attr) if isinstance(owner, types.ModuleType) else None
        if word is not None:
            return word
    if isinstance(node, ast.UnaryOp | ast.BinOp) and type(node.op) in _OPERATORS:
        sides = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
        return _OPERATORS[type(node.op)](*[_number(side, names) for side in sides])
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(one, names) for one in node.elts]
    if isinstance(node, ast.Call) and not node.keywords:
        return _called(node, names)
    raise TypeError("it is no constant")


def _number(node: ast.AST, names: dict[str, Any]) -> Any:
    value = _value(node, names)
    if type(value) not in (int, float, bool, tl.constexpr):
        raise TypeError("it is no constant")
    return value


def _called(node: ast.Call, names: dict[str, Any]) -> Any:
    given = [_value(one, names) for one in node.args]
    if isinstance(node.func, ast.Name) and node.func.id in ("float", "int", "min", "max") and node.func.id not in names:
        function = _PYTHONS[node.func.id]
    else:
        function = _value(node.func, names)
    mathematics = type(function) is types.BuiltinFunctionType and vars(math).get(function.__name__) is function
    computes = function is tl.constexpr or mathematics or any(function is word for word in _PYTHONS.values())
    if computes and all(type(one) in (*_LITERALS, tl.constexpr, tl.dtype) for one in given):
        return function(*given)
    raise TypeError("it is no constant")


class _Check(ast.NodeVisitor):
    """Raises TypeError where a function under `@triton.jit` holds what is none of Triton's language."""

    def __init__(self, function: ast.FunctionDef, names: dict[str, Any]) -> None:
        self.function, self.names = function, names
        stored = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and type(node.ctx) is ast.Store}
        self.parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        self.local = stored | {parameter.arg for parameter in self.parameters}

    def run(self) -> None:
        """The whole function."""
        given = self.function.args
        if given.vararg or given.kwarg or getattr(self.function, "type_params", None):
            self.refuse(self.function, "parameters that are not named")
        for name in (self.function.name, *self.local):
            # What is local somewhere is looked for outside where it is not: by Triton while it compiles, too.
            if name.startswith("__") or name in _RESERVED or _is_spoken(self.names.get(name)):
                self.refuse(self.function, f"something called {name}")
        for parameter in self.parameters:
            self.annotation(parameter.annotation)
        for default in (*given.defaults, *given.kw_defaults):
            if default is not None:
                self.default(default)
        for statement in self.function.body:
            self.visit(statement)

    def refuse(self, node: Any, what: str) -> None:
        raise TypeError(f"line {node.lineno}: a kernel cannot have {what}")

    def annotation(self, node: ast.expr | None) -> None:
        if node is None or (isinstance(node, ast.Constant) and type(node.value) in (str, type(None))):
            return
        if isinstance(node, ast.Name) and node.id in _ANNOTATES and node.id not in self.names:
            return
        value = _value_or_why(node, self.names) if isinstance(node, ast.Name | ast.Attribute) else None
        if not (_is_of_triton(value) or any(value is one for one in _TOLD)):
            self.refuse(node, f"the annotation {ast.unparse(node)}")

    def default(self, node: ast.expr) -> None:
        parts = ast.Constant | ast.UnaryOp | ast.unaryop | ast.Name | ast.Attribute | ast.expr_context
        if any(not isinstance(part, parts) for part in ast.walk(node)):
            self.refuse(node, "a default that is no constant")
        local, self.local = self.local, set()
        self.visit(node)
        self.local = local

    def visit(self, node: ast.AST) -> None:
        if not isinstance(node, _SYNTAX):
            self.refuse(node, f"a {type(node).__name__}")
        super().visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if type(node.value) not in (*_LITERALS, type(...)):
            self.refuse(node, f"{node.value!r}")

    def visit_Name(self, node: ast.Name) -> None:
        if type(node.ctx) is not ast.Load or node.id in self.local:
            return
        if node.id.startswith("__") or node.id in _RESERVED:
            self.refuse(node, node.id)
        if node.id not in self.names:
            if node.id not in _PYTHONS:
                self.refuse(node, f"{node.id}: Triton has no such word")
            return
        value = self.names[node.id]
        if type(value) is _LeftAlone:
            self.refuse(node, f"{node.id}: {value.why}")
        if not (type(value) is _Written or _is_for_kernels(value)):
            self.refuse(node, f"{node.id}: it is nothing of Triton's")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = None
        if type(node.ctx) is not ast.Load:
            self.refuse(node, "attributes of its own")
        if not any(isinstance(part, ast.Name) and part.id in self.local for part in ast.walk(node.value)):
            owner = _value_or_why(node.value, self.names) if isinstance(node.value, ast.Name | ast.Attribute) else None
        if isinstance(owner, types.ModuleType):
            if not _is_of_triton(_word(owner, node.attr)):
                self.refuse(node, f"{ast.unparse(node)}: Triton has no such word")
        elif node.attr in _ATTRIBUTES:
            self.visit(node.value)
        else:
            self.refuse(node, f"the attribute {node.attr}")

    def visit_Compare(self, node: ast.Compare) -> None:
        """What is the same object depends on who computes it."""
        same = any(type(operator) in (ast.Is, ast.IsNot) for operator in node.ops)
        if same and not any(isinstance(side, ast.Constant) and side.value is None for side in node.comparators):
            self.refuse(node, "an `is` without None")
        self.generic_visit(node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> None:
        """Triton leaves a format out."""
        if node.format_spec is not None:
            self.refuse(node, "a format")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if type(node.ctx) is not ast.Load:
            self.refuse(node, "elements that it assigns to")
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg is None or node.arg.startswith("_") or node.arg in _NOT_GIVEN:
            self.refuse(node.value, f"the keyword {node.arg}")
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if not isinstance(node.target, ast.Name):
            self.refuse(node, "annotated elements")
        self.annotation(node.annotation)
        if node.value is not None:
            self.visit(node.value)


def _compiled(number: int, written: _Written, scope: dict[str, Any]) -> JITFunction:
    """The kernel, from a text that is made of the tree that was checked: Triton reads a function's text."""
    node = written.node
    node.decorator_list, node.returns = [], None
    checked, text, file = ast.dump(node), f"{ast.unparse(node)}\n", f"solution.{number}.py"
    linecache.cache[file] = (len(text), None, [f"{line}\n" for line in text.split("\n")], file)
    place: dict[str, Any] = {}
    if ast.dump(ast.parse(text).body[0]) == checked:
        exec(compile(text, file, "exec", dont_inherit=True), scope, place)  # noqa: S102  # a function, of what was checked
        kernel = triton.jit(**written.options)(place[node.name])
        if type(kernel) is JITFunction and ast.dump(kernel.parse().body[0]) == checked:
            return kernel
    raise TypeError(f"{node.name} reads otherwise when it is written anew")
