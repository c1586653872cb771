// @ts-check
/** Services that run as a container of the engine, where Docker Hub has their official image. */

/** @typedef {import("../step.mjs").Context} Context */

/** What marks a container as this project's service. */
const label = "retrofit.setup";

/**
 * @typedef {object} Container
 * @property {string} name
 * @property {string} image
 * @property {readonly string[]} options Of `docker run`, before the image.
 * @property {readonly string[]} args Of its program.
 */

/** State such as `running` or `exited`, undefined where there is none of this project's. @param {Context} context @param {string} name */
export async function containerState(context, name) {
  const format = `{{index .Config.Labels "${label}"}} {{.State.Status}}`;
  const answer = await context
    .run("docker", ["container", "inspect", "--format", format, name], { quiet: true })
    .catch(() => "");
  const [mark, state] = answer.trim().split(" ");
  return mark === name ? state : undefined;
}

/** Makes the container anew and starts it; what it keeps is outside of it. @param {Context} context @param {Container} container */
export async function runContainer(context, { name, image, options, args }) {
  const present = context.run("docker", ["image", "inspect", image], { quiet: true });
  await present.catch(() => context.run("docker", ["pull", image]));
  await removeContainer(context, name);
  const service = ["--detach", "--name", name, "--label", `${label}=${name}`, "--restart", "unless-stopped"];
  await context.run("docker", ["run", ...service, ...options, image, ...args]);
}

/** @param {Context} context @param {string} name */
export async function removeContainer(context, name) {
  if ((await containerState(context, name)) === undefined) return false;
  await context.run("docker", ["rm", "--force", "--volumes", name]);
  return true;
}
