"""Where pictures come from: folders and single files."""
