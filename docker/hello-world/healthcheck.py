"""Does the page answer 200?"""

import socket
import sys

with socket.create_connection(("127.0.0.1", 5000), timeout=3) as page:
    page.sendall(b"GET / HTTP/1.0\r\n\r\n")
    sys.exit(page.recv(64).split()[1] != b"200")
