// @ts-check
import { awsRuntime } from "./awsRuntime.mjs";
import { baseImages, baseImagesOf } from "./baseImages.mjs";
import { buildkit } from "./buildkit.mjs";
import { checkers } from "./checkers.mjs";
import { chromium } from "./chromium.mjs";
import { compose } from "./compose.mjs";
import { credentialGcr } from "./credentialGcr.mjs";
import { engine } from "./engine.mjs";
import { gcsEmulator } from "./gcsEmulator.mjs";
import { gcsfuse } from "./gcsfuse.mjs";
import { machine } from "./machine.mjs";
import { node } from "./node.mjs";
import { docker, dockerBuild } from "./plugins.mjs";
import { pulumi } from "./pulumi.mjs";
import { registry } from "./registry.mjs";
import { sops } from "./sops.mjs";
import { testPrograms } from "./testPrograms.mjs";

/** @typedef {import("../step.mjs").Step} Step */

/** What every command of the CLI needs. */
export const toolchain = [node, pulumi, dockerBuild, docker, compose];

/** What the embedded clouds need, by provider. @type {Readonly<Record<string, readonly Step[]>>} */
export const embedded = { gcp: [gcsEmulator, credentialGcr, machine], aws: [awsRuntime] };

/**
 * What the deployment of a stack needs.
 * @param {{ file?: string, clouds: readonly string[] }} where `file`: of the stack; undefined: any app may be deployed.
 * @returns {Step[]}
 */
export function deployment({ file, clouds }) {
  const images = file === undefined ? baseImages : baseImagesOf(file);
  return [...toolchain, engine, registry, buildkit, images, ...clouds.flatMap((cloud) => embedded[cloud] ?? [])];
}

/** What some deployments need. */
export const everything = [...deployment({ clouds: Object.keys(embedded) }), sops];

/** What the tests need. */
export const tests = [...everything, gcsfuse, testPrograms, chromium, checkers];
