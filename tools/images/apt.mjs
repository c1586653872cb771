// @ts-check
/** Where packages of Debian come from. */

/** The release of which the stand-ins are made. */
export const suite = "trixie";

/** @typedef {{ main: string, security: string }} Mirrors */

/** @type {Mirrors} */
const official = { main: "http://deb.debian.org/debian", security: "http://deb.debian.org/debian-security" };

/**
 * The mirrors that this machine's own sources name; a machine of another distribution gets Debian's.
 * @param {readonly string[]} files Text of `.list` and `.sources` files. @returns {Mirrors}
 */
export function debianMirrors(files) {
  const urls = files.flatMap((text) => (/^Types:/m.test(text) ? deb822(text) : oneLine(text)));
  /** @param {RegExp} ending */
  const find = (ending) => urls.find((url) => /^https?:/.test(url) && ending.test(url));
  return {
    main: find(/\/debian$/) ?? official.main,
    security: find(/\/debian-security$/) ?? official.security,
  };
}

/** @param {string} text */
function deb822(text) {
  return text
    .replace(/^#.*\n?/gm, "")
    .split(/\n\s*\n/)
    .filter((stanza) => /^Types:.*\bdeb\b/m.test(stanza) && !/^Enabled:\s*no/im.test(stanza))
    .flatMap((stanza) => (/^URIs:((?:.*\n?)(?:[ \t].*\n?)*)/m.exec(stanza)?.[1] ?? "").split(/\s+/))
    .map(withoutSlash)
    .filter(Boolean);
}

/** @param {string} text */
function oneLine(text) {
  return text
    .split("\n")
    .map((line) => /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)/.exec(line)?.[1] ?? "")
    .map(withoutSlash)
    .filter(Boolean);
}

/** @param {string} url */
function withoutSlash(url) {
  return url.replace(/\/+$/, "");
}

/** @param {Mirrors} mirrors */
export function debianSources({ main, security }) {
  const key = "Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp";
  /** @param {string} url @param {string} suites */
  const stanza = (url, suites) => `Types: deb\nURIs: ${url}\nSuites: ${suites}\nComponents: main\n${key}\n`;
  return `${stanza(main, `${suite} ${suite}-updates`)}\n${stanza(security, `${suite}-security`)}`;
}

/** Proxies in the output of `apt-config dump Acquire`. @param {string} dump @returns {Record<string, string>} */
export function aptProxies(dump) {
  const lines = dump.matchAll(/^(Acquire::https?::Proxy(?:::\S+)?) "([^"]+)";$/gm);
  return Object.fromEntries([...lines].map(([, key = "", value = ""]) => [key, value]));
}
