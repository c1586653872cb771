import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Load } from "../../bench/load.ts";
import { awsClient } from "../../embedded/aws/client.ts";
import { showsHelloWorld } from "../apps/helloWorld.ts";
import { AwsApp } from "../support/awsApp.ts";

// One stack, to which everything happens that can go wrong with a release. Three tasks: as many as ECS lets fail, and these all at once.
describe("what does not come up on Fargate", () => {
  let app: AwsApp;
  let http: string;

  beforeAll(async () => {
    app = await AwsApp.prepare("hello-world", { scaling: { web: { min: 3 } } });
    await app.edit("compose.yaml", "    build: .\n", "    build: .\n    environment: { KEY: $KEY }\n");
  });
  afterAll(() => app?.remove());

  it.each([
    [
      "of what a container may do",
      `privileged: true
    network_mode: host
    devices: [/dev/fuse]
    cap_add: [NET_ADMIN]
    volumes: ['/var/run/docker.sock:/var/run/docker.sock', './logs:/var/log/app']`,
      [
        ":5: services.web.privileged cannot be deployed to aws (Fargate): Fargate has no privileged containers. Remove it, or deploy with the launch type ec2.",
        ":6: services.web.network_mode cannot be deployed to aws (Fargate): all containers of a task are in one network, which is never the host's. Remove it.",
        ":7: services.web.devices cannot be deployed to aws (Fargate): Fargate has no devices. Remove it, or deploy with the launch type ec2.",
        ":8: services.web.cap_add cannot be deployed to aws (Fargate): Fargate adds no capability to Docker's own but SYS_PTRACE. Remove it, or deploy with the launch type ec2.",
        ":9: services.web.volumes[0] hands the container control over the Docker engine, and with it over the machine. Remove it: there is no engine for the app on this target.",
        'Say in retrofit:services.web.binds what becomes of /var/log/app: "disk" to keep it, "copy" to take its content along, read-only, "drop" to leave it out.',
      ],
    ],
    [
      "of how much it takes",
      `ulimits: { nofile: 1000000 }
    cpus: 20
    mem_limit: 1g`,
      [
        ":5: services.web.ulimits.nofile is 1000000, and Fargate allows 65535. Give at most 65535.",
        "is 20 CPU and 1 GiB, more than a task on Fargate can have. Give at most 16 CPUs and 120 GiB, or deploy with the launch type ec2.",
      ],
    ],
  ])("is refused with line and mend, all %s, and nothing is made", async (_, fields, refusals) => {
    const folder = join(app.stack.folder, "refused");
    await mkdir(folder, { recursive: true });
    const text = `name: refused\nservices:\n  web:\n    image: debian:trixie-slim\n    ${fields}\n`;
    await writeFile(join(folder, "compose.yaml"), text);
    await app.configure({ app: folder });
    const { ok, messages } = await app.stack.up();
    expect(ok).toBe(false);
    for (const refusal of refusals) expect(messages).toContain(refusal);
    expect(messages).not.toMatch(/at .*\.ts:\d+/);
    const { deployment } = JSON.parse(await app.stack.cli("stack", "export"));
    expect((deployment.resources ?? []).filter(({ custom }: { custom: boolean }) => custom)).toEqual([]);
    expect(awsClient(app.stack.cloudFolder).isRunning()).toBe(false);
  });

  it("is a first release that ends at once: it says with what, and serves once it is mended", async () => {
    await app.configure();
    await app.stack.secret("secrets.KEY", "mellon");
    await changes("compose.yaml", "    build: .\n", command('raise SystemExit("the hall is on fire")'), async () => {
      const { ok, messages } = await app.stack.up();
      expect(ok).toBe(false);
      expect(messages).toMatch(
        /The release did not come up: service "web" did not come up: ECS deployment circuit breaker: .*container web exited with code 1\.\nThe last it printed:\n {4}the hall is on fire\n/,
      );
    });

    await app.up();
    http = await app.http();
    await showsHelloWorld({ http });
  });

  it("is a release that never gets healthy", async () => {
    await changes("compose.yaml", "start_period: 60s", "start_period: 5s", () =>
      changes("app.py", '(from a Docker container)"', '(not quite)", 503', async () => {
        const messages = await fails();
        // By the container's own check or the load balancer's, whichever has found it out when the time to start is over.
        expect(messages).toMatch(/tasks failed to start: Task failed (container|ELB) health checks/);
        expect(messages).toMatch(/The last it printed:\n( {4}.*\n)* {4}.*Listening at: http:\/\/0\.0\.0\.0:5000/);
      }),
    );
  });

  it("is one that takes more memory than it has", async () => {
    const filling = command('print("filling up", flush=True); bytes(1) * 2**30');
    await changes("compose.yaml", "    build: .\n", filling, async () => {
      const messages = await fails();
      expect(messages).toContain(
        "container web exited with code 137: OutOfMemoryError: Container killed due to memory usage",
      );
      expect(messages).toContain("The last it printed:\n    filling up\n");
    });
  });

  it("is one whose role has lost the right to its secret: it says which right and whose, and another up brings it back", async () => {
    const [, id = "", role] = /^RolePolicy ((\S+-execution-\S+):\S+)$/m.exec(await app.cloud("status")) ?? [];
    await app.cloud("remove", "RolePolicy", id);
    await app.edit("app.py", "(from a Docker container)", "(from a Docker container with a key)");
    const messages = await fails();
    expect(messages).toMatch(
      new RegExp(
        String.raw`ResourceInitializationError: unable to pull secrets or registry auth: .*User: arn:aws:sts::123456789012:assumed-role/${role}/\w+ is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:`,
      ),
    );

    const { steps } = await app.up("--refresh");
    expect(steps).toContainEqual(expect.stringMatching(/^create .*-execution-policy$/));
    expect(await (await fetch(http)).text()).toBe("Hello, World! (from a Docker container with a key)");
  });

  /** An update under load that fails, while the tasks of the release before go on and answer every request. @returns what it says */
  async function fails(): Promise<string> {
    const tasks = await app.running("web", 3);
    const load = new Load(http, 2);
    const { ok, messages } = await app.stack.up();
    await load.stop();
    expect(ok, messages).toBe(false);
    expect(load.requests).toBeGreaterThan(20);
    expect(load.failures).toEqual([]);
    expect(await app.running("web", 3)).toEqual(tasks);
    expect(messages).toMatch(
      /The release did not come up: service "web" was taken back to \S+: ECS deployment circuit/,
    );
    expect(messages).toContain("To try the same release again: pulumi up --refresh");
    return messages;
  }

  /** Has the container run some Python in the place of the app. */
  function command(python: string): string {
    return `    build: .\n    command: [python, -c, '${python}']\n`;
  }

  /** Does something with a file of the app in another form. */
  async function changes(file: string, before: string, after: string, action: () => Promise<void>): Promise<void> {
    await app.edit(file, before, after);
    try {
      await action();
    } finally {
      await app.edit(file, after, before);
    }
  }
});
