"""What the worker does."""

from rq import get_current_job

from app import app
from fetch import FetchError, fetch
from models import Result, db
from words import count


def count_words(url):
    with app.app_context():
        try:
            words, error = count(fetch(url)), None
        except FetchError as problem:
            words, error = None, str(problem)
        db.session.merge(Result(id=get_current_job().id, url=url, words=words, error=error))
        db.session.commit()
