import type { Explanations } from "./explanation.ts";

/** The list of pg_hba. */
export const pgHba = {
  "pg-hba-refused": {
    title: "the list would lock the cluster out of itself",
    means:
      "The list that was given has a line that PostgreSQL does not read, or keeps out somebody whom the cluster needs. Each problem is in the message.",
    todo: "Correct the list. Own lines belong before the runbook's nine, and must not fit their connections.",
  },
  "pg-hba-contested": {
    title: "somebody else keeps writing pg_hba",
    means: "The list was written five times, and each time another one was there when it was read again.",
    matters: "Two writers replace each other's list; the one that wrote last before the Pods are made decides.",
    todo: "`kubectl get postgresql NAME -o yaml --show-managed-fields` shows who writes it. Stop one of the two.",
    green: "Each single write succeeds, and the running Pods still have the list they started with.",
  },
  "pg-hba-line-invalid": {
    title: "a line is not pg_hba",
    means: "PostgreSQL would not read the line: an unknown type or method, a missing field, or an open quote.",
    matters:
      "At a start PostgreSQL ends with `could not load pg_hba.conf`. A running one keeps the former list and only logs it.",
    todo: "Correct the line with the number that the finding names.",
    green: "The resource accepts any text, so the operators report no problem.",
  },
  "pg-hba-locks-out": {
    title: "somebody whom the cluster needs cannot log in",
    means:
      "No line lets them in, or an earlier line that fits refuses them: the first line that fits decides. Patroni and the backups use the socket, replicas TLS, and Harbor a connection without TLS.",
    matters: "Without the socket Patroni cannot finish a bootstrap, and no base backup is ever made.",
    todo: "Put a line with the method that the finding names before any other that fits.",
    green: "Archiving goes on, because wal-push needs no login. WAL without a base backup restores nothing.",
  },
  "pg-hba-may-lock-out": {
    title: "a line may refuse some addresses",
    means:
      "A line before the one that lets them in refuses a range of addresses. Whether a Pod has one of them is not known here.",
    matters: "If a Pod gets such an address after a move, it cannot log in any more.",
    todo: "Compare the range with the Pods' network.",
    green: "Everything, as long as the Pods' addresses are outside the range.",
  },
  "pg-hba-pam-missing": {
    title: "the pam line is missing",
    means:
      "Members of the operator's `pam_role_name` log in by PAM, and no line has that method. A list of one's own replaces Spilo's whole list, this line included.",
    matters: "People who log in with their token cannot reach the database, for instance in an emergency.",
    todo: "Add `hostssl all +zalandos all pam`, with the role of the operator's configuration.",
    green: "Harbor, replicas and backups.",
  },
  "pg-hba-reverted": {
    title: "pg_hba is the Harbor operator's two lines again",
    means:
      "The Harbor operator writes the whole resource when its HarborCluster changes, and knows only its own two lines.",
    matters:
      "The running Pods still have the former list. With the next restart Patroni and the backups are locked out of the socket.",
    todo: "`postgres-recovery harbor pg-hba`, then `harbor roll`. With the stack, `pulumi up` does both.",
    green: "Pods are Ready, the postgresql resource says Running, backups succeed: until a Pod is recreated.",
  },
  "pg-hba-different": {
    title: "pg_hba differs from the required list",
    means:
      "The resource has neither the declared list nor the Harbor operator's. Somebody changed it by hand, or the declared lines changed.",
    matters: "The Pods get this list when they are recreated.",
    todo: "See which lines are added, and declare them as own lines if they are wanted; then `postgres-recovery harbor pg-hba`.",
    green: "Pods are Ready, and the postgresql resource says Running.",
  },
} satisfies Partial<Explanations>;
