"""`python -m evidence_review` is the command `evidence-review`."""

from evidence_review.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
