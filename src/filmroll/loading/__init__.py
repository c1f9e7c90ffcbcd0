"""Records into training batches: in which order, cut how, decoded by how many threads or processes."""
