import type { CanonicalService } from "./canonical.ts";
import { canBeHealthy } from "./healthcheck.ts";
import type { Attachment, Condition, Service } from "./model.ts";
import type { Report } from "./report.ts";

/**
 * What services say about one another: names of links, jobs and what waits for them; then the order, dependencies first and by name among
 * equals.
 */
export function relate(
  services: ReadonlyMap<string, Service>,
  canonical: Readonly<Record<string, CanonicalService>>,
  jobs: Readonly<Record<string, boolean | undefined>>,
  report: Report,
): Map<string, Service> {
  checkContainerNames(services, canonical, report);
  const linked = withLinks(services, canonical, report);
  return inOrder(withJobs(linked, jobs, report), report);
}

/** Two containers under one name would be reached by turns. */
function checkContainerNames(
  services: ReadonlyMap<string, Service>,
  canonical: Readonly<Record<string, CanonicalService>>,
  report: Report,
): void {
  for (const [name, { container_name: container }] of Object.entries(canonical)) {
    if (container === undefined || container === name || !services.has(container)) continue;
    report.problem(
      ["services", name, "container_name"],
      `is ${container}, which is the name of another service`,
      "Choose another name",
    );
  }
}

/** `links: [db:database]`: the other service answers to the alias on the networks that both are on. */
function withLinks(
  services: ReadonlyMap<string, Service>,
  canonical: Readonly<Record<string, CanonicalService>>,
  report: Report,
): Map<string, Service> {
  const related = new Map(services);
  for (const [name, { links = [] }] of Object.entries(canonical)) {
    for (const [index, link] of links.entries()) {
      const [target = "", alias = target] = link.split(":", 2);
      const other = related.get(target);
      if (!other || alias === target) continue;
      if (related.has(alias)) {
        report.problem(
          ["services", name, "links", index],
          `gives ${target} the name ${alias}, which is another service's`,
          "Choose another alias",
        );
        continue;
      }
      const shared = services.get(name)?.networks;
      const networks = [...other.networks].map(([network, attachment]): [string, Attachment] => [
        network,
        shared?.has(network)
          ? { ...attachment, aliases: [...new Set([...attachment.aliases, alias])].sort() }
          : attachment,
      ]);
      related.set(target, { ...other, networks: new Map(networks) });
    }
  }
  return related;
}

/** A service that another waits to complete is a job, and so is one that does nothing, for its image alone; whoever depends on a job waits for its end. */
function withJobs(
  services: ReadonlyMap<string, Service>,
  said: Readonly<Record<string, boolean | undefined>>,
  report: Report,
): Map<string, Service> {
  const awaited = new Map(
    [...services.values()].flatMap(({ name, dependsOn }) =>
      Object.entries(dependsOn).flatMap(([other, condition]): [string, string][] =>
        condition === "completed" ? [[other, name]] : [],
      ),
    ),
  );
  const isJob = (name: string) => said[name] ?? (awaited.has(name) || doesNothing(services.get(name)));
  return new Map(
    [...services].map(([name, service]): [string, Service] => {
      const job = isJob(name);
      const { policy } = service.restart;
      if (!job && awaited.has(name)) {
        report.problem(
          ["services", awaited.get(name) ?? "", "depends_on", name],
          `waits for the end of ${name}, which is said not to be a job`,
          `Remove job: false from ${name}`,
        );
      }
      if (job && (policy === "always" || policy === "unless-stopped")) {
        report.problem(
          ["services", name, "restart"],
          `is ${policy}, but the service is a job, which runs once a release and ends`,
          "Remove restart, or give on-failure",
        );
      }
      const dependsOn = Object.fromEntries(
        Object.entries(service.dependsOn).flatMap(([other, condition]): [string, Condition][] => {
          const dependency = services.get(other);
          // One that is not required and whose profile is not active.
          if (dependency === undefined) return [];
          if (condition === "healthy" && isJob(other)) {
            report.problem(
              ["services", name, "depends_on", other],
              `waits until ${other} is healthy, but that is a job, which runs once a release and ends`,
              "Take the condition service_completed_successfully",
            );
          } else if (condition === "healthy" && !canBeHealthy(dependency.healthcheck)) {
            report.problem(
              ["services", name, "depends_on", other],
              `waits until ${other} is healthy, but its health check is disabled`,
              `Give ${other} a health check, or take the condition service_started`,
            );
          }
          return [[other, condition === "started" && isJob(other) ? "completed" : condition]];
        }),
      );
      return [name, { ...service, job, dependsOn }];
    }),
  );
}

/** Others build on its image: `true` ends at once, whatever it is given. */
function doesNothing(service: Service | undefined): boolean {
  const [program = ""] = service?.entrypoint ?? [];
  return /^((\/usr)?\/bin\/)?true$/.test(program) && /^(no|on-failure)$/.test(service?.restart.policy ?? "");
}

function inOrder(services: ReadonlyMap<string, Service>, report: Report): Map<string, Service> {
  const ordered = new Map<string, Service>();
  const visit = (name: string, above: readonly string[]) => {
    const service = services.get(name);
    if (!service || ordered.has(name)) return;
    if (above.includes(name)) {
      const cycle = [...above.slice(above.indexOf(name)), name].join(" -> ");
      report.problem(["services", name, "depends_on"], `is a cycle: ${cycle}`, "Remove one of these dependencies");
      return;
    }
    for (const dependency of Object.keys(service.dependsOn).sort()) visit(dependency, [...above, name]);
    ordered.set(name, service);
  };
  for (const name of [...services.keys()].sort()) visit(name, []);
  return ordered;
}
