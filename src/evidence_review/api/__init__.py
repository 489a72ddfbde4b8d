"""What a person types: open a review, look at it, pool a table of one's own, draw a forest plot.

Not here: the computation behind a function (estimates, placebo, stats), and drawing (display).
"""
