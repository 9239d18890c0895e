"""Generated libraries: each installs and imports in the jail, and does what its specification says."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from hone import Judge, Task
from hone.errors import HoneError
from hone.sandbox.jobs import CallJob, Status, StdioJob
from hone.sandbox.pool import Pool
from hone.tasks.libraries.changes import next_major
from hone.tasks.libraries.draw import DECIPHER, ENCIPHER, draw_library
from hone.tasks.libraries.meaning import ABSENT, Answer, Refused, called, held
from hone.tasks.libraries.names import library_name
from hone.tasks.libraries.spec import Function, How, LibrarySpec, Role, Style
from hone.tasks.libraries.wheel import installed, wheel_bytes, write_index
from hone.tasks.library import Library
from hone.tasks.task_json import from_json, to_json


@pytest.fixture(scope="module")
def pool():
    with_pool = Pool(1)
    yield with_pool
    with_pool.close()


def drawn(count: int) -> list[LibrarySpec]:
    return [draw_library(library_name(random.Random(f"test {index}"))) for index in range(count)]


def some_arguments(rng: random.Random, library: LibrarySpec, function: Function) -> dict[str, object]:
    series = [rng.randint(0, 300) for _ in range(rng.randint(1, 6))]
    made: dict[str, object] = {}
    for one in function.parameters:
        match one.role:
            case Role.QUANTITY:
                made[one.name] = rng.randint(0, 2000)
            case Role.LIMIT:
                made[one.name] = ABSENT if rng.random() < 0.5 else rng.randint(0, 2000)
            case Role.SERIES:
                made[one.name] = series
            case Role.POSITION:
                made[one.name] = library.counting.number(rng.randint(-1, len(series)), len(series))
            case Role.TEXT:
                made[one.name] = "".join(rng.choice("abc xyz") for _ in range(rng.randint(0, 20)))
            case Role.SETTING:
                made[one.name] = rng.choice([*one.settings.values(), "no-such"])
    return made


def outcome(library: LibrarySpec, function: Function, given: dict[str, object]) -> tuple[object, ...]:
    """What the specification says, as the program below tells it."""
    try:
        answer = called(library, function, given)
    except Refused as refused:
        return ("raises", refused.error, refused.number)
    if not isinstance(answer, Answer):
        return ("absent",)
    return ("returns", answer.value) if answer.mark is None else ("returns", answer.value, answer.mark)


def program(library: LibrarySpec) -> str:
    return f"""
import importlib
import {library.name} as top

def run(module, name, by_position, by_name, record):
    put = lambda value: top.{library.absent} if value == "(absent)" else value
    function = getattr(importlib.import_module("{library.name}." + module), name)
    try:
        answer = function(*map(put, by_position), **{{k: put(v) for k, v in by_name.items()}})
    except top.{library.base_error} as error:
        return ("raises", type(error).__name__, error.{library.number})
    if answer is top.{library.absent}:
        return ("absent",)
    return ("returns", *(getattr(answer, field) for field in record)) if record else ("returns", answer)
"""


def test_a_package_does_what_its_specification_says(pool: Pool):
    rng = random.Random(7)
    seen: set[object] = set()
    for first in drawn(6):
        for library in (first, next_major(first).library):
            calls, expected = [], []
            for function in library.functions:
                for _ in range(6):
                    given = some_arguments(rng, library, function)
                    put = {name: "(absent)" if value is ABSENT else value for name, value in given.items()}
                    named = {one.name: put.pop(one.name) for one in function.parameters if one.how is How.KEYWORD}
                    record = [function.record.value, function.record.mark] if function.record else []
                    calls.append(
                        (
                            function.module,
                            function.name,
                            [put[p.name] for p in function.parameters if p.name in put],
                            named,
                            record,
                        )
                    )
                    expected.append(outcome(library, function, given))
            result = pool.run(CallJob(program(library), "run", tuple(calls), libraries=(installed(library),)))
            assert [(case.status, case.value) for case in result.cases] == [(Status.DONE, one) for one in expected]
            seen |= {one[0] for one in expected}
    assert seen == {"raises", "returns", "absent"}


def test_sessions_do_what_the_specification_says(pool: Pool):
    for library in drawn(12):
        (session,) = library.sessions
        module = f"from {library.name} import {library.base_error}\nfrom {library.name}.{session.module} import *\n"
        fed, run = f"h = h.{session.feeding}(x)", f"h.{session.closing}()"
        if session.style is Style.HANDLE:
            order = "x, h" if session.handle_last else "h, x"
            fed, run = f"{session.feeding}({order})", f"{session.closing}(h)"
        opened = session.name if session.style is Style.BUILDER else session.opening
        source = (
            f"{module}\ndef f(word, items):\n    h = {opened}(word)\n    for x in items:\n        {fed}\n"
            f"    try:\n        return {run}\n"
            f"    except {library.base_error} as error:\n        return type(error).__name__\n"
        )
        word = next(iter(session.setting.settings.values()))
        items = [
            ["ab", "c d", "e", "zz"][:n] if session.item.role is Role.TEXT else [5, 900, 31, 7][:n] for n in range(5)
        ]
        result = pool.run(CallJob(source, "f", tuple((word, some) for some in items), libraries=(installed(library),)))
        for some, case in zip(items, result.cases, strict=True):
            try:
                expected = held(library, session, word, some).value
            except Refused as refused:
                expected = refused.error
            assert case.value == expected, case


def test_deciphering_undoes_enciphering_in_every_version():
    for first in drawn(10):
        for library in (first, next_major(first).library):
            there, back = (next(f for f in library.functions if f.does == does) for does in (ENCIPHER, DECIPHER))
            setting, amount = there.parameter(Role.SETTING), there.parameter(Role.QUANTITY).name
            given = {there.main: "some letter", amount: 77, setting.name: next(iter(setting.settings.values()))}
            coded = called(library, there, given)
            assert isinstance(coded, Answer)
            plain = called(library, back, given | {back.main: coded.value})
            assert isinstance(plain, Answer)
            assert plain.value == "some letter"


def test_names_differ_and_are_no_module_that_there_is():
    names = [library_name(random.Random(f"many {index}")) for index in range(3000)]
    assert len(set(names)) == len(names)
    assert not set(names) & set(sys.stdlib_module_names)
    assert all(name.isidentifier() and name.isascii() and name.islower() for name in names)


def test_pip_installs_from_the_local_index_what_the_jail_gets(tmp_path: Path):
    libraries = drawn(4)
    write_index(libraries, tmp_path)
    target = tmp_path / "site"
    asked = [f"{one.name}=={one.version}" for one in libraries]
    base = [
        sys.executable,
        "-m",
        "pip",
        "--isolated",
        "--disable-pip-version-check",
        "install",
        "--quiet",
        "--no-compile",
    ]
    index = (tmp_path / "simple").as_uri()
    subprocess.run([*base, "--index-url", index, "--target", str(target), *asked], check=True, timeout=100)
    for one in libraries:
        for path, text in installed(one).files.items():
            if not path.endswith("/RECORD"):
                assert (target / path).read_text() == text
    assert wheel_bytes(libraries[0]) == wheel_bytes(draw_library(libraries[0].name))


def test_a_task_carries_its_library_to_programs_and_through_json():
    (library,) = drawn(1)
    name = library.name
    source = (
        f"import importlib.metadata\nimport {name}\n\n\ndef f(x):\n"
        f"    return importlib.metadata.version({name}.__name__)\n"
    )
    task = Task.from_examples(
        prompt="",
        entry_point="f",
        visible=[],
        hidden=[((1,), library.version)],
        libraries=(installed(library),),
        allowed_imports=(library.name,),
    )
    assert from_json(to_json(task)) == task
    with Judge(workers=1) as judge:
        verdict = judge.grade(from_json(to_json(task)), source)
        bare = Task.from_examples(prompt="", entry_point="f", visible=[], hidden=[((1,), library.version)])
        assert not judge.grade(bare, source).passed
    assert verdict.passed
    assert not verdict.findings


def test_what_a_program_does_to_its_library_no_other_program_sees(pool: Pool):
    library = installed(drawn(1)[0])
    spoil = f"import os, {library.name} as l\nos.chmod(l.__file__, 0o600)\nopen(l.__file__, 'w').write('boom')\n"
    look = f"import {library.name} as l\nprint(l.__version__)\n"
    results = pool.run_many([StdioJob(text, ("",), libraries=(library,)) for text in (spoil, look, look)])
    assert results[1].cases[0].value == results[2].cases[0].value == f"{library.version}\n"
    after = pool.run(StdioJob(look, ("",)))
    assert "ModuleNotFoundError" in after.cases[0].error


@pytest.mark.parametrize(
    "path",
    [
        "../x.py",
        "/etc/x",
        "veltra/../../x",
        "veltra//x",
        "other/x.py",
        "veltra/a\\..\\b",
        "veltra",
        "veltra/./x",
        "veltra/.x",
    ],
)
def test_a_library_has_no_file_outside_its_own_folders(path: str):
    with pytest.raises(HoneError):
        Library("veltra", "1.0", {"veltra/__init__.py": "", path: ""})


@pytest.mark.parametrize(
    ("name", "version"), [("json", "1.0"), ("solution", "1.0"), ("a-b", "1"), ("x", "1.0/.."), ("", "1")]
)
def test_a_library_takes_nobodys_name(name: str, version: str):
    with pytest.raises(HoneError):
        Library(name, version, {f"{name}/__init__.py": ""})
