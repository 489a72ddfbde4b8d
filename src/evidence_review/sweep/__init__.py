"""The answer under thousands of combinations of settings: the file, the computation, the page.

Not here: one setting changed at a time (sensitivity).
"""
