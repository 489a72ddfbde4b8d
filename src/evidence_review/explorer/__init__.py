"""Controls with which a reader changes settings and sees the answer, in JupyterLab, Voila or a page.

Not here: which settings there are (review), computing the answer (findings), wording it (words), and the
HTML of a report's page (runs).
"""
