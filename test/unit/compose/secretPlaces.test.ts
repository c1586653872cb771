import { expect, it } from "vitest";
import { looksSecret } from "../../../compose/secretPlaces.ts";

it.each([
  "PASSWORD",
  "REDIS_PASSWORD",
  "PGPASSWORD",
  "DB_PASSWD",
  "USER_TOKEN",
  "API_KEY",
  "APIKEY",
  "secret_key",
  "AWS_CREDENTIALS",
])("%s is a secret by its name", (name) => expect(looksSecret(name)).toBe(true));

it.each([
  "KEYCLOAK_VERSION",
  "TOKENIZERS_PARALLELISM",
  "MONKEY_ISLAND",
  "KEYSPACE",
  "NEXT_PUBLIC_STRIPE_KEY",
  "VITE_MAPS_KEY",
  "HTTP_PORT",
])("%s is none", (name) => expect(looksSecret(name)).toBe(false));
