import assert from "node:assert/strict";
import {
  commandCredentials,
  configMapCredentials,
  looksLikeSecret,
  tagCredentials,
} from "../../../domain/credentials.ts";

describe("credentials where they can be read", () => {
  const commandsWith = (text: string, environment = {}) =>
    commandCredentials({ create: text }, environment, "Command one").map(({ where }) => where);

  it("an access key, a private key, and a URL with a password are recognised", () => {
    for (const text of [
      "AKIAIOSFODNN7EXAMPLE",
      "key=ASIAIOSFODNN7EXAMPLE;",
      "postgres://app:password@db/app",
      "-----BEGIN RSA PRIVATE KEY-----",
    ])
      assert(looksLikeSecret(text), text);
    for (const text of [
      "postgres://db/app",
      "postgres://app@db/app",
      "AKIA",
      "-----BEGIN CERTIFICATE-----",
      "a@b.example",
    ])
      assert(!looksLikeSecret(text), text);
  });

  it("a ConfigMap's key that names where a secret is holds none, also in the Zalando operator's own ConfigMap", () => {
    const names = {
      infrastructure_roles_secret_name: "roles",
      pod_environment_secret: "pod-secret",
      secret_name_template: "{username}.{cluster}.credentials",
      enable_secrets_deletion: "true",
      password_rotation_interval: "90",
      "password-file": "/run/password",
    };
    assert.deepEqual(configMapCredentials(names, "ConfigMap a"), []);
    const secrets = { password: "x", clientSecret: "x", api_token: "x", secret_name: "postgres://a:b@c" };
    assert.equal(configMapCredentials(secrets, "ConfigMap a").length, 4);
  });

  it("a command with a password in an option or a variable", () => {
    for (const text of [
      "PGPASSWORD=hunter2 psql",
      "curl --password hunter2 https://example.com",
      "x; AWS_SECRET_ACCESS_KEY='hunter2' aws s3 ls",
      "tool --secret-access-key=hunter2",
    ])
      assert.deepEqual(commandsWith(text), ["Command one create"], text);
  });

  it("a command that takes it from a variable, a file or stdin is fine", () => {
    for (const text of [
      'PGPASSWORD="$PASSWORD" psql',
      "PGPASSWORD=$(cat file) psql",
      "PGPASSWORD='' psql",
      "tool --password-stdin < file",
      "tool --password-file file",
      'printf %s "$PULUMI_COMMAND_STDOUT"',
      "exec bin/postgres-recovery secrets keep --request - --output json",
    ])
      assert.deepEqual(commandsWith(text), [], text);
  });

  it("a variable of a command's environment", () => {
    assert.deepEqual(commandsWith("true", { PGPASSWORD: "hunter2", EMPTY_PASSWORD: "", PATH: "/bin" }), [
      "Command one environment PGPASSWORD",
    ]);
  });

  it("ConfigMaps and tags: the key is named, and the value is not", () => {
    const data = { password: "hunter2", url: "postgres://a:hunter2@db", colour: "blue", "empty-password": "" };
    for (const findings of [configMapCredentials(data, "at"), tagCredentials(data, "at")]) {
      assert.deepEqual(
        findings.map(({ where }) => where.replace("tag ", "")),
        ["at password", "at url"],
      );
      assert(!JSON.stringify(findings).includes("hunter2"));
    }
  });
});
