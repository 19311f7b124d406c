"""How an installation begins, a file for each purpose."""
