"""Can the printed figures be right together? Arithmetic on what a report prints.

Belongs here: printed figures in (`Printed`: a value with its decimals), a small frozen result out
(`Check`: the answer, and the sum in words). Every check asks whether some reading of the print
fits; a true report, read as the docstring assumes, is flagged at the rate stated there.
Does not belong here: files, studies by name, judgements of people. A misprint is the first
explanation.
"""
