"""`python -m evidence_review` is the command `evidence-review`."""

from evidence_review.cli import main

raise SystemExit(main())
