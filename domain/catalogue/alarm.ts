import type { Explanations } from "./explanation.ts";

/** Alarms. */
export const alarms = {
  "webhook-unusable": {
    title: "the webhook's URL cannot be used",
    means: "The file of --webhook-file cannot be read, or holds something else than one https URL. Nothing was sent.",
    todo: "Put the URL into the file, and nothing else. The message does not quote it, because it may hold a token.",
  },
  "alarm-report-unreadable": {
    title: "the report to send cannot be read",
    means:
      "It is not the JSON of `stanza list` or `harbor status`, nor the error that either prints with -o json. Nothing was sent.",
    todo: "Pipe the check's output with `-o json`. If it is empty, see the check's stderr.",
  },
  "webhook-refused": {
    title: "the webhook refused the message",
    means:
      "It answered with another HTTP status than 200 to 299. 408, 429 and 5xx were tried three times. A redirect is not followed.",
    matters: "Nobody was told what the check found.",
    todo: "Check whether the URL is still valid, and whether the receiver takes JSON of this form.",
    green: "The check itself ran, and its own output is complete.",
  },
  "webhook-silent": {
    title: "the webhook did not answer",
    means:
      "No connection, no valid certificate, or no answer within ten seconds, three times; the message has the code.",
    matters: "Nobody was told what the check found. A message may have arrived although its answer was lost.",
    todo: "Check the network, the proxy and the receiver. Copies of one message have the same `id`.",
    green: "The check itself ran, and its own output is complete.",
  },
} satisfies Partial<Explanations>;
