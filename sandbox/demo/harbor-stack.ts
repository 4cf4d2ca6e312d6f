import { join } from "node:path";
import { z } from "zod";
import { table } from "../../cli/table.ts";
import { applyHarborCluster } from "../harbor/harbor.ts";
import { backups } from "../harbor/objects.ts";
import { copyProject, editStackFile } from "../pulumi/project.ts";
import type { Stage } from "./stage.ts";
import { stepLines } from "./step-lines.ts";

const up = "pulumi up --stack lab --yes --skip-preview --non-interactive --suppress-outputs";
/** What `up` says when it is time for the HarborCluster (operations/harbor/pg-hba.ts). */
export const waitsForHarbor = "waiting for the Harbor operator to create";

const proofSchema = z.object({ verdict: z.string(), checks: z.record(z.string(), z.string()) });
const databaseSchema = z.object({ uid: z.string(), backups: z.string() });
const outputsSchema = z.object({ harbor: z.object({ proof: proofSchema.nullable(), database: databaseSchema }) });
export type HarborOutputs = z.infer<typeof outputsSchema>["harbor"];

/** What the demo declares as the restore. */
export interface DeclaredRestore {
  readonly id: string;
  readonly uid: string;
  readonly targetTime?: string;
  /** What the proof must find. */
  readonly repositories: readonly string[];
}

/** The folder with the project's copy, in which the demo edits the stack file. */
export function projectFolder(directory: string): string {
  return join(directory, "project");
}

/** What the proof of a restore is to look for, as it is written into the stack file. */
export function proofSettings(repositories: readonly string[], harborUrl: string): { expect: object; proof: object } {
  const sql = "select string_agg(name, ' ' order by name) from repository";
  return {
    expect: { databases: ["core"], queries: [{ database: "core", sql, equals: repositories.join(" ") }] },
    proof: { harbor: { url: harborUrl } },
  };
}

/** The proof for a person. */
export function proofTable({ checks, verdict }: z.infer<typeof proofSchema>): string {
  const rows = Object.entries(checks).map(([check, found]) => [check, found]);
  return `${table(["CHECK", "FOUND"], rows)}\nverdict: ${verdict}`;
}

/** The stack `lab` in a copy of the project. */
export class HarborStack {
  readonly #stage: Stage;
  readonly #folder: string;
  #ups = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#folder = projectFolder(stage.directory);
  }

  /** Copies the project, and makes its stack file fit the sandbox: keys, because WAL-G here cannot assume a role. */
  async prepare(): Promise<void> {
    const { environment } = this.#stage;
    await copyProject(this.#folder);
    await this.#edit(["stanza", "targets"], []);
    await this.#edit(["harbor", "hold"], undefined);
    await this.#edit(["harbor", "backup", "credentials"], "secret");
    await this.#edit(["harbor", "endpointUrls"], {
      s3: environment["AWS_ENDPOINT_URL_S3"],
      secretsManager: environment["AWS_ENDPOINT_URL"],
    });
    const keys = {
      accessKeyId: environment["AWS_ACCESS_KEY_ID"],
      secretAccessKey: environment["AWS_SECRET_ACCESS_KEY"],
    };
    const harborSecrets = JSON.stringify({ backup: keys, restore: keys });
    await this.#stage.ask("pulumi config set --stack lab --secret postgres-recovery:harborSecrets", {
      cwd: this.#folder,
      input: harborSecrets,
    });
  }

  /** Declares a restore in the stack file, and what its proof is to look for. */
  async declareRestore({ id, repositories, targetTime, uid }: DeclaredRestore): Promise<void> {
    const moment = targetTime === undefined ? "" : ` --target-time ${targetTime}`;
    const command = `postgres-recovery config restore --stack lab --id ${id} --uid ${uid}${moment} --yes`;
    await this.#stage.run(command, { cwd: this.#folder });
    const { expect, proof } = proofSettings(repositories, this.#stage.environment["HARBOR_URL"] ?? "");
    await this.#edit(["harbor", "restore", "expect"], expect);
    await this.#edit(["harbor", "restore", "proof"], proof);
    this.#stage.tell(`(and restore.expect, so that the proof looks for these images: ${repositories.join(", ")})`);
  }

  /** Takes the restore out of the stack file again. */
  async finishRestore(): Promise<void> {
    await this.#stage.run("postgres-recovery config finish-restore --stack lab --yes", { cwd: this.#folder });
  }

  /** `pulumi up`. */
  up(...parameters: readonly string[]): Promise<void> {
    return this.#up(parameters, stepLines());
  }

  /**
   * `pulumi up`, which waits for the Harbor operator, and the HarborCluster as soon as it says so.
   *
   * @throws if it ends without waiting: then it has not made the database of this HarborCluster.
   */
  async upWithHarborCluster(): Promise<void> {
    const isStepLine = stepLines();
    const waiting = Promise.withResolvers<"waiting">();
    const running = this.#up([], (line) => {
      if (line.includes(waitsForHarbor)) waiting.resolve("waiting");
      return isStepLine(line);
    }).then(() => "ended" as const);
    if ((await Promise.race([running, waiting.promise])) === "ended")
      throw new Error("pulumi up came to its end without waiting for the HarborCluster");
    this.#stage.tell("$ npm run sandbox -- harbor   # applies the HarborCluster, as kubectl or Argo CD would");
    await Promise.all([running, applyHarborCluster(this.#stage.directory)]);
  }

  async outputs(): Promise<HarborOutputs> {
    const text = await this.#stage.ask("pulumi stack output --json --stack lab", { cwd: this.#folder });
    return outputsSchema.parse(JSON.parse(text)).harbor;
  }

  /** Shows the proof of the last `up`. @throws if it does not prove the restore. */
  async showProof(): Promise<void> {
    const { proof } = await this.outputs();
    if (proof === null) throw new Error("the stack's outputs have no proof");
    this.#stage.tell(proofTable(proof));
    if (proof.verdict !== "proven") throw new Error(`the proof's verdict is ${proof.verdict}`);
  }

  /** Lists the places in S3 that have backups, each with how many. */
  async listBackups(): Promise<void> {
    const { bucket, region } = backups;
    const endpoint = this.#stage.environment["AWS_ENDPOINT_URL_S3"] ?? "";
    const command = "postgres-recovery restore check --suggest";
    await this.#stage.run(`${command} --bucket ${bucket} --region ${region} --endpoint-url ${endpoint}`);
  }

  async #up(parameters: readonly string[], isShown: (line: string) => boolean): Promise<void> {
    this.#ups += 1;
    await this.#stage.runInPart([up, ...parameters].join(" "), {
      cwd: this.#folder,
      isShown,
      file: join(this.#stage.directory, `up-${this.#ups}.log`),
    });
  }

  #edit(path: readonly [string, ...string[]], value: unknown): Promise<void> {
    return editStackFile(this.#folder, "lab", path, value);
  }
}
