"""From notebooks to a finished report: plan, cache, kernels, its pages and their templates, and the swap.

Not here: what a number means: a run passes findings on unread (findings computes them).
"""
