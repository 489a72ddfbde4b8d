"""A course made from a review: lessons, exercises with feedback, editions for students and teachers.

A lesson is one Markdown file in `notebooks/course/`; both editions, hand-outs and slides are made
from it. Belongs here: what an exercise is, how an answer is read and judged, how editions are
built and marked. Does not belong here: the words and numbers of a lesson.
"""

from evidence_review.course.desk import open_lesson

__all__ = ["open_lesson"]
