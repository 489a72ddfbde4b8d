"""From notebooks to a report: plan, cache, warm kernels, pages, and the swap with the previous report."""
