import type { Explanations } from "./explanation.ts";

/** The kubeconfig, the Kubernetes API, and commands in Pods. */
export const kubernetes = {
  "kubeconfig-missing": {
    title: "there is no kubeconfig",
    means: "KUBECONFIG is not set, and ~/.kube/config does not exist.",
    todo: "Name a file with --kubeconfig, or set KUBECONFIG.",
  },
  "kubeconfig-unusable": {
    title: "the kubeconfig cannot be read",
    means:
      "The file does not exist, is not YAML, or is not a kubeconfig. Its lines are not quoted, because they may hold a token.",
    todo: "Check the path, then `kubectl config view --kubeconfig FILE`.",
  },
  "kubeconfig-incomplete": {
    title: "the context names a cluster or a user that the file does not have",
    means: "The context exists, but the entry of `clusters` or `users` that it refers to is missing.",
    todo: "Fetch the kubeconfig again from where it came from, or choose another context.",
  },
  "kubeconfig-file-unusable": {
    title: "a file that the kubeconfig names cannot be read",
    means:
      "The kubeconfig refers to a certificate, key or token file that is missing or not readable. Relative paths start at the kubeconfig's folder.",
    todo: "Restore the file, or its permissions.",
  },
  "kubeconfig-credentials-unusable": {
    title: "the kubeconfig's credentials cannot be used",
    means: "The user entry has credentials that could not be prepared, for instance a certificate that is not PEM.",
    todo: "Log in again, so that the entry is replaced.",
  },
  "context-unknown": {
    title: "the kubeconfig has no such context",
    means: "The context that was named, or the current one, is not in the file. The message lists those that are.",
    todo: "Choose one with --context.",
  },
  "login-helper-missing": {
    title: "the login helper is not installed",
    means: "The kubeconfig gets its credentials from a program (`exec`), and this machine cannot start it.",
    todo: "Install it, or put it on PATH. An `up` that runs in CI has another PATH than your shell.",
  },
  "login-helper-failed": {
    title: "the login helper failed",
    means:
      "The program that the kubeconfig names exited with an error, printed no credentials, or did not answer within two minutes.",
    matters: "Without credentials nothing can be asked of the cluster. Its state is not known.",
    todo: "Log in to the cluster again; the message quotes what the helper said on stderr, never its output.",
    green: "The cluster and its databases may be fine; a kubectl that still holds a cached token may work.",
  },
  "kubernetes-unreachable": {
    title: "the API server does not answer",
    means:
      "The connection was refused, reset or timed out, or the name or certificate is wrong. Passing failures were tried again for up to half a minute.",
    matters: "Nothing is known of any cluster behind this context.",
    todo: "Check VPN, proxy and network with `kubectl --context CONTEXT version`.",
    green: "Databases, archiving and backups go on without the API server, and so do their dashboards.",
  },
  "kubernetes-unauthorized": {
    title: "the API server does not accept the login",
    means: "It answered 401: the token has expired, or belongs to another cluster.",
    matters: "Nothing was read or changed.",
    todo: "Log in again.",
    green: "Everything in the cluster; only this login is wrong.",
  },
  "kubernetes-forbidden": {
    title: "the login lacks a permission",
    means: "The API server answered 403. The message has the verb and the resource that were refused.",
    matters:
      "A list that is allowed in one namespace only says nothing of the others, so a part is never reported as the whole.",
    todo: "Ask for the role in docs/permissions.md. With rights in one namespace, list with -n NAMESPACE.",
    green: "Other commands with fewer permissions may work.",
  },
  "kubernetes-resource-unknown": {
    title: "the operator's resource is not installed here",
    means: "The API server does not know the resource: its CRD is not installed, in this version or at all.",
    todo: "Check that --context names the right cluster, then the operator's version: PostgresCluster is read as v1beta1, which PGO 5 and 6 serve.",
  },
  "kubernetes-overloaded": {
    title: "the API server has too much to do",
    means: "It answered 429 until the time was up, though it was asked again after the pauses that it wanted.",
    matters: "Nothing is known of what was asked.",
    todo: "Run it again later, or with a lower --concurrency.",
    green: "The databases; and kubectl, if the limit is one for this user only.",
  },
  "kubernetes-failed": {
    title: "the API server failed",
    means:
      "It answered with an error that is none of the usual ones; the message has the status and its text. 5xx answers were tried again.",
    matters: "Nothing is known of what was asked. A write may have been done even though its answer was an error.",
    todo: "See the API server's log, and admission webhooks: one that is down answers 500 for the writes that it watches.",
    green: "Reads often work while writes fail.",
  },
  "kubernetes-answer-unreadable": {
    title: "something answers that is no API server",
    means: "The answer is not JSON, so most likely it comes from a proxy or a login page. It is not quoted.",
    matters: "Nothing is known of the cluster.",
    todo: "See what answers at the server's address: `curl -k SERVER/version`.",
    green: "The HTTP status may be 200, so a monitor of that URL stays green.",
  },
  "kubernetes-answer-unexpected": {
    title: "an object has another shape than the operator's",
    means:
      "The answer is JSON, but a field that every version of the operator has is missing or has another type. The message has its path.",
    matters: "One such object hides the state of every other one in the same list.",
    todo: "Look at the object that the path names, and at the version of the operator.",
    green: "The operator itself may run with it: it often ignores what it cannot use.",
  },
  "kubernetes-cluster-wrong": {
    title: "the context leads to another cluster",
    means:
      "The UID of its kube-system namespace is not the expected one. Context names are chosen by each person, so the same name can mean production elsewhere.",
    todo: "Check the context and the kubeconfig. If the cluster was rebuilt, take the new UID over.",
  },
  "namespace-missing": {
    title: "the namespace does not exist",
    means: "A Secret was to be made in a namespace that is not there.",
    matters:
      "Secrets must be restored before the HarborCluster is made, so they come first, also before its namespace's other objects.",
    todo: "`kubectl create namespace NAME`, then run it again.",
    green: "The copies in AWS Secrets Manager are complete.",
  },
  "exec-forbidden": {
    title: "the login may not run commands in Pods",
    means:
      "The API server refused `pods/exec`. The leader, pgBackRest and Postgres can be asked only from within a Pod.",
    matters: "The state of the stanza is not known. A dump cannot be taken.",
    todo: "Ask for `get` and `create` on `pods/exec` (docs/permissions.md).",
    green: "Listing PostgresClusters and Pods works, PGO's status is shown, and `kubectl get pods` says Running.",
  },
  "object-unreadable": {
    title: "an object in the cluster could not be read",
    means: "The API server did not answer, or refused, when this object was asked for; the finding has its words.",
    matters: "Everything that depends on the object is unknown, and never counts as okay.",
    todo: "Get the permission, or the connection, then check again.",
    green: "The other sections of the same report: each is independent.",
  },
} satisfies Partial<Explanations>;
