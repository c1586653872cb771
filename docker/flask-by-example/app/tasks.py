"""What the worker does."""

import time

from rq import Retry, get_current_job
from sqlalchemy import select

from app import app
from fetch import FetchError, fetch
from models import AWAY, Result, db
from words import count

# Seconds until it is asked again whether the database is back, and how often: for a day.
PAUSE = 5
PATIENCE = 24 * 60 * 60 // PAUSE


def count_words(url):
    with app.app_context():
        try:
            # Before the page, which is not to be fetched again and again while nobody can keep its words.
            db.session.scalar(select(1))
            db.session.rollback()
            words, error = words_of(url)
            db.session.merge(Result(id=get_current_job().id, url=url, words=words, error=error))
            db.session.commit()
        except AWAY as problem:
            app.logger.warning("the database is away: %s", problem)
            time.sleep(PAUSE)
            # Beside the job's own tries: it is not at fault.
            return Retry(max=PATIENCE)


def words_of(url):
    try:
        return count(fetch(url)), None
    except FetchError as problem:
        return None, str(problem)
