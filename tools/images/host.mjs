// @ts-check
/**
 * What builds in a stand-in need of this machine's own way to the package registries: the certificates of a proxy that
 * intercepts TLS, the mirrors of Debian and of PyPI. It becomes files of the stand-ins, never variables of their environment.
 */
import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { promisify } from "node:util";
import { SetupError } from "../step.mjs";
import { aptProxies, debianMirrors, debianSources } from "./apt.mjs";
import { pipConfig, pipSettings } from "./pip.mjs";

/** Where Debian keeps all certificates that it trusts, in one file. */
const bundle = "/etc/ssl/certs/ca-certificates.crt";

/**
 * @typedef {object} HostConfiguration
 * @property {string} debian URL of the mirror of Debian.
 * @property {Readonly<Record<string, string>>} files Text by absolute path in the image.
 */

/** @param {NodeJS.ProcessEnv} env @returns {Promise<HostConfiguration>} */
export async function hostConfiguration(env) {
  const [trusted, known, sources, acquire, pip] = await Promise.all([
    readText(env.SSL_CERT_FILE || env.NODE_EXTRA_CA_CERTS || bundle),
    readFolder("/usr/share/ca-certificates/mozilla", ".crt"),
    aptFiles(),
    aptDump(env),
    pipFiles(env),
  ]);
  const own = ownCertificates(trusted, known.length > 0 ? known : rootCertificates);
  const mirrors = debianMirrors(sources);
  const settings = pipSettings(env, pip);
  const proxies = aptProxies(acquire);
  refuseCredentials({ ...mirrors, ...settings, ...proxies });

  /** @type {Record<string, string>} */
  const files = { "/etc/apt/sources.list.d/debian.sources": debianSources(mirrors) };
  for (const [index, certificate] of own.entries())
    files[`/usr/local/share/ca-certificates/host-${index + 1}.crt`] = certificate;
  const apt = Object.entries(proxies).map(([key, value]) => `${key} "${value}";`);
  if (Object.values(mirrors).some((url) => url.startsWith("https:"))) {
    // Before the package ca-certificates is there.
    files["/etc/apt/host-certificates.crt"] = trusted;
    apt.push('Acquire::https::CAInfo "/etc/apt/host-certificates.crt";');
  }
  if (apt.length > 0) files["/etc/apt/apt.conf.d/host"] = `${apt.join("\n")}\n`;
  const config = pipConfig(settings, own.length > 0 ? bundle : undefined);
  if (config) files["/etc/pip.conf"] = config;
  return { debian: mirrors.main, files };
}

/**
 * Certificates that this machine trusts beside the public ones.
 * @param {string} trusted PEM. @param {readonly string[]} known PEM each. @returns {string[]} PEM each.
 */
export function ownCertificates(trusted, known) {
  const bodies = new Set(known.flatMap(certificates).map(body));
  return [...new Map(certificates(trusted).map((pem) => [body(pem), pem]))]
    .filter(([key]) => !bodies.has(key))
    .map(([, pem]) => `${pem}\n`);
}

/** @param {string} text @returns {string[]} */
function certificates(text) {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

/** @param {string} pem */
function body(pem) {
  return pem.replace(/-----[^-]+-----|\s/g, "");
}

/** A layer of an image is no place for a password. @param {Readonly<Record<string, string>>} values */
function refuseCredentials(values) {
  for (const [key, value] of Object.entries(values))
    if (/:\/\/[^/\s@]+@/.test(value))
      throw new SetupError(
        `${key} of this machine holds a user name or password, which would end up in the stand-ins' layers`,
        "Give this set-up one without, or run where Docker Hub answers",
      );
}

async function aptFiles() {
  const folder = "/etc/apt/sources.list.d";
  return [
    await readText("/etc/apt/sources.list"),
    ...(await readFolder(folder, ".list")),
    ...(await readFolder(folder, ".sources")),
  ];
}

/** apt's own settings of its downloads. @param {NodeJS.ProcessEnv} env */
async function aptDump(env) {
  return promisify(execFile)("apt-config", ["dump", "Acquire"], { env }).then(
    ({ stdout }) => stdout,
    () => "", // no Debian
  );
}

/** pip's files, those that win last. @param {NodeJS.ProcessEnv} env */
function pipFiles(env) {
  const home = env.HOME || homedir();
  const files = [
    "/etc/pip.conf",
    join(home, ".pip", "pip.conf"),
    join(env.XDG_CONFIG_HOME || join(home, ".config"), "pip", "pip.conf"),
    ...(env.PIP_CONFIG_FILE ? [env.PIP_CONFIG_FILE] : []),
  ];
  return Promise.all(files.map(readText));
}

/** @param {string} file */
async function readText(file) {
  return readFile(file, "utf8").catch(() => "");
}

/** @param {string} folder @param {string} ending */
async function readFolder(folder, ending) {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(ending)).sort();
  return Promise.all(names.map((name) => readText(join(folder, name))));
}
