// @ts-check
/**
 * A reporter for vitest: a line for each test that failed, also where a second try passed, before the details of the first that failed
 * for good.
 */

/** @typedef {import("vitest/node").TestModule} TestModule */

export default class Failures {
  /** @param {readonly TestModule[]} modules @param {readonly import("vitest/node").SerializedError[]} unhandled */
  onTestRunEnd(modules, unhandled) {
    for (const line of [...modules.flatMap(secondTriesOf), ...modules.flatMap(failuresOf)]) console.log(line);
    for (const error of unhandled) console.log(`FAILED  outside of any test: ${firstLine([error])}`);
  }
}

/** @param {TestModule} module @returns {string[]} */
function failuresOf(module) {
  const own = [...module.children.allSuites()].flatMap((suite) => lineOf(`${suite.fullName} (hook)`, suite.errors()));
  const tests = [...module.children.allTests("failed")];
  return [
    ...lineOf("(the file)", module.errors()),
    ...own,
    ...tests.flatMap((test) => lineOf(test.fullName, test.result().errors ?? [])),
  ].map((line) => `FAILED  ${module.relativeModuleId} > ${line}`);
}

/** @param {TestModule} module @returns {string[]} */
function secondTriesOf(module) {
  const passed = [...module.children.allTests("passed")].filter((test) => test.diagnostic()?.flaky);
  return passed
    .flatMap((test) => lineOf(test.fullName, test.result().errors ?? []))
    .map((line) => `PASSED AT THE SECOND TRY  ${module.relativeModuleId} > ${line}`);
}

/** @param {string} name @param {readonly { message: string }[]} errors @returns {string[]} */
function lineOf(name, errors) {
  return errors.length > 0 ? [`${name}: ${firstLine(errors)}`] : [];
}

/** @param {readonly { message: string }[]} errors @returns {string} */
function firstLine(errors) {
  return (errors[0]?.message ?? "").split("\n")[0]?.slice(0, 300) ?? "";
}
