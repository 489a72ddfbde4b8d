"""Findings and effects as figures, tables and parts of a page.

Not here: computing a quantity (the rooms below), wording a sentence (words), which of them stand on a
page (`notebooks/`), and writing a file (runs).
"""
