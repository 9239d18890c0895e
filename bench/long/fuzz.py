"""Coverage-guided fuzzing of everything that a candidate's bytes pass through on the host.

Frames, the codec in both its layouts, the reading of messages, and the comparison of what came out. Whatever the bytes:
no exception but the declared one, no hang, no allocation beyond a limit. Needs atheris (`pip install atheris`), which
is not among Hone's dependencies.

    python -m bench.long.fuzz -max_total_time=3600

The arguments are libFuzzer's. A finding ends the run with a traceback and a file `crash-*` that holds the bytes.
"""

import sys
import tempfile
from pathlib import Path

try:
    import atheris  # ty: ignore[import-not-found]
except ImportError:
    sys.exit("fuzzing needs atheris: pip install atheris")

with atheris.instrument_imports(include=["hone.sandbox.inside.codec", "hone.sandbox.inside.framing", "hone.sandbox"]):
    from hone.sandbox.inside.codec import UnplainError, WireError, decode, encode
    from hone.sandbox.inside.framing import NONCE_BYTES, FrameReader, frame
    from hone.sandbox.jobs import NotPlain
    from hone.sandbox.tally import case_from, noticed_in, stop_from
    from hone.tasks.array import Array
    from hone.verdict.closeness import Tolerance, Ulps
    from hone.verdict.compare import equal, near

LIMITS = ["-rss_limit_mb=1024", "-timeout=5", "-max_len=65536"]
"""What counts as an allocation beyond the limit, as a hang, and how long an input grows."""
_NONCE = bytes(NONCE_BYTES)
_ARRAY = Array("f8", (2,), bytes(16))
_EXPECTED = ([1, 2.5, "text", (None, True)], {"a": {1, 2}, 3: [b"x"]}, [_ARRAY])
SEEDS = (
    None,
    [1, -2.5, "text", b"bytes", True],
    {"i": 0, "s": "done", "v": encode((1, {2, 3})), "o": "out", "c": 0.25, "w": ["walks the frames"]},
    {"stop": "raised", "e": "ValueError: no", "t": ["ValueError", "Exception"]},
    [_ARRAY],
    (frozenset({1}), {(1, 2): [3]}, 10**40, complex(1, 2)),
)


def one_input(data: bytes) -> None:
    """Everything, on one input."""
    reader = FrameReader(_NONCE, 1 << 16)
    cut = data[0] if data else 0
    try:
        payloads = reader.feed(data[1 : 1 + cut]) + reader.feed(data[1 + cut :])
    except WireError:
        payloads = []
    for payload in (data[1:], *payloads):
        for extended in (False, True):
            _value(payload, extended)


def _value(payload: bytes, extended: bool) -> None:
    try:
        value = decode(payload, extended=extended, dereference=_object if extended else None, array=Array)
    except WireError:
        return
    for expected in _EXPECTED:
        equal(value, expected)
        equal(value, expected, unordered=True)
        near(value, expected, Tolerance(0.1, 0.0))
        near(value, expected, Ulps(4))
    if not extended:
        try:
            again = decode(encode(value, array=Array), array=Array)
        except UnplainError:  # deeper or larger than what a candidate could have sent in this layout
            return
        if not equal(value, again):
            raise AssertionError(f"{value!r} came back as {again!r}")
    if type(value) is dict:
        case_from(value, with_value=True)
        case_from(value, with_value=False)
        stop_from(value)
        noticed_in(value)


def _object(number: int) -> NotPlain:
    return NotPlain(f"object {number}")


def main() -> None:
    """Fuzz, from a few well-formed messages on, until libFuzzer's arguments say to stop."""
    with tempfile.TemporaryDirectory() as corpus:
        for index, value in enumerate(SEEDS):
            (Path(corpus) / f"frame-{index}").write_bytes(b"\xff" + frame(_NONCE, encode(value, array=Array)))
            (Path(corpus) / f"value-{index}").write_bytes(b"\x00" + encode(value, array=Array))
        atheris.Setup([sys.argv[0], *LIMITS, *sys.argv[1:], corpus], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
