"""The demo app: choose a file, upload it, and it is served for good at /uploads/<filename>."""

import json
import logging
from pathlib import Path

from flask import Flask, redirect, render_template, request, send_from_directory, url_for
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge

from demo import store

UPLOADS = Path(__file__).parent / "uploads"
LIMIT_MIB = 20
# What a browser shows without ever running it. Anything else is downloaded.
SHOWN = {".avif", ".gif", ".jpeg", ".jpg", ".png", ".txt", ".webp"}
PAGE_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
UPLOAD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"

logging.basicConfig(level=logging.INFO, format="[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s")

app = Flask(__name__)
# The limit is on the request's body: the file and about 200 bytes of multipart framing. One byte more, because Werkzeug
# already refuses a body that is as long as this.
app.config["MAX_CONTENT_LENGTH"] = LIMIT_MIB * 1024 * 1024 + 1
UPLOADS.mkdir(exist_ok=True)


@app.get("/")
def form():
    return render_template("form.html", limit=LIMIT_MIB)


@app.post("/")
def upload():
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadRequest("Choose a file first.")
    name = store.save(file, UPLOADS)
    app.logger.info("Saving uploaded file %s to %s", json.dumps(file.filename), json.dumps(str(UPLOADS / name)))
    return redirect(url_for("uploaded", filename=name))


@app.get("/uploads/<filename>")
def uploaded(filename):
    return send_from_directory(UPLOADS, filename, as_attachment=Path(filename).suffix.lower() not in SHOWN)


@app.errorhandler(HTTPException)
def error(problem):
    if isinstance(problem, RequestEntityTooLarge):
        _discard_body()
        problem.description = f"The file is too large: an upload may have {LIMIT_MIB} MiB."
    response = problem.get_response()
    response.data = render_template("error.html", problem=problem)
    response.content_type = "text/html; charset=utf-8"
    return response


@app.after_request
def secure(response):
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    is_file = request.endpoint == "uploaded" and response.status_code < 400
    response.headers["Content-Security-Policy"] = UPLOAD_POLICY if is_file else PAGE_POLICY
    return response


def _discard_body():
    """A connection closed on unread data is reset, and the browser shows that instead of the answer: read on, within reason."""
    rest = request.environ["wsgi.input"]
    for _ in range(8 * LIMIT_MIB):
        if not rest.read(1024 * 1024):
            return
