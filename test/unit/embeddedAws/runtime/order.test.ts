import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ContainerDefinition } from "../../../../embedded/aws/ecs/taskDefinition.ts";
import {
  endedBy,
  nextSteps,
  type Progress,
  restarts,
  type Step,
} from "../../../../embedded/aws/runtime/tasks/order.ts";
import { container } from "./world.ts";

const now = 1_000_000;

function waitsFor(
  name: string,
  containerName: string,
  condition: "START" | "COMPLETE" | "SUCCESS" | "HEALTHY",
  changes: Partial<ContainerDefinition> = {},
): ContainerDefinition {
  return container(name, { dependsOn: [{ containerName, condition }], ...changes });
}

const waiting: Progress = { phase: "waiting", health: "UNKNOWN" };
const running: Progress = { phase: "running", health: "UNKNOWN", startedAt: now - 5000 };
const exited = (exitCode: number): Progress => ({ ...running, phase: "stopped", exitCode });
const never: Progress = { phase: "stopped", health: "UNKNOWN" };

/** Steps as `kind container`, of a task in which `app` waits for `db`. */
function steps(condition: "START" | "COMPLETE" | "SUCCESS" | "HEALTHY", db: Progress, startTimeout?: number) {
  const definitions = [
    waitsFor("app", "db", condition),
    container("db", startTimeout === undefined ? {} : { startTimeout }),
  ];
  return nextSteps(
    definitions,
    new Map([
      ["app", waiting],
      ["db", db],
    ]),
    "RUNNING",
    now,
  );
}

const why = (rest: string) => `dependency graph: ${rest}`;
const dependency = "container ordering dependency [db] for target [app]";

describe("the order of a task's containers", () => {
  it.each([
    ["START", waiting, ["start db"]],
    ["START", { ...running, phase: "starting" }, []],
    ["START", running, ["start app"]],
    ["START", exited(1), ["start app"]],
    ["COMPLETE", running, []],
    ["COMPLETE", exited(3), ["start app"]],
    ["SUCCESS", running, []],
    ["SUCCESS", exited(0), ["start app"]],
    ["SUCCESS", exited(3), ["giveUp app"]],
    ["HEALTHY", running, []],
    ["HEALTHY", { ...running, health: "UNHEALTHY" }, []],
    ["HEALTHY", { ...running, health: "HEALTHY" }, ["start app"]],
    ["HEALTHY", exited(0), []],
    ["START", never, ["giveUp app"]],
    ["SUCCESS", never, ["giveUp app"]],
    ["COMPLETE", never, ["giveUp app"]],
  ] as const)("%s with a dependency that is %j: %j", (condition, db, expected) => {
    expect(steps(condition, db).steps.map((step) => `${step.kind} ${step.container}`)).toEqual(expected);
  });

  it("says why a container never starts, as the ECS agent does", () => {
    const reason = (step: Step | undefined) => (step?.kind === "giveUp" ? step.reason : undefined);
    expect(reason(steps("SUCCESS", exited(1)).steps[0])).toBe(
      why(`failed to resolve ${dependency} as dependency did not exit successfully.`),
    );
    expect(reason(steps("START", never).steps[0])).toBe(
      why(`failed to resolve ${dependency} because dependency will never start`),
    );
    expect(reason(steps("HEALTHY", running, 3).steps[0])).toBe(why(`${dependency} has timed out.`));
  });

  it("asks to be woken at the time-out of a dependency, and waits for good without one", () => {
    expect(steps("HEALTHY", running, 30)).toEqual({ steps: [], again: now + 25_000 });
    expect(steps("HEALTHY", running)).toEqual({ steps: [] });
    expect(steps("START", { ...running, phase: "starting" }, 1)).toEqual({ steps: [] });
  });

  it("takes links and shared volumes for dependencies on a start", () => {
    const definitions = [
      container("web", { links: ["db:database"], volumesFrom: [{ sourceContainer: "files", readOnly: true }] }),
      container("db"),
      container("files"),
    ];
    const at = (db: Progress, files: Progress) =>
      nextSteps(
        definitions,
        new Map([
          ["web", waiting],
          ["db", db],
          ["files", files],
        ]),
        "RUNNING",
        now,
      ).steps.map((step) => `${step.kind} ${step.container}`);
    expect(at(waiting, waiting)).toEqual(["start db", "start files"]);
    expect(at(running, waiting)).toEqual(["start files"]);
    expect(at(running, running)).toEqual(["start web"]);
  });

  it("stops a container when those that depend on it have stopped, and starts none any more", () => {
    const definitions = [waitsFor("nginx", "app", "START"), waitsFor("app", "db", "HEALTHY"), container("db")];
    const at = (...phases: Progress[]) =>
      nextSteps(
        definitions,
        new Map(definitions.map(({ name }, index) => [name, phases[index] ?? waiting])),
        "STOPPED",
        now,
      ).steps.map((step) => `${step.kind} ${step.container}`);
    const stopping: Progress = { ...running, phase: "stopping" };
    expect(at(running, running, running)).toEqual(["stop nginx"]);
    expect(at(stopping, running, running)).toEqual([]);
    expect(at(exited(0), running, running)).toEqual(["stop app"]);
    expect(at(waiting, exited(0), running)).toEqual(["giveUp nginx", "stop db"]);
  });

  it("ends with an essential container only", () => {
    const definitions = [container("app"), container("init", { essential: false })];
    const at = (app: Progress, init: Progress) =>
      endedBy(
        definitions,
        new Map([
          ["app", app],
          ["init", init],
        ]),
      );
    expect(at(running, exited(0))).toBeUndefined();
    expect(at(exited(0), running)).toBe("app");
  });

  it("restarts by the container's own policy", () => {
    const restartPolicy = { enabled: true, ignoredExitCodes: [0], restartAttemptPeriod: 60 };
    expect(restarts(container("a", { restartPolicy }), 1, 61)).toBe(true);
    expect(restarts(container("a", { restartPolicy }), 0, 61)).toBe(false);
    expect(restarts(container("a", { restartPolicy }), 1, 59)).toBe(false);
    expect(restarts(container("a"), 1, 61)).toBe(false);
    const atOnce = { ...restartPolicy, restartAttemptPeriod: 0 };
    expect(restarts(container("a", { restartPolicy: atOnce }), 1, -0.004)).toBe(true);
  });

  it("brings every task up in order, and down in the opposite one", () => {
    // Some containers end by themselves, the others serve; who depends on them asks for what they can give.
    const task = fc
      .array(fc.tuple(fc.boolean(), fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 3 })), {
        minLength: 1,
        maxLength: 7,
      })
      .map((all) =>
        all.map(([ends, dependencies], index) => ({
          ends,
          definition: container(`c${index}`, {
            dependsOn: dependencies.slice(0, index).map(([on, kind]) => {
              const possible = all[on % index]?.[0]
                ? (["SUCCESS", "COMPLETE", "START"] as const)
                : (["HEALTHY", "START"] as const);
              return { containerName: `c${on % index}`, condition: possible[kind % possible.length] ?? "START" };
            }),
          }),
        })),
      );
    fc.assert(
      fc.property(task, (containers) => {
        const definitions = containers.map(({ definition }) => definition);
        const progress = new Map<string, Progress>(definitions.map(({ name }) => [name, waiting]));
        const dependsOn = (name: string) => definitions.find((each) => each.name === name)?.dependsOn ?? [];
        for (let round = 0; round < containers.length; round++) {
          for (const { kind, container: name } of nextSteps(definitions, progress, "RUNNING", now).steps) {
            expect(kind).toBe("start");
            for (const { containerName } of dependsOn(name))
              expect(progress.get(containerName)?.phase).not.toBe("waiting");
            const { ends } = containers.find(({ definition }) => definition.name === name) ?? {};
            progress.set(name, ends ? exited(0) : { ...running, health: "HEALTHY" });
          }
        }
        expect([...progress.values()].some(({ phase }) => phase === "waiting")).toBe(false);
        for (let round = 0; round < containers.length; round++) {
          for (const { kind, container: name } of nextSteps(definitions, progress, "STOPPED", now).steps) {
            expect(kind).toBe("stop");
            for (const other of definitions.filter((each) =>
              dependsOn(each.name).some((on) => on.containerName === name),
            )) {
              expect(progress.get(other.name)?.phase).toBe("stopped");
            }
            progress.set(name, exited(0));
          }
        }
        expect([...progress.values()].every(({ phase }) => phase === "stopped")).toBe(true);
      }),
    );
  });
});
