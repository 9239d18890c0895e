"""The command line: `hone COMMAND …`. Finds the command, and turns every failure into one line and an exit code.

Exit codes: 0 done; 1 `hone grade` judged the program, and it does not pass, or `hone suite check` put a task into
quarantine; 2 a failure that a person can mend, told in one line; 70 a bug in Hone; 130 interrupted; 141 the reader of
our output went away.
"""

import difflib
import importlib
import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence

import hone
from hone.errors import Boundary, HoneError
from hone.interrupt import Interrupted, telling
from hone.printable import printable, printable_lines

OK, NO, FAILED, BUG, INTERRUPTED, BROKEN_PIPE = 0, 1, 2, 70, 130, 141

COMMANDS = {
    "train": ("hone.commands.train", "train a policy against executable truth, or resume a run"),
    "eval": ("hone.commands.evaluate", "evaluate a run or a checkpoint on held-out tasks, or on a public suite"),
    "export": ("hone.commands.export", "a run's policy as a folder to use and to publish, with its model card"),
    "grade": ("hone.commands.grade", "judge one program on one task, in the jail"),
    "serve": ("hone.commands.serve", "the judge as an HTTP service"),
    "suite": ("hone.commands.suite", "list, show and check suites of tasks"),
    "study": ("hone.commands.study", "the full evaluation with its controls and seeds; an hour or two, resumable"),
}

HELP = f"""\
usage: hone COMMAND [OPTIONS]     (hone COMMAND --help tells a command's options)

Makes code models better against executable truth: a policy writes programs, a jail runs them,
a judge says what is true of them, and the policy learns from that.

commands:
{chr(10).join(f"  {name:<8}{summary}" for name, (_, summary) in COMMANDS.items())}

options:
  -h, --help     show this text
  --version      show the version

examples:
  hone train                                     train the embedded policy from nothing, in minutes
  hone train --config run.toml --seed 3          settings from a file, one of them overridden
  hone train --policy path/to/checkpoint         start from a Hugging Face causal language model
  hone train --resume runs/20260131-120000       go on where a run stopped, however it stopped
  hone eval runs/20260131-120000                 its scores on compositions and depths it never saw
  hone export runs/20260131-120000 --out mine    its policy, with a model card
  hone grade --task lists.pipeline:2:train:17 mine.py
  hone grade --task humaneval/17 --suites DIR --json parse_music.py
  hone grade --task task.json program.py         a task of your own, as JSON
  hone grade --task mine/add --suite mine.jsonl add.py
  hone serve judge --port 8731                   verdicts over HTTP
  hone suite check quixbugs --suites DIR         are the tasks of a suite fair?
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; never raises."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    return guarded(lambda: _dispatch(given))


def guarded(action: Callable[[], int]) -> int:
    """Run `action`; whatever it raises becomes one line on standard error and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A candidate's words may hold what no encoding can carry; that must not end the program.
            stream.reconfigure(errors="backslashreplace")
    try:
        code = action()
        sys.stdout.flush()
    except HoneError as error:
        return _fail(error)
    except KeyboardInterrupt as stop:
        kept = f": {stop}" if isinstance(stop, Interrupted) else ""
        print(f"\nhone: interrupted{kept}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes standard output once more at exit: let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        what = f"{error.filename or 'a file'}: {error.strerror or error}"
        return _fail(HoneError(Boundary.DISK, what, "check the path, its rights and free space"))
    except Exception:
        print(printable_lines(traceback.format_exc()), end="", file=sys.stderr)
        print("hone: this is a bug in Hone; please report the lines above", file=sys.stderr)
        return BUG
    return code


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(HELP, end="")
        return OK
    if arguments[0] == "--version":
        print(f"hone {hone.__version__}")
        return OK
    name, *rest = arguments
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        hint = f"did you mean hone {near[0]}?" if near else f"commands: {', '.join(COMMANDS)}"
        raise HoneError(Boundary.USER, f"there is no command {name!r}", hint)
    with telling(lambda: "nothing was begun"):
        # Imported only now: `hone grade` must not wait for the libraries that training needs.
        run: Callable[[list[str]], int] = importlib.import_module(COMMANDS[name][0]).run
    return run(rest)


def _fail(error: HoneError) -> int:
    # The one place where errors are told: whatever they quote of a task, a file or a run is no terminal's business.
    for line in error.lines():
        print(printable(f"hone: {line}"), file=sys.stderr)
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
