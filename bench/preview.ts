/** `npm run bench -- preview`: a preview without a change, against the same of an empty TypeScript program. */
import { root } from "../test/support/stack.ts";
import { deployedDemo } from "./demo.ts";
import { EmptyProgram } from "./emptyProgram.ts";
import { versus } from "./versus.ts";

const demo = await deployedDemo("docker");
const empty = await EmptyProgram.create(root);
try {
  await versus(
    "No-op preview",
    7,
    ["flask-upload-demo on Docker", demo.preview],
    ["empty program", () => empty.preview()],
  );
} finally {
  await empty.remove();
  await demo.stack.remove();
}
