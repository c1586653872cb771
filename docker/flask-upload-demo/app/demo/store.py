"""Puts uploaded files into a folder, under names that are safe in a path and in a URL."""

import hashlib
import re
import secrets
import shutil
import unicodedata
from pathlib import Path

# Folders of most file systems take names of 255 bytes.
LONGEST_STEM, LONGEST_EXTENSION = 180, 20


def safe_name(name, otherwise):
    """The last part of a path, in plain ASCII, with its extension. A name without a letter to keep becomes `otherwise`.

    >>> safe_name("../../etc/passwd", "x")
    'passwd'
    >>> safe_name("Ärger im Büro.PNG", "x")
    'Arger_im_Buro.PNG'
    >>> safe_name("日本.jpg", "x")
    'x.jpg'
    """
    path = Path(re.split(r"[/\\]", name)[-1])
    stem, extension = _plain(path.stem)[:LONGEST_STEM], _plain(path.suffix)[:LONGEST_EXTENSION]
    return (stem or otherwise) + (f".{extension}" if extension else "")


def save(file, folder):
    """Stores the file and returns its name there. A URL once given out keeps its bytes: the same file again
    gets the same name, another file of that name gets its hash added."""
    digest = hashlib.file_digest(file.stream, "sha256").hexdigest()
    name = Path(safe_name(file.filename, otherwise=digest[:16]))
    # The third is for the moment in which somebody else is still writing the same file under the second.
    for mark in ("", f"-{digest[:16]}", f"-{secrets.token_hex(8)}"):
        candidate = f"{name.stem}{mark}{name.suffix}"
        path = folder / candidate
        try:
            target = path.open("xb")
        except FileExistsError:
            with path.open("rb") as present:
                if hashlib.file_digest(present, "sha256").hexdigest() == digest:
                    return candidate
            continue
        try:
            with target:
                file.stream.seek(0)
                shutil.copyfileobj(file.stream, target)
        except BaseException:
            # A full disk must not leave half a file under a name that is never given again.
            path.unlink(missing_ok=True)
            raise
        return candidate
    raise FileExistsError(name)


def _plain(text):
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "_", ascii_only).strip("._-")
