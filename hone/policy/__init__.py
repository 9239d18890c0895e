"""Who writes programs: model, tokenizer, checkpoint, generation."""
