"""Every quantity that a report states: its id, label, value, basis and rows.

Not here: the computation behind a quantity (estimates, placebo, checks, judgement or sensitivity).
"""
