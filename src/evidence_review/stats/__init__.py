"""Pure numerics: arrays in, small frozen results out.

Belongs here: effect sizes, what can be recovered from printed figures, pooling.
Does not belong here: files, studies by name, diseases, pandas, opinions.

Signs: a change is end minus baseline, a difference is group 1 minus group 2; on
scales where more is worse, improvement is negative.
"""
