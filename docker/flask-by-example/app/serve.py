"""Serve the site. waitress reads requests and sends answers without a thread for each, so slow clients hold nobody up."""

import signal
import sys

from waitress import serve

from app import app

# As process 1 there is no default action for SIGTERM.
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
serve(app, host="0.0.0.0", port=5000, threads=8, ident=None)
