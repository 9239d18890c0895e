"""Suites: human-written tests in one process, the candidate's module in another, and the wire between the two."""
