import { describe, expect, it } from "vitest";
import { imagesIn, stagesOf } from "../../../components/dockerfile.ts";

describe("imagesIn", () => {
  it.each([
    [
      "every stage, whatever its options",
      "FROM --platform=linux/amd64 debian AS a\nfrom nginx:1.28\n",
      ["debian", "nginx:1.28"],
    ],
    ["each once", "FROM redis:8\nFROM redis:8\n", ["redis:8"]],
    [
      "no stage, whatever its case",
      "FROM debian AS Base\nFROM base\nCOPY --from=BASE /a /a\nCOPY --from=0 /a /a\n",
      ["debian"],
    ],
    ["not the empty image", "FROM scratch\nCOPY a /a\n", []],
    ["what is copied from", "FROM scratch\nCOPY --link --from=nginx:1.28 --chown=1 /a /b\n", ["nginx:1.28"]],
    [
      "what is mounted",
      "FROM scratch\nRUN --mount=type=bind,from=python:3.13-slim,target=/p a\n",
      ["python:3.13-slim"],
    ],
    ["what is mounted first", "FROM scratch\nRUN --network=none --mount=from=redis:8,target=/p a\n", ["redis:8"]],
    ["no words of a command", "FROM scratch\nRUN copy --from=nginx:1.28 && echo FROM redis:8\n", []],
    [
      "no program that is written inline",
      "FROM debian\nRUN <<A cat <<-'B'\nfrom flask import x\nA\nFROM a\nB\nFROM redis:8\n",
      ["debian", "redis:8"],
    ],
    [
      "a shift or a word for what they are",
      "FROM debian\nRUN echo $((1<<N)) <<<x\nFROM redis:8\n",
      ["debian", "redis:8"],
    ],
    [
      "no comments",
      "# FROM nginx:1.28 \\\nFROM scratch\n  # FROM redis:8\nRUN a \\\n# b \\\n  c\nFROM postgres:17\n",
      ["postgres:17"],
    ],
    ["what is written over several lines", "FROM \\\n  redis:8\\\n  AS x\r\nFROM x\r\n", ["redis:8"]],
    ["the default of an argument", `ARG OS=debian TAG='12' BASE=$OS:\${TAG}\nFROM $BASE\n`, ["debian:12"]],
    ["a default where it is used", `ARG TAG\nFROM redis:\${TAG:-8}\nFROM redis\${TAG:+:$TAG}\n`, ["redis:8", "redis"]],
    ["nothing of an argument of a stage", `FROM debian\nARG BASE=redis:8\nFROM \${BASE}\n`, ["debian"]],
  ])("finds %s", (_, text, images) => {
    expect(imagesIn(text)).toEqual(images);
  });

  it("takes the build's arguments where the Dockerfile has such", () => {
    const text = "ARG TAG=7\nFROM redis:$TAG\nFROM debian:$OTHER\n";
    expect(imagesIn(text, { TAG: "8", OTHER: "12" })).toEqual(["redis:8", "debian:"]);
  });
});

it("stagesOf numbers stages without a name", () => {
  expect(stagesOf("FROM a\nFROM b AS c\nEXPOSE 80\nCOPY --from=0 /x /x\n")).toEqual([
    { name: "0", base: "a", sources: [], ports: [] },
    { name: "c", base: "b", sources: ["0"], ports: [80] },
  ]);
});
