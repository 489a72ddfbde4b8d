"""Controls with which a reader changes settings and sees the answer, in JupyterLab, Voila or a page.

Not here: computing the answer (findings), and wording it (words).
"""
