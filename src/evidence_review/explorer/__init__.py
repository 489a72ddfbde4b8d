"""Controls for settings in JupyterLab, in Voila or on a page, and the answer as they move.

Not here: computing the answer (findings), and wording it (words).
"""
