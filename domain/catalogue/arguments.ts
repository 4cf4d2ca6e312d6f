import type { Explanations } from "./explanation.ts";

/** The command line, requests and settings. */
export const argumentsAndSettings = {
  "arguments-invalid": {
    title: "the command line is wrong",
    means: "An option or an argument is unknown, is missing, or has a value that it cannot have.",
    todo: "Run the command with --help: it shows every option with its default, and examples.",
  },
  "cluster-not-named": {
    title: "neither a cluster nor a request was given, or both",
    means:
      "A step takes its input from the arguments, beginning with NAMESPACE/NAME, or from one JSON request on stdin. It never mixes the two.",
    todo: "Name one cluster, or pass `--request -` and no cluster.",
  },
  "cluster-name-invalid": {
    title: "the cluster's name is not NAMESPACE/NAME",
    means: "A cluster is always named with its namespace, and both parts must be names that Kubernetes allows.",
    todo: "Copy the name from `postgres-recovery stanza list`, such as calendar/calendar-db.",
  },
  "request-invalid": {
    title: "the request does not fit its schema",
    means:
      "The JSON request, or the one made of the arguments, has a missing, unknown or wrong field. Every problem is listed with its path. Values are not quoted, because a request may hold keys.",
    todo: "Compare it with the schema of the command in docs/schema, the file that ends in `-request.v1.json`.",
  },
  "request-unreadable": {
    title: "stdin holds no JSON",
    means:
      "With `--request -` the whole of stdin must be one JSON object. The text is not quoted, because it may hold keys.",
    todo: "Check what is piped into the command, for instance with `jq . < request.json`.",
  },
  "settings-invalid": {
    title: "the stack's settings are wrong",
    means:
      "Values under `postgres-recovery:` in `Pulumi.<stack>.yaml` are missing, unknown or contradict each other. All problems are listed at once, and no resource was touched.",
    todo: "Correct them; docs/settings.md explains every key, and the JSON Schema named in the file's first line lets an editor check them.",
  },
  "manifest-unreadable": {
    title: "a manifest cannot be read",
    means:
      "A file does not exist, is not YAML, or has a document without `apiVersion` and `kind`. All places are listed at once, and nothing was judged. Values are not quoted, because a manifest may hold keys.",
    todo: "Correct what the message names. Give rendered manifests, such as those of `helm template` or `kubectl kustomize`, and no values files.",
  },
  "nothing-judged": {
    title: "there was nothing that a rule judges",
    means:
      "What was given holds no PostgresCluster, `postgresql`, HarborCluster, ConfigMap, or resource of a stack that a rule is about.",
    matters: "A check of nothing would be green for ever, for instance after a file was renamed.",
    todo: "Check the names of the files, the context or the namespace.",
    green: "Nothing was found, because nothing was looked at.",
  },
  "not-confirmed": {
    title: "nobody confirmed that Pods may be deleted",
    means:
      "`harbor roll` deletes the database's Pods one after another. It asks first, or takes `--yes`. Without a terminal it cannot ask. `pulumi up` does not ask, because its own preview did.",
    todo: "See what would be done with --dry-run, then run it again with --yes.",
  },
  interrupted: {
    title: "somebody stopped the command",
    means: "It received ^C, SIGTERM or SIGHUP, or the reader of its output went away.",
    matters:
      "A remote command that was under way is not cut short: a question ends after 25 s, a dump at its next line, and stanza-create after at most 180 s.",
    todo: "Run it again. It looks first, and goes on from what exists.",
    green:
      "The stanza may have been created after the interruption. No unfinished dump keeps its name, so a dump file that is there is complete.",
  },
  unexpected: {
    title: "an error that the program does not know",
    means: "Something failed that has no code of its own, most likely a defect of this program.",
    matters: "What was done until then is not undone, and what would have followed was not done.",
    todo: "Run it again with --debug, and report the message with its stack.",
    green: "Nothing can be concluded about the cluster, neither good nor bad.",
  },
} satisfies Partial<Explanations>;
