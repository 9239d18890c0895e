"""TensorBoard event files, written synchronously: scalars, and sentences as text.

The format's own record writer is used, without the queue and thread of its event writer: a thread could lose records at
a kill, would report a full disk late or never, and does not go with processes that fork.
"""

import math
import time
from collections.abc import Mapping
from pathlib import Path

from hone.store.atomic import disk_failures


class TensorBoardLog:
    """Metrics for TensorBoard in `folder`; one event file for each time the run was opened."""

    def __init__(self, folder: Path) -> None:
        # tensorboard takes half a second to import: only a run that trains pays it.
        # Protobuf makes these classes at import, where a type checker cannot see them.
        from tensorboard.compat.proto.event_pb2 import Event  # ty: ignore[missing-module-member]
        from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata  # ty: ignore[missing-module-member]
        from tensorboard.compat.proto.tensor_pb2 import TensorProto  # ty: ignore[missing-module-member]
        from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto  # ty: ignore[missing-module-member]
        from tensorboard.compat.proto.types_pb2 import DT_STRING  # ty: ignore[missing-module-member]
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._event, self._summary = Event, Summary
        text = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
        shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
        self._text = lambda tag, words: Summary.Value(
            tag=tag,
            metadata=text,
            tensor=TensorProto(dtype=DT_STRING, tensor_shape=shape, string_val=[words.encode("utf-8", "replace")]),
        )
        with disk_failures(folder):
            folder.mkdir(parents=True, exist_ok=True)
            # TensorBoard reads the files in the order of their names.
            number = sum(1 for _ in folder.glob("events.out.tfevents.*"))
            self.path = folder / f"events.out.tfevents.{int(time.time()):010d}.hone.{number:04d}"
            self._file = self.path.open("xb")
            self._records = RecordWriter(self._file)
            self._write(Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString())

    def step(self, stage: str, step: int, values: Mapping[str, object]) -> None:
        """Write the finite numbers and the words among `values` (nested mappings become paths) as `stage/name`.

        Raises:
            HoneError: the disk is full.
        """
        found = [
            self._text(tag, value) if isinstance(value, str) else self._summary.Value(tag=tag, simple_value=value)
            for tag, value in _leaves(stage, values)
        ]
        summary = self._summary(value=found)
        with disk_failures(self.path):
            self._write(self._event(wall_time=time.time(), step=step, summary=summary).SerializeToString())

    def close(self) -> None:
        """Close the file."""
        with disk_failures(self.path):
            self._file.close()

    def _write(self, event: bytes) -> None:
        self._records.write(event)
        self._file.flush()


def _leaves(prefix: str, values: Mapping[str, object]) -> list[tuple[str, float | str]]:
    found: list[tuple[str, float | str]] = []
    for name, value in values.items():
        tag = f"{prefix}/{name}"
        if isinstance(value, Mapping):
            found += _leaves(tag, {str(key): item for key, item in value.items()})
        elif isinstance(value, str):
            found.append((tag, value))
        elif isinstance(value, int | float) and math.isfinite(value):
            found.append((tag, float(value)))
    return found
