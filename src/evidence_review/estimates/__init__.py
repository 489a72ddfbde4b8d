"""From the rows of a study to an effect: changes in one group, differences between groups, their pools.

Not here: formulas on plain numbers (stats), and the comparison with placebo groups of other trials
(placebo).
"""
