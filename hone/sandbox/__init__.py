"""Where programs run: the jail, the warm interpreters in it, the pool, the wire format."""
