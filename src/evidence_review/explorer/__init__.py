"""Controls for settings in JupyterLab or Voila, and the answer as they move.

Not here: computing the answer (findings), and wording it (words).
"""
