"""Files and formats: read, rewritten and moved, in a folder of the program's own."""

from hone.tasks.families.family import Family
from hone.tasks.families.files import csv_totals, json_lines, path_trees

FAMILIES: tuple[Family, ...] = (csv_totals.FAMILY, json_lines.FAMILY, path_trees.FAMILY)
