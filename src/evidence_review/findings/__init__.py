"""Every quantity that a report states, as a finding: its id, label, value, basis and rows."""
