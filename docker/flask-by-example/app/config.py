"""Settings, named by APP_SETTINGS and filled from the environment."""

import os

from sqlalchemy.engine import make_url


def database_url():
    """DATABASE_URL, with DBPASS as the password where the address has none, for the driver that the image carries."""
    url = make_url(os.environ["DATABASE_URL"].replace("postgres://", "postgresql://", 1))
    return url.set(drivername="postgresql+pg8000", password=url.password or os.environ.get("DBPASS"))


class Config:
    SQLALCHEMY_DATABASE_URI = database_url()
    # A connection that the database has closed meanwhile is replaced before it is used. A machine that is gone does not even
    # refuse: seconds until that is given up.
    SQLALCHEMY_ENGINE_OPTIONS = {"pool_pre_ping": True, "connect_args": {"timeout": 20}}
    # One short address as JSON.
    MAX_CONTENT_LENGTH = 16 * 1024


class ProductionConfig(Config):
    DEBUG = False


class DevelopmentConfig(Config):
    DEBUG = True
