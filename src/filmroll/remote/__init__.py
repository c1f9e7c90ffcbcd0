"""Files that are not on this machine: in buckets, and on servers, by their URLs.

path.py      a URL as a path: name, parent, stat, read     store.py     requests, with retries; the one user of obstore
urls.py      what a URL says, and how it is printed        failures.py  what went wrong with a request, in one line
scratch.py   where files are before they go up             patience.py  how long a store may take
"""
