"""The answer under thousands of combinations of settings: file, computation, page, and the words of it.

Not here: one setting changed at a time (sensitivity).
"""
