"""Formulas of statistics: arrays in, small frozen results out.

Not here: files, studies by name, pandas, and whether printed figures can be right together (consistency).

Signs: a change is end minus baseline, a difference is group 1 minus group 2; on scales where more
is worse, improvement is negative.
"""
