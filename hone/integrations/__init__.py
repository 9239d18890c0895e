"""Hone's judge inside other people's trainers. Nothing here imports the trainer, or torch."""
