"""Findings in, pictures and tables out.

Belongs here: the visual language, figures with their alt text, tables, sentences' numbers.
Does not belong here: computing a quantity, reading a file.
"""
