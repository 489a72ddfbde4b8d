"""Sentences that a reader reads, each a function of typed values.

Not here: computing a value (findings or below), why a study gives no effect (estimates), what only a
page of a sweep says (sweep), notes on a table that somebody imports or pools (exchange, api), and reading
a value back from a text.
"""
