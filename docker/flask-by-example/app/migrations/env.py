import logging

from alembic import context

from models import db

logging.basicConfig(level=logging.INFO)

with db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=db.metadata)
    with context.begin_transaction():
        context.run_migrations()
