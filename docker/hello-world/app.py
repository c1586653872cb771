from flask import Flask

app = Flask(__name__)


@app.get("/")
def hello():
    return "Hello, World! (from a Docker container)"


@app.after_request
def secure(response):
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response
