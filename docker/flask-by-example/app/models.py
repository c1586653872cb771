from datetime import datetime

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Text, event, func
from sqlalchemy.engine import Engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column

db = SQLAlchemy()

# What is raised while the database is away; the last two by pg8000 itself, where a proxy in between hangs up or nobody answers.
AWAY = (InterfaceError, OperationalError, ConnectionError, TimeoutError)


@event.listens_for(Engine, "handle_error")
def away(context):
    """pg8000 calls it a programming error when the server says that it ends or starts: SQLSTATE 57P01 to 57P03."""
    error = context.original_exception
    told = error.args[0] if error.args else None
    if isinstance(told, dict) and told.get("C", "").startswith("57P0"):
        context.is_disconnect = True
        raise OperationalError(context.statement, context.parameters, error) from error


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
