"""Wait until host (first argument) takes connections on port (second argument), for a minute at most."""

import socket
import sys
import time

host, port = sys.argv[1], int(sys.argv[2])
deadline = time.monotonic() + 60
while True:
    try:
        socket.create_connection((host, port), timeout=2).close()
        break
    except OSError as error:
        if time.monotonic() > deadline:
            sys.exit(f"{host}:{port} did not answer for a minute: {error}")
        time.sleep(0.2)
