import * as aws from "./aws.ts";
import * as gcp from "./gcp.ts";
import { all, but, mapped, onAws, only, type Row, refused, warned } from "./row.ts";

const N = "networks.*";
const V = "volumes.*";
const SWARM_FILES = "only Swarm keeps it";

/** Fields of the file itself, its networks, volumes, secrets and configs. */
export const projectRows: readonly Row[] = [
  mapped("version", "Compose ignores it"),
  mapped("name"),
  mapped("include", "resolved by Compose"),
  mapped("include.path"),
  mapped("include.env_file"),
  mapped("include.project_directory"),

  mapped("networks"),
  mapped(N),
  mapped(`${N}.name`, "networks that are not external get a name of the stack's own"),
  onAws(mapped(`${N}.driver`), aws.noNetworkDriver),
  onAws(mapped(`${N}.driver_opts`), aws.noNetworkOptions),
  onAws(mapped(`${N}.ipam`), aws.noAddresses),
  refused(`${N}.ipam.driver`, "other drivers of addresses are not carried over", "Remove it", only("default")),
  ...all(onAws(mapped(`${N}.ipam.config`), aws.noAddresses), ["subnet", "ip_range", "gateway"]),
  refused(
    `${N}.ipam.config.aux_addresses`,
    "reserved addresses are not carried over",
    "Give an ip_range that leaves them out",
  ),
  refused(`${N}.ipam.options`, "options of an address driver are not carried over", "Remove it"),
  ...all(onAws(but(mapped(`${N}.external`), { gcp: gcp.noExternalNetwork }), aws.noExternalNetwork), ["name"]),
  onAws(mapped(`${N}.internal`), aws.noInternal),
  refused(`${N}.enable_ipv4`, "networks have IPv4", "Remove it", only(true)),
  refused(`${N}.enable_ipv6`, "networks have IPv4 only", "Remove it"),
  mapped(`${N}.attachable`, "only Swarm's networks need it"),
  onAws(mapped(`${N}.labels`), aws.noNetworkLabels),

  mapped("volumes"),
  mapped(V),
  mapped(`${V}.name`, "volumes that are not external get a name of the stack's own"),
  onAws(but(mapped(`${V}.driver`), { gcp: gcp.ownPlace }), aws.noVolumeDriver),
  onAws(but(mapped(`${V}.driver_opts`), { gcp: gcp.ownPlace }), aws.noVolumeOptions),
  ...all(onAws(but(mapped(`${V}.external`), { gcp: gcp.noExternalVolume }), aws.noExternalVolume), ["name"]),
  onAws(mapped(`${V}.labels`), aws.noVolumeLabels),

  mapped("secrets", "their contents are secret; a file encrypted by sops is decrypted"),
  mapped("secrets.*"),
  mapped("secrets.*.name", "has no effect without Swarm"),
  mapped("secrets.*.environment"),
  mapped("secrets.*.file"),
  ...all(refused("secrets.*.external", SWARM_FILES, "Give a file or an environment variable"), ["name"]),
  warned("secrets.*.labels", "they label what Swarm keeps"),
  refused("secrets.*.driver", SWARM_FILES, "Give a file or an environment variable"),
  refused("secrets.*.driver_opts", SWARM_FILES, "Give a file or an environment variable"),
  refused("secrets.*.template_driver", SWARM_FILES, "Give a file that is complete"),

  mapped("configs"),
  mapped("configs.*"),
  mapped("configs.*.name", "has no effect without Swarm"),
  mapped("configs.*.content"),
  mapped("configs.*.environment"),
  mapped("configs.*.file"),
  ...all(refused("configs.*.external", SWARM_FILES, "Give a file or its content"), ["name"]),
  warned("configs.*.labels", "they label what Swarm keeps"),
  refused("configs.*.template_driver", SWARM_FILES, "Give a file that is complete"),

  ...all(refused("models", "no target runs language models", "Reach a model's service over the network"), [
    "*",
    "*.name",
    "*.model",
    "*.context_size",
    "*.runtime_flags",
  ]),
];

/** The project's own extension. */
export const extensionRows: readonly Row[] = [
  mapped("x-retrofit", "what Compose cannot say; the same names under `retrofit:` in the stack's configuration win"),
  mapped("x-retrofit.services"),
  mapped("x-retrofit.services.*"),
  mapped("x-retrofit.services.*.job", "runs to completion once a release, before the services that depend on it"),
  mapped("x-retrofit.services.*.expose", "added to the service's own `expose`"),
  mapped(
    "x-retrofit.services.*.binds",
    "by path in the container: `disk`, `copy` or `drop`, for writable binds on the clouds",
  ),
  mapped(
    "x-retrofit.services.*.environment",
    "added to the service's variables, and winning over them; secret where one of retrofit:services was set with --secret",
  ),
  mapped("x-retrofit.volumes"),
  mapped("x-retrofit.volumes.*"),
  mapped(
    "x-retrofit.volumes.*.storage",
    "`disk`, `bucket`, or `image`: what the image has at that path, fresh at each release",
  ),
  mapped("x-retrofit.volumes.*.uid", "owner of a bucket's files"),
  mapped("x-retrofit.volumes.*.gid", "group of a bucket's files"),
  mapped("x-retrofit.volumes.*.fileMode", "mode of a bucket's files"),
  mapped("x-retrofit.volumes.*.dirMode", "mode of a bucket's folders"),
  mapped("x-retrofit.volumes.*.existing", "an existing bucket or file system"),
  mapped("x-retrofit.expose", "published ports, beside 80 and 443, to be opened to the world on the clouds"),
];
