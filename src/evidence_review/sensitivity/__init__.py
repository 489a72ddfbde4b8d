"""What moves the answer: every choice changed one at a time, and where the answer tips."""
