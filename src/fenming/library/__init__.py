"""Shipped definitions: what facts, indicators, schemes and file layouts look like. YAML read into typed models."""
