"""Correct GPU kernels, written by hand in idioms that the references do not have; none may be called wrong."""

import itertools
import re
from dataclasses import dataclass

from hone.tasks.families import LEVELS, Split, levels_of, task_from_id, task_id
from hone.tasks.task import Task

_SEARCHED = 40
"""Tasks of each level and split among which an idiom looks for its own."""


@dataclass(frozen=True)
class Idiom:
    """One way to write a kernel."""

    name: str
    family: str
    needs: str
    """A regular expression that the prompt of its task matches; named groups are what the source takes from it."""
    body: str
    """The kernel's body, with the groups in angle brackets."""
    helpers: str = ""

    @property
    def fitted(self) -> tuple[Task, str]:
        """A task that it is an answer to, and the whole program.

        Raises:
            LookupError: there is no such task.
        """
        name = f"kernels.{self.family}"
        for split, index, level in itertools.product(Split, range(_SEARCHED), LEVELS):
            if level not in levels_of(name, split):
                continue
            task = task_from_id(task_id(name, level, split, index))
            if found := re.search(self.needs, task.prompt, re.DOTALL):
                head = next(line for line in task.prompt.split("\n") if line.startswith("def "))
                body = self.body
                for name, value in found.groupdict().items():
                    body = body.replace(f"<{name}>", value)
                lines = "\n".join(f"    {line}" for line in body.strip().split("\n"))
                source = f"import triton\nimport triton.language as tl\n{self.helpers}\n@triton.jit\n{head}\n{lines}\n"
                return task, source
        raise LookupError(f"no task for the idiom {self.name}")


_NUMBER = r"-?[\d.]+"
_LEAKY = rf"\(x_ptr, y_ptr, n, BLOCK: .*f\(x\) = (?P<b>{_NUMBER})·x where.*and (?P<a>{_NUMBER})·x .*one program for"
_SUM = rf"\(x_ptr, y_ptr, n, x_stride, .*store the sum of (?P<s>{_NUMBER})·x over its x to.*BLOCK is at least"
_LONG_SUM = rf"\(x_ptr, y_ptr, n, x_stride, .*store the sum of (?P<s>{_NUMBER})·x over its x to.*longer than"
_SOFTMAX = rf"\(x_ptr, y_ptr, n, .*store the softmax of (?P<s>{_NUMBER})·x.*BLOCK is at"
_LONG_SOFTMAX = rf"\(x_ptr, y_ptr, n, .*store the softmax of (?P<s>{_NUMBER})·x.*longer than"
_NORM = rf"\(x_ptr, y_ptr, n, x_stride, y_stride, eps, .*and y = (?P<g>{_NUMBER})·\(x - mean\(x\)\)·rstd.*BLOCK is at"
_RMS = rf"\(x_ptr, y_ptr, n, x_stride, y_stride, eps, .*and y = (?P<g>{_NUMBER})·x·rstd"
_MATMUL = rf"\(a_ptr, b_ptr, c_ptr, m, n, k, a_row, b_row, .*both float32.*Store to c_ptr (?P<s>{_NUMBER})·\(a @ b\)\."
_HALF_MATMUL = _MATMUL.replace("float32", "b?float16")
_FREE_ADD = (
    rf"\(a_ptr, b_ptr, c_ptr, m, n, k, a_row, a_col, .*both float32.*Add to c_ptr, which holds numbers, "
    rf"(?P<s>{_NUMBER})·\(a @ b\)\..*blocks of BLOCK_N columns\)\."
)
_SCAN = (
    rf"\(x_ptr, y_ptr, n, .*store (?P<f>{_NUMBER}) plus the sum of all (?P<s>{_NUMBER})·x .*{{}} that column and in it"
)
_TILE = rf"\(x_ptr, y_ptr, m, n, .*do y\[j, i\] = (?P<s>{_NUMBER})·x\[i, j\]\."
_REVERSED = rf"\(x_ptr, n, x_stride, .*by (?P<s>{_NUMBER}) times what column n - 1 - j"
_BINS = rf"\(x_ptr, y_ptr, n, bins, BLOCK: .*add (?P<step>\d+) to bin x - \((?P<low>{_NUMBER})\)"

_LOAD_ROW = """
row = tl.program_id(axis=0)
cols = tl.arange(0, BLOCK)
mask = cols < n
x = tl.load(x_ptr + row * x_stride + cols, mask=mask, other={other}).to(tl.float32)
"""

IDIOMS: tuple[Idiom, ...] = (
    Idiom(
        "block pointers",
        "elementwise",
        _LEAKY,
        """
at = tl.make_block_ptr(x_ptr, (n,), (1,), (tl.program_id(0) * BLOCK,), (BLOCK,), (0,))
x = tl.load(at, boundary_check=(0,)).to(tl.float32)
to = tl.make_block_ptr(y_ptr, (n,), (1,), (tl.program_id(0) * BLOCK,), (BLOCK,), (0,))
tl.store(to, tl.where(x > 0, <b> * x, <a> * x), boundary_check=(0,))
""",
    ),
    Idiom(
        "halves of a block, one after the other",
        "elementwise",
        _LEAKY,
        """
first = tl.program_id(0) * BLOCK
HALF: tl.constexpr = BLOCK // 2
for half in tl.static_range(2):
    cols = first + half * HALF + tl.arange(0, HALF)
    x = tl.load(x_ptr + cols, mask=cols < n)
    y = tl.maximum(x.to(tl.float32), 0) * <b>
    y += tl.minimum(x.to(tl.float32), 0) * <a>
    tl.store(y_ptr + cols, y, mask=cols < n)
""",
    ),
    Idiom(
        "a function of its own, hints, sixty-four bit offsets",
        "elementwise",
        _LEAKY,
        """
start = tl.program_id(0).to(tl.int64) * BLOCK
cols = start + tl.max_contiguous(tl.multiple_of(tl.arange(0, BLOCK), BLOCK), BLOCK)
x = tl.load(x_ptr + cols, mask=cols < n, other=7.0, eviction_policy="evict_first")
tl.store(y_ptr + cols, leaky(x.to(tl.float32), <b>, <a>), mask=cols < n)
""",
        "@triton.jit\ndef leaky(x, up, down):\n    if up == down:\n        return x * up\n"
        "    return tl.where(x > 0, up * x, down * x)\n\n",
    ),
    Idiom(
        "a reduction with a function of its own",
        "reductions",
        _SUM,
        _LOAD_ROW.format(other="0.0") + "tl.store(y_ptr + row, <s> * tl.reduce(x, 0, plus))",
        "@triton.jit\ndef plus(a, b):\n    return a + b\n\n",
    ),
    Idiom(
        "a method", "reductions", _SUM, _LOAD_ROW.format(other="0.0") + "tl.store(y_ptr + row, (x * <s>).sum(axis=0))"
    ),
    Idiom(
        "a while loop over pointers that move",
        "reductions",
        _LONG_SUM,
        """
row = tl.program_id(0)
at = x_ptr + row * x_stride + tl.arange(0, BLOCK)
left = n
total = 0.0
while left > 0:
    total += tl.sum(tl.load(at, mask=tl.arange(0, BLOCK) < left, other=0.0).to(tl.float32))
    at += BLOCK
    left -= BLOCK
tl.store(y_ptr + row, total * <s>)
""",
    ),
    Idiom(
        "one element after the other",
        "reductions",
        _LONG_SUM,
        """
row = tl.program_id(0)
total = tl.zeros([1], tl.float32)
for col in range(n):
    total += <s> * tl.load(x_ptr + row * x_stride + col + tl.arange(0, 1)).to(tl.float32)
tl.store(y_ptr + row + tl.arange(0, 1), total)
""",
    ),
    Idiom(
        "the index comes with the maximum",
        "reductions",
        rf"\(x_ptr, y_ptr, at_ptr, n, .*store the largest (?P<s>{_NUMBER})·x over.*BLOCK is at",
        _LOAD_ROW.format(other='float("-inf")')
        + """
best, at = tl.max(x, axis=0, return_indices=True)
tl.store(y_ptr + row, best * <s>)
tl.store(at_ptr + row, at)
""",
    ),
    Idiom(
        "each lane joins by itself",
        "reductions",
        rf"\(x_ptr, y_ptr, n, BLOCK: .*Store the sum of (?P<s>{_NUMBER})·x over all x.*one atomic",
        """
cols = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
x = tl.load(x_ptr + cols, mask=cols < n, other=0.0).to(tl.float32)
tl.atomic_add(y_ptr + tl.zeros([BLOCK], tl.int32), x * <s>, mask=cols < n, sem="relaxed")
""",
    ),
    Idiom(
        "powers of two",
        "softmax",
        _SOFTMAX,
        _LOAD_ROW.format(other='-float("inf")')
        + """
x = x * <s>
power = tl.exp2((x - tl.max(x, 0)) * 1.4426950408889634)
tl.store(y_ptr + row * y_stride + cols, power / tl.sum(power, 0), mask)
""",
    ),
    Idiom(
        "the language's own softmax",
        "softmax",
        _SOFTMAX,
        _LOAD_ROW.format(other='-float("inf")')
        + "tl.store(y_ptr + row * y_stride + cols, tl.softmax(x * <s>), mask=mask)",
    ),
    Idiom(
        "the output serves as memory, with barriers",
        "softmax",
        _LONG_SOFTMAX,
        """
row = tl.program_id(0)
top = -float("inf")
for start in range(0, n, BLOCK):
    cols = start + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * x_stride + cols, mask=cols < n, other=-float("inf")).to(tl.float32)
    top = tl.maximum(top, tl.max(x * <s>, axis=0))
total = 0.0
for start in range(0, n, BLOCK):
    cols = start + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * x_stride + cols, mask=cols < n, other=-float("inf")).to(tl.float32)
    e = tl.exp(x * <s> - top)
    tl.store(y_ptr + row * y_stride + cols, e, mask=cols < n)
    total += tl.sum(e, axis=0)
tl.debug_barrier()
for start in range(0, n, BLOCK):
    cols = start + tl.arange(0, BLOCK)
    e = tl.load(y_ptr + row * y_stride + cols, mask=cols < n)
    tl.store(y_ptr + row * y_stride + cols, e / total, mask=cols < n)
""",
    ),
    Idiom(
        "mean and squares together, by Welford's rule",
        "layer_norm",
        _NORM,
        _LOAD_ROW.format(other="0.0")
        + """
count = tl.where(mask, 1.0, 0.0)
mean, squares, total = tl.reduce((x, tl.zeros([BLOCK], tl.float32), count), 0, joined)
y = (x - mean) / tl.sqrt(squares / n + eps) * <g>
tl.store(y_ptr + row * y_stride + cols, y, mask=mask)
""",
        "@triton.jit\ndef joined(m, s, c, other_m, other_s, other_c):\n    total = c + other_c\n"
        "    share = tl.where(total > 0, other_c / tl.maximum(total, 1.0), 0.0)\n    apart = other_m - m\n"
        "    return m + apart * share, s + other_s + apart * apart * c * share, total\n\n",
    ),
    Idiom(
        "one loop body for rows of any length",
        "layer_norm",
        _RMS,
        """
row = tl.program_id(0)
squares = 0.0
for block in range(tl.cdiv(n, BLOCK)):
    cols = block * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * x_stride + cols, mask=cols < n, other=0.0).to(tl.float32)
    squares += tl.sum(x * x, axis=0)
rstd = tl.rsqrt(squares / n + eps)
for block in range(tl.cdiv(n, BLOCK) - 1, -1, -1):
    cols = block * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * x_stride + cols, mask=cols < n).to(tl.float32)
    tl.store(y_ptr + row * y_stride + cols, x * rstd * <g>, mask=cols < n)
""",
    ),
    Idiom(
        "rows wrap around instead of being masked, pointers move",
        "matmul",
        _MATMUL,
        """
rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
cols = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
inner = tl.arange(0, BLOCK_K)
a_at = a_ptr + (rows % m)[:, None] * a_row + inner[None, :]
b_at = b_ptr + inner[:, None] * b_row + (cols % n)[None, :]
acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
for step in range(0, tl.cdiv(k, BLOCK_K)):
    left = k - step * BLOCK_K
    a = tl.load(a_at, mask=inner[None, :] < left, other=0.0)
    b = tl.load(b_at, mask=inner[:, None] < left, other=0.0)
    acc = tl.dot(a, b, acc, input_precision="ieee")
    a_at += BLOCK_K
    b_at += BLOCK_K * b_row
c_at = c_ptr + c_row * rows[:, None] + cols[None, :]
tl.store(c_at, acc * <s>, mask=(rows[:, None] < m) & (cols[None, :] < n))
""",
    ),
    Idiom(
        "block pointers of two dimensions",
        "matmul",
        _HALF_MATMUL,
        """
top, left = tl.program_id(0) * BLOCK_M, tl.program_id(1) * BLOCK_N
a_at = tl.make_block_ptr(a_ptr, (m, k), (a_row, 1), (top, 0), (BLOCK_M, BLOCK_K), (1, 0))
b_at = tl.make_block_ptr(b_ptr, (k, n), (b_row, 1), (0, left), (BLOCK_K, BLOCK_N), (1, 0))
acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
for start in range(0, k, BLOCK_K):
    a = tl.load(a_at, boundary_check=(0, 1), padding_option="zero")
    b = tl.load(b_at, boundary_check=(0, 1), padding_option="zero")
    acc += tl.dot(a, b)
    a_at = tl.advance(a_at, (0, BLOCK_K))
    b_at = tl.advance(b_at, (BLOCK_K, 0))
c_at = tl.make_block_ptr(c_ptr, (m, n), (c_row, 1), (top, left), (BLOCK_M, BLOCK_N), (1, 0))
tl.store(c_at, acc * <s>, boundary_check=(0, 1))
""",
    ),
    Idiom(
        "outer products, no dot",
        "matmul",
        _MATMUL,
        """
rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
cols = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
acc = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
for t in range(k):
    a = tl.load(a_ptr + rows * a_row + t, mask=rows < m, other=0.0)
    b = tl.load(b_ptr + t * b_row + cols, mask=cols < n, other=0.0)
    acc += a[:, None] * b[None, :]
tl.store(c_ptr + rows[:, None] * c_row + cols[None, :], <s> * acc, (rows < m)[:, None] & (cols < n)[None, :])
""",
    ),
    Idiom(
        "starts from what is there",
        "matmul",
        _FREE_ADD,
        """
rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
cols = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
mask = (rows[:, None] < m) & (cols[None, :] < n)
c_at = c_ptr + rows[:, None] * c_row + cols[None, :] * c_col
acc = tl.load(c_at, mask=mask, other=0.0)
for start in range(0, k, BLOCK_K):
    inner = start + tl.arange(0, BLOCK_K)
    a_mask, b_mask = (rows[:, None] < m) & (inner[None, :] < k), (inner[:, None] < k) & (cols[None, :] < n)
    a = tl.load(a_ptr + rows[:, None] * a_row + inner[None, :] * a_col, mask=a_mask, other=0.0)
    b = tl.load(b_ptr + inner[:, None] * b_row + cols[None, :] * b_col, mask=b_mask, other=0.0)
    acc += <s> * tl.dot(a, b, input_precision="ieee")
tl.store(c_at, acc, mask=mask)
""",
    ),
    Idiom(
        "a scan with a function of its own",
        "scan",
        _SCAN.format("before"),
        _LOAD_ROW.format(other="0.0")
        + "tl.store(y_ptr + row * y_stride + cols, <f> + tl.associative_scan(x * <s>, 0, plus), mask=mask)",
        "@triton.jit\ndef plus(a, b):\n    return a + b\n\n",
    ),
    Idiom(
        "a triangle of sums",
        "scan",
        _SCAN.format("before") + ".*BLOCK is at least",
        _LOAD_ROW.format(other="0.0")
        + """
earlier = cols[None, :] <= cols[:, None]
sums = tl.sum(tl.where(earlier, x[None, :], 0.0), axis=1)
tl.store(y_ptr + row * y_stride + cols, <f> + <s> * sums, mask=mask)
""",
    ),
    Idiom(
        "a reverse scan",
        "scan",
        _SCAN.format("behind") + ".*BLOCK is at least",
        _LOAD_ROW.format(other="0.0")
        + "tl.store(y_ptr + row * y_stride + cols, tl.cumsum(x * <s>, 0, reverse=True) + <f>, mask=mask)",
    ),
    Idiom(
        "one tile after another in a program",
        "transpose",
        _TILE,
        """
cols = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
for i in range(BLOCK_M):
    row = tl.program_id(0) * BLOCK_M + i
    if row < m:
        x = tl.load(x_ptr + row * x_stride + cols, mask=cols < n)
        tl.store(y_ptr + cols * y_stride + row, x.to(tl.float32) * <s>, mask=cols < n)
""",
    ),
    Idiom(
        "permuted in registers",
        "transpose",
        _TILE,
        """
rows = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
cols = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
x = tl.load(x_ptr + rows[:, None] * x_stride + cols, mask=(rows[:, None] < m) & (cols < n), other=0.0).to(tl.float32)
y = tl.permute(x, (1, 0)) * <s>
tl.store(y_ptr + cols[:, None] * y_stride + rows, y, mask=(cols[:, None] < n) & (rows < m))
""",
    ),
    Idiom(
        "in place by halves, each lane with its partner",
        "transpose",
        _REVERSED,
        """
cols = tl.arange(0, BLOCK)
at = x_ptr + tl.program_id(0) * x_stride
left = tl.load(at + cols, mask=2 * cols < n).to(tl.float32)
right = tl.load(at + n - 1 - cols, mask=2 * cols < n).to(tl.float32)
tl.debug_barrier()
tl.store(at + cols, <s> * right, mask=2 * cols < n)
tl.store(at + n - 1 - cols, <s> * left, mask=2 * cols < n - 1)
""",
    ),
    Idiom(
        "counted in the program, added once for each bin",
        "histogram",
        _BINS,
        """
cols = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
x = tl.load(x_ptr + cols, mask=cols < n, other=0) - (<low>)
inside = (cols < n) & (x >= 0) & (x < bins)
places = tl.arange(0, 16)
counts = tl.sum(tl.where(inside[:, None] & (x[:, None] == places[None, :]), <step>, 0), axis=0)
tl.atomic_add(y_ptr + places, counts, mask=(places < bins) & (counts > 0))
""",
    ),
    Idiom(
        "the language's own histogram",
        "histogram",
        _BINS,
        """
cols = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
x = tl.load(x_ptr + cols, mask=cols < n, other=0) - (<low>)
inside = (cols < n) & (x >= 0) & (x < bins)
counts = tl.histogram(tl.where(inside, x, 31), 32)
places = tl.arange(0, 32)
tl.atomic_add(y_ptr + places, counts * <step>, mask=places < bins, sem="relaxed")
""",
    ),
    Idiom(
        "one element after the other, atomically",
        "histogram",
        _BINS,
        """
first = tl.program_id(0) * BLOCK
for col in range(first, min(first + BLOCK, n)):
    bin = tl.load(x_ptr + col) - (<low>)
    if (bin >= 0) & (bin < bins):
        tl.atomic_add(y_ptr + bin, <step>)
""",
    ),
)
