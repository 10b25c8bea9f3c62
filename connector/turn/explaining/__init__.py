"""What is told of one ticket to whoever asks: which minutes counted, what was done, and what stands in its way."""
