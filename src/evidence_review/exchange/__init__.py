"""Files from other tools in, files for other tools out: imports, new reviews, exports, comparisons.

Not here: computing what is exported (effects, findings), and the pages of a report (runs).
"""
