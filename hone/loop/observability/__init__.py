"""What is seen of a run while it learns: each step in numbers, and alarms on what would worry a reader of curves."""
