import type { Shape } from "./shape.ts";

const strings: Shape = { list: "string" };
const nameValue: Shape = { list: { fields: { name: "string", value: "string" } } };
const valueFrom: Shape = { list: { fields: { name: "string", valueFrom: "string" } } };

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html */
export const containerShape: Shape = {
  fields: {
    command: strings,
    cpu: "integer",
    dependsOn: {
      list: { fields: { condition: { oneOf: ["START", "COMPLETE", "SUCCESS", "HEALTHY"] }, containerName: "string" } },
    },
    disableNetworking: "boolean",
    dnsSearchDomains: strings,
    dnsServers: strings,
    dockerLabels: { map: "string" },
    dockerSecurityOptions: strings,
    entryPoint: strings,
    environment: nameValue,
    environmentFiles: { list: { fields: { type: "string", value: "string" } } },
    essential: "boolean",
    extraHosts: { list: { fields: { hostname: "string", ipAddress: "string" } } },
    healthCheck: {
      fields: { command: strings, interval: "integer", retries: "integer", startPeriod: "integer", timeout: "integer" },
    },
    hostname: "string",
    image: "string",
    interactive: "boolean",
    links: strings,
    linuxParameters: {
      fields: {
        capabilities: { fields: { add: strings, drop: strings } },
        devices: { list: { fields: { containerPath: "string", hostPath: "string", permissions: strings } } },
        initProcessEnabled: "boolean",
        maxSwap: "integer",
        sharedMemorySize: "integer",
        swappiness: "integer",
        tmpfs: { list: { fields: { containerPath: "string", mountOptions: strings, size: "integer" } } },
      },
    },
    logConfiguration: { fields: { logDriver: "string", options: { map: "string" }, secretOptions: valueFrom } },
    memory: "integer",
    memoryReservation: "integer",
    mountPoints: { list: { fields: { containerPath: "string", readOnly: "boolean", sourceVolume: "string" } } },
    name: "string",
    portMappings: {
      list: {
        fields: {
          appProtocol: { oneOf: ["http", "http2", "grpc"] },
          containerPort: "integer",
          hostPort: "integer",
          name: "string",
          protocol: { oneOf: ["tcp", "udp"] },
        },
      },
    },
    privileged: "boolean",
    pseudoTerminal: "boolean",
    readonlyRootFilesystem: "boolean",
    repositoryCredentials: { fields: { credentialsParameter: "string" } },
    resourceRequirements: { list: { fields: { type: "string", value: "string" } } },
    restartPolicy: {
      fields: { enabled: "boolean", ignoredExitCodes: { list: "integer" }, restartAttemptPeriod: "integer" },
    },
    secrets: valueFrom,
    startTimeout: "integer",
    stopTimeout: "integer",
    systemControls: { list: { fields: { namespace: "string", value: "string" } } },
    ulimits: { list: { fields: { hardLimit: "integer", name: "string", softLimit: "integer" } } },
    user: "string",
    versionConsistency: { oneOf: ["enabled", "disabled"] },
    volumesFrom: { list: { fields: { readOnly: "boolean", sourceContainer: "string" } } },
    workingDirectory: "string",
  },
};
