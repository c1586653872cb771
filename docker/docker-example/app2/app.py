"""Notes, kept in MongoDB."""

import os
from datetime import UTC, datetime
from functools import cache

from flask import Flask, abort, redirect, render_template, request, url_for
from pymongo import DESCENDING, MongoClient
from pymongo.errors import PyMongoError

LONGEST_NOTE = 500
SHOWN = 100

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 64 * 1024


@cache
def notes():
    """Made at the first request: a connection from before uWSGI forks its processes would be shared by them."""
    client = MongoClient(os.environ.get("MONGODB_URL", "mongodb://db:27017/"), serverSelectionTimeoutMS=5000)
    return client["app2"]["notes"]


@app.get("/")
def index():
    newest = notes().find().sort("written", DESCENDING).limit(SHOWN)
    return render_template("index.html", notes=list(newest), longest=LONGEST_NOTE)


@app.post("/")
def write():
    text = request.form.get("text", "").strip()
    if not 0 < len(text) <= LONGEST_NOTE:
        abort(400)
    notes().insert_one({"text": text, "written": datetime.now(UTC)})
    return redirect(url_for("index"), 303)


@app.get("/health")
def health():
    return "", 204


@app.errorhandler(PyMongoError)
def database_is_away(error):
    app.logger.error("MongoDB: %s", error)
    return "The database is away for a moment: try again", 503
