"""The server's answers, address by address.

    /               the sheet; ?q= &label= &format= &faults= &sort= &desc= &at= say of what, from where
    /cells          a page of its cells alone        /progress   how far the catalogue is filled
    /summary        counts and charts
    /record/7       a record; &boxes= &masks= &zoom=
    /thumbnail/7    small, made when asked for       /fault/7    why there is none
    /picture/7      as it is stored, or as PNG       /mask/7, /mask/7/2   over it
    /feature/7      ?name= &value=                   /static/view.css

Every number in an address counts entries: nothing from a client is ever a name of a file.
"""

from collections.abc import Callable
from importlib import resources
from urllib.parse import quote

import numpy as np
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from filmroll.errors import Error, UnsupportedError
from filmroll.view import pages, pictures, values
from filmroll.view import query as queries
from filmroll.view.catalogue import Catalogue
from filmroll.view.cells import read_cells
from filmroll.view.entries import Entries
from filmroll.view.entry import Entry, reason
from filmroll.view.links import LiveLinks
from filmroll.view.query import Query
from filmroll.view.security import DATA_POLICY, LOOPBACK, Guard
from filmroll.view.thumbnails import Thumbnails

KEEP = "private, max-age=86400, immutable"  # addresses of pictures change when the files do
MOST_DIGITS = 19  # of a number in an address: Python refuses thousands of them
STATIC_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


class Answers:
    """The answers about some entries.

    Attributes:
        entries, catalogue: What is looked at, and what is known of all of it.
        links: Addresses.
    """

    def __init__(self, entries: Entries, catalogue: Catalogue, *, links: LiveLinks) -> None:
        self.entries, self.catalogue, self.links = entries, catalogue, links
        self._thumbnails = Thumbnails(entries)
        self._static = static_files()

    def sheet(self, request: Request) -> Response:
        """Show the sheet from a position."""
        query = queries.read(request.query_params)
        chosen = self.catalogue.select(query)
        at = queries.number(request.query_params, "at", default=0, limit=max(1, self.catalogue.count))
        at = min(at, max(0, len(chosen) - 1))
        page = pages.sheet(self.entries, self.catalogue, query, numbers=chosen, at=at, links=self.links)
        return HTMLResponse(page)

    def cells(self, request: Request) -> Response:
        """Return the cells of one page of the sheet, and how many there are."""
        query = queries.read(request.query_params)
        chosen = self.catalogue.select(query)
        first = queries.number(request.query_params, "at", default=0, limit=max(1, self.catalogue.count))
        first = min(first - first % pages.PAGE, len(chosen))
        found = read_cells(self.entries, chosen[first : first + pages.PAGE], first=first, query=query, links=self.links)
        count = pages.count_text(len(chosen), query, self.catalogue)
        headers = {"X-Total": str(len(chosen)), "X-Count": quote(count)}
        return HTMLResponse(pages.cells_fragment(found, total=len(chosen)), headers=headers)

    def progress(self, request: Request) -> Response:
        """Say how far the catalogue is filled."""
        text = pages.count_text(self.catalogue.count, Query(), self.catalogue)
        return JSONResponse({"done": self.catalogue.done, "count": self.catalogue.count, "text": text})

    def summary(self, request: Request) -> Response:
        """Show what all records are like, as far as they have been looked through."""
        return HTMLResponse(pages.summary(self.entries, self.catalogue, links=self.links))

    def record(self, request: Request) -> Response:
        """Show one record."""
        query, entry = queries.read(request.query_params), self._entry(request)
        damage = self._thumbnails[entry.number].fault if entry.sample.has_image and entry.fault is None else None
        page = pages.record(
            entry,
            self.entries,
            query,
            look=_look(request),
            links=self.links,
            neighbours=self._neighbours(query, entry.number),
            damage=damage,
        )
        return HTMLResponse(page)

    def _neighbours(self, query: Query, number: int) -> pages.Neighbours:
        chosen = self.catalogue.select(query)
        if isinstance(chosen, range):
            position: int | None = chosen.index(number)
        else:
            found = np.flatnonzero(chosen == number)
            position = int(found[0]) if len(found) else None
        if position is None:
            return pages.Neighbours(None, len(chosen), None, None)
        previous = int(chosen[position - 1]) if position > 0 else None
        following = int(chosen[position + 1]) if position + 1 < len(chosen) else None
        return pages.Neighbours(position, len(chosen), previous, following)

    def thumbnail(self, request: Request) -> Response:
        """Return a small picture; a clear pixel where there is none."""
        made = self._thumbnails[self._number(request)]
        return _data(made.data, made.type, "no-store" if made.fault else KEEP)

    def fault(self, request: Request) -> Response:
        """Say why there is no small picture; nothing where there is one."""
        return PlainTextResponse(pages.plain(self._thumbnails[self._number(request)].fault or ""))

    def picture(self, request: Request) -> Response:
        """Return the picture, as it is stored where browsers take that."""
        entry = self._entry(request)
        if not entry.sample.has_image:
            raise HTTPException(404, "This record holds no picture.")
        data, type = pictures.served(entry.sample)
        return _data(bytes(data), type, KEEP)

    def mask(self, request: Request) -> Response:
        """Return the mask of classes as an overlay."""
        mask = self._entry(request).sample.mask
        if mask is None:
            raise HTTPException(404, "This record holds no mask.")
        return _data(pictures.class_overlay(mask), "image/png", KEEP)

    def object_mask(self, request: Request) -> Response:
        """Return the mask of one object as an overlay."""
        boxes, index = self._entry(request).sample.boxes, _number(request, "index")
        if boxes is None or boxes.masks is None or index >= len(boxes.masks):
            raise HTTPException(404, "This record holds no such mask.")
        return _data(pictures.object_overlay(boxes.masks[index], index), "image/png", KEEP)

    def feature(self, request: Request) -> Response:
        """Return the bytes of a feature, or of one value of it, as a file."""
        entry, name = self._entry(request), request.query_params.get("name", "")
        index = queries.number(request.query_params, "value", default=0, limit=2**31)
        found = next((each for each in entry.features if pages.plain(each) == pages.plain(name)), None)
        if found is None:
            raise HTTPException(404, "This record has no such feature.")
        try:
            data, suffix = values.download(entry.features[found], index)
        except IndexError:
            raise HTTPException(404, "This feature has no such value.") from None
        headers = {"Content-Disposition": f'attachment; filename="{entry.number}-{safe_name(found)}.{suffix}"'}
        return _data(data, "application/octet-stream", "no-store", headers)

    def static(self, request: Request) -> Response:
        """Return a file that comes with filmroll, by a name that was listed at the start."""
        name = request.path_params["name"]
        if name not in self._static:
            raise HTTPException(404, "There is no such file.")
        return Response(self._static[name], media_type=STATIC_TYPES[name.rpartition(".")[2]])

    def _number(self, request: Request) -> int:
        number = _number(request, "number")
        if number >= len(self.entries):
            raise HTTPException(404, f"There are {len(self.entries):,} records, numbered from 0.")
        return number

    def _entry(self, request: Request) -> Entry:
        return self.entries[self._number(request)]

    def problem(self, request: Request, exc: Exception) -> Response:
        """Say what is wrong with an address, or why a picture cannot be shown."""
        status, sentence = _status_and_sentence(exc)
        heading = "Not found" if status == 404 else "No such view" if status == 400 else "Damaged"
        page = pages.problem(heading, sentence, entries=self.entries, links=self.links)
        return HTMLResponse(page, status_code=status)


def make_app(
    entries: Entries, catalogue: Catalogue, *, links: LiveLinks, hosts: tuple[str, ...] = LOOPBACK
) -> Starlette:
    """Make the application.

    Args:
        entries: What is looked at.
        catalogue: What is known of it, filled by someone else meanwhile.
        links: Addresses.
        hosts: Names and addresses under which the server may be asked.
    """
    answers = Answers(entries, catalogue, links=links)
    routes: dict[str, Callable[[Request], Response]] = {
        "/": answers.sheet,
        "/cells": answers.cells,
        "/progress": answers.progress,
        "/summary": answers.summary,
        "/record/{number}": answers.record,
        "/thumbnail/{number}": answers.thumbnail,
        "/fault/{number}": answers.fault,
        "/picture/{number}": answers.picture,
        "/mask/{number}": answers.mask,
        "/mask/{number}/{index}": answers.object_mask,
        "/feature/{number}": answers.feature,
        "/static/{name}": answers.static,
    }
    return Starlette(
        routes=[Route(path, answer) for path, answer in routes.items()],
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={HTTPException: answers.problem, Error: answers.problem, OSError: answers.problem},
    )


def safe_name(name: str) -> str:
    """Make a name that any file may have of the name of a feature."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in name)[:80]


def static_files() -> dict[str, bytes]:
    """Return the style sheet, the script and the icon by their names."""
    folder = resources.files("filmroll.view") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.rpartition(".")[2] in STATIC_TYPES}


def _number(request: Request, name: str) -> int:
    """Read a number from the path; what is none, or longer than any, is not found."""
    given: str = request.path_params[name]
    if not (given.isascii() and given.isdigit() and len(given) < MOST_DIGITS):
        raise HTTPException(404, "There is no record of such a number.")
    return int(given)


def _look(request: Request) -> pages.Look:
    given = request.query_params
    zoom = given.get("zoom", "fit")
    return pages.Look(given.get("boxes") != "off", given.get("masks") != "off", zoom if zoom in pages.ZOOMS else "fit")


def _data(data: bytes, type: str, cache: str, headers: dict[str, str] | None = None) -> Response:
    safe = {"Content-Security-Policy": DATA_POLICY, "Cache-Control": cache}
    return Response(data, media_type=type, headers=safe | (headers or {}))


def _status_and_sentence(exc: Exception) -> tuple[int, str]:
    if isinstance(exc, HTTPException):
        return exc.status_code, exc.detail
    return (400 if isinstance(exc, UnsupportedError) else 422), reason(exc)
