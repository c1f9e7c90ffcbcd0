"""Files that are not on this machine: in buckets, and on servers, by their URLs.

path.py   a URL as a path: name, parent, stat, read      store.py   requests, with retries; the one user of obstore
scratch.py   where files are written before they go up
"""
