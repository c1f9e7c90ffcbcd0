"""The pages of docs/: what is on them comes from files that run, and from the commands themselves.

python -m pages                       fill in the code and output of every page
python -m pages.pictures              draw docs/pictures
python -m pages.first_ten_minutes     do them in a new environment, and write the page
python -m pages.site                  build the site, warnings as errors
"""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
DOCS = CHECKOUT / "docs"
