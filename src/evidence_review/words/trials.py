"""The starting point of a review, in words."""

from __future__ import annotations

from evidence_review.review.review import Review


def starting_point(review: Review) -> str:
    """The article that the review checks, or the question that it asks, in Markdown."""
    about = review.about
    if not about.article_title:
        return f"This review starts from a question, not from an article: {about.question}"
    published = ", ".join(filter(None, (about.article_publisher, about.article_date)))
    return (
        f"The article, [{about.article_title}]({about.article_url}) ({published}). "
        f"{about.article_summary}"
    )


DOSES = (
    "A label can give the weight of the compound or of the element in it, and the two can differ several-fold. Where the source does "
    "not say which it means, both readings are shown."
)
