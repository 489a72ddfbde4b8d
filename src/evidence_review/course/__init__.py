"""A course made from a review: lessons, exercises, feedback on common mistakes, editions for a class.

Not here: text, numbers and formulas of an exercise (`notebooks/course/`), and statistics (stats).

A lesson is one Markdown file in `notebooks/course/`; both editions, hand-outs and slides are made
from it.
"""

from evidence_review.course.desk import open_lesson

__all__ = ["open_lesson"]
