"""The loop itself: pick tasks, write programs, run them, judge them, learn, look at what got harder."""

import os

# Read once, when torch loads. Threads that spin while they wait take the cores from the jails: measured on two cores
# with another process running, a learning step took five times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
