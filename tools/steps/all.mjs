// @ts-check
import { awsRuntime } from "./awsRuntime.mjs";
import { baseImages } from "./baseImages.mjs";
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

/** What every command of the CLI needs. */
export const toolchain = [node, pulumi, dockerBuild, docker, compose];

/** What a deployment needs. */
export const deployment = [...toolchain, engine, registry, buildkit, baseImages];

/** What the embedded clouds need beside that, by provider. @type {Readonly<Record<string, readonly import("../step.mjs").Step[]>>} */
export const embedded = { gcp: [gcsEmulator, credentialGcr, machine], aws: [awsRuntime] };

/** What some deployments need. */
export const everything = [...deployment, sops, ...Object.values(embedded).flat()];

/** What the tests need. */
export const tests = [...everything, gcsfuse, testPrograms, chromium, checkers];
