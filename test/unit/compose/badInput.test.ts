// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Compose's variables are written so.
import { expect, test } from "vitest";
import { type Case, refusal, two, web } from "./project.ts";

// What Compose accepts and cannot be deployed. Each case is the whole of what the user is told.

const cases: Readonly<Record<string, Case>> = {
  "no service at all": {
    files: "services: {}\n",
    says: `compose.yaml:1: services has no service to run. Add one, or name the profile of one.`,
  },
  "several things at once, in the order of the file": {
    files: two(`pid: host,\n    ports: ["80:80"], restart: sometimes`, `uts: host,\n    ports: ["80:5432"]`),
    says: `compose.yaml:2: services.web.pid cannot be deployed to docker: it weakens the isolation of containers, which the targets keep. Remove it.
compose.yaml:3: services.web.restart is sometimes. Give no, always, on-failure, on-failure:<number> or unless-stopped.
compose.yaml:3: services.web.ports[0] publishes the host port 80/tcp, which db publishes too. Give one of them another host port.
compose.yaml:4: services.db.uts cannot be deployed to docker: it weakens the isolation of containers, which the targets keep. Give the container a name by hostname.`,
  },
  "what only this machine's Docker has, on a VM": {
    files: web(
      `platform: linux/riscv64, devices: [/dev/fuse], networks: [default, old], volumes: ["data:/data", "old:/old"]`,
      `networks: { default: { driver: bridge }, old: { external: true } }
volumes:
  data: { driver_opts: { type: nfs, device: ":/x" } }
  old: { external: true }`,
    ),
    options: { target: "gcp" },
    says: `compose.yaml:2: services.web.platform cannot be deployed to gcp: Compute Engine runs Linux on x86-64 and ARM64. Give linux/amd64 or linux/arm64.
compose.yaml:3: networks.old.external cannot be deployed to gcp: networks of this machine's Docker are not on the VM. Remove it: the app gets a network of its own.
compose.yaml:6: volumes.old.external cannot be deployed to gcp: volumes of this machine's Docker are not on the VM. Make it a volume of the app, or name a bucket: storage: bucket and existing, under retrofit:volumes.`,
  },
  "fields that Fargate does not take": {
    files: web(
      `privileged: true,
    cap_add: [CHOWN, CAP_SYS_PTRACE, NET_ADMIN],
    devices: [/dev/fuse],
    extra_hosts: ["a=10.0.0.1"],
    network_mode: host,
    platform: linux/riscv64,
    stop_grace_period: 2m1s,
    sysctls: { vm.swappiness: 1 },
    group_add: ["44"]`,
    ),
    options: { target: "aws" },
    says: `compose.yaml:2: services.web.privileged cannot be deployed to aws (Fargate): Fargate has no privileged containers. Remove it, or deploy with the launch type ec2.
compose.yaml:3: services.web.cap_add cannot be deployed to aws (Fargate): Fargate adds no capability to Docker's own but SYS_PTRACE. Remove it, or deploy with the launch type ec2.
compose.yaml:4: services.web.devices cannot be deployed to aws (Fargate): Fargate has no devices. Remove it, or deploy with the launch type ec2.
compose.yaml:5: services.web.extra_hosts cannot be deployed to aws (Fargate): Fargate adds no host names. Use a name that DNS knows, or deploy with the launch type ec2.
compose.yaml:6: services.web.network_mode cannot be deployed to aws (Fargate): all containers of a task are in one network, which is never the host's. Remove it.
compose.yaml:7: services.web.platform cannot be deployed to aws (Fargate): ECS runs Linux on x86-64 and ARM64. Give linux/amd64 or linux/arm64.
compose.yaml:8: services.web.stop_grace_period cannot be deployed to aws (Fargate): Fargate kills a container 120 s after its stop signal at the latest. Give at most 120s, or deploy with the launch type ec2.
compose.yaml:9: services.web.sysctls cannot be deployed to aws (Fargate): ECS sets no kernel parameters of that kind. Remove it.
compose.yaml:10: services.web.group_add cannot be deployed to aws (Fargate): ECS gives a container's user no further groups. Put the user into the group in the image.`,
  },
  "what the EC2 launch type takes and what it does not": {
    files: web(
      `privileged: true,
    cap_add: [NET_ADMIN],
    devices: [/dev/fuse],
    extra_hosts: ["a=10.0.0.1"],
    network_mode: none,
    stop_grace_period: 2m1s,
    security_opt: ["no-new-privileges:true", "apparmor=unconfined", seccomp=unconfined]`,
    ),
    options: { target: "aws", launchType: "ec2" },
    says: `compose.yaml:8: services.web.security_opt cannot be deployed to aws (EC2): ECS takes no other security options. Remove it.`,
  },
  "networks and volumes that only this machine's Docker has": {
    files: web(
      "volumes: [data:/data, old:/old]",
      `networks: { default: { driver: overlay } }
volumes:
  data: { driver: local, driver_opts: { type: nfs } }
  old: { external: true }`,
    ),
    options: { target: "aws" },
    says: `compose.yaml:3: networks.default.driver cannot be deployed to aws (Fargate): containers are in the VPC's network. Remove it.
compose.yaml:5: volumes.data.driver_opts cannot be deployed to aws (Fargate): volumes are file systems of AWS. Remove it.
compose.yaml:6: volumes.old.external cannot be deployed to aws (Fargate): volumes of this machine's Docker are not there. Make it a volume of the app, or name a file system: storage: bucket and existing, under retrofit:volumes.`,
  },
  "ports that are none, where the others reach a service": {
    files: web('expose: ["80-90000", web]', "x-retrofit: { services: { web: { expose: [0] } } }"),
    says: `compose.yaml:2: services.web.expose[0] is 80-90000. Give a port from 1 to 65535, or a short range.
compose.yaml:2: services.web.expose[1] is web. Give a port from 1 to 65535, or a short range.
compose.yaml:3: x-retrofit.services.web.expose is not a list of port numbers. Give the ports on which the others reach it, as in [5432].`,
  },
  "a field within a field that comes by a merge key": {
    files: "x-base: &base\n  image: nginx\n  uts: host\nservices:\n  web:\n    <<: *base\n",
    says: `compose.yaml:3: services.web.uts cannot be deployed to docker: it weakens the isolation of containers, which the targets keep. Give the container a name by hostname.`,
  },
  "a field in an extended file": {
    files: {
      "compose.yaml": "services:\n  web:\n    extends: { file: base/web.yaml, service: base }\n",
      "base/web.yaml": "services:\n  base:\n    image: nginx\n    pid: host\n",
    },
    says: `base/web.yaml:4: services.web.pid cannot be deployed to docker: it weakens the isolation of containers, which the targets keep. Remove it.`,
  },
  "a field in the override beside the file": {
    files: { "compose.yaml": web(""), "compose.override.yaml": "services:\n  web:\n    pid: host\n" },
    says: `compose.override.yaml:3: services.web.pid cannot be deployed to docker: it weakens the isolation of containers, which the targets keep. Remove it.`,
  },
  "no host name": {
    files: web('hostname: "my host"'),
    says: `compose.yaml:2: services.web.hostname is "my host". Give up to 63 letters, digits, dots and dashes.`,
  },
  "addresses that the engine cannot give": {
    files: two(
      "networks: { front: { ipv4_address: 10.0.0.2 }, back: { ipv4_address: 10.9.0.2 }, odd: { ipv4_address: ten } }",
      "networks: { front: { ipv4_address: 10.1.0.2 }, back: { ipv4_address: 10.9.0.2 } }",
      "networks: { front: { ipam: { config: [{ subnet: 10.0.0.0/24 }] } }, back: { external: true }, odd: }",
    ),
    says: `compose.yaml:2: services.web.networks.back.ipv4_address is 10.9.0.2, which db has too. Give another address.
compose.yaml:2: services.web.networks.odd.ipv4_address is ten. Give an address such as 172.30.0.10.
compose.yaml:3: services.db.networks.front.ipv4_address is 10.1.0.2, which is in no subnet of the network. Give networks.front an ipam.config with a subnet that has it.`,
  },
  "a fixed address without a subnet": {
    files: web("networks: { default: { ipv4_address: 10.0.0.2 } }"),
    says: `compose.yaml:2: services.web.networks.default.ipv4_address is 10.0.0.2, which is in no subnet of the network. Give networks.default an ipam.config with a subnet that has it.`,
  },
  "no reference of an image": {
    files: `services: { web: { image: "Nginx:1.28" } }`,
    says: `compose.yaml:1: services.web.image is Nginx:1.28, which is no reference of an image. Write it as name:tag in lower case, with the registry's host in front if there is one.`,
  },
  "two services publishing one host port": {
    files: two(`ports: ["5432:80"]`, `ports: ["127.0.0.1:5432:5432"]`),
    says: `compose.yaml:2: services.web.ports[0] publishes the host port 5432/tcp, which db publishes too. Give one of them another host port.`,
  },
  "one service publishing a host port twice": {
    files: web(`ports: ["80:80", "80:81"]`),
    says: `compose.yaml:2: services.web.ports[1] publishes the host port 80/tcp a second time. Give one of them another host port.`,
  },
  "a choice of host ports": {
    files: web(`ports: ["8000-8010:80"]`),
    says: `compose.yaml:2: services.web.ports[0] offers the host ports 8000-8010 for one container port. Give one host port.`,
  },
  "a port that is none": {
    files: web("ports: [{ target: 80, published: '99999' }]"),
    says: `compose.yaml:2: services.web.ports[0] has the host port 99999. Give one from 1 to 65535, or none to let the engine choose.`,
  },
  "the protocol sctp": {
    files: web(`ports: ["80:80/sctp"]`),
    says: `compose.yaml:2: services.web.ports[0] uses the protocol sctp. Publish it as tcp or udp.`,
  },
  "a restart policy that is none": {
    files: web("restart: sometimes"),
    says: `compose.yaml:2: services.web.restart is sometimes. Give no, always, on-failure, on-failure:<number> or unless-stopped.`,
  },
  "another container's network": {
    files: two(`network_mode: "service:db"`, ""),
    says: `compose.yaml:2: services.web.network_mode is service:db; a container cannot share another's network here. Give the service networks, or one of bridge, host and none.`,
  },
  "a mounted file that does not exist": {
    files: web(`volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]`),
    says: `compose.yaml:2: services.web.volumes[0] mounts <folder>/nginx.conf, which does not exist. Make it, or correct the path.`,
  },
  "a read-only folder that does not exist": {
    files: web(`volumes: ["./certs:/certs:ro"]`),
    says: `compose.yaml:2: services.web.volumes[0] mounts <folder>/certs, which does not exist. Make it, or correct the path.`,
  },
  "a path in the container that is not absolute": {
    files: web(`volumes: ["data:data"]`, "volumes: { data: }"),
    says: `compose.yaml:2: services.web.volumes[0] mounts data, which is not an absolute path. Give the path in the container from its root.`,
  },
  "an option of a tmpfs": {
    files: web(`tmpfs: ["/run:exec,size=1m"]`),
    says: `compose.yaml:2: services.web.tmpfs[0] has the option exec, which cannot be carried over. Use size and mode only.`,
  },
  "a context that is no folder": {
    files: "services:\n  web:\n    build: ./app\n",
    says: `compose.yaml:3: services.web.build.context is <folder>/app, which is not a folder. Correct the path.`,
  },
  "a context without a Dockerfile": {
    files: "services:\n  web:\n    build: .\n",
    says: `compose.yaml:3: services.web.build.dockerfile is <folder>/Dockerfile, which does not exist. Add the Dockerfile, or correct the path.`,
  },
  "a context on the internet": {
    files: "services:\n  web:\n    build: https://example.org/app.git\n",
    says: `compose.yaml:3: services.web.build.context is the remote https://example.org/app.git. Clone it and build from the folder.`,
  },
  "a named context that is no folder": {
    files: {
      "compose.yaml": "services:\n  web:\n    build: { context: ., additional_contexts: { base: ./base } }\n",
      Dockerfile: "FROM base",
    },
    says: `compose.yaml:3: services.web.build.additional_contexts.base is <folder>/base, which is not a folder. Correct the path.`,
  },
  "a secret in a build argument": {
    files: { "compose.yaml": "services:\n  web:\n    build: { context: ., args: { KEY: $KEY } }\n", Dockerfile: "" },
    options: { secretNames: ["KEY"] },
    says: `compose.yaml:3: services.web.build.args.KEY uses the secret KEY, and build arguments can be read from the image's history. Hand it over under build.secrets and mount it in the RUN step that needs it.`,
  },
  "a secret in a command": {
    files: web(`command: ["redis-server", "--requirepass", "$KEY"]`),
    options: { secretNames: ["KEY"] },
    says: `compose.yaml:2: services.web.command[2] uses the secret KEY, which would be readable there. Hand it over under environment, and let a shell in the container put it in, written as $$NAME.`,
  },
  "a secret in a label": {
    files: web(`labels: { key: "$KEY" }`),
    options: { secretNames: ["KEY"] },
    says: `compose.yaml:2: services.web.labels.key uses the secret KEY, which would be readable there. Use a variable that is not secret.`,
  },
  "a secret where Compose needs a number": {
    files: web(`ports: ["$KEY:80"]`),
    options: { secretNames: ["KEY"] },
    says: `compose.yaml:2: a field uses the secret KEY, where Compose needs the value itself. Make KEY a public variable of the stack's configuration.`,
  },
  "a secret where Compose needs a boolean": {
    files: web("tty: $KEY"),
    options: { secretNames: ["KEY"] },
    says: `compose.yaml:2: services.web.tty uses the secret KEY, where Compose needs the value itself. Make KEY a public variable of the stack's configuration.`,
  },
  "a compose secret from a file that does not exist": {
    files: web("secrets: [key]", "secrets: { key: { file: key.txt } }"),
    says: `compose.yaml:3: secrets.key.file is <folder>/key.txt, which does not exist. Add the file, or correct the path.`,
  },
  "a compose secret from a folder": {
    files: { "compose.yaml": web("secrets: [key]", "secrets: { key: { file: keys } }"), "keys/a": "" },
    says: `compose.yaml:3: secrets.key.file is <folder>/keys, which cannot be read as a file. Add the file, or correct the path.`,
  },
  "a compose secret from a variable that is not set": {
    files: web("secrets: [key]", "secrets:\n  key: { environment: KEY }"),
    says: `compose.yaml:4: secrets.key.environment is the variable KEY, which is not set. Set it: pulumi config set --path retrofit:environment.KEY --secret.`,
  },
  "a config from a variable that is not set": {
    files: web("configs: [page]", "configs:\n  page: { environment: PAGE }"),
    says: `compose.yaml:4: configs.page.environment is the variable PAGE, which is not set. Set it: pulumi config set --path retrofit:environment.PAGE.`,
  },
  "the owner of a secret by name": {
    files: web("secrets: [{ source: key, uid: nginx }]", "secrets: { key: { environment: KEY } }"),
    options: { environment: { KEY: "a" } },
    says: `compose.yaml:2: services.web.secrets[0].uid is nginx. Give a number.`,
  },
  "a variable without a name": {
    files: web(`environment: ["=value"]`),
    says: `compose.yaml:2: services.web.environment has a value without a name. Write NAME=value.`,
  },
  "a link's alias that is another service": {
    files: two(`links: ["db:web"]`, ""),
    says: `compose.yaml:2: services.web.links[0] gives db the name web, which is another service's. Choose another alias.`,
  },
  "a container's name that is another service": {
    files: two("container_name: db", ""),
    says: `compose.yaml:2: services.web.container_name is db, which is the name of another service. Choose another name.`,
  },
  "waiting for the health of what has none": {
    files: two("depends_on: { db: { condition: service_healthy } }", "healthcheck: { disable: true }"),
    says: `compose.yaml:2: services.web.depends_on.db waits until db is healthy, but its health check is disabled. Give db a health check, or take the condition service_started.`,
  },
  "a health check too often": {
    files: web("healthcheck: { interval: 1us }"),
    says: `compose.yaml:2: services.web.healthcheck.interval is 1µs. Give at least 1ms.`,
  },
  "a job that is always restarted": {
    files: two("depends_on: { db: { condition: service_completed_successfully } }", "restart: always"),
    says: `compose.yaml:3: services.db.restart is always, but the service is a job, which runs once a release and ends. Remove restart, or give on-failure.`,
  },
  "waiting for the health of a job": {
    files: two("depends_on: { db: { condition: service_healthy } }", ""),
    options: { extension: { services: { db: { job: true } } } },
    says: `compose.yaml:2: services.web.depends_on.db waits until db is healthy, but that is a job, which runs once a release and ends. Take the condition service_completed_successfully.`,
  },
  "waiting for the end of what is said not to be a job": {
    files: two("depends_on: { db: { condition: service_completed_successfully } }", ""),
    options: { extension: { services: { db: { job: false } } } },
    says: `compose.yaml:2: services.web.depends_on.db waits for the end of db, which is said not to be a job. Remove job: false from db.`,
  },
};

test.each(Object.entries(cases))("%s", async (_, { files, options, says }) => {
  expect(await refusal(files, options)).toBe(says);
});
