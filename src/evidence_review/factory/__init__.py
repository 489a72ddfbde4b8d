"""Runs notebooks, renders pages, keeps the previous report whole until the next one is.

Belongs here: papermill, nbconvert, templates, results.json. Does not belong here: what a number
means or how a figure looks.
"""
