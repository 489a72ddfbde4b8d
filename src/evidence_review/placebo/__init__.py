"""The placebo response, how an uncontrolled change compares with it, and the trial that would settle it.

Not here: differences between randomised groups and trials that count events (estimates), and models
that know no placebo (stats).
"""
