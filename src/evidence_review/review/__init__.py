"""A review under one set of settings, and what a setting and a finding are.

Not here: computing an effect or a finding (estimates, findings), and reading a table (records).
"""
