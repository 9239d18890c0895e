"""Files are judged by what is left of them: textbook mistakes fail, and nothing that is left is hidden."""

import random
import re
from dataclasses import replace

import pytest

from hone.tasks.families import FAMILIES, family, task_from_id
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.splits import Split
from hone.tasks.task import CallCheck, Task
from hone.verdict.judge import Judge

FILES = [name for name in FAMILIES if name.startswith("files.")]


def drafted(name: str) -> DraftedFamily:
    made = family(name)
    assert isinstance(made, DraftedFamily)
    return made


def made(kind: str, rules: tuple[str, ...], seed: int = 0, holding: str = "") -> Task:
    """A task of `files.<kind>` with exactly these rules, whose reference holds a text."""
    for number in range(seed, seed + 200):
        rng = random.Random(number)
        facts = {"id": f"files.{kind}:made:{'+'.join(rules)}:{number}"}
        task = drafted(f"files.{kind}").draw(rng, rules).task(rng, facts)
        if task is not None and holding in task.reference:
            return task
    raise AssertionError(f"no task of {kind} with {rules} whose reference holds {holding!r}")


def spoilt(task: Task, old: str, new: str) -> str:
    assert old in task.reference
    return task.reference.replace(old, new)


@pytest.mark.parametrize("name", FILES)
def test_references_do_what_the_models_say(judge: Judge, name: str):
    several = [(level, rules) for level, compositions in drafted(name).compositions.items() for rules in compositions]
    tasks = [made(name.partition(".")[2], rules, seed=level) for level, rules in several if level in (1, 3, 5)]
    verdicts = judge.grade_many([(task, task.reference) for task in tasks])
    assert [verdict.passed for verdict in verdicts] == [True] * len(tasks)


MISTAKES = {
    "lines are split where JSON does not": ("json_lines", ("least",), 'text.split("\\n")', "text.splitlines()"),
    "letters are escaped": ("json_lines", ("most",), "ensure_ascii=False, ", ""),
    "the last line lacks its end": (
        "json_lines",
        ("least", "drop"),
        "    return len(chosen)",
        '    open(target, "w").write(out.rstrip("\\n"))\n    return len(chosen)',
    ),
    "the first of equals is kept": (
        "json_lines",
        ("most", "unique"),
        "for place, (_, record) in enumerate(chosen)}",
        "for place, (_, record) in reversed(list(enumerate(chosen)))}",
    ),
    "the target is opened too early": (
        "json_lines",
        ("most", "drop", "unique", "reject"),
        "    chosen = []",
        '    chosen = []\n    open(target, "w").close()',
    ),
    "null is not missing": (
        "json_lines",
        ("least", "lacking"),
        "if number is None:",
        "if record.get('no') == 1:",
    ),
    "links to files are files": ("path_trees", ("rename",), "not os.path.islink(place)", "True"),
    "links to folders are followed": ("path_trees", ("index",), "os.walk(root)", "os.walk(root, followlinks=True)"),
    "sorted folder by folder": (
        "path_trees",
        ("index",),
        "found.sort()",
        "found.sort(key=lambda path: path.split('/'))",
    ),
    "the suffix is the library's": (
        "path_trees",
        ("remove",),
        "name.endswith(",
        "os.path.splitext(name)[1] in (",
    ),
    "a taken place is found too late": (
        "path_trees",
        ("hidden", "least", "rename", "clash"),
        "    places = [new for _, new in moves]",
        "    for old, new in moves:\n        if os.path.lexists(new):\n            raise FileExistsError(new)\n"
        "        os.rename(old, new)\n    return found\n    places = [new for _, new in moves]",
    ),
    "empty folders are removed from the top": (
        "path_trees",
        ("least", "remove", "prune"),
        "os.walk(root, topdown=False)",
        "os.walk(root)",
    ),
    "the log is copied": (
        "log_rotation",
        ("many", "bytes", "gap", "linked"),
        'os.replace(path, path + ".1")',
        'open(path + ".1", "w").write(open(path).read()); open(path, "w").close()',
    ),
    "the log is written anew": (
        "log_rotation",
        ("one", "mend", "lines", "shift", "linked"),
        '    with open(path, "a", encoding="utf-8", newline="") as file:\n        file.write(line)',
        '    new = (open(path).read() if os.path.exists(path) else "") + line\n'
        '    open("new", "w").write(new)\n    os.replace("new", path)',
    ),
    "characters are counted for bytes": (
        "log_rotation",
        ("one", "bytes", "shift"),
        'len((held + line).encode("utf-8"))',
        "len(held + line)",
    ),
    "old files are renamed from the first on": (
        "log_rotation",
        ("one", "lines", "shift"),
        ", 0, -1):",
        ", 0, -1)[::-1]:",
    ),
    "numbers are in the machine's order": ("binary_records", ("least",), 'unpack_from(">', 'unpack_from("<'),
    "numbers are padded": ("binary_records", ("names", "sum", "least"), 'unpack_from("<', 'unpack_from("@'),
    "a checksum is not looked at": ("binary_records", ("sum", "least"), "if not right:", "if False:"),
    "a record that is cut short is kept": (
        "binary_records",
        ("names", "most", "torn"),
        "> len(data):",
        "> len(data) + 1:",
    ),
    "the old count is written": (
        "binary_records",
        ("count", "names", "least", "reject"),
        "len(chosen)))",
        "count))",
    ),
    "text is opened with its line ends translated": (
        "text_encodings",
        (),
        "    text = data.decode(",
        '    data = data.decode("latin-1").replace("\\r\\n", "\\n").encode("latin-1")\n    text = data.decode(',
    ),
    "the byte order mark is text": ("text_encodings", ("detect",), "data[len(mark) :]", "data"),
    "a lone carriage return is no line end": ("text_encodings", ("newlines",), '.replace("\\r", "\\n")', ""),
    "bytes that mean nothing are dropped": (
        "text_encodings",
        ("trim", "newlines", "final", "reject"),
        "data.decode(",
        'data.decode(errors="ignore", encoding=',
    ),
    "settings are split into lines where Python would": (
        "ini_settings",
        (),
        "lines = file.readlines()",
        "lines = file.read().splitlines(keepends=True)",
    ),
    "the key of another section is set": ("ini_settings", (), "if inside and name", "if name"),
    "line ends become the machine's": ("ini_settings", ("crlf",), 'newline="\\n") as', "newline=None) as"),
    "a missing end of line joins two": (
        "ini_settings",
        ("missing",),
        'if lines and not lines[-1].endswith("\\n"):',
        "if False:",
    ),
    "a file that is missing is made": (
        "ini_settings",
        ("crlf", "nocase", "quote", "absent"),
        "    with open(path, encoding",
        '    open(path, "a").close()\n    with open(path, encoding',
    ),
    "quotes are stripped": (
        "env_files",
        ("quotes",),
        "    found[name] = value",
        "    found[name] = value.strip('\"')",
    ),
    "a mark within a value is a comment": ("env_files", ("inline",), "[ \\t]+", "[ \\t]*"),
    "what was put in is looked through again": (
        "env_files",
        ("expand",),
        "        found[name] = value",
        '        value = re.sub(r"\\$\\{(\\w+)\\}", lambda match: found.get(match[1], ""), value)\n'
        "        found[name] = value",
    ),
    "names are in the order of the file": ("env_files", (), "in sorted(found.items())", "in found.items()"),
}


def test_textbook_mistakes_fail(judge: Judge):
    programs = []
    for kind, rules, old, new in MISTAKES.values():
        task = made(kind, rules, holding=old)
        programs.append((task, spoilt(task, old, new)))
    verdicts = judge.grade_many(programs)
    passing = [name for name, verdict in zip(MISTAKES, verdicts, strict=True) if verdict.passed]
    assert passing == []


def test_a_rewrite_by_the_library_loses_what_must_stay(judge: Judge):
    task = made("ini_settings", (), holding='" = "')
    parsed = (
        "import configparser\n"
        f"def {task.entry_point}(path, section, key, value):\n"
        "    settings = configparser.RawConfigParser(delimiters=('=',), strict=False)\n"
        "    settings.optionxform = str\n    text = open(path, encoding='utf-8').read()\n"
        "    settings.read_string('[]\\n' + text)\n    old = settings.get(section, key, fallback=None)\n"
        "    if not settings.has_section(section): settings.add_section(section)\n"
        "    settings.set(section, key, value)\n    settings.write(open(path, 'w'))\n    return old\n"
    )
    verdict = judge.grade(task, parsed)
    assert not verdict.passed


def after(task: Task, more: str) -> str:
    """The reference, with more done when it is finished."""
    name = task.entry_point
    lines = "\n".join(f"    {line}" for line in more.splitlines())
    called = f"right = {name}\n\n\ndef {name}(*given):\n    answer = right(*given)\n"
    return f"{task.reference}\n\n{called}{lines}\n    return answer\n"


STRAYS = {
    "nothing": ("pass", True),
    "a file": ("open('stray', 'w').close()", False),
    "an empty folder": ("import os; os.mkdir('stray')", False),
    "a link to a file": ("import os; os.symlink('in.jsonl', 'stray')", False),
    "a link to a folder": ("import os; os.symlink('.', 'stray')", False),
    "a link to nothing": ("import os; os.symlink('nowhere', 'stray')", False),
    "a folder that nobody may read": ("import os; os.mkdir('s'); open('s/x', 'w').close(); os.chmod('s', 0)", False),
    "a pipe": ("import os; os.mkfifo('stray')", False),
    "a changed byte elsewhere": ("open('notes.txt', 'a').write(' ')", False),
    "a file in the next call's folder": (
        "import os; there = os.getcwd(); os.makedirs(f'{os.path.dirname(there)}/{int(os.path.basename(there)) + 1}')",
        False,
    ),
}


def test_whatever_is_left_behind_is_seen(judge: Judge):
    task = made("json_lines", ("least",))
    verdicts = judge.grade_many([(task, after(task, more)) for more, _ in STRAYS.values()])
    assert {name: verdict.passed for name, verdict in zip(STRAYS, verdicts, strict=True)} == {
        name: passes for name, (_, passes) in STRAYS.items()
    }


BLIND = """
import os, posix
_real = os.listdir
def nothing(*given, **more): return iter(())
for module in (os, posix):
    module.scandir = nothing
    module.listdir = lambda *given: [name for name in _real(*given) if name != "stray"]
os.walk = nothing
os.path.islink = os.path.exists = lambda path: False
os.lstat = os.stat
"""


def test_a_program_that_blinds_the_library_hides_nothing(judge: Judge):
    task = made("json_lines", ("least",))
    verdicts = judge.grade_many(
        [
            (task, BLIND + task.reference),
            (task, BLIND + after(task, "open('stray', 'w').close()")),
            (task, BLIND + after(task, "os.symlink('in.jsonl', 'stray')")),
        ]
    )
    assert [verdict.passed for verdict in verdicts] == [True, False, False]


def test_an_answer_in_the_shape_of_the_driver_s_is_wrong(judge: Judge):
    task = made("json_lines", ("least",))
    known = {repr(check.args): check.expected for check in task.checks if isinstance(check, CallCheck)}
    answers = list(dict.fromkeys(map(repr, known.values())))
    programs = [(task, f"def {task.entry_point}(*given):\n    return {answer}\n") for answer in answers[:4]]
    raised = made("json_lines", ("most", "drop", "unique", "reject"))
    wrong = [check for check in raised.hidden if isinstance(check, CallCheck) and check.expected[0][0] == "raises"]
    assert {check.expected[0][1] for check in wrong} == {"ValueError", "FileNotFoundError"}
    only = replace(raised, id="raised", visible=(), hidden=tuple(wrong))
    programs += [(only, f"def {only.entry_point}(*given):\n    return ('raises', 'ValueError')\n")]
    programs += [
        (only, f"class E(ValueError, FileNotFoundError): pass\ndef {only.entry_point}(*given):\n    raise E\n")
    ]
    verdicts = judge.grade_many([*programs, (only, only.reference)])
    assert [verdict.passed for verdict in verdicts] == [False] * len(programs) + [True]


def test_prompts_name_every_error_that_is_checked():
    for name in FILES:
        for split in Split:
            for level in drafted(name).levels_of(split):
                task = task_from_id(f"{name}:{level}:{split}:3")
                results = [check.expected[0] for check in task.checks if isinstance(check, CallCheck)]
                kinds = {what for how, what in results if how == "raises"}
                assert {kind for kind in kinds if kind not in task.prompt.partition("Files before")[0]} <= {
                    "ArithmeticError"
                }


def test_no_line_ends_in_a_way_that_prompts_leave_out():
    for name in FILES:
        for level in drafted(name).levels_of(Split.TRAIN):
            for index in range(4):
                task = task_from_id(f"{name}:{level}:train:{index}")
                given = [check.args[0] for check in task.checks if isinstance(check, CallCheck)]
                texts = [text for files in given for text in files.values() if isinstance(text, str)]
                assert not [text for text in texts if re.search(r"\r(?!\n)", text)], task.id
