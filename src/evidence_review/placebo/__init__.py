"""The placebo response, and what a change without a control group shows beyond it."""
