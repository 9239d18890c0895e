"""What a run leaves for others: its policy as a folder, with a model card."""
