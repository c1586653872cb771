import type { CanonicalService } from "./canonical.ts";
import { canBeHealthy } from "./healthcheck.ts";
import type { Attachment, Condition, Service } from "./model.ts";
import type { Report } from "./report.ts";

/**
 * What services say about one another: names of links, jobs and what waits for them; then the order, dependencies first and by name among
 * equals.
 * @param filled volumes that have their content from a service's image before another service starts
 */
export function relate(
  services: ReadonlyMap<string, Service>,
  canonical: Readonly<Record<string, CanonicalService>>,
  jobs: Readonly<Record<string, boolean | undefined>>,
  filled: ReadonlySet<string>,
  report: Report,
): Map<string, Service> {
  checkContainerNames(services, canonical, report);
  const linked = withLinks(services, canonical, report);
  const ordered = inOrder(
    withJobs(linked, jobs, report),
    ({ dependsOn }) => Object.keys(dependsOn),
    (cycle) => {
      const [name = ""] = cycle;
      const mend = "Remove one of these dependencies";
      report.problem(["services", name, "depends_on"], `is a cycle: ${cycle.join(" -> ")}`, mend);
    },
  );
  return suppliersFirst(ordered, filled, report);
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

/** What mounts a volume comes after the service whose image fills it, as if it depended on that. */
function suppliersFirst(
  services: ReadonlyMap<string, Service>,
  filled: ReadonlySet<string>,
  report: Report,
): Map<string, Service> {
  const suppliers = new Map<string, string>();
  for (const { name, mounts } of services.values()) {
    for (const mount of mounts) {
      if (mount.kind !== "volume" || mount.readOnly || !filled.has(mount.volume)) continue;
      if (!suppliers.has(mount.volume)) suppliers.set(mount.volume, name);
    }
  }
  const suppliersOf = ({ name, mounts }: Service) =>
    mounts.flatMap((mount) => {
      const supplier = mount.kind === "volume" ? suppliers.get(mount.volume) : undefined;
      return supplier === undefined || supplier === name ? [] : [supplier];
    });
  return inOrder(
    services,
    (service) => [...Object.keys(service.dependsOn), ...suppliersOf(service)],
    (cycle) => {
      const reader = cycle.findIndex((name, index) => {
        const next = cycle[index + 1];
        return next !== undefined && !(next in (services.get(name)?.dependsOn ?? {}));
      });
      // One of dependencies alone has been told.
      if (reader < 0) return;
      report.problem(
        ["services", cycle[reader] ?? "", "volumes"],
        `has files of the image of ${cycle[reader + 1]}, which must therefore start first, in a cycle: ${cycle.join(" -> ")}`,
        "Remove one of the dependencies, or take storage: disk",
      );
    },
  );
}

function inOrder(
  services: ReadonlyMap<string, Service>,
  before: (service: Service) => readonly string[],
  tell: (cycle: readonly string[]) => void,
): Map<string, Service> {
  const ordered = new Map<string, Service>();
  const visit = (name: string, above: readonly string[]) => {
    const service = services.get(name);
    if (!service || ordered.has(name)) return;
    if (above.includes(name)) {
      tell([...above.slice(above.indexOf(name)), name]);
      return;
    }
    for (const other of before(service).toSorted()) visit(other, [...above, name]);
    ordered.set(name, service);
  };
  for (const name of [...services.keys()].sort()) visit(name, []);
  return ordered;
}
