"""From notebooks to a finished report: plan, cache, kernels, pages, and replacing the previous report.

Not here: what a number means: a run passes findings on unread (findings computes them).
"""
