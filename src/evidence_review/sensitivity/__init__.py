"""What moves the answer: one choice changed or one trial left out, and the value at which it changes.

Not here: many choices changed at once (sweep), the placebo response under other choices (placebo), the
formula of a pool without each study (stats), and drawing the result (display).
"""
