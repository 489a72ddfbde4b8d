"""What a reviewer judges by published tools: risk of bias, certainty, claims, reporting standards."""
