"""Drafts of tasks about GPU kernels: Hone launches them, on the machine of `machine.py`, and compares outside.

A program writes the kernel alone; the driver makes the buffers, launches it twice with different garbage and order, and
returns what the memory saw and what the outputs hold. What they must hold is computed here, in double precision and
plain Python. Sizes are small and odd: a launch is interpreted.
"""

import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hone.tasks.checks import CallCheck
from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.source import indented
from hone.tasks.task import Limits

PACKAGES = ("numpy", "triton")
"""What the jail must have loaded for these tasks."""
HALVES = ("f16", "bf16")
_LIMITS = Limits(cpu_seconds=5.0, wall_seconds=60.0, memory_bytes=512 * 2**20, processes=32)
NAMES = {"f16": "float16", "bf16": "bfloat16", "f32": "float32", "i8": "int8", "i32": "int32"}
"""Triton's names of them."""

Buffer = dict[str, Any]
"""What a check holds of a buffer: `name`, `dtype`, `shape`, `strides`, `role`, `data` (flat; None: garbage)."""
Launch = tuple[list[int], list[Any], list[int], int]
"""Grid, arguments, constants, and the most elements that one program may store: the arguments of a check."""


def vector(name: str, dtype: str, length: int, data: Sequence[float] | None = None, role: str = "in") -> Buffer:
    """A buffer of one dimension without gaps. Roles are in, out, inout and scratch; the last is never looked at."""
    held = None if data is None else list(data)
    return {"name": name, "dtype": dtype, "shape": [length], "strides": [1], "role": role, "data": held}


def matrix(
    name: str,
    dtype: str,
    shape: tuple[int, int],
    strides: tuple[int, int],
    data: Sequence[float] | None = None,
    role: str = "in",
) -> Buffer:
    """A buffer of two dimensions; the data is row by row, the strides count elements."""
    held = None if data is None else list(data)
    return {"name": name, "dtype": dtype, "shape": list(shape), "strides": list(strides), "role": role, "data": held}


def numbers(rng: random.Random, dtype: str, count: int, size: float = 4.0) -> list[float]:
    """Numbers of up to a size that the type holds exactly: coarse ones of sixteen bits, of others all digits."""
    if dtype in HALVES:
        return [rng.randint(-96, 96) * size / 128 for _ in range(count)]
    return [struct.unpack("<f", struct.pack("<f", rng.uniform(-size, size)))[0] for _ in range(count)]


def factor(rng: random.Random, least: int, most: int) -> float:
    """A factor of so many 32nds, an odd number of them: its product with most of what `numbers` draws takes more binary
    digits than sixteen bits hold, so that rounding to those is seen."""
    return rng.randrange(least | 1, most + 1, 2) / 32


def rows_of(buffer: Buffer) -> list[Any]:
    """Its contents as a list, or a list of rows."""
    if len(buffer["shape"]) == 1:
        return list(buffer["data"])
    rows, columns = buffer["shape"]
    return [buffer["data"][row * columns : (row + 1) * columns] for row in range(rows)]


def blocks(length: int, block: int) -> int:
    """How many blocks cover a length."""
    return -(-length // block)


def row_size(rng: random.Random, least: int, *, loop: bool) -> tuple[int, int]:
    """Length and block of a row: the block covers it, unless programs loop over a row."""
    block = rng.choice((8, 16, 32, 64))
    return rng.randint(least, 80 if loop else block), block


@dataclass(frozen=True)
class Kernel:
    """What a family says of one kernel."""

    name: str
    parameters: tuple[str, ...]
    """Of the kernel, in order; those that are constants come last."""
    constants: int
    """How many of them are."""
    asked: str
    """What it computes, what its arguments are, on which grid it is launched."""
    body: tuple[str, ...]
    """Of the reference."""
    launches: Callable[[random.Random], tuple[Sequence[Launch], Sequence[Launch]]]
    """Draws candidates for visible launches and the hidden ones."""
    further: Callable[[random.Random], Launch]
    """Draws one more launch, of any size that the task allows."""
    model: Callable[..., list[Any]]
    """`(*arguments) -> outputs`: arguments as the kernel's, buffers as lists or lists of rows (None: garbage); one flat
    list for each output in order."""
    drawn: tuple[Any, ...]
    """As `Draft.parameters`."""
    helpers: tuple[str, ...] = ()
    """Source lines before the kernel."""
    tolerance: float = 2e-5
    relative: float = 2e-5

    @property
    def interface(self) -> str:
        """The kernel's head."""
        typed = list(self.parameters)
        for index in range(len(typed) - self.constants, len(typed)):
            typed[index] += ": tl.constexpr"
        return f"@triton.jit\ndef {self.name}({', '.join(typed)}):"

    @property
    def source(self) -> str:
        """The reference."""
        head = ["import triton", "import triton.language as tl", "", "", *self.helpers]
        return "\n".join([*head, *self.interface.split("\n"), *indented(self.body)]) + "\n"


def kernel_draft(rng: random.Random, kernel: Kernel) -> CallDraft:
    """A Triton kernel."""

    def expected(grid: list[int], arguments: list[Any], constants: list[int], most: int) -> dict[str, Any]:
        del grid, most
        given = [(rows_of(a) if a["data"] is not None else None) if isinstance(a, dict) else a for a in arguments]
        outputs = kernel.model(*given, *constants)
        return {"faults": [], "outputs": [outputs, outputs]}

    return CallDraft(
        parameters=kernel.drawn,
        signature=f"{kernel.name}()",
        asked=f"{kernel.asked}\n{_contract(rng, kernel)}",
        reference=kernel.source,
        inputs=lambda rng: _arguments(kernel.launches(rng)),
        further=lambda rng: tuple(kernel.further(rng)),
        expected=expected,
        comparison={"tolerance": kernel.tolerance, "relative_tolerance": kernel.relative},
        show=lambda _, check: _shown(kernel, check),
        interface=kernel.interface,
        called="Triton kernel",
        more={"driver": _driver(kernel.name), "limits": _LIMITS, "allowed_imports": PACKAGES},
    )


def _arguments(launches: tuple[Sequence[Launch], Sequence[Launch]]) -> tuple[list[Arguments], list[Arguments]]:
    shown, hidden = launches
    return [tuple(launch) for launch in shown], [tuple(launch) for launch in hidden]


@cache
def _driver(name: str) -> str:
    return f'{_machine()}\nKERNEL = "{name}"\n'


@cache
def _machine() -> str:
    parts = (Path(__file__).with_name(part) for part in ("reading.py", "machine.py"))
    return "\n\n".join(part.read_text(encoding="utf-8") for part in parts)


_RULES = (
    (
        "Arguments that end in _ptr are pointers; strides count elements.",
        "What ends in _ptr points to the first element; a stride is a number of elements.",
    ),
    (
        "Load and store nothing but elements of the buffers: what lies before, behind and between rows is not yours.",
        "No element outside of the buffers may be loaded or stored, padding between rows included.",
    ),
    (
        "Outputs hold garbage at the start, and so do masked-off lanes of a load without `other`.",
        "Before you store to it, an output holds garbage; a masked-off lane holds garbage unless `other` is given.",
    ),
    (
        "Programs run in any order and must not wait for one another: what one stores no other may "
        "load or store, unless "
        "atomic operations order the two (and tl.debug_barrier() comes between the store and the "
        "atomic that releases it).",
        "The order of programs is arbitrary, and none may wait for another; an element that one of "
        "them stores may not be "
        "loaded or stored by another unless atomic operations order the two, with tl.debug_barrier() after the store.",
    ),
    (
        "Within a program, lanes run in any order, too: tl.debug_barrier() comes between accesses of "
        "different lanes to "
        "one element if one of them is a store.",
        "Put tl.debug_barrier() between two accesses to an element by different lanes of a program "
        "if either is a store.",
    ),
    (
        "Use triton.language only; compute in float32.",
        "Import nothing but triton; convert to float32 before you compute.",
    ),
)


def _contract(rng: random.Random, kernel: Kernel) -> str:
    said = [rng.choice(several) for several in _RULES]
    near = f"Results may be off by {kernel.tolerance:g}, or by {kernel.relative:g} of their size."
    return " ".join([*said, near])


def _shown(kernel: Kernel, check: CallCheck) -> str:
    grid, arguments, constants, _most = check.args
    values = [*arguments, *constants]
    told = [
        f"{name} = {_told(value)}"
        for name, value in zip(kernel.parameters, values, strict=True)
        if not isinstance(value, dict) or value["data"] is not None
    ]
    results = [a["name"] for a in arguments if isinstance(a, dict) and a["role"] in ("out", "inout")]
    holds = [
        f"{name} then holds {_numbers(out)}" for name, out in zip(results, check.expected["outputs"][0], strict=True)
    ]
    return "\n".join([f"Launched on the grid {tuple(grid)} with", *(f"  {line}" for line in told), *holds])


def _told(value: Any) -> str:
    if not isinstance(value, dict):
        return repr(value)
    flat = value["data"]
    if len(value["shape"]) == 1:
        return f"{_numbers(flat)} ({NAMES[value['dtype']]})"
    return f"[{', '.join(map(_numbers, rows_of(value)))}] ({NAMES[value['dtype']]})"


def _numbers(values: Sequence[float]) -> str:
    return f"[{', '.join(f'{value:.6g}' for value in values)}]"
