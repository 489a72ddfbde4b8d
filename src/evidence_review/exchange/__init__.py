"""Files from other tools in, files for other tools out: imports, new reviews, exports, comparisons.

Not here: computing what is exported (estimates, findings), and the pages of a report (runs).
"""
