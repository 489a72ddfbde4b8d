"""The answer under thousands of combinations of settings: plan, computation, page."""
