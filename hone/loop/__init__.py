"""The loop itself: pick tasks, write programs, run them, judge them, learn, look at what got harder."""
