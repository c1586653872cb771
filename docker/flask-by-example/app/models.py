from datetime import datetime

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Text, func
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

db = SQLAlchemy()

# What is raised while the database is away; the last two by pg8000 itself, where a proxy in between hangs up or nobody answers.
AWAY = (InterfaceError, OperationalError, ConnectionError, TimeoutError)


class Result(db.Model):
    """What came of a job: the words, or why there are none."""

    __tablename__ = "results"

    # The job's: a job that runs twice, because its worker died after the work and before the receipt, writes the same row.
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    # Pairs of word and count, most frequent first.
    words: Mapped[list | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[str | None] = mapped_column(Text)
    finished: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
