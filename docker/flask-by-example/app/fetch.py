"""Fetch a page that a stranger named, without serving as their way into the networks that this machine can see."""

import http.client
import ipaddress
import os
import socket
import ssl
from dataclasses import dataclass
from urllib.error import HTTPError, URLError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    Request,
)

# Seconds without a byte, and bytes.
PATIENCE = 10
LARGEST_PAGE = 5 * 1024 * 1024
# Where pages are; a database answers elsewhere.
PORTS = {80, 443, 8000, 8080, 8443}


class FetchError(Exception):
    """Why there is no page, in words for the person who asked for it."""


@dataclass
class Page:
    text: str
    html: bool


def allowed():
    """Places to be trusted although they are not public: the site itself, or FETCH_ALLOW, `host:port` with commas between."""
    return {place.strip() for place in os.environ.get("FETCH_ALLOW", "app:5000").split(",")}


def connect(address, timeout=PATIENCE, source_address=None):
    """A connection to a public address. The check is on the address connected to, so a name cannot change its meaning later."""
    host, port = address
    trusted = f"{host}:{port}" in allowed()
    if not trusted and port not in PORTS:
        raise FetchError(f"Port {port} is not one for web pages")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    public = [info for info in found if trusted or ipaddress.ip_address(info[4][0]).is_global]
    if not public:
        raise FetchError(f"{host} is not a public address")
    for info in public[:-1]:
        try:
            return socket.create_connection(info[4][:2], timeout, source_address)
        except OSError:
            continue
    return socket.create_connection(public[-1][4][:2], timeout, source_address)


class _HTTPConnection(http.client.HTTPConnection):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._create_connection = connect


class _HTTPSConnection(http.client.HTTPSConnection):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._create_connection = connect


class _HTTPHandler(HTTPHandler):
    def http_open(self, request):
        return self.do_open(_HTTPConnection, request)


class _HTTPSHandler(HTTPSHandler):
    def https_open(self, request):
        return self.do_open(_HTTPSConnection, request, context=ssl.create_default_context())


def _opener():
    # Nothing but HTTP, no proxy of the environment; redirects come through here again.
    opener = OpenerDirector()
    for handler in (_HTTPHandler, _HTTPSHandler, HTTPRedirectHandler, HTTPErrorProcessor, HTTPDefaultErrorHandler):
        opener.add_handler(handler())
    return opener


def fetch(url):
    request = Request(url, headers={"User-Agent": "wordcount", "Accept": "text/html, text/*;q=0.9"})
    try:
        with _opener().open(request, timeout=PATIENCE) as answer:
            kind = answer.headers.get_content_type()
            if kind != "application/xhtml+xml" and not kind.startswith("text/"):
                raise FetchError(f"There is no text there, but {kind}")
            body = answer.read(LARGEST_PAGE + 1)
            charset = answer.headers.get_content_charset("utf-8")
    except HTTPError as error:
        raise FetchError(f"The page answered with {error.code}") from error
    except (URLError, http.client.HTTPException, OSError, ValueError) as error:
        raise FetchError(f"The page could not be read: {getattr(error, 'reason', error)}") from error
    if len(body) > LARGEST_PAGE:
        raise FetchError(f"The page is larger than {LARGEST_PAGE // 1024 // 1024} MB")
    try:
        text = body.decode(charset, errors="replace")
    except LookupError:
        text = body.decode("utf-8", errors="replace")
    return Page(text, html=kind in ("text/html", "application/xhtml+xml"))
