"""The loop itself: pick tasks, write programs, run them, judge them, learn, look at what got harder."""

import os

# Read once, when torch loads. Threads that spin while they wait take the cores from whoever else runs, and threads that
# sleep at once gain nothing from a second core. So they spin a little. Tokens/s of the warm start on two threads, alone
# and beside a busy process (one thread has 9,500 in both): spinning 0 times 9,400 and 8,300, 1,000 times 12,500 and
# 6,900, 10,000 times 15,700 and 4,100. RL computes on one thread and does not spin.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
