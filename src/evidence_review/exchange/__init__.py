"""Files from and for other tools: imports, exports, comparisons of reports; new reviews and projects.

Not here: computing what is exported (estimates, findings), and the pages of a report (runs).
"""
