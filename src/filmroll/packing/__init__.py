"""Samples into shards: plan, pack, report, and the manifest beside the shards."""
