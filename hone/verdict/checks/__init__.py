"""What is checked beside the tests: lint and types, flakiness."""
