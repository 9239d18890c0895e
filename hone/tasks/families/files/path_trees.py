"""Path trees: find files in folders within folders, and list, rename, move or remove them; links are not followed."""

import random
from collections.abc import Mapping
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.files.folder import SYMLINK, Files, Raised, file_draft
from hone.tasks.families.files.surface import program
from hone.tasks.families.rules import worded
from hone.tasks.families.source import quoted
from hone.tasks.families.splits import Rules

_SUFFIXES = (".txt", ".md", ".log", ".csv", ".json", ".dat", ".tmp", ".cfg", ".xml", ".ini")
_ASKED = {
    "base": (
        "Find the regular files in the folder `root` and in all folders below it whose names end in `{one}` or "
        "`{two}`. Symbolic links are never followed, and none counts as a file or a folder.",
        "Look through the folder `root` and every folder below it for regular files with names that end in `{one}` or "
        "`{two}`; ignore symbolic links, whether they lead to files or to folders.",
    ),
    "nocase": (
        "Upper and lower case make no difference in these endings.",
        "The endings are compared without regard to case.",
    ),
    "hidden": (
        "Files whose names begin with a dot are passed over, and so is all that is in folders below `root` whose names "
        "do.",
        "Below `root`, leave out files and whole folders with names that start with a dot.",
    ),
    "depth": (
        "Only files at most {depth} folders below `root` count (those in `root` itself are 0 below).",
        "Do not go deeper than {depth} folders below `root`: files in `root` itself are at depth 0.",
    ),
    "least": ("Files of fewer than {least} bytes are passed over.", "Only files of at least {least} bytes count."),
    "index": (
        "Write their paths to the file `index` (outside of `root`; replaced if it is there), one in a line: {start!r}, "
        "the path, and \\n, in the order of what is returned.",
        "In the file `index`, which lies outside `root` and is written anew, put a line for each in the order of the "
        "answer: {start!r}, then the path, then \\n.",
    ),
    "sizes": (
        "After each path in `index` stand a space and the file's size in bytes.",
        "Each line of `index` goes on, after the path, with a space and the file's size in bytes.",
    ),
    "rename": (
        "Rename each where it is, so that its name ends in `{other}` in place of that ending.",
        "Each keeps its folder and its name, but for the ending, which becomes `{other}`.",
    ),
    "gather": (
        "Move each into the folder `target` (outside of `root`; made if there is anything to move into it), under its "
        "path with every / replaced by {joint!r}.",
        "Move each directly into the folder `target`, which lies outside of `root` and is made only when something is "
        "moved; its new name is its path with {joint!r} for every /.",
    ),
    "remove": ("Remove each of them.", "Delete all of them."),
    "prune": (
        "Afterwards remove every folder below `root` that is empty or holds nothing but such folders, also those that "
        "were empty before; `root` itself stays.",
        "Then folders below `root` that are empty, or hold only folders to which this applies, are removed, whether or "
        "not they were empty before. `root` stays.",
    ),
    "clash": (
        "If a new place is taken already, or two files would get the same one, raise FileExistsError and change "
        "nothing at all.",
        "Where something is already at a place that a file would go to, or two would go to one place, raise "
        "FileExistsError before anything is changed.",
    ),
    "missing": (
        "If there is no folder `root`, raise FileNotFoundError and change nothing.",
        "Where `root` does not exist, raise FileNotFoundError; nothing is written then.",
    ),
    "end": (
        "Return the paths of the files found (as they were), relative to `root` and with / between their parts, as a "
        "list that is sorted as Python sorts text. Nothing else changes; other folders stay, even if they are empty.",
        "The answer is a list, sorted as text, of what was found: paths relative to `root`, parts joined by /, as they "
        "were before any change. All else is left alone, and no folder is removed unless that is asked for.",
    ),
}
_SIGNATURES = {
    "index": "(root: str, index: str) -> list[str]",
    "gather": "(root: str, target: str) -> list[str]",
    "rename": "(root: str) -> list[str]",
    "remove": "(root: str) -> list[str]",
}
_PLACES = {"index": ("found.txt",), "gather": ("moved",), "rename": (), "remove": ()}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    one, two, other = rng.sample(_SUFFIXES, 3)
    drawn: dict[str, Any] = {
        "one": one,
        "two": two,
        "other": other,
        "depth": rng.randint(1, 2),
        "least": rng.randint(3, 12),
        "start": rng.choice(("- ", "* ", "./", "> ", "+ ", "file ")),
        "joint": rng.choice(("__", "-", "+", "~", "@", "=", "..")),
    }
    action = next(rule for rule in rules if rule in _SIGNATURES)
    name = rng.choice(
        {"index": ("list_files", "write_index"), "gather": ("gather", "collect")}.get(action, ("tidy", action))
    )

    def model(files: Files, root: str, place: str = "") -> tuple[list[str], Mapping[str, Any]]:
        inside = {path[len(root) + 1 :]: content for path, content in files.items() if path.startswith(f"{root}/")}
        if not inside:
            raise Raised("FileNotFoundError")
        found: dict[str, bytes] = {}
        for path, content in sorted(inside.items()):
            data = content.encode() if isinstance(content, str) else content
            whole = path.lower() if "nocase" in rules else path
            dotted = any(part.startswith(".") for part in path.split("/"))
            if isinstance(data, tuple) or path.endswith("/") or not whole.endswith((one, two)):
                continue
            if ("hidden" in rules and dotted) or ("depth" in rules and path.count("/") > drawn["depth"]):
                continue
            if "least" not in rules or len(data) >= drawn["least"]:
                found[path] = data
        if action == "index":
            sizes = {path: f" {len(data)}" if "sizes" in rules else "" for path, data in found.items()}
            text = "".join(f"{drawn['start']}{path}{sizes[path]}\n" for path in found)
            return list(found), files | {place: text}
        moved: dict[str, str] = {}
        for path in found if action != "remove" else ():
            ending = len(one) if path.lower().endswith(one) else len(two)
            new = f"{root}/{path[:-ending]}{other}"
            new = f"{place}/{path.replace('/', drawn['joint'])}" if action == "gather" else new
            taken = new in files or any(known.startswith(f"{new}/") for known in files)
            if taken or new in moved.values():
                raise Raised("FileExistsError")
            moved[path] = new
        gone = {f"{root}/{path}" for path in found}
        after = {path: content for path, content in files.items() if path not in gone}
        after |= {new: found[path] for path, new in moved.items()}
        return list(found), _with_folders(files, after, root if "prune" in rules else None)

    used = {"depth": ("depth",), "least": ("least",), "index": ("start",), "rename": ("other",), "gather": ("joint",)}
    return file_draft(
        parameters=(one, two, *(drawn[held] for rule in rules for held in used.get(rule, ()))),
        signature=f"{name}{_SIGNATURES[action]}",
        asked=worded(rng, _ASKED, ("base", *rules, "end"), **drawn),
        reference=program(f"{name}{_SIGNATURES[action]}", _body(rng, rules, action, drawn)),
        model=model,
        inputs=lambda rng: _inputs(rng, rules, action, drawn),
    )


def _with_folders(before: Files, after: Mapping[str, Any], pruned: str | None) -> dict[str, Any]:
    """What is left, with the folders that have become empty, or without those below `pruned` that are."""
    folders = {path[:at] for path in before for at, letter in enumerate(path) if letter == "/"}
    left = dict(after)
    for folder in sorted(folders, key=lambda path: -path.count("/")):
        if not any(path.startswith(f"{folder}/") and path != f"{folder}/" for path in left):
            left.pop(f"{folder}/", None)
            if pruned is None or not folder.startswith(f"{pruned}/"):
                left[f"{folder}/"] = ""
    return left


def _body(rng: random.Random, rules: Rules, action: str, drawn: Mapping[str, Any]) -> list[str]:
    ends = f"({quoted(drawn['one'])}, {quoted(drawn['two'])})"
    lines = []
    if "missing" in rules:
        lines += ["if not os.path.isdir(root):", "    raise FileNotFoundError(root)"]
    lines += ["found = []"]
    walked = rng.random() < 0.5
    name, place = ("name", "place") if walked else ("entry.name", "entry.path")
    named = f"{name}{'.lower()' if 'nocase' in rules else ''}.endswith({ends})"
    tests = [named]
    if "least" in rules:
        tests += [f"os.path.getsize({place}) >= {drawn['least']}"]
    if walked:
        lines += ["for folder, folders, names in os.walk(root):"]
        if "hidden" in rules:
            lines += ['    folders[:] = [name for name in folders if not name.startswith(".")]']
            tests.insert(0, 'not name.startswith(".")')
        lines += ["    for name in names:", "        place = os.path.join(folder, name)"]
        lines += [f"        if not os.path.islink(place) and {' and '.join(tests)}:"]
        lines += ["            found.append(os.path.relpath(place, root))"]
    else:
        skipped = "entry.is_symlink()"
        if "hidden" in rules:
            skipped += ' or entry.name.startswith(".")'
        lines += ["waiting = [root]", "while waiting:", "    for entry in os.scandir(waiting.pop()):"]
        lines += [f"        if {skipped}:", "            continue", "        if entry.is_dir():"]
        lines += ["            waiting.append(entry.path)", f"        elif {' and '.join(tests)}:"]
        lines += ["            found.append(os.path.relpath(entry.path, root))"]
    if "depth" in rules:
        lines += [f'found = [path for path in found if path.count("/") <= {drawn["depth"]}]']
    lines += ["found.sort()"]
    match action:
        case "index":
            size = ' + f" {os.path.getsize(os.path.join(root, path))}"' if "sizes" in rules else ""
            lines += ['with open(index, "w", encoding="utf-8") as file:', "    for path in found:"]
            lines += [f'        file.write({quoted(drawn["start"])} + path{size} + "\\n")']
        case "remove":
            lines += ["for path in found:", "    os.remove(os.path.join(root, path))"]
        case "rename":
            lines += ["moves = []", "for path in found:"]
            lines += ['    stem = path[: path.rindex(".")]']
            lines += [
                f"    moves.append((os.path.join(root, path), os.path.join(root, stem + {quoted(drawn['other'])})))"
            ]
        case "gather":
            new = f'os.path.join(target, path.replace("/", {quoted(drawn["joint"])}))'
            lines += ["moves = []", "for path in found:", f"    moves.append((os.path.join(root, path), {new}))"]
    if "clash" in rules:
        lines += ["places = [new for _, new in moves]"]
        lines += ["if len(set(places)) < len(places) or any(os.path.lexists(new) for new in places):"]
        lines += ['    raise FileExistsError("a place is taken")']
    if action == "gather":
        lines += rng.choice((["if moves:", "    os.makedirs(target, exist_ok=True)"],))
    if action in ("rename", "gather"):
        lines += ["for old, new in moves:", rng.choice(("    os.rename(old, new)", "    shutil.move(old, new)"))]
    if "prune" in rules:
        lines += ["for folder, _, _ in os.walk(root, topdown=False):"]
        lines += ["    if folder != root and not os.listdir(folder):", "        os.rmdir(folder)"]
    return [*lines, "return found"]


def _inputs(
    rng: random.Random, rules: Rules, action: str, drawn: Mapping[str, Any]
) -> tuple[list[Arguments], list[Arguments]]:
    one, two, other, joint = drawn["one"], drawn["two"], drawn["other"], drawn["joint"]
    around: Files = {f"outside/a{one}": "outside\n", "notes.txt": "keep me\n"}
    if action == "index" and rng.random() < 0.5:
        around["found.txt"] = "old\n"
    places = _PLACES[action]
    long = "x" * drawn["least"]

    def tree(*held: str | tuple[str, Any], **more: Any) -> Arguments:
        files = {f"tree/{one}": f"{one} {long}\n" for one in held if isinstance(one, str)}
        files |= {f"tree/{pair[0]}": pair[1] for pair in held if not isinstance(pair, str)}
        return {**around, **files, **more}, "tree", *places

    def some(count: int) -> Arguments:
        folders = ["", "a/", "b/", "a/b/", "a/b/c/", *((".git/", "a/.x/") if "hidden" in rules else ())]
        stems = ["one", "two", "Größe", "x y", "a.b", "z" + one, *((".h",) if "hidden" in rules else ())]
        ends = [one, two, one, two, ".bin", *((one.upper(), two.title()) if "nocase" in rules else ())]
        held: dict[str, Any] = {}
        known = set()
        for _ in range(count):
            folder, stem, end = rng.choice(folders), rng.choice(stems), rng.choice(ends)
            if (folder, stem) not in known:  # so that no two go to one place
                known.add((folder, stem))
                held[f"{folder}{stem}{end}"] = "x" * rng.choice((0, 1, drawn["least"] - 1, drawn["least"], 20))
        if rng.random() < 0.5:
            held[f"{rng.choice(folders)}link{one}"] = (SYMLINK, f"one{two}")
        if rng.random() < 0.3:
            held["hollow/deep/"] = ""
        if "clash" in rules and rng.random() < 0.25:
            held[f"one{one}"], held[f"one{other}"] = "1" * 20, "taken"
            around_taken = {f"moved/one{one}": "taken"} if action == "gather" else {}
            return tree(*held.items(), **around_taken)
        return tree(*held.items())

    hidden = [
        tree(("sub/", "")),
        tree("only.bin", f"x{one}x", f"x{one}/y.bin"),
        tree(f"a{one}", f"b{two}", f"c{other}", f"sub/a{one}", f"sub/deep/a{two}"),
        tree(f"a/z{one}", f"a-b{one}", f"a{two}", f"a/b/z{two}", f"a/b/c/z{one}", f"a/b/c/d/z{one}", f"B{one}"),
        tree(f"a{one}", (f"link{one}", (SYMLINK, f"a{one}")), (f"gone{two}", (SYMLINK, "nowhere"))),
        tree(f"sub/a{one}", ("again", (SYMLINK, "sub")), ("loop", (SYMLINK, ".")), ("out", (SYMLINK, "../outside"))),
        tree((f"empty{one}", ""), (f"near{one}", long[1:]), (f"full{one}", long), (f"bytes{two}", b"\xff\xfe" * 9)),
        tree(f"Größe{one}", f"a b/c d{two}", f"x.y{one}", f"x{one}.z{two}", ("void/in/void/", "")),
        tree(f"{one}", f"sub/{two}", f"sub/x{one.upper()}", f"y{two.title()}"),
        tree(f".a{one}", f".sub/b{one}", f"c/.d/e{two}", f"c/f{one}", f"g.h/i{one}"),
    ]
    if "clash" in rules:
        clashing = {f"moved/sub{joint}a{one}": "t"} if action == "gather" else {f"tree/sub/a{other}": "t"}
        same = f"sub{joint}a{one}" if action == "gather" else f"sub/a{two}"
        hidden += [tree(f"a{one}", f"sub/a{one}", **clashing), tree(f"a{one}", f"sub/a{one}", same)]
        hidden += [tree(f"a{one}", **{"moved/b": "there"})]
        gone: dict[str, Any] = {f"moved/a{one}": (SYMLINK, "gone")}
        hidden += [tree(f"a{one}", **(gone if action == "gather" else {f"tree/a{other}": (SYMLINK, "gone")}))]
    if "missing" in rules:
        hidden += [(around, "tree", *places), ({}, "no/tree", *places)]
    return [some(rng.randint(3, 5)) for _ in range(6)], [*hidden, *(some(rng.randint(4, 9)) for _ in range(5))]


FAMILY = DraftedFamily(
    name="files.path_trees",
    about="files found in folders within folders, and listed, renamed, moved or removed",
    skills=("file IO", "paths", "recursion"),
    compositions={
        1: (("index",), ("rename",), ("remove",), ("gather",)),
        2: (
            ("index", "sizes"),
            ("least", "remove"),
            ("hidden", "gather"),
            ("depth", "index"),
            ("nocase", "rename"),
            ("depth", "remove"),
        ),
        3: (
            ("hidden", "least", "remove"),
            ("depth", "index", "sizes"),
            ("nocase", "hidden", "index"),
            ("hidden", "gather", "prune"),
            ("least", "remove", "prune"),
            ("hidden", "remove", "prune"),
            ("nocase", "depth", "rename"),
        ),
        4: (
            ("hidden", "least", "rename", "clash"),
            ("depth", "gather", "prune", "clash"),
            ("nocase", "hidden", "index", "sizes", "missing"),
            ("nocase", "remove", "prune", "missing"),
            ("nocase", "depth", "gather", "clash"),
        ),
        5: (
            ("nocase", "hidden", "depth", "gather", "prune", "clash", "missing"),
            ("nocase", "hidden", "least", "rename", "clash", "missing"),
            ("nocase", "hidden", "gather", "prune", "clash", "missing"),
            ("hidden", "depth", "least", "gather", "prune", "clash", "missing"),
        ),
    },
    draw=_draw,
)
