"""The pages, a file for each kind: the visitor's scope, one question to the queries, one template."""
