"""How a policy learns: warm start, advantages, losses, one optimizer step at a time."""
