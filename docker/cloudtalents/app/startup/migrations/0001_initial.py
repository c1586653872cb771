from django.db import migrations, models

import startup.models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Image",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("description", models.TextField(blank=True, max_length=2000)),
                (
                    "image",
                    models.FileField(
                        max_length=200,
                        upload_to=startup.models.image_path,
                        validators=[startup.models.validate_image],
                    ),
                ),
            ],
            options={"ordering": ["-id"]},
        ),
    ]
