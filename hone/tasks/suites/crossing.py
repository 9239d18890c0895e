"""Values of numpy, pandas and scipy as plain ones, and back. The text of this file runs in the jail, on both sides.

`encoded` is called in the candidate's process, so what it gives is a claim; `decoded` rebuilds that in the referee out
of plain values alone, by names and types of a fixed list. Neither imports a library: what a value is made of is loaded
already, and `decoded` is called by code that loaded what it compares with.
"""

import importlib
import re
import sys
from typing import Any

_PLAIN = ("NoneType", "bool", "int", "float", "complex", "str", "bytes", "date", "datetime", "time", "timedelta")
_NUMBERS = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"}
_MOMENTS = re.compile(r"[<>=|]?[mM]8\[(?:\d{1,6})?(?:Y|M|W|D|h|m|s|ms|us|ns|ps|fs|as)\]")
_EXTENSIONS = re.compile(r"U?Int(?:8|16|32|64)|Float(?:32|64)|boolean|str|string")
_FORMATS = ("csr", "csc", "coo", "lil", "dok", "dia", "bsr")


def encoded(value: Any) -> Any:
    """`[kind, …]` for a value, nested; raises TypeError for what has no plain form."""
    kind = type(value)
    if kind.__module__ in ("builtins", "datetime") and kind.__name__ in _PLAIN:
        return ["plain", value]
    if isinstance(value, dict):
        return ["dict", [[encoded(key), encoded(item)] for key, item in value.items()]]
    for container in (list, tuple, set, frozenset):  # also a named tuple of scipy's
        if isinstance(value, container):
            return [container.__name__, [encoded(item) for item in value]]
    for library, encode in (("numpy", _of_numpy), ("pandas", _of_pandas), ("scipy.sparse", _of_scipy)):
        if library in sys.modules:
            found = encode(value, sys.modules[library])
            if found is not None:
                return found
    raise TypeError(f"an answer of type {kind.__module__}.{kind.__name__} has no plain form")


def _of_numpy(value: Any, numpy: Any) -> Any:
    if isinstance(value, numpy.generic):
        return ["item", _of_numpy(numpy.asarray(value), numpy)]
    if isinstance(value, numpy.ma.MaskedArray):
        return ["masked", encoded(numpy.asarray(value.data)), encoded(numpy.ma.getmaskarray(value))]
    if isinstance(value, numpy.matrix):
        return ["matrix", encoded(numpy.asarray(value))]
    if not isinstance(value, numpy.ndarray):
        return None
    value = numpy.ascontiguousarray(value).reshape(value.shape)
    dtype = value.dtype
    if f"{dtype.kind}{dtype.itemsize}" in _NUMBERS:
        return ["plain", value]
    if dtype.kind in "mM":
        return ["moments", dtype.str, value.view("i8")]
    if dtype.kind in "OUS":
        return ["objects", dtype.kind, list(value.shape), [encoded(item) for item in value.ravel().tolist()]]
    if dtype.kind == "V" and dtype.names:
        return ["record", [[name, encoded(value[name])] for name in dtype.names]]
    raise TypeError(f"an array of {dtype} has no plain form")


def _of_pandas(value: Any, pandas: Any) -> Any:
    if value is pandas.NaT or value is pandas.NA:
        return ["NaT" if value is pandas.NaT else "NA"]
    if isinstance(value, pandas.DataFrame):
        columns = [_pandas_array(value.iloc[:, i].array, pandas) for i in range(value.shape[1])]
        return ["frame", _pandas_index(value.columns, pandas), _pandas_index(value.index, pandas), columns]
    if isinstance(value, pandas.Series):
        name = encoded(value.name)
        return ["series", _pandas_array(value.array, pandas), _pandas_index(value.index, pandas), name]
    if isinstance(value, pandas.Index):
        return _pandas_index(value, pandas)
    if isinstance(value, pandas.Timestamp):
        return ["stamp", value.value, None if value.tz is None else str(value.tz)]
    if isinstance(value, pandas.Timedelta):
        return ["delta", value.value]
    if isinstance(value, pandas.Period):
        return ["period", value.ordinal, value.freqstr]
    if isinstance(value, pandas.Interval):
        return ["interval", encoded(value.left), encoded(value.right), value.closed]
    if isinstance(value, pandas.api.extensions.ExtensionArray):
        return ["array", _pandas_array(value, pandas)]
    return None


def _pandas_array(array: Any, pandas: Any) -> Any:
    import numpy

    dtype = array.dtype
    kind = type(dtype).__name__
    if isinstance(dtype, numpy.dtype) or kind in ("NumpyEADtype", "PandasDtype"):  # numpy's own, wrapped
        return ["numpy", encoded(numpy.asarray(array))]
    if kind == "CategoricalDtype":
        return ["categories", encoded(array.codes), _pandas_index(dtype.categories, pandas), bool(dtype.ordered)]
    if kind == "DatetimeTZDtype":
        return ["zoned", str(dtype.tz), str(dtype.unit), numpy.asarray(array.asi8)]
    if kind == "PeriodDtype":
        return ["periods", array.freqstr, numpy.asarray(array.asi8)]
    if kind == "IntervalDtype":
        sides = [_pandas_index(pandas.Index(side), pandas) for side in (array.left, array.right)]
        return ["intervals", *sides, dtype.closed]
    if kind == "SparseDtype":
        return ["thin", encoded(numpy.asarray(array)), encoded(dtype.fill_value)]
    name = "string" if str(dtype).startswith("string") else str(dtype)
    return ["extension", name, [encoded(item) for item in array.astype(object).tolist()]]


def _pandas_index(index: Any, pandas: Any) -> Any:
    if isinstance(index, pandas.MultiIndex):
        levels = [_pandas_index(level, pandas) for level in index.levels]
        return ["multi", levels, [[int(code) for code in codes] for codes in index.codes], encoded(list(index.names))]
    if isinstance(index, pandas.RangeIndex):
        return ["range", index.start, index.stop, index.step, encoded(index.name)]
    frequency = getattr(index, "freqstr", None)
    return ["index", _pandas_array(index.array, pandas), encoded(index.name), frequency]


def _of_scipy(value: Any, sparse: Any) -> Any:
    if not sparse.issparse(value):
        return None
    parts = value.tocoo()
    shape = [int(length) for length in value.shape]
    whole = isinstance(value, sparse.sparray) if hasattr(sparse, "sparray") else False
    return ["sparse", value.format, whole, shape, encoded(parts.row), encoded(parts.col), encoded(parts.data)]


def decoded(node: Any) -> Any:
    """The value that `encoded` made `node` of. Raises whatever a node that it cannot have made leads to."""
    kind, *parts = node
    return _MAKERS[kind](*parts)


def _objects(kind: Any, shape: Any, items: Any) -> Any:
    import numpy

    array = numpy.empty(len(items), dtype=object)
    for position, item in enumerate(items):
        array[position] = decoded(item)
    return array.reshape(shape).astype({"O": object, "U": str, "S": bytes}[kind])


def _moments(dtype: Any, values: Any) -> Any:
    if not _MOMENTS.fullmatch(dtype):
        raise ValueError("no dtype of moments")
    return values.view(dtype)


def _record(fields: Any) -> Any:
    import numpy

    columns = [(str(name), decoded(column)) for name, column in fields]
    array = numpy.empty(columns[0][1].shape, dtype=[(name, column.dtype) for name, column in columns])
    for name, column in columns:
        array[name] = column
    return array


def _array(node: Any) -> Any:
    import pandas

    kind, *parts = node
    match kind:
        case "numpy":
            return decoded(parts[0])
        case "categories":
            return pandas.Categorical.from_codes(decoded(parts[0]), _index(parts[1]), ordered=parts[2])
        case "zoned":
            zone, unit, moments = parts
            if unit not in ("s", "ms", "us", "ns"):
                raise ValueError("no unit of time")
            stamps = pandas.Series(moments.view(f"M8[{unit}]"))
            return stamps.dt.tz_localize("UTC").dt.tz_convert(zone).array
        case "periods":
            return pandas.PeriodIndex.from_ordinals(parts[1], freq=parts[0]).array
        case "intervals":
            return pandas.arrays.IntervalArray.from_arrays(_index(parts[0]), _index(parts[1]), closed=parts[2])
        case "thin":
            return pandas.arrays.SparseArray(decoded(parts[0]), fill_value=decoded(parts[1]))
        case "extension":
            name, items = parts
            if not _EXTENSIONS.fullmatch(name):
                raise ValueError("no dtype that crosses")
            return pandas.array([decoded(item) for item in items], dtype=name)
    raise ValueError("no array")


def _index(node: Any) -> Any:
    import pandas

    kind, *parts = node
    match kind:
        case "range":
            start, stop, step, name = parts
            return pandas.RangeIndex(start, stop, step, name=decoded(name))
        case "multi":
            levels, codes, names = parts
            return pandas.MultiIndex([_index(level) for level in levels], codes, names=decoded(names))
        case "index":
            array, name, frequency = parts
            made = _array(array)
            index = pandas.Index(made, dtype=made.dtype, name=decoded(name))
            if frequency is not None and isinstance(index, (pandas.DatetimeIndex, pandas.TimedeltaIndex)):
                index.freq = frequency
            return index
    raise ValueError("no index")


def _series(array: Any, index: Any, name: Any) -> Any:
    import pandas

    made = _array(array)
    return pandas.Series(made, index=_index(index), name=decoded(name), dtype=made.dtype)


def _frame(columns: Any, index: Any, arrays: Any) -> Any:
    import pandas

    rows, made = _index(index), [_array(array) for array in arrays]
    parts = {position: pandas.Series(array, index=rows, dtype=array.dtype) for position, array in enumerate(made)}
    frame = pandas.DataFrame(parts, index=rows)
    frame.columns = _index(columns)
    return frame


def _stamp(value: Any, zone: Any) -> Any:
    import pandas

    return pandas.Timestamp(value) if zone is None else pandas.Timestamp(value, tz="UTC").tz_convert(zone)


def _sparse(form: Any, whole: Any, shape: Any, rows: Any, columns: Any, data: Any) -> Any:
    sparse = importlib.import_module("scipy.sparse")
    if form not in _FORMATS:
        raise ValueError("no format of a sparse matrix")
    kind = sparse.coo_array if whole else sparse.coo_matrix
    return kind((decoded(data), (decoded(rows), decoded(columns))), shape=tuple(shape)).asformat(form)


def _pandas(name: Any) -> Any:
    return lambda *parts: getattr(sys.modules["pandas"], name)(*parts)


_MAKERS = {
    "plain": lambda value: value,
    "dict": lambda pairs: {decoded(key): decoded(item) for key, item in pairs},
    "list": lambda items: [decoded(item) for item in items],
    "tuple": lambda items: tuple(decoded(item) for item in items),
    "set": lambda items: {decoded(item) for item in items},
    "frozenset": lambda items: frozenset(decoded(item) for item in items),
    "item": lambda array: decoded(array)[()],
    "masked": lambda data, mask: sys.modules["numpy"].ma.MaskedArray(decoded(data), decoded(mask)),
    "matrix": lambda array: sys.modules["numpy"].asmatrix(decoded(array)),
    "moments": _moments,
    "objects": _objects,
    "record": _record,
    "NaT": lambda: sys.modules["pandas"].NaT,
    "NA": lambda: sys.modules["pandas"].NA,
    "frame": _frame,
    "series": _series,
    "index": lambda *parts: _index(["index", *parts]),
    "range": lambda *parts: _index(["range", *parts]),
    "multi": lambda *parts: _index(["multi", *parts]),
    "array": _array,
    "stamp": _stamp,
    "delta": _pandas("Timedelta"),
    "period": lambda ordinal, freq: sys.modules["pandas"].Period(ordinal=ordinal, freq=freq),
    "interval": lambda left, right, closed: sys.modules["pandas"].Interval(decoded(left), decoded(right), closed),
    "sparse": _sparse,
}
