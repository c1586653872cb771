/**
 * The world of the recovery test, for two processes: `node recoveryWorld.ts <folder>` runs it, says `steady` and goes on until
 * it is killed.
 */
import { loopbackAddress } from "../../../../embedded/aws/balancing/addresses.ts";
import { Running } from "./running.ts";
import { web } from "./webApp.ts";
import {
  cloudId,
  definition,
  forwardTo,
  listener,
  loadBalancer,
  namespace,
  newWorld,
  script,
  service,
  targetGroup,
  type World,
} from "./world.ts";

/** Its own for each test and what that starts, as another may have left a process that listens. */
export const addressOf = (folder: string) => loopbackAddress(cloudId(folder), 1);
export const port = 18080;
// Not the page, which asks the other service: a target goes by its own health alone.
const group = targetGroup("web", { healthCheck: { ...targetGroup("web").healthCheck, path: "/health" } });
const asking = {
  environment: [
    { name: "RELEASE", value: "front" },
    { name: "BACKEND", value: "http://back/" },
  ],
};
const [backTask, frontTask] = [web("back", "back", 1), web("front", "front", 1, asking)];
const countTask = definition("count", [script("app", "n=0; while true; do n=$((n+1)); echo $n; sleep 0.2; done")]);
export const back = service("back", backTask.taskDefinitionArn, {
  serviceConnect: {
    namespace,
    services: [{ portName: "http", discoveryName: "back", clientAliases: [{ dnsName: "back", port: 80 }] }],
  },
});
export const front = service("front", frontTask.taskDefinitionArn, {
  healthCheckGracePeriod: 60,
  loadBalancers: [{ targetGroupArn: group.targetGroupArn, containerName: "app", containerPort: 8000 }],
  serviceConnect: { namespace, services: [] },
});
export const count = service("count", countTask.taskDefinitionArn);

export function recoveryWorld(folder: string, services: readonly (typeof back)[]): World {
  const world = newWorld();
  const balancer = loadBalancer(addressOf(folder));
  world.loadBalancers.push(balancer);
  world.targetGroups.push(group);
  world.listeners.push(listener(balancer, port, { action: forwardTo(group) }));
  for (const each of [backTask, frontTask, countTask]) world.definitions.set(each.taskDefinitionArn, each);
  for (const each of services) world.services.set(each.serviceArn, each);
  return world;
}

if (process.argv[1] === import.meta.filename) {
  const folder = process.argv[2] ?? "";
  const running = new Running(folder, recoveryWorld(folder, []));
  await running.runtime.start();
  for (const each of [back, front, count]) running.deploy(each);
  for (const each of [back, front, count]) await running.steady(each);
  process.stdout.write("steady\n");
}
