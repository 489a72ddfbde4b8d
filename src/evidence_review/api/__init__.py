"""What a person types: open a review, look at it, pool a table of one's own, draw a forest plot."""
