/**
 * `npm run bench -- preview`: a preview without a change, by this project's command, which starts its stand-in for the
 * docker plugin, and by the CLI alone; against the same of an empty TypeScript program.
 */
import { root } from "../test/support/stack.ts";
import { deployedDemo } from "./demo.ts";
import { EmptyProgram } from "./emptyProgram.ts";
import { versus } from "./versus.ts";

const demo = await deployedDemo("docker");
const empty = await EmptyProgram.create(root);
try {
  await versus(
    "No-op preview of flask-upload-demo on Docker",
    7,
    ["npm run pulumi -- preview", demo.preview],
    ["pulumi preview", demo.plainPreview],
    ["empty program", () => empty.preview()],
  );
} finally {
  await empty.remove();
  await demo.stack.remove();
}
