import { createServer, type Server } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../tools/freePort.mjs";
import { ProviderStack, tinyImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { docker } from "../support/stack.ts";

const image = "retrofit-test/tiny:1";
// Names that no other test or user of the engine has.
const [web, net, data] = [`web${process.pid}`, `net${process.pid}`, `data${process.pid}`] as const;
const container = (inputs: string) => `new docker.Container("${web}", { image: "${image}", ${inputs} });`;
const neverHealthy = 'healthcheck: { tests: ["CMD", "false"], interval: "200ms" }';

describe("what fails leaves nothing behind", () => {
  let stack: ProviderStack;
  let port: number;
  beforeAll(async () => {
    await tinyImage();
    stack = await ProviderStack.create("");
    port = await freePort();
  });
  afterAll(() => stack?.remove());

  /** Containers, volumes and networks on the engine that this test's stack made. */
  const leftovers = async () => {
    const lists = [
      ["ps", "--all", "--format", "{{.Names}}"],
      ["volume", "ls", "--format", "{{.Name}}"],
      ["network", "ls", "--format", "{{.Name}}"],
    ];
    const names = await Promise.all(lists.map((list) => docker(...list)));
    const own = [web, net, data].map((name) => `${name}-`);
    return names.flatMap((list) => list.split("\n")).filter((name) => own.some((prefix) => name.startsWith(prefix)));
  };
  afterEach(async () => {
    expect(await leftovers()).toEqual([]);
    expect(Object.keys(await stack.state()).filter((name) => name.endsWith(`${process.pid}`))).toEqual([]);
  });

  async function fails(program: string, ...words: (string | RegExp)[]) {
    await stack.program(program);
    const outcome = await stack.up();
    expect(outcome.ok).toBe(false);
    for (const word of words) {
      if (typeof word === "string") expect(outcome.messages).toContain(word);
      else expect(outcome.messages).toMatch(word);
    }
  }

  it("inputs that are wrong, all of them in one go, before anything is made", async () => {
    await fails(
      container(
        'gpus: "all", restart: "sometimes", ports: [{ internal: "80", extrenal: 80 }], volumes: [{ hostPath: "a" }]',
      ),
      `resource '${web}' has a problem: ports[0].extrenal is no property here; did you mean external?`,
      `resource '${web}' has a problem: gpus is not implemented by this stand-in for the docker provider: no GPU has been tried`,
      `resource '${web}' has a problem: restart must be one of no, on-failure, always, unless-stopped, not "sometimes"`,
      `resource '${web}' has a problem: ports[0].internal must be a whole number, not a string`,
      `resource '${web}' has a problem: volumes[0].hostPath must be an absolute path, not "a"`,
    );
  });

  it("a resource that is not implemented", async () => {
    await fails(
      'new docker.Tag("tag", { sourceImage: "a", targetImage: "b" });',
      "docker:index/tag:Tag is not implemented by this stand-in for the docker provider: tag with @pulumi/docker-build",
    );
  });

  // How soon is at once is the machine's matter where nothing is waited for: that is a unit test's.
  it("a container that ends at once, with exit code and log", async () => {
    await fails(
      container(`command: ["sh", "-c", "echo out; echo err >&2; exit 7"], wait: true, ${neverHealthy}`),
      /the container web\d+-\w+ ended at once with exit code 7; the end of its log:\n(out\nerr|err\nout)/,
    );
  });

  it("a command that is not there", async () => {
    await fails(
      container('command: ["nonesuch"]'),
      /the container web\d+-\w+: .*"nonesuch": executable file not found/,
    );
  });

  it("a container that does not become healthy, with what its check said", async () => {
    const check = 'healthcheck: { tests: ["CMD-SHELL", "echo not yet; false"], interval: "200ms" }';
    await fails(
      container(`wait: true, waitTimeout: 10, ${check}`),
      /the container web\d+-\w+ did not become healthy in 10 s \(waitTimeout\); its last check said: not yet/,
    );
  });

  it("a container that has no health check to wait for", async () => {
    await fails(container("wait: true"), /the container web\d+-\w+ has no health check to wait for; give it one/);
  });

  it("a port that another container has", async () => {
    const other = await docker(
      "run",
      "--detach",
      "--publish",
      `127.0.0.1:${port}:80`,
      "--name",
      `holder-${port}`,
      image,
    );
    try {
      await fails(
        container(`ports: [{ internal: 80, external: ${port}, ip: "127.0.0.1" }]`),
        new RegExp(
          `port ${port} is already allocated by the container holder-${port}, so web\\d+-\\w+ cannot publish it`,
        ),
      );
    } finally {
      await docker("rm", "--force", other);
    }
  });

  it("a port that another process has", async () => {
    const server = await new Promise<Server>((resolve) => {
      const listening = createServer().listen(port, "127.0.0.1", () => resolve(listening));
    });
    try {
      await fails(
        container(`ports: [{ internal: 80, external: ${port}, ip: "127.0.0.1" }]`),
        new RegExp(
          `port ${port} is already in use by another process on the engine's host, so web\\d+-\\w+ cannot publish it`,
        ),
      );
    } finally {
      server.close();
    }
  });

  it("an image that is nowhere", async () => {
    await fails(
      'new docker.Container("any", { image: "127.0.0.1:1/none:1" });',
      "the image 127.0.0.1:1/none:1 is not on the engine and could not be pulled from 127.0.0.1:1 (without credentials): ",
    );
    const id = `sha256:${"0".repeat(64)}`;
    await fails(
      `new docker.RemoteImage("image", { name: "${id}" });`,
      `there is no image ${id} on the engine, and an id cannot be pulled`,
    );
  });

  it("a network that is not there", async () => {
    await fails(
      container('networksAdvanced: [{ name: "nowhere" }]'),
      /the container web\d+-\w+: network nowhere not found/,
    );
  });

  it("files that cannot be put", async () => {
    await fails(
      container('uploads: [{ file: "/a" }]'),
      "uploads: /a has no content; give content, contentBase64 or source",
    );
    await fails(
      container('readOnly: true, uploads: [{ file: "/a", content: "x" }]'),
      /the container web\d+-\w+: .*read-only/,
    );
  });

  it("a name that is taken", async () => {
    const name = `taken-${process.pid}`;
    const other = await docker("create", "--name", name, image);
    try {
      await fails(
        container(`name: "${name}"`),
        `a container named ${name} exists already; remove it (docker rm -f ${name})`,
      );
      expect(await docker("inspect", "--format", "{{.Id}}", name)).toBe(other);
    } finally {
      await docker("rm", other);
    }
    const network = await docker("network", "create", name);
    try {
      await fails(
        `new docker.Network("any", { name: "${name}" });`,
        `a network named ${name} exists already; import it to take it over, or choose another name`,
      );
    } finally {
      await docker("network", "rm", network);
    }
  });

  it("a volume that exists, whose data are somebody else's", async () => {
    const name = `taken-${process.pid}`;
    await docker("volume", "create", name);
    try {
      await fails(
        `new docker.Volume("any", { name: "${name}" });`,
        `a volume named ${name} exists already; import it to take it over, or choose another name`,
      );
    } finally {
      await docker("volume", "rm", name);
    }
  });

  it("a secret, even where a container says it", async () => {
    await fails(
      container(
        `envs: [pulumi.secret("WORD=xyzzy-42")], command: ["sh", "-c", "echo it is $WORD; false"], wait: true, ${neverHealthy}`,
      ),
      "the end of its log:\nit is [secret]",
    );
  });

  it("a network whose addresses are taken, or wrong", async () => {
    await fails(
      `new docker.Network("${net}", { ipamConfigs: [{ subnet: "10.1.1.0/33" }] });`,
      /the network net\d+-\w+ could not be created: [\s\S]*invalid CIDR/,
    );
  });

  it("an interruption, while a container is waited for", async () => {
    await stack.program(container(`wait: true, waitTimeout: 600, ${neverHealthy}`));
    const running = stack.start("up", "--yes", "--skip-preview");
    await eventually(async () => expect(await leftovers()).toHaveLength(1));
    running.interrupt();
    expect((await running.done).ok).toBe(false);
  });

  it("a server whose starter is gone, while a container is waited for", async () => {
    await stack.program(container(`wait: true, waitTimeout: 600, ${neverHealthy}`));
    const running = stack.start("up", "--yes", "--skip-preview");
    await eventually(async () => expect(await leftovers()).toHaveLength(1));
    await stack.stopServer();
    expect((await running.done).ok).toBe(false);
    await stack.startServer();
  });

  it("a server that is killed, once the next one comes up", async () => {
    const publish = `ports: [{ internal: 80, external: ${port}, ip: "127.0.0.1" }]`;
    await stack.program(container(`wait: true, waitTimeout: 600, ${neverHealthy}, ${publish}`));
    const running = stack.start("up", "--yes", "--skip-preview");
    await eventually(async () => expect(await leftovers()).toHaveLength(1));
    await stack.stopServer("SIGKILL");
    expect((await running.done).ok).toBe(false);
    expect(await leftovers()).toHaveLength(1);
    await stack.startServer();
    await stack.program(container(publish));
    const outcome = await stack.up();
    expect(outcome.ok).toBe(true);
    expect(outcome.messages).toMatch(/removed the container web\d+-\w+, which an interrupted run had left half made/);
    expect(await leftovers()).toHaveLength(1);
    await stack.destroy();
  });
});

describe("an engine that is not there", () => {
  let stack: ProviderStack;
  beforeAll(async () => {
    stack = await ProviderStack.create(`new docker.Volume("${data}", {});`);
  });
  afterAll(async () => {
    await stack?.cli("config", "rm", "docker:host");
    await stack?.remove();
  });

  it("is named, with the mend", async () => {
    await stack.config("docker:host", "unix:///nowhere/docker.sock");
    const outcome = await stack.preview();
    expect(outcome.ok).toBe(false);
    expect(outcome.messages).toContain(
      "the Docker engine at unix:///nowhere/docker.sock cannot be reached: nothing is there. " +
        "Start it, or set DOCKER_HOST or docker:host to where it is.",
    );
  });
});
