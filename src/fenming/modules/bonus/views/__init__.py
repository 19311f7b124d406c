"""Pages of pools, adjustments and trials, a file for each."""
