"""What may be asked and sent, a file for each purpose."""
