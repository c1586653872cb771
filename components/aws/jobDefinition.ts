import type { ContainerDefinition, TaskDefinition } from "./taskDefinition/model.ts";

/** Container that keeps a job's task alive when the job has ended. */
const keeperName = "retrofit-keeper";

/**
 * A job's task definition as that of a service, which alone is reached by names and reaches others by them: see
 * docs/adr/0044-jobs-are-services.md. The job may end without its task, so that ECS does not start it again.
 *
 * @param job name of its container
 */
export function keptAlive(definition: TaskDefinition, job: string): TaskDefinition {
  const containers = definition.containerDefinitions.map(
    (container): ContainerDefinition => (container.name === job ? { ...container, essential: false } : container),
  );
  const own = containers.find(({ name }) => name === job) as ContainerDefinition;
  return { ...definition, containerDefinitions: [...containers, keeper(own)] };
}

/** Of the job's own image, so that no other has to be pulled. */
function keeper({ image, repositoryCredentials, logConfiguration }: ContainerDefinition): ContainerDefinition {
  return {
    name: keeperName,
    image,
    ...(repositoryCredentials && { repositoryCredentials }),
    cpu: 0,
    portMappings: [],
    essential: true,
    entryPoint: ["sleep"],
    command: ["2147483647"],
    environment: [],
    environmentFiles: [],
    mountPoints: [],
    volumesFrom: [],
    // As the first process it would not hear the signal to stop.
    linuxParameters: { capabilities: { add: [], drop: ["ALL"] }, initProcessEnabled: true },
    stopTimeout: 2,
    readonlyRootFilesystem: true,
    logConfiguration,
    systemControls: [],
  };
}
