import { describe, expect, it } from "vitest";
import { changesIn, headingOf, markdownOf } from "../../../tools/preview/report.mjs";
import type { Preview } from "../../../tools/preview/run.mjs";

const output =
  "Previewing update (dev):\n  + x: (create)\nResources:\n    + 3 to create\n    +-1 to replace\n    12 unchanged";
const preview: Preview = { stack: "dev", target: "gcp", ok: true, against: "stack", output };

describe("changesIn", () => {
  it.each([
    [output, "Resources: 3 to create, 1 to replace, 12 unchanged"],
    ["Resources:\n    11 unchanged\n", "Resources: 11 unchanged"],
    [
      "Resources:\n    ~ 1 to update\n    - 2 to delete\n    3 changes. 4 unchanged\n",
      "Resources: 1 to update, 2 to delete, 4 unchanged",
    ],
    ["error: no", "It says nothing of changes."],
  ])("%j: %s", (text, expected) => {
    expect(changesIn(text)).toBe(expected);
  });
});

describe("markdownOf", () => {
  it("shows a preview as pulumi/actions does, with the changes in sight", () => {
    expect(markdownOf(preview)).toBe(`#### :tropical_drink: \`preview\` on retrofit/dev

Resources: 3 to create, 1 to replace, 12 unchanged

<details>
<summary>Pulumi report</summary>

<pre>
${output}
</pre>
</details>
`);
  });

  it("opens with the heading by which the comment is found again", () => {
    for (const against of ["stack", "state", "nothing"] as const)
      expect(markdownOf({ ...preview, against }, { notes: ["A note."] })).toMatch(
        new RegExp(`^${headingOf("dev").replace(/[#:/]/g, "\\$&")}\n`),
      );
  });

  it("says of a preview without credentials that it is one, and what does not show", () => {
    const say = (against: Preview["against"]) => markdownOf({ ...preview, against });
    expect(say("stack")).not.toContain("without credentials");
    expect(say("state")).toMatch(/\n> \*\*A preview without credentials\.\*\* .*which holds no secrets/);
    expect(say("nothing")).toMatch(/\n> \*\*A preview without credentials\.\*\* .*everything shows as new/);
  });

  it("shows a failure open", () => {
    const text = markdownOf({ ...preview, ok: false, output: "error: no" });
    expect(text).toContain("\n**It failed.**\n\n<details open>\n");
  });

  it("what the CLI says can neither leave its frame nor call anybody", () => {
    const hostile = "</pre></details>\n\n# Approved by @owner\n<img src=x> &lt; [click](https://evil.example) ```\n";
    const text = markdownOf({ ...preview, output: hostile });
    const inside = text.slice(text.indexOf("<pre>\n") + 6, text.lastIndexOf("\n</pre>\n</details>\n"));
    expect(inside).not.toMatch(/[<>@]/);
    expect(inside).toBe(
      "&lt;/pre&gt;&lt;/details&gt;\n\n# Approved by &#64;owner\n&lt;img src=x&gt; &amp;lt; [click](https://evil.example) ```\n",
    );
  });

  it.each([300, 500, 1000, 5000])("is never longer than %d characters, and is cut in its middle", (longest) => {
    const text = markdownOf({ ...preview, output: `first line\n${"<&>@".repeat(2000)}\nlast line` }, { longest });
    expect(text.length).toBeLessThanOrEqual(longest);
    expect(text).toContain("first line\n");
    expect(text).toContain("left out");
    expect(text).toMatch(/last line\n<\/pre>\n<\/details>\n$/);
    const inside = text.slice(text.indexOf("<pre>\n") + 6, text.lastIndexOf("\n</pre>"));
    expect(inside.replaceAll(/&(amp|lt|gt|#64);/g, "")).not.toMatch(/[&;]/);
  });
});
