import type { Service, Text } from "./model.ts";

/** Data folders by database: images by their last name part, and the folders that mean it whatever the image is. */
const DATABASES: readonly {
  readonly name: string;
  readonly images: RegExp;
  readonly folders: readonly string[];
  readonly unmistakable: boolean;
}[] = [
  {
    name: "PostgreSQL's data",
    images: /^(postgres|postgis|timescaledb|pgvector|postgresql)/,
    folders: ["/var/lib/postgresql", "/bitnami/postgresql"],
    unmistakable: true,
  },
  {
    name: "MySQL's data",
    images: /^(mysql|mariadb|percona)/,
    folders: ["/var/lib/mysql", "/bitnami/mysql", "/bitnami/mariadb"],
    unmistakable: true,
  },
  {
    name: "MongoDB's data",
    images: /^(mongo|mongodb)/,
    folders: ["/data/db", "/data/configdb", "/bitnami/mongodb"],
    unmistakable: true,
  },
  { name: "FerretDB's SQLite files", images: /^ferretdb/, folders: ["/state"], unmistakable: false },
  {
    name: "Redis's data",
    images: /^(redis|valkey|keydb|dragonfly)/,
    folders: ["/data", "/bitnami/redis", "/bitnami/valkey"],
    unmistakable: false,
  },
  {
    name: "Elasticsearch's data",
    images: /^(elasticsearch|opensearch)/,
    folders: ["/usr/share/elasticsearch/data", "/usr/share/opensearch/data"],
    unmistakable: true,
  },
  { name: "ClickHouse's data", images: /^clickhouse/, folders: ["/var/lib/clickhouse"], unmistakable: true },
  {
    name: "Cassandra's data",
    images: /^(cassandra|scylla)/,
    folders: ["/var/lib/cassandra", "/var/lib/scylla"],
    unmistakable: true,
  },
  {
    name: "InfluxDB's data",
    images: /^influxdb/,
    folders: ["/var/lib/influxdb", "/var/lib/influxdb2"],
    unmistakable: true,
  },
  { name: "RabbitMQ's data", images: /^rabbitmq/, folders: ["/var/lib/rabbitmq"], unmistakable: true },
  { name: "CouchDB's data", images: /^couchdb/, folders: ["/opt/couchdb/data"], unmistakable: true },
  { name: "Neo4j's data", images: /^neo4j/, folders: ["/data"], unmistakable: false },
  { name: "etcd's data", images: /^etcd/, folders: ["/etcd-data", "/bitnami/etcd"], unmistakable: false },
];

const SQLITE = /\/[^\s:;,'"?]*\.(?:db|sqlite|sqlite3|db3)(?![\w/])/g;

/** What a service keeps at `target` that a bucket would corrupt; undefined when nothing of the kind is known. */
export function keepsDatabase(service: Service, target: string): string | undefined {
  const reference = service.image.reference ?? "";
  const image =
    (reference.split("@")[0] ?? "")
      .replace(/:[^/:]*$/, "")
      .split("/")
      .at(-1) ?? "";
  for (const { name, images, folders, unmistakable } of DATABASES) {
    const isImage = images.test(image);
    const isFolder = folders.some((folder) => within(target, folder) || (isImage && within(folder, target)));
    if (isFolder && (isImage || unmistakable)) return name;
  }
  const { PGDATA } = service.environment;
  if (PGDATA !== undefined && within(plain(PGDATA), target)) return "PostgreSQL's data";
  const words = [
    ...Object.values(service.environment).map(plain),
    ...(service.command ?? []),
    ...(service.entrypoint ?? []),
  ];
  const sqlite = words.flatMap((word) => [...word.matchAll(SQLITE)].map(([path]) => path.replace(/^\/+/, "/")));
  return sqlite.some((path) => within(path, target)) ? "a SQLite file" : undefined;
}

/** Whether `path` is `folder` or lies below it. */
function within(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}

function plain(text: Text): string {
  return typeof text === "string" ? text : text.secret.filter((piece) => typeof piece === "string").join("");
}
