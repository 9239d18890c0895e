"""Files and formats: read, rewritten and moved, in a folder of the program's own."""

from hone.tasks.families.family import Family
from hone.tasks.families.files import (
    binary_records,
    csv_totals,
    env_files,
    ini_settings,
    json_lines,
    log_rotation,
    path_trees,
    text_encodings,
)

FAMILIES: tuple[Family, ...] = (
    binary_records.FAMILY,
    csv_totals.FAMILY,
    env_files.FAMILY,
    ini_settings.FAMILY,
    json_lines.FAMILY,
    log_rotation.FAMILY,
    path_trees.FAMILY,
    text_encodings.FAMILY,
)
