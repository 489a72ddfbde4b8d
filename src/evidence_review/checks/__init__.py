"""The consistency checks that the records of each study allow, as one list.

Not here: the arithmetic of a check (consistency).
"""
