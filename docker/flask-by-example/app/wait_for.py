"""Wait until the servers behind the given addresses take connections, for a minute at most."""

import socket
import sys
import time
from urllib.parse import urlsplit

DEFAULT_PORTS = {"postgres": 5432, "postgresql": 5432, "redis": 6379}

deadline = time.monotonic() + 60
for url in filter(None, sys.argv[1:]):
    parts = urlsplit(url)
    place = parts.hostname, parts.port or DEFAULT_PORTS[parts.scheme]
    while True:
        try:
            socket.create_connection(place, timeout=2).close()
            break
        except OSError as error:
            if time.monotonic() > deadline:
                sys.exit(f"{place[0]}:{place[1]} did not answer for a minute: {error}")
            time.sleep(0.2)
