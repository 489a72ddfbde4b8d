"""What moves the answer: every choice changed one at a time, and the value at which the answer changes.

Not here: many choices changed at once (sweep), and drawing the result (display).
"""
