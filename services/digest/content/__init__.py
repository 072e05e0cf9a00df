"""What a digest tells, without a word of it: `model` holds the records, `build` fills them."""
