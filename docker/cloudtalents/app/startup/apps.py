from django.apps import AppConfig


class StartupConfig(AppConfig):
    name = "startup"
    default_auto_field = "django.db.models.BigAutoField"
