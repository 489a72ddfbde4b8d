"""Where a review starts from, in words."""

from __future__ import annotations

from evidence_review.review.review import Review


def starting_point(review: Review) -> str:
    """The article that the review checks, or the question that it asks, in Markdown."""
    about = review.about
    if not about.article_title:
        return f"This review starts from a question, not from an article: {about.question}"
    return (
        f"The article, [{about.article_title}]({about.article_url}) ({about.article_publisher}, "
        f"{about.article_date}). {about.article_summary}"
    )


NO_DOSES = (
    "No daily doses were extracted for this review; what people got is in the table of studies."
)
