"""The folder of a policy, looked at without the libraries that read it: those take seconds to load."""

from pathlib import Path

from hone.errors import Boundary, HoneError


def check_policy(folder: Path) -> Path:
    """Return `folder` if it looks like one that holds a causal LM: a configuration, and weights as safetensors.

    Raises:
        HoneError: it is not there, or lacks one of them.
    """
    if not (folder / "config.json").is_file():
        what = f"policy {folder} is not a checkpoint (no config.json)" if folder.is_dir() else f"no policy at {folder}"
        hint = "give the directory of a Hugging Face causal LM or of a Hone run's checkpoint"
        raise HoneError(Boundary.USER, what, hint)
    if not any(folder.glob("*.safetensors")):
        pickled = any(any(folder.glob(pattern)) for pattern in ("*.bin", "*.pt", "*.pth", "*.ckpt"))
        hint = "convert the weights to safetensors; pickled weights are never read" if pickled else "copy it again"
        raise HoneError(Boundary.POLICY, f"policy {folder} has no safetensors weights", hint)
    return folder
