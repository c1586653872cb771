import type { App, Service, Text } from "../../../compose/model.ts";
import type { LaunchType } from "../../../compose/reading.ts";
import { environmentKey } from "../../secretTexts.ts";
import { healthCheck } from "./healthCheck.ts";
import { linuxParameters } from "./linux.ts";
import type { ContainerDefinition, DependencyCondition, PlannedService } from "./model.ts";
import { ecsName, preparationContainer } from "./names.ts";
import { links, portMappings } from "./network.ts";
import { mebibytes, type Size, wantedSize } from "./size.ts";

/** What a container refers to that is made elsewhere, and of its task. */
export interface ContainerContext {
  readonly app: App;
  readonly planned: PlannedService;
  readonly launchType: LaunchType;
  readonly image: string;
  /** Size of the task on Fargate. */
  readonly taskSize?: Size;
  readonly valueFrom: (key: string) => string;
  /** In the task definition, by the plan's name of a volume. */
  readonly volumeName: (name: string) => string;
  readonly logConfiguration: ContainerDefinition["logConfiguration"];
  readonly credentials?: string;
}

/** MiB that a container on EC2 may count on where the compose file says nothing: one of both must be said there. */
const defaultReservation = 128;

/** Seconds between stop signal and kill: Docker's own default, as ECS's is another. */
const defaultStop = 10;

/** What ends by itself is not started again before it has run for so many seconds: the least that ECS takes. */
const restartAttemptPeriod = 60;

/** A compose service as ECS's container definition. */
export function containerDefinition(service: Service, context: ContainerContext): ContainerDefinition {
  const { planned, launchType, valueFrom, volumeName } = context;
  const onEc2 = launchType === "ec2";
  const { storage } = planned;
  const [plain, secret] = environment(service);
  const parameters = linuxParameters(service, storage.tmpfs, memoryOf(service, context), launchType);
  const dependsOn = dependencies(service, context);
  const linked = onEc2 ? links(context.app, service) : [];
  const options = onEc2 ? securityOptions(service.securityOpt) : [];
  const check = healthCheck(service.healthcheck);
  return {
    name: ecsName(service.name),
    image: context.image,
    ...(context.credentials === undefined
      ? {}
      : { repositoryCredentials: { credentialsParameter: context.credentials } }),
    ...resources(service, context),
    ...(linked.length === 0 ? {} : { links: linked }),
    portMappings: portMappings(service, planned.listening, launchType),
    essential: !(onEc2 && service.job),
    // Alone in its task on Fargate, where the service replaces the task.
    ...(onEc2 ? restartPolicy(service) : {}),
    ...(service.entrypoint === undefined ? {} : { entryPoint: service.entrypoint }),
    ...(service.command === undefined ? {} : { command: service.command }),
    environment: plain.map(([name, value]) => ({ name, value })),
    environmentFiles: [],
    mountPoints: storage.volumes.map(({ name, path, readOnly }) => ({
      sourceVolume: volumeName(name),
      containerPath: path,
      readOnly,
    })),
    volumesFrom: [],
    ...(parameters === undefined ? {} : { linuxParameters: parameters }),
    ...(secret.length === 0
      ? {}
      : { secrets: secret.map((name) => ({ name, valueFrom: valueFrom(environmentKey(service.name, name)) })) }),
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
    stopTimeout: Math.max(2, service.stopGracePeriod ?? defaultStop),
    ...(onEc2 && service.hostname !== undefined && service.networkMode === "bridge"
      ? { hostname: service.hostname }
      : {}),
    ...(service.user === undefined ? {} : { user: service.user }),
    ...(service.workingDir === undefined ? {} : { workingDirectory: service.workingDir }),
    ...(onEc2 && service.networkMode === "none" ? { disableNetworking: true } : {}),
    ...(service.privileged ? { privileged: true } : {}),
    readonlyRootFilesystem: service.readOnly,
    ...(service.extraHosts.length === 0 || !onEc2
      ? {}
      : {
          extraHosts: service.extraHosts
            .map(({ host, ip }) => ({ hostname: host, ipAddress: ip }))
            .sort((a, b) => (a.hostname < b.hostname ? -1 : 1)),
        }),
    ...(options.length === 0 ? {} : { dockerSecurityOptions: options }),
    ...(service.stdinOpen ? { interactive: true } : {}),
    ...(service.tty ? { pseudoTerminal: true } : {}),
    ...(Object.keys(service.labels).length === 0 ? {} : { dockerLabels: sorted(service.labels) }),
    ...(Object.keys(service.ulimits).length === 0
      ? {}
      : {
          ulimits: Object.entries(sorted(service.ulimits)).map(([name, { soft, hard }]) => ({
            name,
            softLimit: soft,
            hardLimit: hard,
          })),
        }),
    logConfiguration: context.logConfiguration,
    ...(check === undefined ? {} : { healthCheck: check }),
    systemControls: Object.entries(sorted(service.sysctls)).map(([namespace, value]) => ({
      namespace,
      value: String(value),
    })),
  };
}

/** The container that prepares a task's volumes, and ends. It has the rights of root alone that giving files to others takes. */
export function preparationDefinition(
  services: readonly PlannedService[],
  context: Pick<
    ContainerContext,
    "launchType" | "image" | "valueFrom" | "volumeName" | "logConfiguration" | "credentials"
  >,
): ContainerDefinition {
  const { image, launchType, valueFrom, volumeName, logConfiguration, credentials } = context;
  const mount = (volume: string) => `/volumes/${volume}`;
  const seeded = services.flatMap(({ storage }) => storage.volumes).filter(({ seed }) => seed !== undefined);
  const written = services.flatMap(({ storage }) => storage.written);
  const volumes = [...new Set([...seeded.map(({ name }) => name), ...written.map(({ volume }) => volume)])].sort();
  const steps = volumes.flatMap((volume) => [
    ...(seeded.some(({ name }) => name === volume) ? ["seed", `/seed/${volume}`, mount(volume)] : []),
    ...written.flatMap((file, number) => {
      const { mode, uid, gid, path, content } = file;
      if (file.volume !== volume) return [];
      const encoded = content.base64 ? ":base64" : "";
      const variable = `FILE_${number}${encoded}`;
      return ["file", mode.toString(8).padStart(4, "0"), `${uid}:${gid}`, `${mount(volume)}/${path}`, variable];
    }),
  ]);
  const variables = written.map(({ content }, number) => ({ name: `FILE_${number}`, content }));
  const secrets = variables.flatMap(({ name, content }) =>
    "secret" in content ? [{ name, valueFrom: valueFrom(content.secret) }] : [],
  );
  return {
    name: preparationContainer,
    image,
    ...(credentials === undefined ? {} : { repositoryCredentials: { credentialsParameter: credentials } }),
    cpu: 0,
    ...(launchType === "ec2" ? { memory: 64 } : {}),
    portMappings: [],
    essential: false,
    command: steps,
    environment: variables.flatMap(({ name, content }) => ("plain" in content ? [{ name, value: content.plain }] : [])),
    environmentFiles: [],
    mountPoints: volumes.map((volume) => ({
      sourceVolume: volumeName(volume),
      containerPath: mount(volume),
      readOnly: false,
    })),
    volumesFrom: [],
    linuxParameters: linuxParameters(
      { capAdd: ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"], capDrop: ["ALL"], devices: [], init: false },
      [],
      0,
      launchType,
    ),
    ...(secrets.length === 0 ? {} : { secrets }),
    stopTimeout: defaultStop,
    user: "0:0",
    readonlyRootFilesystem: true,
    logConfiguration,
    systemControls: [],
  };
}

/** Public variables with their values, and the names of secret ones, each sorted. */
function environment({ environment }: Service): [[string, string][], string[]] {
  const all = Object.entries(sorted(environment));
  const isPublic = (entry: [string, Text]): entry is [string, string] => typeof entry[1] === "string";
  return [all.filter(isPublic), all.filter((entry) => !isPublic(entry)).map(([name]) => name)];
}

function resources(
  { resources }: Service,
  { launchType, taskSize }: ContainerContext,
): Pick<ContainerDefinition, "cpu" | "memory" | "memoryReservation"> {
  const { memory, memoryReservation, cpuShares } = resources;
  const { cpu } = wantedSize(resources);
  const shares = launchType === "ec2" ? (cpuShares ?? cpu) : Math.min(cpu, taskSize?.cpu ?? cpu);
  const none = memory === undefined && memoryReservation === undefined && launchType === "ec2";
  return {
    cpu: shares,
    ...(memory === undefined ? {} : { memory: mebibytes(memory) }),
    ...(none ? { memoryReservation: defaultReservation } : {}),
    ...(memoryReservation === undefined ? {} : { memoryReservation: mebibytes(memoryReservation) }),
  };
}

/** MiB of which its memory file systems take a part. */
function memoryOf({ resources }: Service, { taskSize }: ContainerContext): number {
  return wantedSize(resources).memory || (taskSize?.memory ?? defaultReservation);
}

function restartPolicy({ restart, job }: Service): Pick<ContainerDefinition, "restartPolicy"> {
  if (job || restart.policy === "no") return {};
  const ignored = restart.policy === "on-failure" ? { ignoredExitCodes: [0] } : {};
  return { restartPolicy: { enabled: true, ...ignored, restartAttemptPeriod } };
}

const conditions = { started: "START", healthy: "HEALTHY", completed: "SUCCESS" } as const;

/** What has to come before in the same task: on EC2 the other services; and whatever prepares its volumes. */
function dependencies(
  service: Service,
  { app, planned, launchType }: ContainerContext,
): { containerName: string; condition: DependencyCondition }[] {
  const { volumes, written } = planned.storage;
  const found = new Map<string, DependencyCondition>();
  if (launchType === "ec2") {
    for (const { filledBy } of volumes) if (filledBy !== undefined) found.set(filledBy, "START");
    for (const [other, condition] of Object.entries(service.dependsOn)) {
      if (app.services.has(other)) found.set(other, conditions[condition]);
    }
  }
  const prepared = volumes.some(({ seed }) => seed !== undefined) || written.length > 0;
  return [
    ...[...found].map(([name, condition]) => ({ containerName: ecsName(name), condition })),
    ...(prepared ? [{ containerName: preparationContainer, condition: "SUCCESS" as const }] : []),
  ].sort((a, b) => (a.containerName < b.containerName ? -1 : 1));
}

/** ECS knows `no-new-privileges`, `apparmor:PROFILE` and `label:VALUE`. */
function securityOptions(options: readonly string[]): string[] {
  const words = options.map((option) =>
    option.replace(/^([^=:]+)=/, "$1:").replace(/^no-new-privileges:true$/, "no-new-privileges"),
  );
  return [...new Set(words)].filter((option) => !/^seccomp:|:false$/.test(option)).sort();
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
