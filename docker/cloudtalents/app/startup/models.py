from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.db import models

from startup.kinds import LONGEST_SIGNATURE, SIGNATURES, kind_of


def head_of(file):
    file.seek(0)
    head = file.read(LONGEST_SIGNATURE)
    file.seek(0)
    return head


def validate_image(file):
    if kind_of(head_of(file)) is None:
        raise ValidationError(f"This is no image of a known kind ({', '.join(SIGNATURES)}).")


def image_path(image, filename):
    """Where an upload is kept: under its own name, with the extension of what it really is."""
    return f"images/{PurePath(filename).stem[:80] or 'image'}.{kind_of(head_of(image.image))}"


class Image(models.Model):
    name = models.CharField(max_length=100)
    description = models.TextField(max_length=2000, blank=True)
    image = models.FileField(upload_to=image_path, validators=[validate_image], max_length=200)

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return self.name
