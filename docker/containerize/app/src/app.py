from flask import Flask, Response, request

WISDOM = "It's easier to ask forgiveness than it is to get permission."
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto")

app = Flask(__name__)
app.config.from_prefixed_env()


@app.get("/")
def wisdom():
    lines = [WISDOM, *(f"{name}: {request.headers.get(name, '')}" for name in FORWARDED)]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")
