// @ts-check
import { baseImages } from "./baseImages.mjs";
import { buildkit } from "./buildkit.mjs";
import { checkers } from "./checkers.mjs";
import { chromium } from "./chromium.mjs";
import { compose } from "./compose.mjs";
import { engine } from "./engine.mjs";
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

/** What some deployments need. */
export const everything = [...deployment, sops];

/** What the tests need. */
export const tests = [...everything, testPrograms, chromium, checkers];
