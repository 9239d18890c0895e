"""The loop itself: pick tasks, write programs, run them, judge them, learn, look at what got harder."""

import os

# Read once, when torch loads. Threads that spin while they wait take the cores from whoever else runs: measured on two
# cores with another process running, a learning step took five times as long. Threads that sleep at once gain nothing
# from a second core. So they spin a little (tokens/s of the warm start on two threads, alone and beside a busy process;
# one has 9,500 in both): 0 times 9,400 and 8,300, 1,000 times 12,500 and 6,900, 10,000 times 15,700 and 4,100.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
