"""A review under one set of settings: what is asked, what was chosen, and the findings by id."""
