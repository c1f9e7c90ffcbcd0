"""Records of any kind into records of any other: translated, or copied where nothing changes; checked if asked."""
