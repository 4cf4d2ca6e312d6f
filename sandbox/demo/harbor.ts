import { existsSync } from "node:fs";
import {
  deleteHarborNamespace,
  harborNamespaceExists,
  podConfigValues,
  recreateHarborNamespace,
} from "../harbor/loss.ts";
import { harborCluster, harborContext } from "../harbor/objects.ts";
import { up } from "../sandbox.ts";
import { assertSameTables, compareTables, comparisonTable, type TableDigest } from "./digests.ts";
import { HarborData } from "./harbor-data.ts";
import { HarborStack, projectFolder } from "./harbor-stack.ts";
import type { Stage } from "./stage.ts";

const { namespace } = harborCluster;
const lossSeconds = 120;
const backupSeconds = 120;
const first = "shop/first";
const second = "shop/second";

/** What is known of the database before it is lost. */
interface Written {
  /** UID of its resource, which is in the path of its backups. */
  readonly uid: string;
  /** The moment between the two writes. */
  readonly moment: string;
  readonly atMoment: readonly TableDigest[];
  readonly atLoss: readonly TableDigest[];
}

/** The demo `harbor`: a database is lost with its namespace, and restored twice. */
export async function harborStory(stage: Stage): Promise<void> {
  refuseSecondRun(stage.directory);
  stage.say("1. Start the sandbox with Harbor's part: both real operators, S3, Secrets Manager");
  stage.environment = await up(stage.directory, stage.progress, { harbor: true, postgresClusters: false });
  if ((await podConfigValues(stage.directory)) !== undefined) throw new Error(notAgain);
  const stack = new HarborStack(stage);
  await stack.prepare();

  stage.say("2. Declare Harbor's database with Pulumi: buckets, backups, pg_hba, copies of its Secrets");
  await stack.upWithHarborCluster();
  const written = await writeData(stage, stack);
  stage.say(`4. Lose it: delete the namespace ${namespace} with its database, Secrets and volumes`);
  await lose(stage);

  stage.say("5. Restore it to the end of its WAL: one edit of the stack file, and pulumi up");
  await restoreToEnd(stage, stack, written);
  stage.say("6. Take the restore out of the stack file, and lose the database again");
  await stack.finishRestore();
  await lose(stage);

  stage.say(`7. Restore the first database again, to the moment between the two writes: ${written.moment}`);
  await restoreToMoment(stage, stack, written);

  stage.say("8. Finish the restore: remove it from the stack file, so that no new database becomes a clone");
  await finish(stage, stack);
  stage.say("9. Run it again: nothing changes");
  await stack.up("--expect-no-changes");

  stage.say("Done. Try next:");
  stage.tell(nextSteps(stage.directory));
}

const notAgain =
  "this sandbox has a Harbor already, and the demo needs to see it begin; stop the sandbox first: npm run sandbox -- down";

function refuseSecondRun(directory: string): void {
  if (existsSync(projectFolder(directory))) throw new Error(notAgain);
}

async function writeData(stage: Stage, stack: HarborStack): Promise<Written> {
  const data = new HarborData(stage);
  stage.say(`3. Users work: a user, a project, the image ${first}; a moment later the image ${second}`);
  await data.createHarborRole();
  await firstBackup(stage);
  await data.addUser("ada");
  await data.push(first);
  const atMoment = await data.digests();
  const moment = await data.moment();
  await data.push(second);
  const atLoss = await data.digests();
  await data.archive();
  stage.tell(comparisonTable(compareTables(atMoment, atLoss), ["AFTER THE FIRST WRITE", "AFTER THE SECOND"]));
  stage.tell("\nBackups and WAL are in S3:");
  await stack.listBackups();
  const { database } = await stack.outputs();
  return { uid: database.uid, moment, atMoment, atLoss };
}

/** Spilo takes one as soon as the database has a leader. */
async function firstBackup(stage: Stage): Promise<void> {
  const status = `postgres-recovery harbor status ${namespace}/${harborCluster.name} --context ${harborContext} -o json`;
  const endpoint = stage.environment["AWS_ENDPOINT_URL_S3"] ?? "";
  await stage.waitUntil("the first base backup", backupSeconds, async () => {
    const report = await stage.ask(`${status} --endpoint-url ${endpoint}`, { exitCodes: [0, 1, 3] });
    return !report.includes("backups-none-finished");
  });
}

async function lose(stage: Stage): Promise<void> {
  stage.tell(`$ kubectl --context ${harborContext} delete namespace ${namespace}`);
  await deleteHarborNamespace(stage.directory);
  await stage.waitUntil(`the end of the namespace ${namespace}`, lossSeconds, async () => {
    return !(await harborNamespaceExists(stage.directory));
  });
  stage.tell("The namespace is gone. An empty one is made, with the password of Harbor's administrator.");
  await recreateHarborNamespace(stage.directory);
}

async function restoreToEnd(stage: Stage, stack: HarborStack, { atLoss, uid }: Written): Promise<void> {
  await stack.declareRestore({ id: "to-the-end", uid, repositories: [first, second] });
  await stack.upWithHarborCluster();
  await stack.showProof();
  await showSameTables(stage, atLoss, ["LOST", "RESTORED"]);
}

async function restoreToMoment(stage: Stage, stack: HarborStack, written: Written): Promise<void> {
  await stack.declareRestore({
    id: "to-a-moment",
    uid: written.uid,
    targetTime: written.moment,
    repositories: [first],
  });
  await stack.upWithHarborCluster();
  await stack.showProof();
  const repositories = await new HarborData(stage).repositories();
  stage.tell(`\nThe images that are there, asked with psql: ${repositories.join(", ")}`);
  if (repositories.join() !== first) throw new Error(`there should be ${first} and nothing else`);
  await showSameTables(stage, written.atMoment, ["AT THE MOMENT", "RESTORED"]);
}

async function showSameTables(
  stage: Stage,
  before: readonly TableDigest[],
  headings: readonly [string, string],
): Promise<void> {
  const compared = compareTables(before, await new HarborData(stage).digests());
  stage.tell(`\n${comparisonTable(compared, headings)}`);
  assertSameTables(compared);
}

async function finish(stage: Stage, stack: HarborStack): Promise<void> {
  await stack.finishRestore();
  await stack.up();
  const left = Object.keys((await podConfigValues(stage.directory)) ?? {}).filter((key) => key.startsWith("CLONE_"));
  if (left.length > 0) throw new Error(`pod-config still has ${left.join(", ")}`);
  stage.tell("\npod-config has no CLONE_ value any more. Each database has its own place for backups:");
  await stack.listBackups();
}

function nextSteps(directory: string): string {
  return `  eval "$(npm run -s sandbox -- env)"      # then postgres-recovery, pulumi and kubectl use the sandbox
  cd ${projectFolder(directory)}   # a copy of the project, in which the demo edited Pulumi.lab.yaml
  postgres-recovery harbor status ${namespace}/${harborCluster.name} --context ${harborContext} --endpoint-url "$AWS_ENDPOINT_URL_S3"
  pulumi stack output --stack lab --json
  npm run sandbox -- harbor --log-level debug   # the Harbor operator reverts pg_hba; then: pulumi up --stack lab
  npm run sandbox -- down                       # in the first folder: stop everything and remove its folder`;
}
