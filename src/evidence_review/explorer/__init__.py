"""Choices to move in JupyterLab or Voila, and what they make of the answer."""
