"""What is asked: tasks, their checks, the suites that hold them and the families that generate them."""
