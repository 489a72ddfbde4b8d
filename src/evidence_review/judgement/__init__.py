"""What a reviewer judges by published tools: risk of bias, certainty, claims, reporting standards.

Not here: arithmetic on printed figures (consistency), and the judgements themselves (the tables in
`data/`).
"""
