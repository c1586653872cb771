import type { ContainerDefinition, TaskDefinition } from "../../../../embedded/aws/ecs/taskDefinition.ts";
import { container, definition } from "./world.ts";

/**
 * A server as one should be: it says its release, asks its backend where it has one, and when it is told to end it answers
 * what was asked before it does.
 */
const server = `
import http.server, os, signal, socket, sys, threading, time, urllib.request
busy = [0]
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        busy[0] += 1
        time.sleep(0.02)
        text = os.environ["RELEASE"]
        try:
            if "BACKEND" in os.environ and self.path != "/health":
                text += " " + urllib.request.urlopen(os.environ["BACKEND"], timeout=10).read().decode()
            code = 200
        except Exception as error:
            code, text = 500, str(error)
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        busy[0] -= 1
    def log_message(self, *args): pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
server = Server(("", 8000), Handler)
def end(*_):
    def wait():
        while busy[0]: time.sleep(0.01)
        os._exit(0)
    threading.Thread(target=wait).start()
signal.signal(signal.SIGTERM, end)
server.serve_forever()
`;
const probe = "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health')";

/** A task of one such server, named `app`. @param release what it says */
export function web(
  family: string,
  release: string,
  revision: number,
  changes: Partial<ContainerDefinition> = {},
): TaskDefinition {
  const app = container("app", {
    image: "python:3.13-slim",
    command: ["python", "-u", "-c", server],
    environment: [{ name: "RELEASE", value: release }],
    portMappings: [{ name: "http", containerPort: 8000, hostPort: 8000, protocol: "tcp" }],
    healthCheck: { command: ["CMD", "python", "-c", probe], interval: 2, timeout: 20, retries: 3, startPeriod: 20 },
    stopTimeout: 20,
    ...changes,
  });
  return definition(family, [app], { revision, cpu: "1024", memory: "512" });
}
