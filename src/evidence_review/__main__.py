"""`python -m evidence_review` is the command `evidence-review`."""

try:
    from evidence_review.cli import main
except KeyboardInterrupt:
    raise SystemExit(130) from None

if __name__ == "__main__":
    raise SystemExit(main())
