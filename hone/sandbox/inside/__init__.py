"""What runs inside the jail: self-contained, bound read-only at `/jail/inside`; it imports nothing else of Hone."""
