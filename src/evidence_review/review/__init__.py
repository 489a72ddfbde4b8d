"""The types that all rooms above share: a review under one set of settings, a setting, a finding.

Not here: computing an effect or a finding (estimates, findings), and reading a table (records).
"""
