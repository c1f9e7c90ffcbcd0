"""Are these records whole: `verify`, and what it looks at."""
