"""What a run is worth: the judge, the static checks, flakiness, and the reward."""
