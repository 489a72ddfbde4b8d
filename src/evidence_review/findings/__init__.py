"""Every quantity that a report states, as a finding: its id, label, value, basis and rows.

Not here: the computation behind a quantity (estimates, placebo, checks, judgement or sensitivity; a
count of rows is made here), and which page publishes it (`notebooks/`).
"""
