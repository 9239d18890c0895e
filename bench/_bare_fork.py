"""The least that running a candidate can cost: a warm interpreter forks, the fork compiles, calls and answers.

No isolation, no limits, no capture, no comparison. Runs as a program of its own, so that the interpreter is as warm as
the jail's and no warmer:  python -S -P -B bench/_bare_fork.py SITE_PACKAGES SANDBOX_FOLDER COUNT CHECKS
"""

import gc
import os
import socket
import sys
import time

sys.path[:0] = sys.argv[1:3]
from inside import runner  # ty: ignore[import-not-found]  # noqa: E402  # the jail's own package, under the jail's own name
from inside.codec import decode, encode  # ty: ignore[import-not-found]  # noqa: E402


def source(number: int) -> str:
    """The same programs as `bench.judge`."""
    return f"def f(xs):\n    kept = [x for x in xs if x != {number}]\n    return sorted(kept)[::-1]\n"


def once(number: int, calls: list[bytes]) -> None:
    """One candidate, from its job to the end of its process."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        job = decode(theirs.recv(1 << 16))
        scope: dict[str, object] = {}
        exec(compile(job["source"], "solution.py", "exec"), scope)  # noqa: S102  # our own programs
        for call in job["calls"]:
            theirs.sendall(encode(scope["f"](*decode(call))))  # ty: ignore[not-callable]
        os._exit(0)
    theirs.close()
    ours.sendall(encode({"source": source(number), "calls": calls}))
    answer = b""
    while part := ours.recv(1 << 16):
        answer += part
    ours.close()
    os.waitpid(child, 0)
    assert answer


def main() -> None:
    """Print milliseconds: the mean and the median of one candidate."""
    count, checks = int(sys.argv[3]), int(sys.argv[4])
    out = sys.stdout
    runner.warm_up()
    calls = [encode([list(range(-n, 0))]) for n in range(checks)]
    gc.collect()
    gc.freeze()
    taken = []
    for number in range(count + 20):
        started = time.perf_counter()
        once(number, calls)
        taken.append((time.perf_counter() - started) * 1e3)
    taken = sorted(taken[20:])
    print(sum(taken) / count, taken[count // 2], file=out)


if __name__ == "__main__":
    main()
