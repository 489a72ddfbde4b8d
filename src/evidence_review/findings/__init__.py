"""Every quantity that a report states: its id, label, value, basis and rows.

Not here: the computation behind a quantity (effects, placebo, checks, judgement or sensitivity).
"""
