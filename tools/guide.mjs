// @ts-check
import { startCommand } from "./clouds.mjs";

/**
 * A stack that has been deployed.
 * @typedef {object} Deployed
 * @property {string} stack
 * @property {string} [target]
 * @property {boolean} embedded
 * @property {string | null} [url]
 * @property {string} [app] As the configuration names it.
 * @property {string} state Where the state lives, for people.
 */

/** What can be done now. @param {Deployed} deployed */
export function guide({ stack, target, embedded, url, app = "", state }) {
  const again = startCommand(stack);
  const on = stack === "dev" ? "" : ` -- --stack ${stack}`;
  const uploads = app.startsWith("flask-upload-demo");
  /** @type {[string, string, boolean][]} */
  const lines = [
    ["upload", `open it in a browser, or: curl -F file=@picture.png ${url}`, uploads],
    [
      "lose the VM",
      `npm run kill-vm${on}, then: ${again}; what was uploaded is still there`,
      target === "gcp" && embedded,
    ],
    ["logs", `npm run logs${on}`, true],
    [
      "change",
      `edit ${uploads ? `what is under docker/${app.split("/")[0]}` : "the app's files"}, then: ${again}`,
      true,
    ],
    [
      "go back",
      `npm run pulumi -- stack output releases${stack === "dev" ? "" : ` --stack ${stack}`}, set retrofit:release to one, then: ${again}`,
      target !== "docker",
    ],
    ["your app", "README.md, Deploy your own app: a folder or a compose file, on a stack of its own", true],
    ["look", `npm run pulumi -- stack${stack === "dev" ? "" : ` --stack ${stack}`}`, true],
    ["state", state, true],
    ["destroy", `npm run destroy${on}`, true],
  ];
  const shown = lines.filter(([, , applies]) => applies).map(([name, text]) => `  ${name.padEnd(12)}${text}`);
  return [`\nDeployed: ${url ?? "it publishes no port that speaks HTTP"}\n`, ...shown].join("\n");
}
