import { toBuild } from "./build.ts";
import type { Canonical, CanonicalService, Raw } from "./canonical.ts";
import { type Contents, toContents } from "./contents.ts";
import { relate } from "./dependencies.ts";
import { checkExtension, checkExtensionPlaces, mergeExtensions } from "./extension.ts";
import type { App, Build, Extension, Finding, Service } from "./model.ts";
import { checkAddresses, toNetworks } from "./network.ts";
import { checkPublishedPorts, warnOfClosedPorts } from "./port.ts";
import type { FileKind, LaunchType, Reading, Target } from "./reading.ts";
import { inOrder, type Places, Report } from "./report.ts";
import { checkSecretPlaces, warnOfPrivateVariables } from "./secretPlaces.ts";
import { toService } from "./service.ts";
import { checkSupport } from "./support/table.ts";
import { toVolumes } from "./volume.ts";

/** Everything that is known of an app before it is understood. */
export interface AppInput {
  /** Absolute path of the compose file. */
  readonly file: string;
  /** What Compose prints, dollars unescaped; placeholders stand for secret values. */
  readonly canonical: Canonical;
  /** What Compose prints with variables unreplaced. */
  readonly raw: Raw;
  /** The file's `x-retrofit`, variables replaced. */
  readonly written?: unknown;
  /** The same from the stack's configuration, which wins. */
  readonly configured?: Extension;
  readonly target: Target;
  /** For the target aws. @default "fargate" */
  readonly launchType?: LaunchType;
  readonly places: Places;
  readonly kindOf: (path: string) => FileKind;
  /** Files and variables that compose secrets and configs name. */
  readonly contents: Contents;
  /** Values of secret variables that are known already. */
  readonly known?: Readonly<Record<string, string>>;
  /** Variables of the `.env` file. */
  readonly privateNames?: ReadonlySet<string>;
  /** What Compose warned of. */
  readonly warnings?: readonly Finding[];
}

/**
 * Understands a compose file.
 * @throws UserError with all that cannot be deployed.
 */
export function toApp(input: AppInput): App {
  const { file, canonical, raw, target, launchType, kindOf, known = {}, privateNames = new Set() } = input;
  const report = new Report(input.places);
  const extension = mergeExtensions(
    checkExtension(input.written, canonical, "x-retrofit", report),
    checkExtension(input.configured, canonical, "stack configuration", report),
  );
  const reading: Reading = {
    target,
    ...(launchType ? { launchType } : {}),
    raw,
    report,
    extension,
    kindOf,
    known,
    privateNames,
    contents: toContents(canonical, input.contents, known, report),
  };

  checkSupport(canonical, raw, reading);
  checkExtensionPlaces(raw, report);
  checkSecretPlaces(canonical, report);
  warnOfPrivateVariables(canonical, raw, privateNames, report);
  const all = Object.entries(canonical.services ?? {});
  const running = all.filter(([, service]) => !isOnlyBuilt(service));
  const builds = new Map(
    all.flatMap(([name, service]): [string, Build][] =>
      isOnlyBuilt(service) && service.build ? [[name, toBuild(name, service.build, service.platform, reading)]] : [],
    ),
  );
  if (running.length === 0) {
    report.problem(["services"], "has no service to run", "Add one, or name the profile of one");
  }
  const single = new Map(
    running.map(([name, service]): [string, Service] => [name, toService(name, service, reading)]),
  );
  const jobs = Object.fromEntries(Object.entries(extension.services ?? {}).map(([name, { job }]) => [name, job]));
  const services = relate(single, Object.fromEntries(running), jobs, filledVolumes(reading), report);
  checkPublishedPorts(services.values(), report);
  warnOfClosedPorts(services.values(), reading);
  const networks = toNetworks(canonical, reading);
  checkAddresses(services.values(), networks, report);
  const volumes = toVolumes(canonical, services, reading);

  report.throwProblems();
  return {
    name: canonical.name,
    file,
    services,
    builds,
    networks,
    volumes,
    expose: extension.expose ?? [],
    ...(Object.keys(known).length === 0 ? {} : { secretValues: Object.values(known) }),
    warnings: inOrder([...(input.warnings ?? []), ...report.findings()]),
  };
}

/** Only where all containers are started in an order, by one engine or in one task, are volumes filled before others mount them. */
function filledVolumes({ target, launchType, extension }: Reading): ReadonlySet<string> {
  if (target !== "docker" && launchType !== "ec2") return new Set();
  const volumes = Object.entries(extension.volumes ?? {});
  return new Set(volumes.flatMap(([name, { storage }]) => (storage === "image" ? [name] : [])));
}

/** `scale: 0`: the image is there for others to extend. */
function isOnlyBuilt({ scale, deploy }: CanonicalService): boolean {
  return (scale ?? deploy?.replicas) === 0;
}
