"""Exit 0 when the app below UWSGI_MOUNT answers on the health port."""

import os
from urllib.request import urlopen

mount = os.environ["UWSGI_MOUNT"].partition("=")[0]
urlopen(f"http://127.0.0.1:5001{mount}/health", timeout=3).close()
