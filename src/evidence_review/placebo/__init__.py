"""The placebo response, and how a change without a control group compares with it.

Not here: differences between randomised groups (estimates), and models that know no placebo (stats).
"""
