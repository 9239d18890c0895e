"""What a run leaves on disk, and how it survives a crash."""

from hone.store.checkpoints import Checkpoint, latest_checkpoint, verify_checkpoint
from hone.store.database import EpisodeRecord
from hone.store.metrics import read_metrics
from hone.store.run_dir import RunDir, read_config, read_results

__all__ = [
    "Checkpoint",
    "EpisodeRecord",
    "RunDir",
    "latest_checkpoint",
    "read_config",
    "read_metrics",
    "read_results",
    "verify_checkpoint",
]
