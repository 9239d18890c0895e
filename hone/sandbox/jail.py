"""The jail: where candidate programs run, and what it takes from the machine.

Each warm interpreter lives in a bubblewrap sandbox of its own: user, PID, mount, network, IPC, UTS and cgroup
namespaces; a root made of nothing but the interpreter's library, the system's libraries, the packages that programs may
import and Hone's `inside` package, all read-only; no /proc, no /sys, no host file, no environment, no network device;
no_new_privs, and a seccomp filter that every fork inherits (inside/filter.py). For each candidate it forks into a
*further* PID and mount namespace with an empty tmpfs of its own, as another user where the host is root, without
capabilities, under hard rlimits. The candidate is process 1 of its namespace: when it ends or is killed, the kernel
ends everything that it started, and its scratch is gone. What could pass from one candidate to the next inside the
namespaces that they share is refused: sockets (unless a task allows them), System V objects, message queues, keys.

The fork that will run the next candidate is made and shut in before its job arrives. It has seen no job, and nothing
of it is shared with the candidate before it but what every fork shares with the warm interpreter.

What this does NOT protect against:
- Kernel bugs. The seccomp filter refuses what is known to be dangerous and what is newer than its list, and leaves the
  rest; on architectures other than x86_64 and aarch64 there is none, and candidates may then make user namespaces and
  System V objects of their own.
- Side channels and noisy neighbours: caches, timing; a candidate that loads a core slows the others.
- Memory in sum, where no control group can be made (`cgroup.py`): the other limits are per process, so a candidate may
  then hold about `processes` times its memory limit, plus its scratch (four times `file_bytes`), until its deadline.
- Descendants' CPU time: the per-case CPU limit watches the candidate's first process (with all its threads); what it
  starts is bounded by a per-process limit and by the wall-clock backstop.
- RLIMIT_NPROC counts per user, and only since Linux 5.14 per namespace: on an older kernel all processes of the
  ordinary user who runs Hone count.
- Traces between candidates of one worker in places that no namespace covers (the CPU's caches), and, for tasks that
  allow sockets, in the network namespace of their jail (addresses that a candidate left in TIME_WAIT).
- What a candidate says about itself: error texts, exception types, printed output and its own clock are claims. So are
  the tripwires of inside/audit.py, which live in its process; those of the seccomp filter are the kernel's.
- The contents of the interpreter's own `lib` folder: secrets stored there are readable inside.

`UNSAFE` is the weaker mode, accepted by name only: a plain forked process with rlimits in a temporary directory. It
stops accidents, not attacks, and every result of it says so.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import IO

from hone.errors import Boundary, HoneError, install
from hone.installed import installed
from hone.sandbox.inside.zygote import COMMANDS as WITH_COMMANDS
from hone.sandbox.inside.zygote import REFEREES

FULL = "full"
UNSAFE = "none"
MODES = (FULL, UNSAFE)
_INSIDE = Path(__file__).parent / "inside"
_REFEREE_PACKAGES = ("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments")
_PROPERTY_PACKAGES = ("hypothesis", "_hypothesis_globals", "_hypothesis_ftz_detector", "sortedcontainers")
_WHEELS = {"sklearn": "scikit_learn", "PIL": "pillow"}
"""Packages whose wheels, and so the folders of their libraries, bear another name."""
_LATE = frozenset({"matplotlib", "mpl_toolkits"})
"""Packages that write files as they are loaded: only a fork has a place for them."""
_DEVICES = ("null", "zero", "full", "random", "urandom")
_CANDIDATE_USER = 65533
"""The host's user that candidates become where Hone runs as root: nobody's, and not subject to root's exemptions."""
COMMANDS = (
    *("bash", "cat", "cp", "cut", "date", "echo", "env", "false", "find", "grep", "gunzip", "gzip", "head", "ls"),
    *("mkdir", "mv", "printf", "pwd", "rm", "sed", "sh", "sleep", "sort", "split", "tail", "tar", "touch", "tr"),
    *("true", "uniq", "unzip", "wc", "xargs", "zip"),
)
"""What a program finds in /usr/bin where its task allows commands, as far as the machine has it; and `python`."""
SITE = "/jail/site"
"""Where the packages lie that programs may import."""
_BOOT = (
    f"import sys; sys.path[:0] = sys.argv[5:]; sys.path.append({SITE!r}); "
    "from inside import at_fork; at_fork.keep_back(); from inside.zygote import main; main()"
)
_LOADED_WITH = {
    "triton": ("triton.runtime.interpreter", "triton.backends.nvidia.compiler", "triton.compiler.code_generator")
}
"""Parts of packages that everyone who uses them loads, so that no fork has to."""
_EXTRAS = {"triton": "kernels"}
"""Packages that one of Hone's own extras installs."""
_UNSAFE_HINT = f"or accept no isolation by name: jail='{UNSAFE}'"


def check_mode(mode: str) -> None:
    """Raises HoneError for a mode that does not exist."""
    if mode not in MODES:
        raise HoneError(Boundary.USER, f"unknown jail {mode!r}", f"choose one of {', '.join(MODES)}")


def check_jail() -> None:
    """Start one jail and run one program in it.

    Raises:
        HoneError: what the machine lacks, in one line, and what to run.
    """
    from hone.sandbox.warm import WarmInterpreter

    WarmInterpreter("candidate", FULL).close()


def start(
    role: str, mode: str, hash_seed: int, control_fd: int, errors: IO[bytes], packages: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """Start one warm interpreter, jailed or (by name) not. It speaks on `control_fd`.

    Args:
        role: `candidate` (called by value, or run as a program), `module` (asked by tests), either with `+sockets`
            where it may make sockets of its own and `+commands` where it finds `COMMANDS`; `referee` (runs the tests),
            `pytest` (one that has pytest loaded) or `properties` (one that has Hypothesis loaded, too).
        mode: of isolation.
        hash_seed: of its strings.
        control_fd: where it speaks.
        errors: its standard error.
        packages: top-level names of what it loads beyond the standard library, for its programs to import.

    Raises:
        HoneError: bubblewrap is absent or could not be started, or a package is not installed.
    """
    allowed = _places(packages)
    if missing := sorted(name for name in packages if not _places([name])):
        name = next((name for name in missing if name in _EXTRAS), missing[0])
        what_to_do = install(_EXTRAS[name]) if name in _EXTRAS else "install it, or name another"
        raise HoneError(Boundary.USER, f"package {name} is not installed here", what_to_do)
    loaded = [part for name in packages if name not in _LATE for part in (name, *_LOADED_WITH.get(name, ()))]
    preload = ",".join(loaded)
    tail = ["-S", "-s", "-P", "-B", "-X", "utf8"]
    if mode == UNSAFE:
        places = {str(Path(location).parent) for location in (_own_packages(role) | allowed).values()}
        argv = [sys.executable, *tail, "-c", _BOOT, role, "0", str(control_fd), preload]
        return _popen([*argv, str(_INSIDE.parent), *places], hash_seed, (control_fd,), errors)
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise HoneError(
            Boundary.SANDBOX,
            "the jail needs bubblewrap and there is no `bwrap` on PATH",
            f"install it (apt-get install bubblewrap · dnf install bubblewrap), {_UNSAFE_HINT}",
        )
    program = [_interpreter(), *tail, "-c", _BOOT, role, "1", str(control_fd), preload, "/jail", "/jail/packages"]
    walls = _walls(role, hash_seed, allowed)
    if os.geteuid() != 0:
        argv = [bwrap, *walls, "--", *program]
        return _popen(argv, hash_seed, (control_fd,), errors)
    return _start_as_root(bwrap, walls, program, control_fd, errors, hash_seed)


def _walls(role: str, hash_seed: int, allowed: Mapping[str, str]) -> list[str]:
    """bubblewrap's arguments for everything but the program and the user map."""
    walls = ["--unshare-all", "--unshare-user", "--die-with-parent", "--clearenv", "--hostname", "jail"]
    walls += ["--setenv", "PYTHONHASHSEED", str(hash_seed), "--setenv", "OPENBLAS_NUM_THREADS", "1"]
    walls += ["--setenv", "LD_BIND_NOW", "1"]  # or each fork resolves the same symbols again
    walls += ["--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_SETPCAP"]
    binds: list[tuple[str, str]] = []
    for directory in ("/lib", "/lib64", "/usr/lib", "/usr/lib64"):
        path = Path(directory)
        if path.is_symlink():
            walls += ["--symlink", str(path.readlink()), directory]
        elif path.is_dir():
            binds.append((directory, directory))
    runtime = {f"{sys.base_prefix}/lib", f"{sys.base_exec_prefix}/lib", f"{sys.base_prefix}/lib64"}
    binds += [(place, place) for place in sorted(runtime) if not place.startswith(("/usr/lib", "/lib"))]
    binds += [(place, place) for place in ("/etc/ld.so.cache", "/usr/share/zoneinfo", _interpreter())]
    binds.append((str(_INSIDE), "/jail/inside"))
    binds += [(location, f"/jail/packages/{name}") for name, location in _own_packages(role).items()]
    binds += [(location, f"{SITE}/{name}") for name, location in allowed.items()]
    links = {"/dev/shm": "/tmp", "/dev/stdin": "/tmp/stdin"}  # noqa: S108
    if WITH_COMMANDS in role:
        found = {name: shutil.which(name, path="/usr/bin:/bin") for name in COMMANDS}
        binds += [(str(Path(place).resolve()), f"/usr/bin/{name}") for name, place in found.items() if place]
        links |= {"/bin": "usr/bin", "/usr/bin/python": _interpreter()}
    devices = [f"/dev/{name}" for name in _DEVICES]
    # Every parent by name: bubblewrap would make them readable by its own user only, and the candidate is another.
    for parent in sorted(
        {str(p) for place in (*devices, *(to for _, to in binds)) for p in Path(place).parents} - {"/"}
    ):
        if not Path(parent).is_symlink():
            walls += ["--dir", parent]
    for host, inside in binds:
        walls += ["--ro-bind-try", host, inside]
    for device in devices:
        walls += ["--dev-bind", device, device]
    walls += ["--dir", "/tmp"]  # noqa: S108
    for link, target in links.items():
        walls += ["--symlink", target, link]
    return [*walls, "--remount-ro", "/", "--chdir", "/"]


def _interpreter() -> str:
    """The real interpreter behind a virtual environment's link."""
    versioned = Path(sys.base_exec_prefix) / "bin" / f"python{sysconfig.get_python_version()}"
    return str((versioned if versioned.exists() else Path(sys.executable)).resolve())


def _own_packages(role: str) -> dict[str, str]:
    """Where the packages that the warm interpreter itself needs lie, by the name they get in the jail."""
    tests = (*_REFEREE_PACKAGES, *_PROPERTY_PACKAGES) if role.partition("+")[0] in REFEREES else ()
    return _places(("msgpack", *tests))


def _places(packages: Sequence[str]) -> dict[str, str]:
    """Where packages lie, with the libraries that wheels keep beside them; those not installed are left out."""
    found = {}
    for name in packages:
        spec = installed(name)
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            place = origin.parent if origin.name.startswith("__init__.") else origin
            found[place.name] = str(place)
            libraries = place.with_name(f"{_WHEELS.get(name, name)}.libs")
            if libraries.is_dir():
                found[libraries.name] = str(libraries)
    return found


def _popen(argv: list[str], hash_seed: int, fds: tuple[int, ...], errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C in the terminal reaches only Hone."""
    try:
        return subprocess.Popen(  # noqa: S603  # the arguments are ours
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={"PYTHONHASHSEED": str(hash_seed)},
            pass_fds=fds,
            start_new_session=True,
        )
    except OSError as error:
        raise HoneError(
            Boundary.SANDBOX, f"could not start {argv[0]}: {error}", "check that it may be executed"
        ) from error


def _start_as_root(
    bwrap: str, walls: list[str], program: list[str], control_fd: int, errors: IO[bytes], hash_seed: int
) -> subprocess.Popen[bytes]:
    """Map a second user into the jail for candidates: root's own processes are exempt from the limit on processes."""
    info_read, info_write = os.pipe()
    block_read, block_write = os.pipe()
    try:
        walls = [*walls, "--uid", "0", "--gid", "0", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        walls += ["--info-fd", str(info_write), "--userns-block-fd", str(block_read)]
        process = _popen([bwrap, *walls, "--", *program], hash_seed, (control_fd, info_write, block_read), errors)
        os.close(info_write)
        info_write = -1
        said = b""
        while part := os.read(info_read, 4096):
            said += part
        if said:
            child = json.loads(said)["child-pid"]
            for kind in ("uid_map", "gid_map"):
                _write_map(Path(f"/proc/{child}/{kind}"))
        os.write(block_write, b"1")
        return process
    finally:
        for fd in (info_read, info_write, block_read, block_write):
            if fd >= 0:
                os.close(fd)


def _write_map(path: Path) -> None:
    """Write the two-user map, or, where this root may not (a container's), the one-user map."""
    for lines in (f"0 0 1\n1 {_CANDIDATE_USER} 1\n", "0 0 1\n"):
        try:
            path.write_text(lines)
        except OSError:
            continue
        return
    # Neither: bubblewrap finds itself without a user and says so; `explain` turns that into one line.


def explain(errors: str) -> HoneError:
    """One line from what bubblewrap or the warm interpreter said before it died."""
    last = (errors.strip().splitlines() or ["it said nothing"])[-1][:300]
    if any(
        sign in errors
        for sign in ("namespace", "uid map", "Operation not permitted", "No space left", "Permission denied")
    ):
        return HoneError(
            Boundary.SANDBOX,
            f"this kernel or container denies user namespaces, which the jail needs ({last})",
            "as root: `sysctl -w user.max_user_namespaces=15000 kernel.apparmor_restrict_unprivileged_userns=0 "
            f"kernel.unprivileged_userns_clone=1` (those that exist), {_UNSAFE_HINT}",
        )
    return HoneError(Boundary.SANDBOX, f"the jail did not start ({last})", f"run `bwrap --version`, {_UNSAFE_HINT}")


@contextlib.contextmanager
def scratch(mode: str) -> Generator[str]:
    """Where a forked process keeps its files: in the jail its own tmpfs, else a temporary directory made here."""
    if mode != UNSAFE:
        yield "/tmp"  # noqa: S108
        return
    directory = tempfile.mkdtemp(prefix="hone-")
    try:
        yield directory
    finally:
        # A candidate may leave a tree too deep to remove; in the mode without isolation it then stays behind.
        with contextlib.suppress(OSError, RecursionError):
            shutil.rmtree(directory)
