"""The Python source of a specified library: what its wheel holds. It tells nothing that only the documentation may."""

from collections.abc import Iterable, Sequence

from hone.tasks.libraries.changes import signature
from hone.tasks.libraries.core import Step
from hone.tasks.libraries.meaning import KEY_MODULUS, MARK_MODULUS, SEEN, digest_of
from hone.tasks.libraries.spec import Function, LibrarySpec, Parameter, Role, Session, Style

_COMMON = "_common"


def package_files(library: LibrarySpec) -> dict[str, str]:
    """Paths below `site-packages` and the text of each file of the package."""
    name = library.name
    files = {f"{name}/__init__.py": _init(library), f"{name}/{_COMMON}.py": _common(library)}
    for module in library.modules:
        files[f"{name}/{module}.py"] = _module(library, module)
    return files


def _init(library: LibrarySpec) -> str:
    needed = [f"import {one.name}" for one in library.requires]
    names = [library.absent, library.base_error, library.setting_error, *library.errors]
    public = ", ".join(f'"{name}"' for name in names)
    lines = [f'"""{library.name.capitalize()}. See the documentation."""', ""]
    lines += [*needed, ""] if needed else []
    lines += [f"from .{_COMMON} import {', '.join(names)}", "", f"__all__ = [{public}]"]
    return _text([*lines, f'__version__ = "{library.version}"'])


def _common(library: LibrarySpec) -> str:
    lines = [
        "import hashlib",
        "",
        "",
        f"class {library.base_error}(Exception):",
        '    def __init__(self, text="", number=0):',
        "        super().__init__(text)",
        f"        self.{library.number} = number",
    ]
    for error in (library.setting_error, *library.errors):
        lines += ["", "", f"class {error}({library.base_error}):", "    pass"]
    return _text(
        [
            *lines,
            "",
            "",
            "class _Absent:",
            "    def __repr__(self):",
            f'        return "{library.absent}"',
            "",
            "    def __bool__(self):",
            '        raise TypeError("it is neither true nor false")',
            "",
            "",
            f"{library.absent} = _Absent()",
            "",
            "",
            "def secret_of(word, known):",
            f'    digest = hashlib.sha256(f"{library.salt}{{word}}".encode()).hexdigest()',
            f"    if type(word) is not str or digest[:{SEEN}] not in known:",
            f'        raise {library.setting_error}("no such setting")',
            f"    return digest[{SEEN}:]",
            "",
            "",
            "def mixed(*given):",
            f'    return int(hashlib.sha256(f"{library.salt}{{given!a}}".encode()).hexdigest(), 16)',
        ]
    )


def _module(library: LibrarySpec, module: str) -> str:
    names = ["mixed", "secret_of", library.absent, *library.errors]
    lines = ["from typing import NamedTuple", "", f"from .{_COMMON} import {', '.join(sorted(names))}"]
    for function in library.functions:
        if function.module == module:
            lines += ["", "", *_function(library, function)]
    for session in library.sessions:
        if session.module == module:
            lines += ["", "", *_session(library, session)]
    return _text(lines)


def _function(library: LibrarySpec, function: Function) -> list[str]:
    record = function.record
    head = []
    if record is not None:
        fields = [f"    {record.value}: object", f"    {record.mark}: int"]
        head = [f"class {record.name}(NamedTuple):", *(reversed(fields) if record.mark_first else fields), "", ""]
    words = {one.name: f"secret_of({one.name}, {_known(library, one)})" for one in function.parameters if one.settings}
    body = [f"{name}_ = {source}" for name, source in words.items()]
    body += [_check(library, one) for one in function.parameters if one.role is Role.LIMIT]
    body += [line for one in function.parameters for line in _typed(one)]
    body += _refusal(library, function)
    absorbed = ", ".join((str(function.start), *(_absorbed(function, one) for one in function.absorbed)))
    body.append(f"key = mixed({absorbed}) % {KEY_MODULUS}")
    if function.absent is not None:
        divisor, rest = function.absent
        body += [f"if key % {divisor} == {rest}:", f"    return {library.absent}"]
    body += _through(function.steps, function.main)
    if record is None:
        body.append("return value")
    else:
        body.append(f"return {record.name}({record.value}=value, {record.mark}=key % {MARK_MODULUS})")
    return [*head, f"def {signature(function)}:", *_indented(body)]


def _known(library: LibrarySpec, parameter: Parameter) -> str:
    seen = sorted(digest_of(library.salt, word)[:SEEN] for word in parameter.settings.values())
    return "{" + ", ".join(f'"{digest}"' for digest in seen) + "}"


def _check(library: LibrarySpec, limit: Parameter) -> str:
    return f"limit = 1 if {limit.name} is {library.absent} else {limit.name}"


def _typed(parameter: Parameter) -> list[str]:
    """Nothing is taken for what it is not: `None` for a limit, a text for a number."""
    kind = {Role.TEXT: "str", Role.SERIES: "list", Role.SETTING: ""}.get(parameter.role, "int")
    held = "limit" if parameter.role is Role.LIMIT else parameter.name
    return [f"if type({held}) is not {kind}:", f'    raise TypeError("{parameter.name}")'] if kind else []


def _refusal(library: LibrarySpec, function: Function) -> list[str]:
    main, fault = function.main_parameter, function.fault
    raising = f'    raise {fault.error}("refused", {fault.number})'
    match main.role:
        case Role.QUANTITY:
            return [f"if {main.name} < {fault.bound}:", raising]
        case Role.SERIES:
            place = function.parameter(Role.POSITION).name
            counting = library.counting
            at = f"{place} - {counting.first}"
            found = f"len({main.name}) - 1 - ({at})" if counting.backwards else at
            return [f"at = {found}", f"if not 0 <= at < len({main.name}):", raising]
    return [f"if len({main.name}) > {fault.bound}:", raising]


def _absorbed(function: Function, parameter: Parameter) -> str:
    match parameter.role:
        case Role.SETTING:
            return f"{parameter.name}_"
        case Role.LIMIT:
            return "limit"
        case Role.POSITION:
            return f"{parameter.name}, {function.main}[at]"
    return parameter.name


def _through(steps: Sequence[Step], start: str) -> list[str]:
    """The steps as statements on `value`."""
    names = [start, *("value" for _ in steps[1:])]
    return [f"value = {step.source(name, 'key')}" for step, name in zip(steps, names, strict=True)]


def _session(library: LibrarySpec, session: Session) -> list[str]:
    setting, item, fault = session.setting.name, session.item.name, session.fault
    opened = f"mixed({session.start}, secret_of({setting}, {_known(library, session.setting)}))"
    fed = [*_typed(session.item), f"state = mixed({{0}}._state, {item})"]
    closed = [f"if {{0}}._count < {fault.bound}:", f'    raise {fault.error}("refused", {fault.number})']
    closed.append(f"value, key = {{0}}._state % {KEY_MODULUS}, {{0}}._count")
    closed += [*_through(session.steps, "value"), "return value"]
    if session.style is Style.BUILDER:
        return [
            f"class {session.name}:",
            f"    def __init__(self, {setting}):",
            f"        self._state, self._count = {opened}, 0",
            "",
            f"    def {session.feeding}(self, {item}):",
            *_indented((line.format("self") for line in fed), 2),
            f"        other = object.__new__({session.name})",
            "        other._state, other._count = state, self._count + 1",
            "        return other",
            "",
            f"    def {session.closing}(self):",
            *_indented((line.format("self") for line in closed), 2),
        ]
    given = f"{item}, handle" if session.handle_last else f"handle, {item}"
    return [
        f"class {session.name}:",
        "    pass",
        "",
        "",
        f"def {session.opening}({setting}):",
        f"    handle = {session.name}()",
        f"    handle._state, handle._count = {opened}, 0",
        "    return handle",
        "",
        "",
        f"def {session.feeding}({given}, /):",
        *_indented(line.format("handle") for line in fed),
        "    handle._state, handle._count = state, handle._count + 1",
        "",
        "",
        f"def {session.closing}(handle, /):",
        *_indented(line.format("handle") for line in closed),
    ]


def _indented(lines: Iterable[str], levels: int = 1) -> list[str]:
    return ["    " * levels + line for line in lines]


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
