"""A course made from a review: lessons, exercises with feedback, editions for students and teachers.

Not here: the words and numbers of a lesson (`notebooks/course/`), and statistics (stats).

A lesson is one Markdown file in `notebooks/course/`; both editions, hand-outs and slides are made
from it.
"""

from evidence_review.course.desk import open_lesson

__all__ = ["open_lesson"]
