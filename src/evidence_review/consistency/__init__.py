"""Can the printed figures be right together? Arithmetic on printed values and their decimals.

Not here: files, studies by name, and opinions: a misprint is the first explanation.

Printed figures go in (`Printed`: a value with its decimals), a small frozen result comes out
(`Check`: the verdict, and the arithmetic in words). Every check asks whether some reading of the
printed figures fits. A true report, read as the docstring assumes, is flagged at the rate stated
there.
"""
