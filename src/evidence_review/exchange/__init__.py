"""Files from and for other tools: imports, exports and their help, comparisons; new reviews and projects.

Not here: the files that a new project gets (`starter/`, `notebooks/`, `data/`), computing what is
exported (estimates, findings), and the pages of a report (runs).
"""
