"""Count the words of web pages: the site. The work itself is the worker's."""

import os

from flask import Flask, jsonify, render_template, request
from flask_migrate import Migrate
from redis.exceptions import RedisError
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from werkzeug.exceptions import HTTPException

import jobs
from models import AWAY, Result, db

LONGEST_URL = 2000
# A worker does some of them a second; whoever fills the queue shall not fill Redis.
LONGEST_QUEUE = 1000
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

app = Flask(__name__)
app.config.from_object(os.environ.get("APP_SETTINGS", "config.ProductionConfig"))
db.init_app(app)
Migrate(app, db)
queue = jobs.queue(jobs.connect())


@app.get("/")
def index():
    return render_template("index.html")


@app.post("/start")
def start():
    """Take `{"url": "..."}`; answer the job's id as text."""
    body = request.get_json()
    url = body.get("url") if isinstance(body, dict) else None
    if not isinstance(url, str) or not url.strip():
        return jsonify(error="Send JSON with the address of a page: {\"url\": \"...\"}"), 400
    url = url.strip()
    if "://" not in url:
        url = f"http://{url}"
    if not url.lower().startswith(("http://", "https://")):
        return jsonify(error="Only http and https addresses can be counted"), 400
    if len(url) > LONGEST_URL:
        return jsonify(error=f"The address is longer than {LONGEST_URL} characters"), 400
    if queue.count >= LONGEST_QUEUE:
        return jsonify(error="Too many pages are waiting: try again later"), 503
    return jobs.submit(queue, url), {"Content-Type": "text/plain; charset=utf-8"}


@app.get("/results/<job_id>")
def results(job_id):
    """The words once they are counted; until then 202."""
    result = db.session.get(Result, job_id)
    if result is not None:
        return jsonify(result.words) if result.error is None else (jsonify(error=result.error), 422)
    try:
        job = Job.fetch(job_id, connection=queue.connection, serializer=queue.serializer)
    except NoSuchJobError:
        return jsonify(error="There is no such job"), 404
    if job.get_status(refresh=False) in (JobStatus.FAILED, JobStatus.CANCELED, JobStatus.STOPPED):
        return jsonify(error="The page could not be counted"), 500
    return "Not yet", 202


@app.get("/health")
def health():
    return "", 204


@app.errorhandler(HTTPException)
def refused(error):
    response = error.get_response()
    response.content_type = "application/json"
    response.data = jsonify(error=error.description).data
    return response


def away(error):
    app.logger.error("%s", error)
    return jsonify(error="The queue or the database is away for a moment: try again"), 503


for each in (RedisError, *AWAY):
    app.register_error_handler(each, away)


@app.after_request
def secured(response):
    response.headers.update(HEADERS)
    return response
