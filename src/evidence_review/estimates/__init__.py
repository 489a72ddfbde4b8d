"""From the rows of a study to an effect, or why there is none: changes in a group, differences, pools.

Not here: formulas on plain numbers (stats), and the comparison with placebo groups of other trials
(placebo).
"""
