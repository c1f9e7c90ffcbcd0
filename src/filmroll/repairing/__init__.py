"""Damaged TFRecord files into clean ones: `repair`, and its report."""
