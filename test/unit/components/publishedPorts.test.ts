import { describe, expect, it } from "vitest";
import { publishedPorts } from "../../../components/docker/engine.ts";

describe("publishedPorts", () => {
  it.each<[string, number[]]>([
    ["", []],
    ["5000/tcp", []],
    ["127.0.0.1:8080->80/tcp", [8080]],
    ["0.0.0.0:80->8080/tcp, :::80->8080/tcp, 5432/tcp", [80, 80]],
    ["127.0.0.1:9000-9002->9000-9002/tcp", [9000, 9001, 9002]],
  ])("reads %j", (text, ports) => {
    expect(publishedPorts(text)).toEqual(ports);
  });
});
