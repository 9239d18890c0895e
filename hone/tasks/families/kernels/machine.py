"""The machine that kernels are launched on, in the jail: with `reading.py`, the driver of every kernel task.

It is never imported by Hone. Triton's own front end compiles the kernel for a GPU as far as its intermediate language,
so it is a kernel and no Python that happens to be interpreted. Then Triton's interpreter runs it, program by program in
an order of ours, on a memory that is a model: addresses lead nowhere, every load and store arrives here.

What interpreters hide, the model sees, for it does not wait for bad luck. Each element knows which program loaded,
stored or changed it atomically, and when (vector clocks: atomic operations acquire and release, a barrier makes a
program's own stores ready to be released). Two accesses that nothing orders, one of them a store, are a race, whatever
the order in which they happened to run. The same holds between the lanes of one program until its next barrier.

Outputs, the space around and between rows, and the masked-off lanes of a load without `other` hold garbage: NaN in the
first launch, numbers too large to miss in the second. Nothing here knows what is right.
"""

import ast
import functools
import random
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.backends.nvidia.compiler import CUDABackend
from triton.compiler.compiler import ASTSource
from triton.runtime import interpreter
from triton.runtime.jit import JITFunction

ir = interpreter._ir
KERNEL = ""
"""The kernel's name; a task's driver ends with another value."""
_GUARD = 64
"""Elements before and behind what belongs to a buffer."""
_APART = 32
"""Buffers lie so many bits of address apart."""
_TARGET = GPUTarget("cuda", 80, 32)
_MOST_FAULTS = 4
_TYPES = {
    "f16": (tl.float16, np.float16, "fp16"),
    "bf16": (tl.bfloat16, np.uint16, "bf16"),
    "f32": (tl.float32, np.float32, "fp32"),
    "i8": (tl.int8, np.int8, "i8"),
    "i32": (tl.int32, np.int32, "i32"),
}
_GARBAGE = {
    "f2": ((np.nan, np.nan), (6e4, -6e4)),
    "f4": ((np.nan, np.nan), (1e30, -1e30)),
    "f8": ((np.nan, np.nan), (1e30, -1e30)),
    "u2": ((0x7FC0, 0x7FC0), (0x7149, 0xF149)),
    "i1": ((-101, 113), (119, -77)),
    "i4": ((-(2**30) - 3, 2**30 + 5), (2**30 + 77, -(2**30) - 9)),
}
"""What fills memory that nobody has stored to, for each numpy type, in the first launch and the second."""
_ACQUIRES = (ir.MEM_SEMANTIC.ACQUIRE, ir.MEM_SEMANTIC.ACQUIRE_RELEASE)
_RELEASES = (ir.MEM_SEMANTIC.RELEASE, ir.MEM_SEMANTIC.ACQUIRE_RELEASE)
_Handle = interpreter.TensorHandle
_builder = interpreter.interpreter_builder
_unprecise_dot, _slow_numpy_type = _builder.create_dot, interpreter._get_np_dtype
_slow_block, _slow_tensor = tl.block_type.__init__, tl.tensor.__init__


def drive(
    solution: dict[str, Any], grid: list[int], arguments: list[Any], constants: list[int], most: int
) -> dict[str, Any]:
    """Launch the kernel twice; what it did wrong, and the contents of its outputs after each launch.

    Args:
        solution: what was read of the program.
        grid: programs along each axis.
        arguments: in the kernel's order; a buffer is a dictionary of its name, type, shape, strides, role and data.
        constants: what follows them, known when the kernel is compiled.
        most: elements that one program may store.
    """
    kernel = solution.get(KERNEL)
    if type(kernel) is not JITFunction:
        raise TypeError(f"{KERNEL} is no function under @triton.jit")
    if len(kernel.arg_names) != len(arguments) + len(constants):
        raise TypeError(f"{KERNEL} takes {len(kernel.arg_names)} arguments")
    function = _interpreted(kernel, arguments, constants)
    faults: dict[str, bool] = {}
    runs = []
    for turn in range(2):
        memory = _Memory(grid, arguments, turn, faults)
        memory.launch(function, constants, most)
        runs.append([buffer.contents() for buffer in memory.buffers if buffer.role in ("out", "inout")])
    return {"faults": list(faults)[:_MOST_FAULTS], "outputs": runs}


class _Buffer:
    """Elements in a row, of which some belong to the buffer, with what is known of each."""

    def __init__(self, number: int, spec: dict[str, Any], programs: int, turn: int) -> None:
        self.name, self.role, self.shape = spec["name"], spec["role"], spec["shape"]
        self.type, self.dtype, _ = _TYPES[spec["dtype"]]
        places = np.full(self.shape, _GUARD)
        for axis, (length, stride) in enumerate(zip(self.shape, spec["strides"], strict=True)):
            places = (
                places
                + np.arange(length).reshape([-1 if other == axis else 1 for other in range(places.ndim)]) * stride
            )
        self.places = places.ravel()
        size = int(places.max(initial=_GUARD)) + 1 + _GUARD
        self.base = number + 1 << _APART
        self.storage = _garbage(self.dtype, size, turn)
        self.own = np.zeros(size, bool)
        self.own[self.places] = True
        self.known = np.zeros(size, bool)
        if spec["data"] is not None:
            self.storage[self.places] = _stored_as(spec["data"], spec["dtype"])
            self.known[self.places] = True
        if self.role != "in":
            self.times = {kind: np.zeros((size, programs), np.int32) for kind in ("load", "store", "atomic")}
            self.lanes = {kind: np.full(size, -1) for kind in ("load", "store", "atomic")}
            self.published = np.zeros((size, programs), np.int32)

    def pointer(self) -> Any:
        kind = tl.pointer_type(self.type)
        address = self.base + _GUARD * self.storage.itemsize
        return tl.tensor(_Handle(np.array([address], np.uint64), kind), kind)

    def contents(self) -> list[Any]:
        values = self.storage[self.places]
        if self.type is tl.bfloat16:
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return values.tolist()


def _garbage(dtype: Any, size: int, turn: int) -> np.ndarray:
    kinds = _GARBAGE.get(np.dtype(dtype).str[1:], ((0, 1), (1, 0)))
    return np.resize(np.array(kinds[turn], dtype), size)


def _stored_as(data: list[Any], name: str) -> np.ndarray:
    if name != "bf16":
        return np.array(data, _TYPES[name][1])
    return (np.array(data, np.float32).view(np.uint32) >> 16).astype(np.uint16)


_CONFLICTS = {"load": ("store", "atomic"), "store": ("store", "load", "atomic"), "atomic": ("store", "load")}


class _Memory:
    """What one launch sees, and the rules of it."""

    def __init__(self, grid: list[int], arguments: list[Any], turn: int, faults: dict[str, bool]) -> None:
        self.grid, self.turn, self.faults = (*grid, 1, 1)[:3], turn, faults
        self.rng = random.Random(turn)
        programs = int(np.prod(self.grid))
        self.clock, self.program = np.zeros(programs, np.int32), 0
        specs = [argument for argument in arguments if type(argument) is dict]
        self.buffers = [_Buffer(number, spec, programs, turn) for number, spec in enumerate(specs)]
        buffers = iter(self.buffers)
        self.arguments = [next(buffers).pointer() if type(a) is dict else _scalar(a) for a in arguments]

    def launch(self, function: Callable[..., object], constants: list[int], most: int) -> None:
        """Run every program, in some order."""
        x, y, z = self.grid
        places = [(i, j, k) for i in range(x) for j in range(y) for k in range(z)]
        self.rng.shuffle(places)
        _builder.set_grid_dim(*self.grid)
        for name in ("create_masked_load", "create_masked_store", "create_atomic_rmw", "create_atomic_cas"):
            setattr(_builder, name, getattr(self, name.removeprefix("create_")))
        _builder.create_barrier, _builder.create_dot = self.barrier, _dot
        for number, place in enumerate(places):
            self.program = number
            self.clock = np.zeros(len(places), np.int32)
            self.clock[number] = 1
            self.written = 0
            _builder.set_grid_idx(*place)
            function(*self.arguments, *constants)
            if self.written > most:
                self.fault(f"one program stores {self.written} elements, and may store {most}")

    def fault(self, what: str) -> None:
        self.faults[what] = True

    def barrier(self) -> None:
        self.clock[self.program] += 1

    def masked_load(self, pointers: Any, mask: Any, other: Any, *_: object, **__: object) -> Any:
        """As the interpreter's; lanes that are off hold `other`, or garbage."""
        kind = pointers.get_element_ty()
        dtype = _numpy_type(kind)
        values = _garbage(dtype, pointers.data.size, self.turn).reshape(pointers.data.shape)
        if other is not None:
            values = np.broadcast_to(other.data, pointers.data.shape).astype(dtype)
        for buffer, lanes, places in self.touched("load", pointers, mask):
            values.flat[lanes] = buffer.storage.view(dtype)[places]
        return _Handle(values, kind)

    def masked_store(self, pointers: Any, value: Any, mask: Any, *_: object, **__: object) -> None:
        """As the interpreter's."""
        values = np.broadcast_to(value.data, pointers.data.shape).ravel()
        for buffer, lanes, places in self.touched("store", pointers, mask):
            memory = buffer.storage.view(_numpy_type(pointers.get_element_ty()))
            memory[places] = values[lanes]
            ours, theirs = values[lanes].astype(memory.dtype), memory[places]
            if ((ours != theirs) & ~((ours != ours) & (theirs != theirs))).any():
                self.fault(f"two lanes of one store give an element of {buffer.name} different values")
            buffer.known[places] = True

    def atomic_rmw(self, operation: Any, pointers: Any, value: Any, mask: Any, sem: Any, scope: Any) -> Any:
        """As the interpreter's, lane after lane in some order."""
        del scope
        operate = _OPERATIONS[operation]
        values = np.broadcast_to(value.data, pointers.data.shape).ravel()
        return self.atomically(pointers, mask, sem, lambda lane, old: operate(old, values[lane]))

    def atomic_cas(self, pointers: Any, expected: Any, value: Any, sem: Any, scope: Any) -> Any:
        """As the interpreter's."""
        del scope
        wanted = np.broadcast_to(expected.data, pointers.data.shape).ravel()
        values = np.broadcast_to(value.data, pointers.data.shape).ravel()
        mask = _Handle(np.ones_like(pointers.data, bool), tl.int1)
        return self.atomically(pointers, mask, sem, lambda lane, old: values[lane] if old == wanted[lane] else old)

    def atomically(self, pointers: Any, mask: Any, sem: Any, change: Callable[[int, Any], Any]) -> Any:
        kind = pointers.get_element_ty()
        dtype = _numpy_type(kind)
        found = _garbage(dtype, pointers.data.size, self.turn)
        for buffer, lanes, places in self.touched("atomic", pointers, mask):
            memory, pairs = buffer.storage.view(dtype), list(zip(lanes, places, strict=True))
            self.rng.shuffle(pairs)
            for lane, place in pairs:
                found[lane] = memory[place]
                memory[place] = change(lane, memory[place])
            if sem in _ACQUIRES:
                self.clock = np.maximum(self.clock, buffer.published[places].max(axis=0, initial=0))
            if sem in _RELEASES:
                ready = self.clock.copy()
                ready[self.program] -= 1
                buffer.published[places] = np.maximum(buffer.published[places], ready)
        return _Handle(found.reshape(pointers.data.shape), kind)

    def touched(self, doing: str, pointers: Any, mask: Any) -> "Iterator[tuple[_Buffer, np.ndarray, np.ndarray]]":
        """The buffers touched, each with the lanes that do so and the places that they touch: none but what may be."""
        addresses = pointers.data.ravel()
        on = np.flatnonzero(np.broadcast_to(mask.data, pointers.data.shape))
        width = np.dtype(_numpy_type(pointers.get_element_ty())).itemsize
        numbers = (addresses[on] >> np.uint64(_APART)).astype(np.int64) - 1
        for number in np.unique(numbers):
            if not 0 <= number < len(self.buffers):
                self.fault(f"{_DOING[doing]} what belongs to no buffer")
                continue
            buffer, lanes = self.buffers[number], on[numbers == number]
            places = (addresses[lanes] - np.uint64(buffer.base)).astype(np.int64)
            if width != buffer.storage.itemsize or (places % width).any():
                self.fault(f"{_DOING[doing]} {buffer.name} as elements of another size")
                continue
            places //= width
            inside = places < len(buffer.own)
            inside[inside] = buffer.own[places[inside]]
            if not inside.all():
                self.fault(f"{_DOING[doing]} what is no element of {buffer.name}")
            lanes, places = lanes[inside], places[inside]
            if doing != "load" and buffer.role == "in":
                self.fault(f"{_DOING[doing]} the input {buffer.name}")
                continue
            if doing != "store" and not buffer.known[places].all():
                self.fault(f"{_DOING[doing]} what nothing has stored in {buffer.name}")
            if buffer.role != "in":
                self.ordered(doing, buffer, lanes + pointers.data.size * 2**20, places)
            yield buffer, lanes, places

    def ordered(self, doing: str, buffer: _Buffer, lanes: np.ndarray, places: np.ndarray) -> None:
        """Notice accesses that nothing orders, and remember this one. Lanes of tensors of unequal "
        "size are different."""
        now = self.clock[self.program]
        for other in _CONFLICTS[doing]:
            times = buffer.times[other][places]
            if (times > self.clock).any():
                self.fault(
                    f"programs race: one {_DOES[doing]} and another {_DOES[other]} the same element of {buffer.name}"
                )
            if ((times[:, self.program] == now) & (buffer.lanes[other][places] != lanes)).any():
                self.fault(
                    f"lanes race: without a barrier, one {_DOES[doing]} and another {_DOES[other]} in {buffer.name}"
                )
        if doing != "load":
            self.written += len(np.unique(places[(buffer.times[doing][places, self.program] == 0)]))
        buffer.times[doing][places, self.program] = now
        buffer.lanes[doing][places] = lanes
        buffer.lanes[doing][places[buffer.lanes[doing][places] != lanes]] = -1


_DOING = {"load": "loads", "store": "stores to", "atomic": "changes"}
_DOES = {"load": "loads", "store": "stores", "atomic": "changes"}
_OPERATIONS = {
    ir.ATOMIC_OP.ADD: lambda old, new: old + new,
    ir.ATOMIC_OP.FADD: lambda old, new: old + new,
    ir.ATOMIC_OP.MIN: min,
    ir.ATOMIC_OP.UMIN: min,
    ir.ATOMIC_OP.MAX: max,
    ir.ATOMIC_OP.UMAX: max,
    ir.ATOMIC_OP.AND: lambda old, new: old & new,
    ir.ATOMIC_OP.OR: lambda old, new: old | new,
    ir.ATOMIC_OP.XOR: lambda old, new: old ^ new,
    ir.ATOMIC_OP.XCHG: lambda old, new: new,
}


def _scalar(value: float) -> Any:
    kind, dtype = (tl.float32, np.float32) if type(value) is float else (tl.int32, np.int32)
    return tl.tensor(_Handle(np.array([value], dtype), kind), kind)


def _dot(a: Any, b: Any, d: Any, input_precision: Any, max_num_imprecise_acc: Any) -> Any:
    """The interpreter's, but that it knows bfloat16, and rounds float32 operands where a GPU would round them."""
    a, b = (_operand(side, input_precision) for side in (a, b))
    return _unprecise_dot(a, b, d, input_precision, max_num_imprecise_acc)


def _operand(side: Any, precision: Any) -> Any:
    if side.dtype is tl.bfloat16:
        return _Handle((side.data.astype(np.uint32) << 16).view(np.float32), tl.float32)
    if side.dtype is tl.float32 and precision == ir.INPUT_PRECISION.TF32:
        return _Handle(_rounded(side.data), tl.float32)
    return side


def _rounded(data: np.ndarray) -> np.ndarray:
    bits = np.ascontiguousarray(data).view(np.uint32).astype(np.uint64) + 0x1000
    return (bits & 0xFFFFE000).astype(np.uint32).view(np.float32)


_ready: dict[None, Callable[..., object]] = {}
"""The kernel once it has been compiled, under the only key None."""


def _interpreted(kernel: JITFunction, arguments: list[Any], constants: list[int]) -> Callable[..., object]:
    """The kernel as a function to be interpreted, once Triton's front end has taken it."""
    if None not in _ready:
        _compile(kernel, arguments, constants)
        np.seterr(all="ignore")
        _patch()
        _ready[None] = _Device(kernel).fn
    return _ready[None]


def _compile(kernel: JITFunction, arguments: list[Any], constants: list[int]) -> None:
    """Raises what the front end raises for what is no kernel."""
    kinds = [_kind(argument) for argument in arguments] + ["constexpr"] * len(constants)
    known = dict(zip(kernel.arg_names[len(arguments) :], constants, strict=True))
    backend = CUDABackend(_TARGET)
    options = backend.parse_options({})
    context = ir.context()
    ir.load_dialects(context)
    backend.load_dialects(context)
    source = ASTSource(kernel, dict(zip(kernel.arg_names, kinds, strict=True)), known)
    source.make_ir(_TARGET, options, backend.get_codegen_implementation(options), backend.get_module_map(), context)


def _kind(argument: Any) -> str:
    if type(argument) is dict:
        return "*" + _TYPES[argument["dtype"]][2]
    return "fp32" if type(argument) is float else "i32"


_replaced: list[tuple[types.ModuleType, str, Any]] = []
"""What Triton's modules held before it was replaced; kept, for it is known by its identity."""
_made: dict[int, Any] = {}
"""What stands in for a function of Triton's or the program's, by the identity of what it stands in for."""


class _Device:
    """A function under @triton.jit that the interpreter can call: what was compiled, from the same text."""

    def __init__(self, function: JITFunction) -> None:
        self.function = function
        self.__name__ = function.__name__
        _made[id(function)] = self

    @classmethod
    def of(cls, value: Any) -> Any:
        """What stands in for a function; anything else as it is."""
        return _made.get(id(value)) or (cls(value) if type(value) is JITFunction else value)

    @functools.cached_property
    def fn(self) -> Callable[..., object]:
        """The function, rewritten as the interpreter wants it."""
        tree = interpreter.FunctionRewriter.ast_transformer.visit(self.function.parse())
        own = self.function.__module__ == "solution"  # of Triton's own functions none depends on it
        tree = ast.fix_missing_locations(_Logic().visit(tree) if own else tree)
        scope = {name: _Device.of(value) for name, value in self.function.get_capture_scope().items()}
        for name in ("interpreter_semantic", "_InterpreterComparison"):
            if hasattr(interpreter, name):
                scope[name] = getattr(interpreter, name)
        scope |= {"__joined": _joined, "__negated": _negated}
        exec(compile(tree, "solution.py", "exec"), scope)  # noqa: S102  # the program's own; the jail is around us
        return scope[self.__name__]

    def __call__(self, *given: object, **more: object) -> object:
        return self.fn(*given, **more)


class _Logic(ast.NodeTransformer):
    """Has `and`, `or` and `not` do what they do on a GPU: of tensors all are computed, element by element."""

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        name = ast.Constant("logical_and" if type(node.op) is ast.And else "logical_or")
        sides: list[ast.expr] = [ast.Lambda(args=nothing, body=value) for value in node.values]
        return ast.Call(func=ast.Name("__joined", ast.Load()), args=[name, *sides], keywords=[])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if type(node.op) is not ast.Not:
            return node
        return ast.Call(func=ast.Name("__negated", ast.Load()), args=[node.operand], keywords=[])


def _joined(how: str, *sides: Callable[[], Any]) -> Any:
    """As the front end does it: what is constant may decide, and otherwise does not count beside tensors."""
    met, side = [], None
    for compute in sides:
        side = compute()
        if isinstance(side, tl.tensor):
            met.append(side)
        elif bool(side) is (how == "logical_or"):
            return side
    return functools.reduce(lambda left, right: getattr(left, how)(right), met) if met else side


def _negated(side: Any) -> Any:
    return side.__not__() if isinstance(side, tl.tensor) else not side


def _patch() -> None:
    """Make `triton.language` one of the interpreter's, for good: what is compiled has been compiled."""
    _replaced.extend((module, name, value) for module in (tl, tl.core, tl.math) for name, value in vars(module).items())
    interpreter._patch_lang(types.SimpleNamespace(__globals__={"tl": tl, "core": tl.core}))
    for module, name, value in _replaced:
        if getattr(module, name) is not value:  # a program may have imported it by itself
            _made[id(value)] = getattr(module, name)
    for module in (tl.standard, tl.math, tl.random, tl):
        for name, value in list(vars(module).items()):
            if type(value) is JITFunction:
                setattr(module, name, _Device.of(value))
    for name, value in list(vars(tl.tensor).items()):
        if type(value) is JITFunction:
            setattr(tl.tensor, name, functools.partialmethod(_Device.of(value)))
    for owner, quick in ((tl.block_type, _block), (tl.tensor, _tensor)):
        setattr(owner, "__init__", quick)  # noqa: B010  # a method of another signature, as far as types go
    setattr(interpreter, "_get_np_dtype", _numpy_type)  # noqa: B010  # likewise


# The interpreter makes a type and a tensor anew for each step of a kernel: half of its time. The three below
# do what Triton's own do, and find again what they found for the same element and shape.
_numpy_types: dict[str, Any] = {}
_blocks: dict[tuple[Any, ...], dict[str, Any]] = {}
_shapes: dict[tuple[int, ...], tuple[Any, Any]] = {}


def _numpy_type(kind: Any) -> Any:
    name = kind.scalar.name
    found = _numpy_types.get(name)
    if found is None:
        found = _numpy_types[name] = _slow_numpy_type(kind)
    return found


def _block(self: Any, element_ty: Any, shape: Any) -> None:
    key = (element_ty.name, *[size.value if type(size) is tl.constexpr else size for size in shape])
    found = _blocks.get(key)
    if found is None:
        _slow_block(self, element_ty, shape)
        _blocks[key] = dict(vars(self))
    else:
        vars(self).update(found, element_ty=element_ty)


def _tensor(self: Any, handle: Any, type: Any) -> None:
    sizes = tuple(type.shape.values) if type.is_block() else ()
    found = _shapes.get(sizes)
    if found is None:
        _slow_tensor(self, handle, type)
        _shapes[sizes] = self.shape, self.numel
    else:
        self.shape, self.numel = found
        self.handle, self.type, self.dtype = handle, type, type.scalar
