"""The placebo response, and how a change without a control group compares with it.

Not here: differences between randomised groups (effects), and models that know no placebo (stats).
"""
