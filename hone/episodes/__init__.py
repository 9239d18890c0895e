"""How a policy acts on a task."""
