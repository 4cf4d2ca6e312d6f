import { ignoredEndpoint } from "../../clients/aws/endpoint.ts";
import type { S3Client } from "../../clients/aws/s3.ts";
import type { SecretsManager } from "../../clients/aws/secrets-manager.ts";
import type { Duration } from "../../domain/duration.ts";
import { RecoveryError } from "../../domain/errors.ts";
import { gravest } from "../../domain/finding.ts";
import { postgresqlName } from "../../domain/harbor/names.ts";
import { lossOf, matching, restoreSection, type Candidate, type RestoreAnswers } from "../../domain/restore/section.ts";
import { targetTimeProblem } from "../../domain/restore/restore.ts";
import { harborPostgresMajor } from "../../domain/spilo/image.ts";
import type { ConfigRestoreReport } from "../../domain/stack/config-edit.ts";
import { visibleJson } from "../../domain/visible-text.ts";
import { judgedPlan, offeredRestores } from "../../operations/restore/plan.ts";
import type { Surroundings } from "../../operations/surroundings.ts";
import type { HarborSettings } from "../../settings/harbor.ts";
import { verdictExitCode } from "../exit-codes.ts";
import { findingVerdict } from "../findings.ts";
import type { ColorChoice } from "../options.ts";
import { printText } from "../output.ts";
import { ask, canAsk } from "../question.ts";
import { surroundingsOfProcess } from "../session.ts";
import {
  editedStack,
  hasRestoreKeys,
  openedStack,
  settingsIn,
  writtenStack,
  type EditOptions,
  type OpenedStack,
} from "./edited.ts";
import { projectAt, shownPath, theFileOf } from "./project.ts";
import { candidateOptions, candidatesTable, restoreText } from "./restore-text.ts";

export interface ConfigRestoreOptions extends EditOptions {
  readonly stack?: string | undefined;
  readonly id?: string | undefined;
  readonly scope?: string | undefined;
  readonly uid?: string | undefined;
  readonly prefix?: string | undefined;
  readonly postgresVersion?: number | undefined;
  readonly targetTime?: string | undefined;
  readonly lostAt?: string | undefined;
  readonly bucket?: string | undefined;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly bucketOwner?: string | undefined;
  readonly irsaRoleArn?: string | undefined;
  readonly read?: true | undefined;
  readonly timeout: Duration;
  readonly output: "table" | "json";
  readonly color: ColorChoice;
}

/** The AWS APIs that are asked, each opened when it is needed. */
export interface RestoreStores {
  readonly s3: S3Client;
  readonly secrets: Pick<SecretsManager, "list">;
}

/** `postgres-recovery config restore`; the result is the exit code. */
export async function configRestore(options: ConfigRestoreOptions): Promise<number> {
  const project = await projectAt(process.cwd());
  const opened = await openedStack(project.name, theFileOf(project, options.stack));
  const harbor = harborWithoutRestore(opened);
  const surroundings = surroundingsOfProcess();
  const stores = await openStores(harbor, options, surroundings);
  try {
    const { edit, report } = await plannedRestore(opened, harbor, options, stores, surroundings);
    const verdict = findingVerdict(gravest(report.findings));
    const mayWrite = verdict === "okay";
    const outcome = mayWrite ? await writtenStack(opened, edit, options, surroundings.signal) : "refused";
    const whole: ConfigRestoreReport = { ...report, outcome };
    printText(options.output === "json" ? visibleJson(whole, 2) : restoreText(whole, options.color), options.color);
    return verdictExitCode([verdict]);
  } finally {
    stores.s3.close();
  }
}

/** @throws RecoveryError when the stack has no Harbor, or declares a restore already. */
function harborWithoutRestore(opened: OpenedStack): HarborSettings {
  const { harbor } = settingsIn(opened);
  const file = shownPath(opened.path);
  if (harbor === undefined) {
    throw new RecoveryError("restore-not-declared", `${file} has no setting harbor, so there is nothing to restore`, {
      next: "name the stack that declares Harbor's database, with --stack",
    });
  }
  if (harbor.restore === undefined) return harbor;
  throw new RecoveryError("restore-already-declared", `${file} declares the restore ${harbor.restore.id} already`, {
    next: `end it first: postgres-recovery config finish-restore --stack ${opened.stack}`,
  });
}

async function openStores(
  { backup, endpointUrls, secrets }: HarborSettings,
  { bucket, bucketOwner, endpoint, region }: ConfigRestoreOptions,
  { progress, signal }: Surroundings,
): Promise<RestoreStores> {
  const own = { region: backup.region, endpoint: backup.endpoint, bucketOwner: bucketOwner ?? backup.bucketOwner };
  const store = bucket === undefined ? own : { region: region ?? backup.region, endpoint, bucketOwner };
  const ignored = ignoredEndpoint("S3", store.endpoint ?? endpointUrls.s3);
  if (ignored !== undefined) progress(ignored);
  const { connectS3 } = await import("../../clients/aws/s3.ts");
  const { connectSecretsManager } = await import("../../clients/aws/secrets-manager.ts");
  const access = { region: secrets.region, endpointUrl: endpointUrls.secretsManager };
  const manager = connectSecretsManager(access, signal, progress);
  return { s3: connectS3({ ...store, endpointUrl: endpointUrls.s3 }), secrets: manager };
}

/** Chooses what to restore, asks where that is open, and judges it by what S3 holds. Nothing is written. */
export async function plannedRestore(
  opened: OpenedStack,
  harbor: HarborSettings,
  options: ConfigRestoreOptions,
  { s3, secrets }: RestoreStores,
  surroundings: Surroundings,
): Promise<{
  readonly edit: ReturnType<typeof editedStack>;
  readonly report: Omit<ConfigRestoreReport, "outcome">;
}> {
  const given = answersOf(options, harbor, surroundings.now());
  const bucket = options.bucket ?? harbor.backup.bucket;
  const asked = { bucket, harbor: harbor.cluster };
  const all = await offeredRestores(s3, secrets, asked, surroundings);
  const place = await chosenPlace(matching(all, given, postgresqlName(harbor.cluster)), all, bucket, surroundings);
  const answers = await withMoment(given, place, options, surroundings.signal);
  const judge = async (version: number) => {
    const section = restoreSection(place, answers, version);
    const edit = editedStack(opened, [{ kind: "set", path: ["harbor", "restore"], value: section }]);
    const { harbor: declared } = settingsIn(edit.after);
    if (declared?.restore === undefined) throw new TypeError("the section that was written is not there");
    const { restore } = declared;
    const plan = { image: harbor.spiloImage, backup: harbor.backup, restore, timeLimit: options.timeout };
    return { section, edit, ...(await judgedPlan(s3, plan, surroundings)) };
  };
  const version = answers.postgresVersion ?? place.postgresVersion;
  // A path without a version: the backup itself names it.
  const first = await judge(version ?? harborPostgresMajor);
  const named = version ?? first.backup?.postgresVersion;
  if (named === undefined || named === null) throw noVersion();
  const { backup, edit, findings, section } = named === (version ?? harborPostgresMajor) ? first : await judge(named);
  return {
    edit,
    report: {
      version: 1,
      stack: opened.stack,
      file: shownPath(opened.path),
      diff: edit.diff,
      next: nextSteps(opened, answers, place),
      restore: section as Record<string, unknown>,
      backup,
      loss: lossOf(backup, answers),
      secrets: place.secrets,
      findings: [...findings],
    },
  };
}

function answersOf(options: ConfigRestoreOptions, harbor: HarborSettings, now: Date): RestoreAnswers {
  const { irsaRoleArn, read, ...answers } = options;
  const credentials = irsaRoleArn === undefined ? harbor.backup.credentials : { irsaRoleArn };
  const id = options.id ?? `restore-${now.toISOString().slice(0, 16).replaceAll(/[-:]/g, "").replace("T", "-")}`;
  return { ...answers, id, credentials, read: read === true };
}

/** The place that is left, or the one that the person at the terminal chooses. */
async function chosenPlace(
  left: readonly Candidate[],
  all: readonly Candidate[],
  bucket: string,
  { signal }: Surroundings,
): Promise<Candidate> {
  const [only, ...others] = left;
  if (only !== undefined && others.length === 0) return only;
  if (only === undefined) {
    const what = all.length === 0 ? "holds no backup of Spilo" : `holds no backups that fit, but:\n${lines(all)}`;
    throw new RecoveryError("restore-choice-missing", `bucket ${bucket} ${what}`, {
      next: all.length === 0 ? "name another bucket with --bucket and --region" : "name one of them with its options",
    });
  }
  if (!canAsk()) {
    const message = `bucket ${bucket} holds the backups of several databases:\n${lines(left)}`;
    throw new RecoveryError("restore-choice-missing", message, { next: "name one of them with its options" });
  }
  const shown = candidatesTable(left);
  for (;;) {
    const answer = await ask(`${shown}\n\nWhich one is to be restored? [1] `, signal);
    const place = left[answer === "" ? 0 : Number(answer) - 1];
    if (place !== undefined) return place;
  }
}

function lines(places: readonly Candidate[]): string {
  return places.map((place) => `  ${candidateOptions(place)}`).join("\n");
}

/** Asks for the moment at a terminal, unless it is named or nobody wants to be asked. */
async function withMoment(
  answers: RestoreAnswers,
  { newest }: Candidate,
  { dryRun, targetTime, yes }: ConfigRestoreOptions,
  signal: AbortSignal,
): Promise<RestoreAnswers> {
  if (targetTime !== undefined || yes === true || dryRun === true || !canAsk()) return answers;
  const example = newest?.modified.replace(/\.\d+Z$/, "+00:00") ?? "2026-11-21T09:30:00+00:00";
  for (;;) {
    const answer = await ask(
      `To which moment, such as ${example}? The newest backup is of that moment. [the end of the WAL] `,
      signal,
    );
    if (answer === "") return answers;
    if (targetTimeProblem(answer) === undefined) return { ...answers, targetTime: answer };
  }
}

function noVersion(): RecoveryError {
  return new RecoveryError(
    "restore-choice-missing",
    "neither the path nor the backup names the PostgreSQL version of the backups",
    { next: "name it with --postgres-version" },
  );
}

function nextSteps(opened: OpenedStack, { credentials }: RestoreAnswers, { secrets }: Candidate): string[] {
  const { stack } = opened;
  const steps: string[] = [];
  if (credentials === "secret" && !hasRestoreKeys(opened))
    for (const key of ["accessKeyId", "secretAccessKey"]) {
      const path = `${opened.project}:harborSecrets.restore.${key}`;
      steps.push(`set a key that may read the backups: pulumi config set --stack ${stack} --secret --path ${path}`);
    }
  if (secrets === "none")
    steps.push("no copy of the Secrets was kept: put them back yourself, and set harbor.secrets.restore to false");
  steps.push(`see what up would do: pulumi preview --stack ${stack}`);
  return steps;
}
