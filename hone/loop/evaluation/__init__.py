"""How good a policy is: scores with their intervals, kept so that an evaluation survives being killed."""
