"""One module a command: a frozen dataclass of its options, and `run(arguments) -> exit code`."""
