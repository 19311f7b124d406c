"""The pages of the first start, of tours and of help."""
