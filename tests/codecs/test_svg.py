"""SVG: rendered as resvg's own reference pictures, and never at the cost of the machine."""

import base64
import os
import threading
import time
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

import realdata
from filmroll import codecs
from filmroll.codecs import svg_document
from filmroll.errors import DecodeError, LimitError, TruncatedError, UnsupportedError

# These refer to pictures in other files, which are not opened; their references show them.
EXTERNAL = {"external-svg.svg", "width-and-height-set-to-auto.svg"}
# Their reference was drawn with Noto Sans: a system without it draws another font, or none.
NEEDS_FONT = {"on-tspan.svg"}
SPACE = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
CIRCLE = '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'
RED = '<rect width="10" height="10" fill="red"/>'


def svg(content: str = RED, size: str = 'width="10" height="10"') -> bytes:
    return f"<svg {SPACE} {size}>{content}</svg>".encode()


def data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize("path", realdata.params("images/svg/**/*.svg"))
def test_renderings_equal_their_references(path):
    expected = codecs.decode(path.with_suffix(".png").read_bytes(), channels=4).astype(int)
    ours = codecs.decode(path.read_bytes(), size=expected.shape[:2]).astype(int)
    assert ours.shape == expected.shape
    differ = (np.abs(ours - expected).max(axis=-1) > 2) & ((ours[..., 3] > 0) | (expected[..., 3] > 0))
    assert differ.any() == (path.name in EXTERNAL) or path.name in NEEDS_FONT
    assert differ.mean() < (0.1 if path.name in NEEDS_FONT else 0.02) or path.name in EXTERNAL


@pytest.mark.parametrize("path", realdata.params("images/svg/**/*.svg", "blog/*.svg"))
def test_the_header_announces_what_decoding_gives(path):
    data = path.read_bytes()
    assert codecs.identify(data) == "svg"
    assert codecs.read_header(data).shape == codecs.decode(data).shape


def test_freedom_is_as_large_as_it_says(data):
    assert codecs.decode((data / "blog/freedom.svg").read_bytes()).shape == (600, 400, 4)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ('width="30" height="20"', (20, 30)),
        ('width="30px" height="1in"', (96, 30)),
        ('width="10mm" height="1cm"', (38, 38)),
        ('width="72pt" height="6pc"', (96, 96)),
        ('width="2em" height="4ex"', (32, 32)),
        ('viewBox="0 0 40 50"', (50, 40)),
        ('viewBox="0,0,40,50"', (50, 40)),
        ('width="50%" height="10" viewBox="0 0 40 50"', (10, 20)),
        ('width="20" viewBox="0 0 40 50"', (25, 20)),
        ('height="25" viewBox="0 0 40 50"', (25, 20)),
        ('width="10.4" height="10.5"', (11, 10)),
        ("", (10, 10)),
        ('width="30"', (10, 30)),
    ],
)
def test_the_size_is_computed_as_resvg_computes_it(size, expected):
    image = codecs.decode(svg(size=size))
    header = codecs.read_header(svg(size=size))
    assert (header.height, header.width) == image.shape[:2]
    if size != 'width="30"':
        assert image.shape[:2] == expected


@pytest.mark.parametrize(("scale", "expected"), [(2, (20, 20)), (0.5, (5, 5)), (1.27, (13, 13))])
def test_scale_multiplies_the_size(scale, expected):
    assert codecs.decode(svg(), scale=scale).shape[:2] == expected


def test_another_aspect_ratio_leaves_transparent_margins():
    image = codecs.decode(svg(), size=(20, 40))
    assert image.shape == (20, 40, 4)
    assert (image[:, 10:30] == [255, 0, 0, 255]).all()
    assert not image[:, :10].any()
    assert not image[:, 30:].any()


@pytest.mark.parametrize("options", [{"size": (0, 5)}, {"scale": 0}, {"scale": float("nan")}, {"scale": -1.0}])
def test_sizes_that_are_not_positive_are_refused(options):
    with pytest.raises(UnsupportedError):
        codecs.decode(svg(), **options)


def test_without_alpha_it_is_drawn_on_white():
    half = svg('<rect width="5" height="10" fill="blue"/>')
    rgba, rgb, gray = (codecs.decode(half, channels=each) for each in (4, 3, 1))
    assert rgba[0, 0].tolist() == [0, 0, 255, 255]
    assert rgba[0, 9, 3] == 0
    assert rgb[0].tolist() == [[0, 0, 255]] * 5 + [[255] * 3] * 5
    assert gray[0, :, 0].tolist() == [29] * 5 + [255] * 5


def test_alpha_is_not_premultiplied():
    image = codecs.decode(svg('<rect width="10" height="10" fill="#ff8000" fill-opacity="0.5"/>'))
    assert np.abs(image[5, 5].astype(int) - [255, 128, 0, 128]).max() <= 1


@pytest.mark.parametrize(
    "document",
    [
        b"\xef\xbb\xbf" + svg(),
        b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- a --> <!DOCTYPE svg PUBLIC "x" "y">\n' + svg(),
        b'<?xml version="1.0" encoding="ISO-8859-1"?>' + svg("<title>\xe9</title>" + RED).decode().encode("latin1"),
        b'<!DOCTYPE svg [<!ENTITY red "#f00">]>' + svg('<rect width="10" height="10" fill="&red;"/>'),
        svg().replace(b"<", b"<s:").replace(b"<s:/", b"</s:").replace(b"xmlns=", b"xmlns:s="),
        svg("<style>rect { fill: red }</style>" + '<rect width="10" height="10"/>'),
        svg("<style><![CDATA[ g > rect { fill: red } ]]></style>" + '<g><rect width="10" height="10"/></g>'),
    ],
)
def test_prologs_entities_prefixes_and_style_sheets_are_understood(document):
    assert codecs.identify(document) == "svg"
    assert (codecs.decode(document) == [255, 0, 0, 255]).all()


@pytest.mark.parametrize(
    "document", [b"<html><svg/></html>", b"<!-- <svg> -->", b"svg", b"<svgs/>", b"<?xml?>", b"\x1f\x8b"]
)
def test_what_only_contains_an_svg_is_none(document):
    assert codecs.identify(document) is None


@pytest.mark.parametrize("junk", [b"<!-- -->" * 50_000, b" " * 10**6, b"<?" * 50_000, b"<!DOCTYPE [" * 50_000])
def test_telling_the_format_takes_no_time_on_junk(junk):
    begun = time.process_time()
    assert codecs.identify(junk + b"x") is None
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize("attribute", ["href", "xlink:href"])
@pytest.mark.parametrize("element", ["image", "feImage"])
@pytest.mark.parametrize("place", ["{path}", "{name}", "file://{path}", " {path}", "#/../{name}"])
def test_files_are_never_opened(tmp_path, monkeypatch, attribute, element, place):
    path = tmp_path / "secret.png"
    Image.new("RGB", (10, 10), "lime").save(path)
    monkeypatch.chdir(tmp_path)
    reference = f'{attribute}="{place.format(path=path, name=path.name)}" width="10" height="10"'
    content = f"<image {reference}/>"
    if element == "feImage":
        content = f'<filter id="f"><feImage {reference}/></filter><rect width="10" height="10" filter="url(#f)"/>'
    assert not codecs.decode(svg(content))[..., 1].any()


def test_files_are_not_opened_through_an_entity_or_an_embedded_drawing(tmp_path):
    path = tmp_path / "secret.png"
    Image.new("RGB", (10, 10), "lime").save(path)
    image = f'<image href="{path}" width="10" height="10"/>'
    entity = f"<!DOCTYPE svg [<!ENTITY p '{path}'> <!ENTITY i '{image}']>".encode().replace(b"']", b"'>]")
    for document in (
        entity + svg('<image href="&p;" width="10" height="10"/>'),
        entity + svg("&i;"),
        svg(f'<image href="{data_uri("image/svg+xml", svg(image))}" width="10" height="10"/>'),
        f'<!DOCTYPE svg [<!ENTITY x SYSTEM "{path}">]>'.encode() + svg("&x;"),
    ):
        try:
            drawn = codecs.decode(document)
        except DecodeError:
            continue
        assert not drawn.any()


@pytest.mark.parametrize("kind", ["png", "jpeg", "svg+xml"])
def test_embedded_pictures_are_drawn(kind):
    red = np.full((4, 4, 3), [255, 0, 0], np.uint8)
    content = svg() if kind == "svg+xml" else codecs.encode(red, kind)
    uri = data_uri(f"image/{kind}", content)
    image = codecs.decode(svg(f'<image href="{uri}" width="10" height="10"/>'))
    assert np.abs(image[5, 5].astype(int) - [255, 0, 0, 255]).max() <= 2


def repeated(levels: int, times: int = 10) -> str:
    groups = "".join(f'<g id="a{i}">' + f'<use href="#a{i - 1}"/>' * times + "</g>" for i in range(1, levels + 1))
    return f'<defs><g id="a0"><rect width="1" height="1"/></g>{groups}</defs><use href="#a{levels}"/>'


def masks(levels: int) -> str:
    def rects(level: int, times: int) -> str:
        return f'<rect width="5" height="5" mask="url(#m{level})"/>' * times

    inner = "".join(f'<mask id="m{i}">{rects(i - 1, 10)}</mask>' for i in range(1, levels))
    return f'<mask id="m0">{RED}</mask>{inner}{rects(levels - 1, 1)}'


def entities(levels: int) -> bytes:
    steps = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, levels + 1))
    return f'<!DOCTYPE svg [<!ENTITY e0 "lollollol">{steps}]>'.encode() + svg(f"<text>&e{levels};</text>")


def filtered(primitive: str) -> bytes:
    return svg(
        f'<filter id="f">{primitive}</filter><rect width="500" height="500" filter="url(#f)"/>',
        'width="500" height="500"',
    )


HUGE_TILE = (
    '<pattern id="p" width="1e6" height="1e6" patternUnits="userSpaceOnUse"><rect width="1" height="1"/></pattern>'
    '<rect fill="url(#p)" width="1e6" height="1e6"/>'
)
SPOTS = '<path d="M0 0h1"/>' * 500
MARKERS = f'<marker id="m">{SPOTS}</marker><path d="M0 0{"h1" * 5000}" marker-mid="url(#m)"/>'


@pytest.mark.parametrize(
    "document",
    [
        svg(repeated(5)),
        svg(repeated(40)),
        svg(masks(10)),
        entities(7),
        entities(30),
        svg("<g>" * 600 + "</g>" * 600),
        svg("<g>" * 10**5),
        filtered('<feTurbulence baseFrequency="0.1" numOctaves="100000"/>'),
        filtered('<feMorphology radius="499" operator="dilate"/>' * 20),
        svg(HUGE_TILE),
        svg(MARKERS),
        svg('<rect width="1e6" height="1e6"/>', ""),
        svg(size='width="1e6" height="1e6"'),
        svg(size='width="1e300" height="1e300"'),
    ],
    ids=lambda document: f"{len(document)} bytes",
)
def test_bombs_are_limit_errors_in_little_time(document):
    begun = sum(os.times()[:4])  # of the processor, children included: the machine may be busy
    with pytest.raises(LimitError):
        codecs.decode(document)
    assert sum(os.times()[:4]) - begun < 5


@pytest.mark.parametrize("circle", ['<g id="a"><use href="#a"/></g>', '<use id="a" href="#a"/>', CIRCLE])
def test_circles_of_references_end(circle):
    with suppress(DecodeError):
        assert codecs.decode(svg(circle + RED)).shape == (10, 10, 4)
    assert svg_document.read(svg(circle)).depth > 24  # so that it is drawn apart


def test_a_gradient_that_leads_into_a_circle_is_drawn_apart():
    circle = '<linearGradient id="a" href="#b"/><linearGradient id="b" href="#a"/>'
    into = '<radialGradient id="c" href="#a"/><rect width="9" height="9" fill="url(#c)"/>'
    assert svg_document.read(svg(into)).plain
    assert not svg_document.read(svg(circle + into)).plain
    begun = sum(os.times()[:4])
    with pytest.raises(LimitError, match="took more than 2 s"):
        codecs.decode(svg(circle + into))
    assert sum(os.times()[:4]) - begun < 5


@pytest.mark.parametrize("depth", [20, 100, 500])
def test_deep_drawings_render_on_a_small_stack(depth):
    document = svg("<g>" * depth + RED + "</g>" * depth)
    drawn = []
    before = threading.stack_size(2**20)
    try:
        thread = threading.Thread(target=lambda: drawn.append(codecs.decode(document)))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert (drawn[0] == [255, 0, 0, 255]).all()


def test_a_long_path_is_no_repetition():
    path = "M0 0" + "l1 1" * 200_000
    assert svg_document.read(svg(f'<path d="{path}"/>')).plain
    assert codecs.decode(svg(f'<path d="{path}"/>')).shape == (10, 10, 4)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (svg()[:-3], "not a readable SVG"),
        (svg("<a"), "not a readable SVG"),
        (svg("&undefined;"), "undefined entity"),
        (svg(size='width="0" height="5"'), "invalid size"),
        (svg(size='width="-5" height="5"'), "size"),
        (b'<?xml version="1.0" encoding="no-such"?>' + svg(), "encoding"),
    ],
)
def test_what_is_wrong_with_a_document_is_said(document, words):
    with pytest.raises(DecodeError, match=words):
        codecs.decode(document)


@pytest.mark.parametrize("size", ['width="0" height="5"', 'width="5" height="0pt"', 'viewBox="0 0 4 4" width="0"'])
def test_size_of_nothing_is_no_header(size):
    with pytest.raises(DecodeError, match=r"announces (0 x \d|\d x 0) pixels"):
        codecs.read_header(svg(size=size))


def test_the_beginning_is_enough_for_the_header():
    whole = codecs.read_header(svg())
    end = svg().index(b">") + 1
    assert codecs.read_header(svg()[:end]) == whole
    with pytest.raises(TruncatedError):
        codecs.read_header(svg()[: end - 1])


def test_pixels_do_not_become_drawings():
    with pytest.raises(UnsupportedError, match="only read"):
        codecs.encode(np.zeros((2, 2), np.uint8), "svg")


@pytest.mark.parametrize(
    "root",
    [
        'viewBox="0 ,,0 20 20"',
        'viewBox=",0 0 20 20"',
        'viewBox="0 0 2_0 20"',
        'viewBox="0 0 \uff12\uff10 20"',
        'viewBox="0&#160;0 20 20"',
        'width="20px " height="20"',
        'width="20 px" height="20"',
        'width="\uff12\uff10" height="20"',
        'width="20&#160;" height="20"',
    ],
)
def test_size_that_resvg_does_not_take_is_none(root):
    """It would be checked in place of the one that is drawn: here as large as what is on it."""
    document = '<svg xmlns="http://www.w3.org/2000/svg" ROOT><rect width="300" height="200"/></svg>'.replace(
        "ROOT", root
    )
    assert codecs.read_header(document.encode()).shape == codecs.decode(document.encode()).shape == (200, 300, 4)
    huge = document.replace('width="300" height="200"', 'width="60000" height="60000"')
    with pytest.raises(LimitError):
        codecs.decode(huge.encode())
