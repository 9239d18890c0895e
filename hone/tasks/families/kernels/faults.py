"""Faults of GPU kernels, by class: patterns to be replaced in a correct kernel, with where the change is one at all."""

import re
from dataclasses import dataclass

from hone.tasks.task import Task

CLASSES = ("mask", "stride", "race", "dtype", "stale buffer", "missing barrier")


@dataclass(frozen=True)
class Fault:
    """One mistake."""

    kind: str
    """One of `CLASSES`."""
    name: str
    pattern: str
    """A regular expression; its first match in a kernel is replaced, or all."""
    put: str
    families: str = ""
    """Kinds of families that it is a mistake in, apart by spaces; empty: all."""
    needs: str = ""
    """Matches the prompt of tasks that it is a mistake in."""
    spares: str = "$^"
    """Matches the prompt or the kernel of tasks in which it changes nothing that counts."""
    everywhere: bool = False

    def of(self, task: Task) -> str | None:
        """The task's reference with this mistake; None where it is none there."""
        kind = task.family.partition(".")[2]
        text = f"{task.prompt}\n{task.reference}"
        if (self.families and kind not in self.families.split()) or re.search(self.spares, text):
            return None
        if not re.search(self.needs, text):
            return None
        changed = re.sub(self.pattern, self.put, task.reference, count=0 if self.everywhere else 1, flags=re.MULTILINE)
        return changed if changed != task.reference else None


_FLOAT = r"\.to\(tl\.float32\)"
_HALF = r"b?float16"

FAULTS: tuple[Fault, ...] = (
    Fault("mask", "store without a mask", r"^( *tl\.store\(.*), mask=[^,()]*(\(mask\))?\)$", r"\1)"),
    Fault("mask", "atomic without a mask", r"^( *tl\.atomic_add\(.*), mask=mask\)$", r"\1)"),
    Fault(
        "mask", "load without a mask", r"(x = tl\.load\([^\n]*?), mask=[a-z]+( < [a-z]+)?(, other=[-\w.]+)?\)", r"\1)"
    ),
    Fault("mask", "one too many", r"(cols|places) < n\b", r"\1 <= n", everywhere=True),
    Fault("mask", "one too few", r"(cols|places) < n\b", r"\1 < n - 1", everywhere=True),
    Fault("mask", "one row too many", r"\[:, None\] < m\)", "[:, None] <= m)", "matmul transpose", everywhere=True),
    Fault("mask", "rows not masked", r"\(rows\[:, None\] < m\) & ", "", "matmul transpose", everywhere=True),
    Fault("mask", "columns not masked", r" & \(cols\[None, :\] < n\)", "", "matmul transpose", everywhere=True),
    Fault("mask", "inner side not masked", r" & \(inner\[None, :\] < k\)", "", "matmul"),
    Fault(
        "mask",
        "what is masked counts",
        r"tl\.where\((mask|cols < counted), (.*), .*\)(?=$|, axis)",
        r"\2",
        "softmax reductions",
        spares="(sum of .*·)",
    ),
    Fault("mask", "what is masked counts as zero", r'-float\("inf"\)\)$', "0.0)", "softmax"),
    Fault("mask", "mean of what is masked", r"tl\.where\(mask, v - mean, 0\.0\)", "v - mean", "layer_norm"),
    Fault("mask", "no other value", r"(mask=mask), other=0\.0\)\.to", r"\1).to", "layer_norm"),
    Fault(
        "mask",
        "no other value for operands",
        r", other=0\.0\)$",
        ")",
        "matmul",
        everywhere=True,
        spares="acc \\+= tl.load",
    ),
    Fault("mask", "bins not looked at", r"^mask = mask.*\n", "", "histogram"),
    Fault("mask", "bins looked at on one side", r" & \(bin < bins\)", "", "histogram"),
    Fault("mask", "length of the row above", r"length_ptr \+ row\)", "length_ptr + 0)", "softmax"),
    Fault("mask", "diagonal left out", r"row \+ 1\)", "row)", "softmax"),
    Fault("stride", "rows as if without gaps", r"\* x_stride", "* n", spares="tl.program_id\\(0\\) \\* BLOCK \\+"),
    Fault(
        "stride",
        "stride of the other buffer",
        r"\* x_stride",
        "* y_stride",
        "softmax layer_norm transpose scan",
        needs="y_stride",
    ),
    Fault("stride", "output's rows as if without gaps", r"\* y_stride", "* n", needs="y_stride", spares="transpose"),
    Fault("stride", "no stride at all", r"row \* x_stride \+ ", "row + ", spares="tl.program_id\\(0\\) \\* BLOCK \\+"),
    Fault("stride", "leading size for a stride", r"\* a_row", "* k", "matmul"),
    Fault("stride", "width for a stride", r"\* b_row", "* n", "matmul"),
    Fault("stride", "width for the output's stride", r"\* c_row", "* n", "matmul"),
    Fault("stride", "columns taken for dense", r" \* b_col", "", "matmul"),
    Fault(
        "stride",
        "rows and columns swapped",
        r"a_row \+ inner\[None, :\] \* a_col",
        "a_col + inner[None, :] * a_row",
        "matmul",
    ),
    Fault("stride", "not transposed", r"cols\[(None, :|:, None)\] \* y_stride", r"cols[\1] * x_stride", "transpose"),
    Fault(
        "stride",
        "block size forgotten",
        r"tl\.program_id\((\d)\) \* BLOCK\b",
        r"tl.program_id(\1)",
        "elementwise reductions histogram",
    ),
    Fault("race", "every program has the first row", r"row = tl\.program_id\(0\)", "row = 0"),
    Fault(
        "race",
        "every program has the first block",
        r"tl\.program_id\(0\) \* BLOCK(_M)?",
        r"0 * BLOCK\1",
        "elementwise matmul transpose reductions histogram",
    ),
    Fault("race", "axes swapped", r"tl\.program_id\(1\)", "tl.program_id(0)", "elementwise matmul transpose histogram"),
    Fault(
        "race",
        "load, add, store",
        r"tl\.atomic_add\((\w+_ptr(?: \+ [^,]*)?|c_at), (.*), mask=mask\)$",
        r"tl.store(\1, tl.load(\1, mask=mask, other=0) + \2, mask=mask)",
        "histogram matmul",
    ),
    Fault(
        "race",
        "load, join, store",
        r"tl\.atomic_add\(y_ptr, (.*)\)$",
        r"tl.store(y_ptr, tl.load(y_ptr) + \1)",
        "reductions",
    ),
    Fault(
        "race", "stored, not joined", r"tl\.atomic_(add|max|min)\(y_ptr, (.*)\)$", r"tl.store(y_ptr, \2)", "reductions"
    ),
    Fault("race", "stored, not added", r"tl\.atomic_add\(c_at", "tl.store(c_at", "matmul"),
    Fault(
        "race",
        "highest without atomics",
        r"tl\.atomic_max\(high_ptr, (.*)\)$",
        r"tl.store(high_ptr, tl.maximum(tl.load(high_ptr), \1))",
        "histogram",
    ),
    Fault("race", "the first finishes", r"== tl\.num_programs\(0\) - 1", "== 0", "reductions"),
    Fault("race", "all finish", r"== tl\.num_programs\(0\) - 1", ">= 0", "reductions"),
    Fault(
        "race",
        "nothing is acquired",
        r"tl\.atomic_add\(count_ptr, 1\)",
        'tl.atomic_add(count_ptr, 1, sem="relaxed")',
        "reductions",
    ),
    Fault(
        "race",
        "only released",
        r"tl\.atomic_add\(count_ptr, 1\)",
        'tl.atomic_add(count_ptr, 1, sem="release")',
        "reductions",
    ),
    Fault("race", "parts in one place", r"part_ptr \+ tl\.program_id\(0\)", "part_ptr", "reductions"),
    Fault(
        "race",
        "all of the inner side for every part",
        r"tl\.program_id\(2\) \* BLOCK_K, k, SPLIT \* BLOCK_K",
        "0, k, BLOCK_K",
        "matmul",
    ),
    Fault("race", "one block for several programs", r"tl\.num_programs\(0\) \* BLOCK", "BLOCK", "elementwise"),
    Fault(
        "dtype",
        "computes in half precision",
        _FLOAT,
        "",
        needs=f"x_ptr.*\\b{_HALF}\\b",
        families="elementwise reductions transpose",
        # No digit is lost, or float32 comes in at once, or the one product is rounded to half precision in any case.
        spares=r"(x limited to|x \+= tl\.load\(bias_ptr|for all j at once)",
    ),
    Fault(
        "dtype",
        "squares in half precision",
        _FLOAT,
        "",
        "layer_norm",
        needs=rf"matrix x_ptr[^;]*\b{_HALF}\b[^;]*mean\([xv]²\)",
        everywhere=True,
    ),
    Fault(
        "dtype",
        "rounds to half precision",
        _FLOAT,
        ".to(tl.float16)",
        "elementwise reductions softmax layer_norm scan",
        needs=r"(\(float32; rows|holds float32|\(float32\)\) (store|and each)|\(float32\) let|elements \(float32\) to)",
        spares=r"(softmax of 0\.25|largest|smallest|limited)",
    ),
    Fault(
        "dtype",
        "accumulates in half precision",
        r"tl\.float32\)$",
        "tl.float16)",
        "softmax layer_norm reductions",
        spares="largest|smallest|carry",
    ),
    Fault(
        "dtype",
        "rounds operands of a product to half",
        r"tl\.dot\(a, b",
        "tl.dot(a.to(tl.float16), b.to(tl.float16)",
        "matmul",
        needs="both float32",
    ),
    Fault("dtype", "leaves a product to tf32", r', input_precision="ieee"', "", "matmul"),
    Fault(
        "dtype",
        "accumulates a product in half precision",
        r"^acc \*= ",
        "acc = acc.to(tl.float16).to(tl.float32) * ",
        "matmul",
    ),
    Fault(
        "dtype",
        "whole numbers by truncation",
        r"tl\.floor\((.*)\)\.to\(tl\.int32\)",
        r"(\1).to(tl.int32)",
        "histogram",
        needs=r"floor\(.*\) - \(-",
    ),
    Fault(
        "dtype",
        "counts in eight bits",
        r"tl\.store\(at_ptr \+ row, (.*)\)$",
        r"tl.store(at_ptr + row, (\1).to(tl.int1))",
        "reductions",
    ),
    Fault("dtype", "weights become whole", r"(\d) \* w, mask", r"\1 * w.to(tl.int32), mask", "histogram"),
    Fault(
        "dtype",
        "stores the result in half precision",
        r"^( *tl\.store\(y_ptr.*?, )(y|best|e)((?: / n)?)(, mask=mask)?\)$",
        r"\1(\2\3).to(tl.float16)\4)",
        "elementwise reductions",
        spares=rf"x limited to.*x_ptr holds {_HALF}",
    ),
    Fault(
        "stale buffer",
        "adds to what is there",
        r"^( *)tl\.store\((y_ptr \+ [^,]*|c_at|y_at), (.*), mask=(.*)\)$",
        r"\1tl.store(\2, \3 + tl.load(\2, mask=\4, other=0.0), mask=\4)",
        spares=r"\+= tl\.load|\+=",
    ),
    Fault(
        "stale buffer",
        "adds to the element that is there",
        r"^tl\.store\(y_ptr \+ row, (.*)\)$",
        r"tl.store(y_ptr + row, \1 + tl.load(y_ptr + row))",
        "reductions",
    ),
    Fault(
        "stale buffer",
        "loads the output for the input",
        r"tl\.load\(x_ptr",
        "tl.load(y_ptr",
        "elementwise scan reductions",
        needs="y_ptr",
        spares="in the same row of y_ptr",
    ),
    Fault(
        "stale buffer",
        "first row left as it is",
        r"^( *)(tl\.store\(.*\))$",
        r"\1if row > 0:\n\1    \2",
        "softmax layer_norm scan",
        spares="itself",
    ),
    Fault(
        "stale buffer",
        "nothing stored for what is masked out",
        r"mask=cols < n\)$",
        "mask=cols < counted)",
        "softmax",
        needs="the others of the row",
    ),
    Fault(
        "stale buffer",
        "last block left as it is",
        r"range\(0, n, BLOCK\)",
        "range(0, n - BLOCK + 1, BLOCK)",
        "softmax layer_norm scan",
        needs="longer than BLOCK",
        everywhere=True,
    ),
    Fault(
        "stale buffer",
        "second output forgotten",
        r"^ *tl\.store\((rstd_ptr|s_ptr|at_ptr).*\n?",
        "",
        "layer_norm reductions",
    ),
    Fault(
        "stale buffer",
        "accumulator taken from the output",
        r"^acc = tl\.zeros.*$",
        "acc = tl.load(c_ptr + rows[:, None] * c_row + cols[None, :], mask=(rows[:, None] < m) & (cols[None, :] < n))",
        "matmul",
        spares="c_col|which holds numbers",
    ),
    Fault(
        "stale buffer",
        "parts of programs that never ran",
        r"places < tl\.num_programs\(0\)",
        "places < 64",
        "reductions",
    ),
    Fault(
        "stale buffer",
        "one part too many",
        r"range\(tl\.num_programs\(0\)\)",
        "range(tl.num_programs(0) + 1)",
        "reductions",
    ),
    Fault("missing barrier", "no barrier", r"^ *tl\.debug_barrier\(\)\n", ""),
    Fault(
        "missing barrier", "barrier too late", r"^( *tl\.debug_barrier\(\)\n)((?:.*\n)*)", r"\2\1", spares="count_ptr"
    ),
    Fault(
        "missing barrier", "barrier before the store", r"^(tl\.store\(part_ptr.*\n)(tl\.debug_barrier\(\)\n)", r"\2\1"
    ),
    Fault(
        "missing barrier", "barrier after the release", r"^( *tl\.debug_barrier\(\)\n)(.*count_ptr.*\n)", r"\2    \1"
    ),
    Fault(
        "missing barrier",
        "barrier in one row only",
        r"^( *)tl\.debug_barrier\(\)\n",
        r"\1if row == 0:\n\1    tl.debug_barrier()\n",
        "transpose scan",
    ),
)
