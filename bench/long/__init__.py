"""Studies that take minutes to an hour, each run by its own name: `python -m bench.long.NAME --help`."""
