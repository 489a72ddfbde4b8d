"""Sentences that a reader reads, each a function of typed values.

Not here: computing a value (findings or below), why a study gives no effect (estimates), what only a
page of a sweep says (sweep), and reading a value back from a text.
"""
