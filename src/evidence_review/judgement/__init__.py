"""What a reviewer judges by published tools: risk of bias, certainty, claims, reporting standards.

Not here: arithmetic on printed figures (consistency), and the wording of a question, its answers and a
person's judgements (the tables in `data/`).
"""
