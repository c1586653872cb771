"""Kinds of image, told by their first bytes: neither the name nor the type that a browser claims can be trusted."""

import re

SIGNATURES = {
    "gif": rb"GIF8[79]a",
    "jpg": rb"\xff\xd8\xff",
    "png": rb"\x89PNG\r\n\x1a\n",
    "webp": rb"RIFF.{4}WEBP",
}
LONGEST_SIGNATURE = 12


def kind_of(head):
    """The extension for a file that begins with `head`, None if it is no image that browsers show."""
    return next((kind for kind, begin in SIGNATURES.items() if re.match(begin, head, re.DOTALL)), None)
