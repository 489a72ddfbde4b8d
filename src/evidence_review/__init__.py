"""An evidence review that runs: is this improvement more than placebo shows?

The house has one direction; a floor imports only from floors below it:

``cli`` > ``course`` > ``factory`` > ``display`` > ``appraisal`` >
``consistency`` > ``stats`` and ``records``.

Nothing is imported here, so that ``import evidence_review`` costs nothing.
"""

__version__ = "0.1.0"
