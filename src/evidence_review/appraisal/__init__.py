"""What a reviewer does: turn records into effects, hold them against placebo, judge, answer.

Belongs here: everything that needs both the records and the statistics. A single-arm change
and a randomised contrast are different types; `placebo` is the only bridge between them.
Does not belong here: pictures, pages, files.
"""
