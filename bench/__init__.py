"""Measurements: every module here exposes `measure() -> list[dict]`; `python -m bench` runs them all."""
