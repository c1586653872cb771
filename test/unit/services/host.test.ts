import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { aptProxies, debianMirrors, debianSources } from "../../../tools/images/apt.mjs";
import { hostConfiguration, ownCertificates } from "../../../tools/images/host.mjs";
import { pipConfig, pipSettings } from "../../../tools/images/pip.mjs";

const official = { main: "http://deb.debian.org/debian", security: "http://deb.debian.org/debian-security" };

describe("ownCertificates", () => {
  const own = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----";
  const [first = "", second = ""] = rootCertificates;

  it("are those that nobody else trusts, once each", () => {
    const trusted = `# comment\n${first}\n${own}\n${second.replaceAll("\n", "\r\n")}\n${own}\n`;
    expect(ownCertificates(trusted, [first, second])).toEqual([`${own}\n`]);
  });

  it("are none on a usual machine", () => {
    expect(ownCertificates(rootCertificates.join("\n"), rootCertificates)).toEqual([]);
    expect(ownCertificates("", [first])).toEqual([]);
  });
});

describe("debianMirrors", () => {
  const deb822 = `# A comment
Types: deb
URIs: https://mirror.example.com/debian/
Suites: bookworm bookworm-updates
Components: main

Types: deb deb-src
URIs:
 https://mirror.example.com/debian-security
Suites: bookworm-security
Components: main
`;
  it.each([
    [
      "deb822",
      [deb822],
      { main: "https://mirror.example.com/debian", security: "https://mirror.example.com/debian-security" },
    ],
    [
      "one line each",
      [
        "deb [arch=amd64 signed-by=/k] http://m.example.com/debian bookworm main\n#deb http://x.example.com/debian-security b main\n",
      ],
      { main: "http://m.example.com/debian", security: official.security },
    ],
    ["another distribution", ["deb http://archive.ubuntu.com/ubuntu noble main\n"], official],
    ["a third party", ["Types: deb\nURIs: https://deb.nodesource.com/node_20.x\nSuites: nodistro\n"], official],
    ["a mirror that is off", [`Enabled: no\n${deb822.split("\n\n")[0]?.replace("# A comment\n", "")}\n`], official],
    ["a folder", ["deb file:/srv/debian trixie main\n"], official],
    ["nothing", [], official],
  ])("of %s", (_, files, expected) => {
    expect(debianMirrors(files)).toEqual(expected);
  });

  it("become the sources of the stand-ins", () => {
    expect(debianSources({ main: "http://m/debian", security: "http://m/debian-security" })).toBe(`Types: deb
URIs: http://m/debian
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp

Types: deb
URIs: http://m/debian-security
Suites: trixie-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp
`);
  });
});

describe("aptProxies", () => {
  it("are read from apt's own dump", () => {
    const dump = `Acquire "";
Acquire::Check-Date "false";
Acquire::http::Proxy "http://10.0.0.1:3142";
Acquire::http::Proxy::deb.example.com "DIRECT";
Acquire::https::Proxy "";
`;
    expect(aptProxies(dump)).toEqual({
      "Acquire::http::Proxy": "http://10.0.0.1:3142",
      "Acquire::http::Proxy::deb.example.com": "DIRECT",
    });
  });
});

describe("pip", () => {
  const file = `[global]
index-url = https://pypi.example.com/simple
extra-index-url =
    https://a.example.com/simple
    https://b.example.com/simple
; a comment
cert = /home/me/ca.pem
[list]
format = json
[install]
trusted_host: pypi.example.com
find-links = /opt/wheels
`;

  it("takes what leads to an index from files, and nothing that is only of this machine", () => {
    expect(pipSettings({}, [file])).toEqual({
      "extra-index-url": "https://a.example.com/simple https://b.example.com/simple",
      "index-url": "https://pypi.example.com/simple",
      "trusted-host": "pypi.example.com",
    });
  });

  it("lets the environment win", () => {
    const env = { PIP_INDEX_URL: "https://env.example.com/simple", PIP_FIND_LINKS: "/opt/wheels", PIP_RETRIES: "" };
    expect(pipSettings(env, ["[global]\nindex_url = https://file.example.com\n"])).toEqual({
      "index-url": "https://env.example.com/simple",
    });
  });

  it("is written as its configuration file, or not at all", () => {
    expect(pipConfig({ timeout: "60" }, "/etc/ssl/ca.crt")).toBe("[global]\ntimeout = 60\ncert = /etc/ssl/ca.crt\n");
    expect(pipConfig({}, undefined)).toBeUndefined();
  });
});

describe("hostConfiguration", () => {
  it("carries certificates, sources and pip's configuration", async () => {
    const folder = await mkdtemp(join(tmpdir(), "host-"));
    try {
      const own = "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n";
      await writeFile(join(folder, "trusted.pem"), own);
      const env = { HOME: folder, PATH: "", SSL_CERT_FILE: join(folder, "trusted.pem"), PIP_TIMEOUT: "90" };
      const { files } = await hostConfiguration(env);
      expect(files["/usr/local/share/ca-certificates/host-1.crt"]).toBe(own);
      expect(files["/etc/apt/sources.list.d/debian.sources"]).toContain("Suites: trixie-security\n");
      expect(files["/etc/pip.conf"]).toContain("timeout = 90\ncert = /etc/ssl/certs/ca-certificates.crt\n");
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("carries no password into an image", async () => {
    const env = { PATH: "", HOME: "/nonexistent", PIP_INDEX_URL: "https://me:s3cret@pypi.example.com/simple" };
    const failure = await hostConfiguration(env).catch((error) => error);
    expect(failure.message).toBe(
      "index-url of this machine holds a user name or password, which would end up in the stand-ins' layers",
    );
    expect(JSON.stringify(failure)).not.toContain("s3cret");
  });
});
