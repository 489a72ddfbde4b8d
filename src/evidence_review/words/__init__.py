"""Every sentence that a reader reads, as a function of typed values."""
