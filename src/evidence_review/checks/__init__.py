"""Do the printed figures of the studies agree with each other? One list of checks over the records."""
