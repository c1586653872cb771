/** One statement of a policy, with its lists made lists. */
export interface Statement {
  readonly effect: "Allow" | "Deny";
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly resources: readonly string[];
  readonly notResources: readonly string[];
  /** Of trust and resource policies: `Service:ecs-tasks.amazonaws.com`, `AWS:*`, `*`. */
  readonly principals: readonly string[];
  /** By operator and key. */
  readonly conditions: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** What is asked. */
export interface Question {
  /** `secretsmanager:GetSecretValue` */
  readonly action: string;
  /** An ARN, or `*` for an action on nothing in particular. */
  readonly resource: string;
  /** Who asks, where the policy says whom it is about: `Service:ecs-tasks.amazonaws.com`, `AWS:<role's ARN>`. */
  readonly principal?: string;
  /** Condition keys: `aws:SourceAccount`, `elasticfilesystem:AccessPointArn`, ... */
  readonly context?: Readonly<Record<string, string>>;
}

export type Decision = "allowed" | "denied" | "implicitly denied";

const version = /^(2012-10-17|2008-10-17)$/;
const keys = new Set([
  "Sid",
  "Effect",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Principal",
  "NotPrincipal",
  "Condition",
]);

/** Why a policy document is none; undefined where it is one. */
export function policyProblem(document: unknown): string | undefined {
  if (!isMap(document)) return "must be a policy document: an object with Version and Statement";
  if (document.Version !== undefined && !version.test(String(document.Version))) {
    return `must be a policy document of Version "2012-10-17", not ${JSON.stringify(document.Version)}`;
  }
  const list = listOf(document.Statement);
  if (list.length === 0) return "must be a policy document with at least one Statement";
  for (const statement of list) {
    const problem = statementProblem(statement);
    if (problem !== undefined) return `must be a policy document: ${problem}`;
  }
  return undefined;
}

function statementProblem(statement: unknown): string | undefined {
  if (!isMap(statement)) return "a Statement must be an object";
  const unknown = Object.keys(statement).find((key) => !keys.has(key));
  if (unknown !== undefined) return `a Statement has no ${unknown}`;
  if (statement.Effect !== "Allow" && statement.Effect !== "Deny") return 'Effect must be "Allow" or "Deny"';
  if ((statement.Action === undefined) === (statement.NotAction === undefined)) return "a Statement needs an Action";
  for (const action of [...listOf(statement.Action), ...listOf(statement.NotAction)]) {
    if (!/^(\*|[a-z0-9-]+:[A-Za-z0-9*?]+)$/.test(String(action))) return `${JSON.stringify(action)} is no action`;
  }
  for (const operator of Object.keys((statement.Condition ?? {}) as object)) {
    if (operators[baseOperator(operator)] === undefined) return `the condition ${operator} is not imitated here`;
  }
  return undefined;
}

/** The statements of a policy document's text. */
export function statementsOf(text: string): Statement[] {
  const document = JSON.parse(text) as { Statement: unknown };
  return (listOf(document.Statement) as Record<string, unknown>[]).map((statement) => ({
    effect: statement.Effect as Statement["effect"],
    actions: strings(statement.Action),
    notActions: strings(statement.NotAction),
    resources: strings(statement.Resource),
    notResources: strings(statement.NotResource),
    principals: principalsOf(statement.Principal),
    conditions: Object.fromEntries(
      Object.entries((statement.Condition ?? {}) as Record<string, Record<string, unknown>>).map(
        ([operator, tests]) => [
          operator,
          Object.fromEntries(Object.entries(tests).map(([key, value]) => [key, strings(value)])),
        ],
      ),
    ),
  }));
}

/** What the statements say: a denial wins, and what nothing allows is denied implicitly. */
export function decide(statements: readonly Statement[], question: Question): Decision {
  const meant = statements.filter((statement) => applies(statement, question));
  if (meant.some(({ effect }) => effect === "Deny")) return "denied";
  return meant.some(({ effect }) => effect === "Allow") ? "allowed" : "implicitly denied";
}

function applies(statement: Statement, { action, resource, principal, context = {} }: Question): boolean {
  const { actions, notActions, resources, notResources, principals, conditions } = statement;
  const isAction = (pattern: string) => matches(pattern.toLowerCase(), action.toLowerCase());
  if (actions.length > 0 ? !actions.some(isAction) : notActions.some(isAction)) return false;
  const isResource = (pattern: string) => matches(pattern, resource);
  if (resources.length > 0 && !resources.some(isResource)) return false;
  if (notResources.some(isResource)) return false;
  if (principal !== undefined && !principals.some((each) => each === "*" || each === "AWS:*" || each === principal)) {
    return false;
  }
  return Object.entries(conditions).every(([operator, tests]) =>
    Object.entries(tests).every(([key, values]) => holds(operator, contextValue(context, key), values)),
  );
}

function contextValue(context: Readonly<Record<string, string>>, key: string): string | undefined {
  const found = Object.keys(context).find((each) => each.toLowerCase() === key.toLowerCase());
  return found === undefined ? undefined : context[found];
}

/** Whether the texts satisfy an operator; `negative` ones hold for all of the policy's values, the others for one. */
const operators: Readonly<Record<string, { test(pattern: string, text: string): boolean; negative?: boolean }>> = {
  StringEquals: { test: (pattern, text) => pattern === text },
  StringNotEquals: { test: (pattern, text) => pattern !== text, negative: true },
  StringLike: { test: matches },
  StringNotLike: { test: (pattern, text) => !matches(pattern, text), negative: true },
  ArnEquals: { test: matches },
  ArnLike: { test: matches },
  ArnNotEquals: { test: (pattern, text) => !matches(pattern, text), negative: true },
  ArnNotLike: { test: (pattern, text) => !matches(pattern, text), negative: true },
  Bool: { test: (pattern, text) => pattern.toLowerCase() === text.toLowerCase() },
};

function baseOperator(operator: string): string {
  return operator.replace(/IfExists$/, "");
}

function holds(operator: string, text: string | undefined, values: readonly string[]): boolean {
  const { test, negative = false } = operators[baseOperator(operator)] ?? { test: () => false };
  if (text === undefined) return negative || operator.endsWith("IfExists");
  return negative ? values.every((value) => test(value, text)) : values.some((value) => test(value, text));
}

/** `*` stands for any characters, `?` for one. */
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}

function principalsOf(principal: unknown): string[] {
  if (!isMap(principal)) return strings(principal);
  return Object.entries(principal).flatMap(([kind, names]) => strings(names).map((name) => `${kind}:${name}`));
}

function strings(value: unknown): string[] {
  return listOf(value).map(String);
}

function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
