import type { Explanations } from "./explanation.ts";

const notMeasured = "Every other check of the drill counts as it is.";

/** Drills of a restore. */
export const drills = {
  "drill-keys-missing": {
    title: "the clone would have no keys to read the backups",
    means:
      "The clone reads the backups with AWS access keys, and none were given. Nothing was created. Keys of a profile or of the machine's role cannot be used in a Pod.",
    todo: "Export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of a user that may read the backups, or let the clone assume a role: `--irsa-role-arn`.",
  },
  "drill-keys-temporary": {
    title: "the clone cannot use temporary keys",
    means: "AWS_SESSION_TOKEN is set. Spilo does not hand a session token to WAL-G. Nothing was created.",
    todo: "Use the access keys of a user that may read the backups, without a token, or `--irsa-role-arn`.",
  },
  "drill-place-unknown": {
    title: "it is not known which backups to restore",
    means:
      "Without `--bucket`, the environment of the running database's Pods says where its backups are. There is no StatefulSet, or its environment does not say it. Nothing was created.",
    todo: "Name the backups: `--bucket`, `--region`, and `--uid` or `--prefix`. `postgres-recovery restore check --suggest` lists what a bucket holds.",
  },
  "drill-volume-unknown": {
    title: "it is not known how big the clone's volume must be",
    means: "The backup does not say how big its data are. Nothing was created.",
    todo: "Give the size with `--volume`, such as `--volume 50Gi`: more than the volume of the database has in use.",
  },
  "drill-not-found": {
    title: "there is no such drill",
    means: "The namespace does not exist, or no drill has created it. Nothing was removed.",
    todo: "See `postgres-recovery drill list`.",
  },
  "drill-still-running": {
    title: "the drill still runs, or it is not known whether it does",
    means:
      "The Lease in its namespace was renewed within the last five minutes, or could not be read. Nothing was removed.",
    todo: "Wait until it has ended, or stop it where it was started. Five minutes after it was killed, it can be removed.",
  },
  "drill-clone-failed": {
    title: "the backup could not be restored",
    means: "Patroni gave up the clone and set its data aside, twice. The finding has the reason if it is known.",
    matters: "A real restore of this backup would fail in the same way.",
    todo: "See what `postgres-recovery restore check --read` says of the backup. With `--keep` the Pod stays, and its log has the details. An earlier backup may be whole: `--target-time`.",
    green: "The production database, its backups and its archiving, and a listing of the bucket.",
  },
  "drill-clone-unfinished": {
    title: "the restore was not finished in time",
    means: "The clone did not leave recovery within the time limit, and it was not seen to fail.",
    matters: "It is not known whether the backup can be restored.",
    todo: "Allow more time with `--restore-timeout`, or see with `--keep` what the Pod does. WAL-G tries again for hours when S3 does not answer.",
    green: "The production database, its backups and its archiving.",
  },
  "drill-pod-not-started": {
    title: "the clone's Pod did not start",
    means:
      "Its image was not pulled, no node has room for it, its volume was not created, or it was removed. The finding has Kubernetes' own word for it.",
    matters: "Nothing was restored, so nothing is known of the backup.",
    todo: "Correct what the finding names: the image, `--cpu`, `--memory`, `--volume` or `--storage-class`.",
    green: "The production database, its backups and its archiving.",
  },
  "drill-not-isolated": {
    title: "the clone could write into the backups of the real database",
    means:
      "The drill creates the clone without a place for backups and with archive_mode off. This one has either of them nevertheless.",
    matters:
      "The clone has the name and the system identifier of the real database, so its WAL and backups would be taken for that database's own.",
    todo: "Remove the drill at once, and see who adds variables to its Pod, such as an admission webhook. Then check the backups: `postgres-recovery backup verify`.",
    green: "The clone itself, whose data are right, and the production database.",
  },
  "drill-isolation-unknown": {
    title: "it is not known whether the clone could write backups",
    means: "The Pod or its Postgres did not answer, or answered something else.",
    matters: "The clone might write into the backups of the real database.",
    todo: "Run the drill again. If it stays unknown, see the Pod with `--keep`.",
    green: "The clone itself, and the production database.",
  },
  "drill-dump-failed": {
    title: "a restored database cannot be read to its end",
    means: "pg_dump read the database as a backup would, and PostgreSQL reported an error.",
    matters: "Pages of a table are damaged, and were already when the base backup was made, or since then in the WAL.",
    todo: "See which table the message names, and try the same with the production database: `pg_dump -t TABLE -f /dev/null`. An earlier backup may be whole.",
    green: "The clone starts, Pods are Ready, and queries that do not touch the damaged page have their result.",
  },
  "drill-dump-unknown": {
    title: "it is not known whether a restored database can be read to its end",
    means: "pg_dump did not end within its time limit, or its end was not seen.",
    matters: "A damaged table would not have been noticed.",
    todo: "Allow more time with `--dump-timeout`, and run the drill again.",
    green: "The clone starts and answers queries.",
  },
  "drill-rpo-missed": {
    title: "more would be lost than the target allows",
    means:
      "The newest commit that was restored is older, counted from the beginning of the drill, than `--rpo` allows. If nobody has written since then, nothing would be lost in truth; a drill cannot tell.",
    matters: "If the database were lost now, everything after that commit would be lost with it.",
    todo: "See with `postgres-recovery harbor status` whether WAL is archived. A shorter archive_timeout closes segments earlier.",
    green: "The restore itself has worked, and base backups are made.",
  },
  "drill-rpo-unknown": {
    title: "it is not known how much would be lost",
    means: "A target is set, and PostgreSQL's log in the clone does not name the last commit that was replayed.",
    matters: "Archiving may have stopped unnoticed.",
    todo: "Run the drill again. `postgres-recovery backup list` says by S3 how much would be lost now.",
    green: "The restore itself has worked.",
  },
  "drill-rpo-not-checked": {
    title: "the loss was not compared with a target",
    means: "No target is set, the restore went to a moment instead of the end of the WAL, or the log has no commit.",
    matters: "Nobody is told when archiving falls behind.",
    todo: "Set a target with `--rpo`, such as `--rpo 1h`.",
    green: notMeasured,
  },
  "drill-rto-missed": {
    title: "the restore took longer than the target allows",
    means:
      "From the first write to the Kubernetes API until the restored database was proven it took longer than `--rto`.",
    matters: "In an emergency, Harbor would be down for at least that time.",
    todo: "See in the phases where the time went. More frequent base backups leave less WAL to replay; a bigger Pod or a faster volume fetches and replays faster.",
    green: "The restore itself has worked.",
  },
  "drill-rto-unknown": {
    title: "the time of the restore could not be measured",
    means: "The restore did not come to its end, so there is no time.",
    matters: "It is not known how long Harbor would be down in an emergency.",
    todo: "Correct what the other checks of the drill found.",
    green: "The production database, its backups and its archiving.",
  },
  "drill-rto-not-checked": {
    title: "the time of the restore was not compared with a target",
    means: "No target is set.",
    matters: "Nobody is told when a restore becomes slower than can be accepted.",
    todo: "Set a target with `--rto`, such as `--rto 2h`.",
    green: notMeasured,
  },
  "drill-left": {
    title: "the drill could not remove what it has created",
    means: "Its namespace could not be deleted, or is still there after the time limit.",
    matters: "The clone uses memory, processors and a volume, and its namespace holds the keys that read the backups.",
    todo: "`postgres-recovery drill clean` removes it. A namespace that does not go away names the reason in its status: `kubectl get namespace NAMESPACE -o yaml`.",
    green: "The restore itself may have worked.",
  },
  "drill-not-remembered": {
    title: "the drill is not in the ledger of proofs",
    means: "S3 did not take the signed entry about the drill; the finding has the reason.",
    matters: "What the drill has found is only in its output, and nobody can show later that it took place.",
    todo: "Allow the AWS credentials to list, read and create objects below `proofs/` beside the backups (docs/buckets.md), and run the drill again.",
    green: "Every other check of the drill counts as it is.",
  },
  "drill-kept": {
    title: "the drill's namespace stays, as was asked",
    means: "The drill was run with `--keep`, so that somebody can look at the clone.",
    matters: "The clone uses memory, processors and a volume, and its namespace holds the keys that read the backups.",
    todo: "Remove it when you have seen enough: `postgres-recovery drill clean NAMESPACE`.",
    green: notMeasured,
  },
} satisfies Partial<Explanations>;
