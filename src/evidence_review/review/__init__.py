"""What all rooms above share: a review under its settings, each setting with its limits, a finding's type.

Not here: computing an effect or a finding (estimates, findings), and reading a table (records).
"""
