import * as pulumi from "@pulumi/pulumi";
import { cli, type Problem } from "../userError.ts";

/** Reads the keys of a stack and collects what is wrong with them, so that the user is told of all at once. */
export class ConfigReader {
  readonly problems: Problem[] = [];
  /** The stack's configuration file, as messages name it. */
  readonly file = `Pulumi.${pulumi.getStack()}.yaml`;
  readonly #config = new pulumi.Config();

  /** Note that the value of a key cannot be used. */
  wrong(key: string, what: string, mend: string): void {
    this.problems.push({ where: `${this.file}: retrofit:${key}`, what, mend });
  }

  /** Note that a key of a provider's own configuration, such as `gcp:project`, cannot be used. */
  wrongProviderKey(key: string, what: string, mend: string): void {
    this.problems.push({ where: `${this.file}: ${key}`, what, mend });
  }

  /** The text of a key, or undefined where it is not set or empty. */
  text(key: string): string | undefined {
    return this.#config.get(key) || undefined;
  }

  flag(key: string): boolean {
    const value = attempt(() => this.#config.getBoolean(key)) ?? false;
    if (typeof value === "boolean") return value;
    this.wrong(key, "this is neither true nor false", "Give true or false");
    return false;
  }

  /** @param unit what is counted, such as "seconds" */
  wholeNumber(key: string, unit: string, fallback: number, least = 1): number {
    const value = attempt(() => this.#config.getNumber(key)) ?? fallback;
    if (typeof value === "number" && Number.isInteger(value) && value >= least) return value;
    const given = this.#config.get(key);
    this.wrong(key, `${given} is not a whole number of ${unit} from ${least} upwards`, `Give at least ${least}`);
    return fallback;
  }

  /** One of some words; the first is the default. */
  choice<T extends string>(key: string, words: readonly [T, ...T[]]): T {
    const value = this.text(key) ?? words[0];
    if ((words as readonly string[]).includes(value)) return value as T;
    this.wrong(key, `"${value}" is none of them`, `Give one of: ${words.join(", ")}`);
    return words[0];
  }

  textList(key: string): string[] {
    const list = attempt(() => this.#config.getObject<unknown>(key)) ?? [];
    if (Array.isArray(list) && list.every((each) => typeof each === "string")) return list;
    this.wrong(
      key,
      "this is not a list of text",
      `Set one at a time: ${cli} config set --path 'retrofit:${key}[0]' VALUE`,
    );
    return [];
  }

  portList(key: string): number[] {
    const list = attempt(() => this.#config.getObject<unknown>(key)) ?? [];
    if (Array.isArray(list) && list.every((port) => Number.isInteger(port) && port > 0 && port < 65536)) return list;
    this.wrong(key, "this is not a list of port numbers", "Give numbers from 1 to 65535, such as [8443]");
    return [];
  }

  /** An object of the configuration. Read raw: `getObject` would warn of each secret key, and names are no secrets. */
  record(key: string): Record<string, unknown> {
    const text = this.raw(key);
    const value = text === undefined || text === "" ? {} : attempt(() => JSON.parse(text) as unknown);
    if (typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Error)) {
      return value as Record<string, unknown>;
    }
    this.wrong(
      key,
      "this is not an object",
      `Set one entry at a time: ${cli} config set --path 'retrofit:${key}.NAME' VALUE`,
    );
    return {};
  }

  /** An object of text; numbers and booleans count as text. */
  textRecord(key: string): Record<string, string> {
    const result: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.record(key))) {
      if (["string", "number", "boolean"].includes(typeof value)) result[name] = String(value);
      else this.wrong(`${key}.${name}`, "the value is not text", "Give a string, a number or a boolean");
    }
    return result;
  }

  /** The value as the CLI hands it over, without a warning where it is secret. */
  raw(key: string): string | undefined {
    return pulumi.runtime.getConfig(`${this.#config.name}:${key}`);
  }

  /**
   * A text that must have been set with --secret, or undefined where it is not set or empty. Read raw, as `get` would warn.
   * @param noun what it is, such as "password"
   */
  secretText(key: string, noun: string): string | undefined {
    const text = this.raw(key) || undefined;
    if (text !== undefined && !this.isSecret(key)) {
      const command = `${cli} config set --secret retrofit:${key}`;
      this.wrong(key, `the ${noun} is kept in plain text`, `Change it, and set it by: ${command}`);
    }
    return text;
  }

  /** Whether any part of a key was set with --secret. The language host hands the names of such keys to the program. */
  isSecret(key: string): boolean {
    const keys = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]") as string[];
    return keys.includes(`${this.#config.name}:${key}`);
  }
}

function attempt<T>(read: () => T): T | Error {
  try {
    return read();
  } catch (error) {
    return error as Error;
  }
}
